// The request target of RFC 9112 section 3.2, taken apart and percent-decoded.
//
// Errors: HTTP_REQUEST_MALFORMED: not origin-form, absolute-form or "*"; a broken percent sign; a decoded
// NUL, control character or text that is not UTF-8; a query parameter given twice.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::node {

struct RequestTarget {
  std::string path;
  std::string raw_path;
  std::map<std::string, std::string> query;  // '+' is a space, as in forms
  std::string authority;                     // of an absolute-form target; it replaces the Host header
};

[[nodiscard]] Result<RequestTarget> parse_request_target(std::string_view target);

}  // namespace vcnode::node
