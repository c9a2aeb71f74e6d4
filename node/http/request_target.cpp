#include "node/http/request_target.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "node/net/codes.h"

namespace vcnode::node {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Failure malformed_target(std::string_view what, std::string_view text) {
  return fail(codes::HTTP_REQUEST_MALFORMED, what, ": \"", excerpt(text), "\"");
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return malformed_target("the request target has a percent sign without two hex digits", text);
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  const bool has_control = std::any_of(out.begin(), out.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
  if (has_control || !is_utf8(out))
    return malformed_target("the request target decodes to a control character or not to UTF-8", text);
  return out;
}

Result<void> add_parameter(std::map<std::string, std::string>& query, std::string_view pair) {
  const auto equals = std::min(pair.find('='), pair.size());
  VCNODE_TRY(std::string name, percent_decode(pair.substr(0, equals), true));
  VCNODE_TRY(std::string value, percent_decode(pair.substr(std::min(equals + 1, pair.size())), true));
  const auto [place, is_new] = query.emplace(std::move(name), std::move(value));
  if (!is_new) return malformed_target("a query parameter is given twice", place->first);
  return {};
}

}  // namespace

Result<RequestTarget> parse_request_target(std::string_view target) {
  RequestTarget out;
  if (target == "*") {
    out.path = out.raw_path = "*";
    return out;
  }
  if (target.find('#') != std::string_view::npos)
    return malformed_target("the request target has a fragment", target);
  const auto scheme_end = target.find("://");
  if (scheme_end != std::string_view::npos && !target.starts_with('/')) {
    const std::string_view rest = target.substr(scheme_end + 3);
    const auto path_start = std::min(rest.find_first_of("/?"), rest.size());
    out.authority = std::string(rest.substr(0, path_start));
    target = rest.substr(path_start);
    if (target.empty()) target = "/";
  }
  if (!target.starts_with('/')) return malformed_target("the request target is no path", target);
  const auto question = std::min(target.find('?'), target.size());
  out.raw_path = std::string(target.substr(0, question));
  VCNODE_TRY(out.path, percent_decode(out.raw_path, false));
  std::string_view query = target.substr(std::min(question + 1, target.size()));
  while (!query.empty()) {
    const auto ampersand = std::min(query.find('&'), query.size());
    if (ampersand != 0) VCNODE_CHECK(add_parameter(out.query, query.substr(0, ampersand)));
    query.remove_prefix(std::min(ampersand + 1, query.size()));
  }
  return out;
}

}  // namespace vcnode::node
