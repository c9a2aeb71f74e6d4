// Scope: what a statement is limited to.
//
// A component that is absent is no limit. Scopes with `meet` are a semilattice: commutative, associative,
// idempotent, and `covers(wide, narrow)` is its order; only ISCED fields nest (by prefix), the rest are plain
// sets, intervals and bounds. A meet may be empty in one component and say something in the others, so that
// whoever judges can name the component that failed. Nothing here knows what a credential says.
//
// JSON, every member optional (an object without members is no limit at all):
//   { "country": ["EE", "LV"], "eqf": {"min": 5, "max": 8}, "isced": ["06", "0713"],
//     "credentialType": ["MicroCredential"], "setting": ["formal"], "maxEcts": 60,
//     "issuedFrom": "2024-01-01T00:00:00Z", "issuedUntil": "2031-01-01T00:00:00Z" }
// `"country": ["*"]` is no limit. A member of another name is refused: it would be a limit that is passed
// over. Errors: STATEMENT_MALFORMED. Threading: plain values, pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"

namespace vcnode::statement {

// There are 249 countries; more names than that are junk.
inline constexpr std::size_t kCountriesMax = 256;
// ISCED-F 2013 has 11 broad, 29 narrow and about 80 detailed fields.
inline constexpr std::size_t kFieldsMax = 128;
// Types of credentials that one body may issue; a list that is longer says "any" better.
inline constexpr std::size_t kTypesMax = 64;
inline constexpr std::size_t kTypeBytesMax = 256;
inline constexpr int kEqfLow = 1;
inline constexpr int kEqfHigh = 8;
// Ten doctorates. Only there so that a report stays readable.
inline constexpr double kEctsMax = 10'000;

using Names = std::vector<std::string>;  // ascending, each once

// Both ends included; low > high: nothing.
struct Interval {
  int low = kEqfLow;
  int high = kEqfHigh;
  [[nodiscard]] bool contains(int level) const noexcept { return low <= level && level <= high; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

struct Scope {
  std::optional<Names> countries;  // ISO 3166-1 alpha-2
  std::optional<Interval> eqf;
  std::optional<Names> isced;  // prefixes of 2 to 4 digits, none a prefix of another
  std::optional<Names> types;
  std::optional<Names> settings;   // formal, non-formal, informal
  std::optional<double> max_ects;  // at most
  std::optional<Timestamp> from;   // of the credential's issue, included
  std::optional<Timestamp> until;  // excluded
  friend bool operator==(const Scope&, const Scope&) = default;
};

[[nodiscard]] Scope meet(const Scope& a, const Scope& b);
// Some component leaves nothing.
[[nodiscard]] bool is_empty(const Scope& scope);
// Whatever `narrow` allows, `wide` allows. An empty scope is covered by every other.
[[nodiscard]] bool covers(const Scope& wide, const Scope& narrow);
// Whether `code` (2 to 4 digits) is one of the fields or below one of them.
[[nodiscard]] bool has_field(const Names& prefixes, std::string_view code);

// `path`: where it stands, for messages: "/credentialSubject/scope".
[[nodiscard]] Result<Scope> parse_scope(const json::Value& value, std::string_view path);
// REQUIRES: no component is empty.
[[nodiscard]] nlohmann::json to_json(const Scope& scope);

// ISO 3166-1 alpha-2, and XK. EL and UK, which the Union writes for GR and GB, are refused by name.
[[nodiscard]] Result<std::string> parse_country(const json::Value& value, std::string_view path);

}  // namespace vcnode::statement
