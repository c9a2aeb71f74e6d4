// Names as they are compared: one form for all spellings that count as the same (protocol/spec/verdict.md,
// "Subject"). Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcnode::verify {

// toNFKC_Casefold (The Unicode Standard, section 3.13), typographic apostrophes and hyphens as typed ones,
// white space as one space and none at the ends. nullopt: not UTF-8, or nothing is left.
[[nodiscard]] std::optional<std::string> folded_name(std::string_view text);

// NFC with the same white space: what an issuer most likely hashed. nullopt as above.
[[nodiscard]] std::optional<std::string> composed_text(std::string_view text);

// Of a folded name with one comma the other order without it: "b, a" → "a b"; nullopt without one.
[[nodiscard]] std::optional<std::string> turned_at_comma(std::string_view folded);

}  // namespace vcnode::verify
