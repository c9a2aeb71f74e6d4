// Fit: whether what a credential says lies inside a scope.
//
// Three answers. A fact that the scope limits and the credential lacks is unknown, not no. Of several
// countries or fields all must lie inside; of several types one must, since they are names of one thing.
// The scope's window is judged with the lives of the chain, not here.
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
// The same without saying why.
[[nodiscard]] Grade grade_of_fit(const statement::Scope& scope, const facts::Facts& facts,
                                 const LevelFact& level);

}  // namespace vcnode::recognition
