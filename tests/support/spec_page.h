// Worked examples of the pages under protocol/spec: a test reads them from the page, so that they stay true.
// An example is a fenced block whose opening line ends in `example=NAME`.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

namespace vcnode::test {

// Content of the block `name` of protocol/spec/`page`, without the trailing newline; fails the test if
// absent.
inline std::string spec_example(std::string_view page, std::string_view name) {
  const std::string text = read_file(source_dir() / "protocol" / "spec" / page);
  const std::string opening = concat(" example=", name, "\n");
  const auto found = text.find(opening);
  REQUIRE_MESSAGE(found != std::string::npos, "no example ", name, " in ", page);
  const auto begin = found + opening.size();
  const auto end = text.find("\n```", begin);
  REQUIRE_MESSAGE(end != std::string::npos, "the example ", name, " in ", page, " has no end");
  return text.substr(begin, end - begin);
}

}  // namespace vcnode::test
