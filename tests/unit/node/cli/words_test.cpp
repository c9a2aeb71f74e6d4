// Words for people: what strangers wrote does no harm to a terminal, and a slip gets a suggestion.
#include <vector>

#include "node/cli/nearest.h"
#include "node/cli/output.h"
#include "tests/support/doctest.h"
#include "tests/support/property.h"

using namespace vcnode;
using cli::nearest;
using cli::printable;

TEST_CASE("a stranger's text keeps its letters and loses what steers a terminal") {
  CHECK(printable("Zoë Ångström, 東京, \U0001F393") == "Zoë Ångström, 東京, \U0001F393");
  CHECK(printable("\x1b[2Jgone\r\n\t\x7f") == "?[2Jgone????");
  CHECK(printable("a\u0080b\u009b31mc\u009fd\u00a0e") == "a?b?31mc?d\u00a0e");  // C1: U+009B is CSI
  CHECK(printable("\u202atxt\u202e.\u2066\u2069;") == "?txt?.??;");
  CHECK(printable("\u2027\u202f\u2065\u206a") == "\u2027\u202f\u2065\u206a");  // their neighbours
  CHECK(printable("one\u2028two\u2029three") == "one?two?three");
}

TEST_CASE("every turn of direction is neutralised, one by one") {
  const auto encoded = [](char32_t c) {
    return std::string{static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
                       static_cast<char>(0x80 | (c & 0x3f))};
  };
  for (char32_t c = 0x202a; c <= 0x202e; ++c) CHECK(printable(encoded(c)) == "?");
  for (char32_t c = 0x2066; c <= 0x2069; ++c) CHECK(printable(encoded(c)) == "?");
}

TEST_CASE("bytes that are not UTF-8 do not pass: a lone 0x9b is CSI to an 8-bit terminal") {
  CHECK(printable("\x9b") == "?");
  CHECK(printable("a\xc3") == "a?");                 // cut off
  CHECK(printable("\xc0\x9b|") == "??|");            // overlong
  CHECK(printable("\xed\xa0\x80|") == "???|");       // surrogate
  CHECK(printable("\xf4\x90\x80\x80|") == "????|");  // beyond U+10FFFF
}

TEST_CASE("printable text is a fixed point") {
  CHECK_PROPERTY("printable twice is printable once",
                 [](const std::string& text) { RC_ASSERT(printable(printable(text)) == printable(text)); });
}

TEST_CASE("a slip is led back to the nearest word, and a far word to none") {
  const std::vector<std::string> commands{"issue", "revoke", "verify", "reinstate"};
  CHECK(nearest("verfy", commands) == "verify");
  CHECK(nearest("revok", commands) == "revoke");
  CHECK(nearest("isseu", commands) == "issue");
  CHECK(nearest("frobnicate", commands) == "reinstate");
  CHECK(nearest("xyzzyplugh", commands).empty());
  CHECK(nearest("", commands).empty());
  CHECK(nearest("verify", {}).empty());
}
