#include "protocol/recognition/credits.h"

#include "crypto/base/result.h"

namespace vcnode::recognition {

std::string Credits::text() const {
  const std::string digits = concat(units_ % 1'000'000 + 1'000'000).substr(1);
  const std::string rest = digits.substr(0, digits.find_last_not_of('0') + 1);
  return concat(units_ / 1'000'000, rest.empty() ? "" : ".", rest);
}

}  // namespace vcnode::recognition
