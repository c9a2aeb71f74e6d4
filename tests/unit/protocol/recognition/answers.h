// Assertions about answers of judging.
#pragma once

#include "protocol/recognition/codes.h"
#include "tests/support/check.h"
#include "tests/support/doctest.h"
#include "tests/support/recognition_world.h"

namespace vcnode::test {

// What an accreditation of this scope makes of the facts.
inline recognition::Recognition within(const statement::Scope& scope,
                                       const facts::Facts& facts = micro_credential()) {
  RecognitionWorld world;
  world.accredit("qa", "uni", scope);
  return judged(world, anchored("qa"), {.facts = facts});
}

inline std::string described(const recognition::Recognition& answer) {
  std::string text(name_of(answer.outcome));
  for (const recognition::Note& note : answer.notes)
    text += concat("; ", note.code.slug(), ": ", note.sentence);
  return text;
}

inline bool is_answer(const recognition::Recognition& answer, recognition::Outcome outcome, Code code) {
  return answer.outcome == outcome && same_code(answer.code(), code);
}

inline bool is_noted(const recognition::Recognition& answer, Code code) {
  return says(answer, code) && same_code(code, code);
}

}  // namespace vcnode::test

#define CHECK_ANSWER(answer, outcome, code)                                                         \
  do {                                                                                              \
    const auto vcnode_answer = (answer);                                                            \
    CHECK_MESSAGE(::vcnode::test::is_answer(vcnode_answer, ::vcnode::recognition::Outcome::outcome, \
                                            ::vcnode::codes::code),                                 \
                  "got ", ::vcnode::test::described(vcnode_answer));                                \
  } while (false)
#define CHECK_NOTED(answer, code)                                                         \
  do {                                                                                    \
    const auto vcnode_answer = (answer);                                                  \
    CHECK_MESSAGE(::vcnode::test::is_noted(vcnode_answer, ::vcnode::codes::code), "got ", \
                  ::vcnode::test::described(vcnode_answer));                              \
  } while (false)
