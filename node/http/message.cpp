#include "node/http/message.h"

namespace vcnode::node {

std::optional<std::string_view> HttpRequest::header(std::string_view lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

std::string_view HttpResponse::content() const noexcept {
  return shared_body ? std::string_view(*shared_body) : std::string_view(body);
}

}  // namespace vcnode::node
