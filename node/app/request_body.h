// Reading the JSON object of a request: strict reader, then members by name.
// Errors: JSON_*, REQUEST_MALFORMED, REQUEST_UNKNOWN_MEMBER, REQUEST_UNSUPPORTED.
#pragma once

#include <initializer_list>
#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::node {

// What stands around the credential in a request: options, names, a list of trusted DIDs.
inline constexpr std::size_t kEnvelopeBytesMax = 16 * 1024;

[[nodiscard]] Result<json::Document> parse_body(
    std::string_view body);  // the size was limited before it was read
[[nodiscard]] Result<const json::Value*> required_member(const json::Value& object, std::string_view name);
// `known` may hold what is looked at; anything else is refused by name.
[[nodiscard]] Result<void> only_members(const json::Value& object,
                                        std::initializer_list<std::string_view> known);

}  // namespace vcnode::node
