// Assertions about Results, and the record of which reason codes tests have seen.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::test {

// Appends the slug to the record of this build (one file per test program); the ctest `codes_complete` reads
// all of them and fails if a code of the table was asserted by no test.
void record_code(std::string_view slug);

// "" for a value, otherwise "SLUG: message"; for readable failures.
template <class T>
std::string describe(const Result<T>& result) {
  if (result.has_value()) return "a value";
  return concat(result.error().code.slug(), ": ", result.error().message);
}

inline bool same_code(Code actual, Code expected) {
  if (actual == expected) record_code(expected.slug());
  return actual == expected;
}

template <class T>
bool has_code(const Result<T>& result, Code expected) {
  return !result.has_value() && same_code(result.error().code, expected);
}

// True if the error's sentence contains `part` (the thing, the value or the limit it must name).
template <class T>
bool message_has(const Result<T>& result, std::string_view part) {
  return !result.has_value() && result.error().message.find(part) != std::string::npos;
}

}  // namespace vcnode::test

#define CHECK_CODE(result, expected)                                           \
  do {                                                                         \
    const auto& vcnode_result = (result);                                      \
    CHECK_MESSAGE(::vcnode::test::has_code(vcnode_result, (expected)), "got ", \
                  ::vcnode::test::describe(vcnode_result));                    \
  } while (false)
// The code, and that the sentence names `part`.
#define CHECK_CODE_NAMES(result, expected, part)                          \
  do {                                                                    \
    const auto& vcnode_result = (result);                                 \
    CHECK_MESSAGE((::vcnode::test::has_code(vcnode_result, (expected)) && \
                   ::vcnode::test::message_has(vcnode_result, (part))),   \
                  "got ", ::vcnode::test::describe(vcnode_result));       \
  } while (false)
#define REQUIRE_OK(result)                                                                       \
  do {                                                                                           \
    const auto& vcnode_result = (result);                                                        \
    REQUIRE_MESSAGE(vcnode_result.has_value(), "got ", ::vcnode::test::describe(vcnode_result)); \
  } while (false)
