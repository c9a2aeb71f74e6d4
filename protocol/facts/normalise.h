// Codes as people and systems write them, in one form. Each function answers nothing where the text is not
// such a code; white space around it does not count. Rules and examples: protocol/spec/facts.md.
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/time.h"

namespace vcnode::facts {

// The same with http in place of https if it is of the European Union, whose IRIs are published so.
[[nodiscard]] std::string canonical_iri(std::string_view iri);
[[nodiscard]] bool is_iri(std::string_view text);

// ISO 3166-1 alpha-2 of alpha-2, alpha-3, an English name or an IRI of the EU's lists of countries or of
// administrative units. EL is GR, UK is GB, 1A0 and XKX are XK.
[[nodiscard]] std::optional<std::string> country_of(std::string_view text);
// 1 to 8 of an IRI, "6", "EQF 6", "EQF level 6".
[[nodiscard]] std::optional<int> eqf_of(std::string_view text);
// 2 to 4 digits of an IRI, "0714", "ISCED-F 0714".
[[nodiscard]] std::optional<std::string> isced_of(std::string_view text);
// An IRI of that classification, of whatever code.
[[nodiscard]] bool is_isced(std::string_view iri);
// formal, non-formal, informal.
[[nodiscard]] std::optional<std::string> setting_of(std::string_view text);
// short, first, second, third (QF-EHEA).
[[nodiscard]] std::optional<std::string> cycle_of(std::string_view text);
// True for the European Credit Transfer and Accumulation System.
[[nodiscard]] bool is_ects(std::string_view framework);

// The largest amount that is meant: a lifetime has fewer hours.
inline constexpr double kAmountMax = 1'000'000;
// A decimal number of at least 0 and at most kAmountMax.
[[nodiscard]] std::optional<double> amount_of(std::string_view text);

// xsd:duration. M before T are months, after it minutes.
struct Span {
  std::optional<double> hours;  // none if given in days or longer units
  bool in_months = false;       // or years
};
[[nodiscard]] std::optional<Span> span_of(std::string_view text);

// RFC 3339, and xsd:date and xsd:dateTime without a zone, which are read as UTC.
struct Moment {
  Timestamp time;
  bool zone_assumed = false;
};
[[nodiscard]] std::optional<Moment> moment_of(std::string_view text);

// Of a SHA-256 as digestMultibase: a multihash in base58btc or base64url.
[[nodiscard]] std::optional<Sha256Digest> digest_of(std::string_view multibase);

// ASCII letters in lower case, other bytes as they are.
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace vcnode::facts
