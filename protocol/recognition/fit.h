// Fit: whether what a credential says lies inside a scope.
//
// Three answers. A fact that the scope limits and the credential lacks, or that could be read in part only,
// is unknown, not no. Of several countries, fields or types all must lie inside, but for types that only name
// the format, such as OpenBadgeCredential. The scope's window is judged with the lives of the chain, not
// here.
//
// Threading: pure functions.
#pragma once

#include <string>
#include <vector>

#include "protocol/recognition/levels.h"

namespace vcnode::recognition {

struct Note {
  Code code;
  std::string sentence;
};

struct Fit {
  Grade grade = Grade::yes;
  std::vector<Note> notes;  // of every component that is no or unknown, in a fixed order
};

[[nodiscard]] Fit fit(const statement::Scope& scope, const facts::Facts& facts, const LevelFact& level);
// How far a refusal of this scope is about the credential: of several countries, fields or types one is
// enough, or saying one more would escape it.
[[nodiscard]] Grade grade_of_touch(const statement::Scope& scope, const facts::Facts& facts,
                                   const LevelFact& level);
// fit() without saying why.
[[nodiscard]] Grade grade_of_fit(const statement::Scope& scope, const facts::Facts& facts,
                                 const LevelFact& level);

}  // namespace vcnode::recognition
