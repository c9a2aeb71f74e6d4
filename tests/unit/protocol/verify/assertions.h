// Assertions about verdicts that also record the codes seen.
#pragma once

#include "tests/support/doctest.h"
#include "tests/unit/protocol/verify/world.h"

namespace vcnode::verify::world {

// "proof: fail PROOF_SIGNATURE (the signature …)" per check, for readable failures.
inline std::string describe(const Verdict& verdict) {
  std::string out = concat(name_of(verdict.outcome), " ", name_of(verdict.reason_class), " ",
                           verdict.code ? verdict.code->slug() : std::string_view("(no code)"));
  for (const Check& check : verdict.checks)
    out += concat("\n  ", name_of(check.check), ": ", name_of(check.result), " ", check.code.slug(), " (",
                  check.detail, ")");
  return out;
}

inline bool decided(const Verdict& verdict, Outcome outcome, Class reason_class, Code code) {
  return verdict.outcome == outcome && verdict.reason_class == reason_class && verdict.code.has_value() &&
         test::same_code(*verdict.code, code);
}

inline bool checked(const Verdict& verdict, CheckName name, CheckResult result, Code code) {
  const Check* check = find(verdict, name);
  return check != nullptr && check->result == result && test::same_code(check->code, code);
}

inline bool detail_has(const Verdict& verdict, CheckName name, std::string_view part) {
  const Check* check = find(verdict, name);
  return check != nullptr && check->detail.find(part) != std::string::npos;
}

}  // namespace vcnode::verify::world

#define CHECK_DECIDED(verdict, outcome, reason_class, code)                                     \
  CHECK_MESSAGE(::vcnode::verify::world::decided((verdict), (outcome), (reason_class), (code)), \
                ::vcnode::verify::world::describe(verdict))
#define CHECK_STEP(verdict, name, result, code)                                        \
  CHECK_MESSAGE(::vcnode::verify::world::checked((verdict), (name), (result), (code)), \
                ::vcnode::verify::world::describe(verdict))
#define CHECK_DETAIL(verdict, name, part)                                       \
  CHECK_MESSAGE(::vcnode::verify::world::detail_has((verdict), (name), (part)), \
                ::vcnode::verify::world::describe(verdict))
