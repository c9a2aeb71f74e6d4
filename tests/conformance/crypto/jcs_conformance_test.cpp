#include <array>
#include <bit>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/jcs.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;

TEST_CASE("RFC 8785: the six published pairs, from both writers, byte by byte") {
  const auto directory = test::shared_path("jcs-rfc8785/input");
  if (!directory) return;
  int pairs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*directory)) {
    const auto name = entry.path().filename();
    CAPTURE(name.string());
    const auto document = json::Document::parse(test::read_file(entry.path()));
    REQUIRE_OK(document);
    const std::string canonical = jcs::canonicalize(document->root());
    CHECK(canonical == test::read_file(directory->parent_path() / "output" / name));
    CHECK(jcs::canonicalize(json::to_nlohmann(document->root())).value() == canonical);
    std::string hex = test::read_file(directory->parent_path() / "outhex" / name.stem().concat(".txt"));
    std::erase_if(hex, [](char c) { return c == ' ' || c == '\n' || c == '\r'; });
    CHECK(hex_encode(as_bytes(canonical)) == hex);
    ++pairs;
  }
  CHECK(pairs == 6);
}

TEST_CASE("RFC 8785: the first 10,000 lines of the number test") {
  const auto path = test::shared_path("jcs-rfc8785/es6-numbers-10000.txt");
  if (!path) return;
  std::istringstream lines(test::read_file(*path));
  int numbers = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comma = line.find(',');
    std::uint64_t bits = 0;
    REQUIRE(std::from_chars(line.data(), line.data() + comma, bits, 16).ptr == line.data() + comma);
    std::string text;
    jcs::append_number(text, std::bit_cast<double>(bits));
    REQUIRE(text == line.substr(comma + 1));
    ++numbers;
  }
  CHECK(numbers == 10'000);
}
