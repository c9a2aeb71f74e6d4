// The options of `vcnode publish KIND`: which there are, and from what was given to members of
// credentialSubject. Which values are allowed is for protocol/statement to say.
//
// Errors: USAGE (a value that is not of its option's form). Threading: pure.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/statement/kind.h"

namespace vcnode::cli {

enum class WordForm : std::uint8_t {
  text,
  names,        // repeatable, or with commas: an array
  texts,        // repeatable: an array
  flag,         // no value: true
  nothing,      // no value: an empty object
  integer,      // a whole number
  number,       // with a fraction or without
  interval,     // "5-8" or "6"
  digest,       // SHA-256 in hex or multibase
  identifiers,  // repeatable SCHEME=VALUE
  digests,      // repeatable, of seal certificates
  anchors,      // repeatable DID
  place         // EPOCH:SIZE
};

[[nodiscard]] bool is_repeatable(WordForm form) noexcept;

struct Word {
  std::string_view option;  // "--decision"
  std::string_view member;  // JSON Pointer below credentialSubject
  WordForm form = WordForm::text;
  std::string_view help;
};

// In the order of --help.
[[nodiscard]] std::vector<Word> words_of(statement::Kind kind);

// By option; a flag has one empty value.
using GivenWords = std::map<std::string, std::vector<std::string>, std::less<>>;
// Puts them into `subject`, over what is there.
[[nodiscard]] Result<void> say_words(statement::Kind kind, const GivenWords& given, nlohmann::json& subject);

// "5-8" or "6" → {"min", "max"}.
[[nodiscard]] Result<nlohmann::json> read_interval(std::string_view text);

}  // namespace vcnode::cli
