// What statements say: one kind each (protocol/spec/statement.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vcnode::statement {

enum class Kind : std::uint8_t {
  identity,
  sponsorship,
  trust_list,
  accreditation,
  delegation,
  recognition,
  endorsement,
  referencing,
  stack_rule,
  closed,
  withdrawal
};
inline constexpr std::array kKinds = {Kind::identity,      Kind::sponsorship, Kind::trust_list,
                                      Kind::accreditation, Kind::delegation,  Kind::recognition,
                                      Kind::endorsement,   Kind::referencing, Kind::stack_rule,
                                      Kind::closed,        Kind::withdrawal};

// In `type` of the credential: "TrustList".
[[nodiscard]] std::string_view type_of(Kind kind) noexcept;
[[nodiscard]] std::optional<Kind> kind_of_type(std::string_view type) noexcept;
// In commands and reports: "trust-list".
[[nodiscard]] std::string_view name_of(Kind kind) noexcept;
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name) noexcept;

}  // namespace vcnode::statement
