// One subject of a credential against what a verifier typed: which of name, birth date and identifier are
// the same. Internal to the subject check. Threading: pure functions.
#pragma once

#include <cstdint>

#include "crypto/base/json.h"
#include "protocol/verify/subject.h"

namespace vcnode::verify {

enum class Match : std::uint8_t {
  absent,  // not typed, or the credential says nothing that could be compared
  differs,
  equal
};

struct SubjectMatch {
  Match name = Match::absent;
  Match birth_date = Match::absent;
  Match identifier = Match::absent;  // never differs: a person has several
};

[[nodiscard]] SubjectMatch match_subject(const json::Value& subject, const StatedPerson::Typed& typed);

// The day that a date of birth means, as YYYY-MM-DD: a date, or an instant that is midnight where it was
// written. nullopt: no such day, or it could be two.
[[nodiscard]] std::optional<std::string> birth_day(std::string_view text);

}  // namespace vcnode::verify
