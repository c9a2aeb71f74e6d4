#include "node/http/message.h"

namespace vcnode::node {

std::optional<std::string_view> HttpRequest::header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace vcnode::node
