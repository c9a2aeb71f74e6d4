#include "crypto/jcs.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "crypto/base/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

std::string number_text(double number) {
  std::string out;
  jcs::append_number(out, number);
  return out;
}

std::string canonical(std::string_view text) {
  return jcs::canonicalize(json::Document::parse(text).value().root());
}

}  // namespace

TEST_CASE("numbers are laid out as ECMAScript does") {
  CHECK(number_text(0.0) == "0");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(1e20) == "100000000000000000000");
  CHECK(number_text(1e21) == "1e+21");
  CHECK(number_text(-1e21) == "-1e+21");
  CHECK(number_text(123456789012345680000.0) == "123456789012345680000");
  CHECK(number_text(1e-6) == "0.000001");
  CHECK(number_text(1e-7) == "1e-7");
  CHECK(number_text(1.5e-7) == "1.5e-7");
  CHECK(number_text(-1234.5) == "-1234.5");
  CHECK(number_text(5e-324) == "5e-324");
  CHECK(number_text(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(number_text(9007199254740993.0) == "9007199254740992");
}

TEST_CASE("strings escape what RFC 8785 names and nothing else") {
  std::string out;
  jcs::append_string(out, "\x01\b\t\n\x0b\f\r\x1f\"\\/\x7f€\xe2\x80\xa8");
  CHECK(out == "\"\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\x7f€\xe2\x80\xa8\"");
}

TEST_CASE("a character to escape is found at every place of a long string") {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const auto& [character, escaped] :
           {std::pair{'"', "\\\""}, std::pair{'\\', "\\\\"}, std::pair{'\x1f', "\\u001f"}}) {
        std::string text(size, '\x7f');
        text[at] = character;
        std::string out;
        jcs::append_string(out, text);
        CHECK(out == "\"" + std::string(at, '\x7f') + escaped + std::string(size - at - 1, '\x7f') + "\"");
        std::string written;
        { jcs::Writer(written).string(text); }
        CHECK(written == out);
      }
    }
  }
}

TEST_CASE("strings of every length without such a character stay as they are") {
  for (std::size_t size = 0; size <= 80; ++size) {
    const std::string text(size, 'x');
    std::string appended = "before";
    jcs::append_string(appended, text);
    CHECK(appended == "before\"" + text + "\"");
    std::string written = "before";
    { jcs::Writer(written).string(text); }
    CHECK(written == appended);
  }
}

TEST_CASE("a Writer leaves the string whole, however much it wrote") {
  std::string out = "kept";
  {
    jcs::Writer writer(out);
    for (int i = 0; i < 1000; ++i) writer.raw("0123456789");
    writer.raw('!');
  }
  CHECK(out.size() == 4 + 10'001);
  CHECK(out.starts_with("kept0123"));
  CHECK(out.ends_with("789!"));
}

TEST_CASE("white space goes, members are sorted at every depth") {
  CHECK(canonical(" { \"b\" : [ 1 , { \"z\":1.0, \"a\" : null } ] , \"a\" : true } ") ==
        R"({"a":true,"b":[1,{"a":null,"z":1}]})");
  CHECK(canonical("[]") == "[]");
  CHECK(canonical("{}") == "{}");
  CHECK(canonical("-0") == "0");
  CHECK(canonical("-0.0") == "0");
}

TEST_CASE("members of one object can be left out") {
  const auto document = json::Document::parse(R"({"proof":{"proof":1},"a":1,"z":2})");
  REQUIRE_OK(document);
  std::string out;
  jcs::append_object_without(out, document->root(), "proof");
  CHECK(out == R"({"a":1,"z":2})");
  out.clear();
  jcs::append_object_without(out, document->root(), "a");
  CHECK(out == R"({"proof":{"proof":1},"z":2})");
  out.clear();
  jcs::append_object_without(out, document->root(), {});
  CHECK(out == R"({"a":1,"proof":{"proof":1},"z":2})");
}

TEST_CASE("UTF-16 order") {
  CHECK(jcs::utf16_less("", "a"));
  CHECK(jcs::utf16_less("a", "ab"));
  CHECK_FALSE(jcs::utf16_less("ab", "ab"));
  CHECK(jcs::utf16_less("\xf0\x90\x80\x80", "\xee\x80\x80"));        // U+10000 before U+E000
  CHECK_FALSE(jcs::utf16_less("\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"));  // U+FFFF after U+10FFFF
  CHECK(jcs::utf16_less("\xed\x9f\xbf", "\xf0\x90\x80\x80"));        // U+D7FF before U+10000
  CHECK(jcs::utf16_less("\xee\x80\x80", "\xef\x80\x80"));
}

TEST_CASE("a builder's tree is written the same way") {
  const nlohmann::json tree = {
      {"\xef\xac\xb3", 1}, {"\xf0\x9f\x98\x80", 2u}, {"a", {1.0, -7, nullptr, false, "x\n"}}};
  CHECK(jcs::canonicalize(tree).value() ==
        "{\"a\":[1,-7,null,false,\"x\\n\"],\"\xf0\x9f\x98\x80\":2,\"\xef\xac\xb3\":1}");
}

TEST_CASE("what JCS forbids is refused in a builder's tree") {
  CHECK_CODE_NAMES(jcs::canonicalize(nlohmann::json(9007199254740992)), codes::JSON_NUMBER_RANGE,
                   "limit of 9007199254740991");
  CHECK_CODE(jcs::canonicalize(nlohmann::json(-9007199254740992)), codes::JSON_NUMBER_RANGE);
  CHECK_CODE_NAMES(jcs::canonicalize(nlohmann::json(UINT64_MAX)), codes::JSON_NUMBER_RANGE,
                   "18446744073709551615");
  CHECK_CODE(jcs::canonicalize(nlohmann::json{{"a", {std::nan("")}}}), codes::JSON_NUMBER_RANGE);
  CHECK_CODE_NAMES(jcs::canonicalize(nlohmann::json(1e17)), codes::JSON_NUMBER_RANGE, "1e+17");
  CHECK(jcs::canonicalize(nlohmann::json(1e21)).value() == "1e+21");
  CHECK_CODE_NAMES(jcs::canonicalize(nlohmann::json(HUGE_VAL)), codes::JSON_NUMBER_RANGE, "infinite");
  CHECK_CODE_NAMES(jcs::canonicalize(nlohmann::json("bad \xff")), codes::JSON_UTF8, "\"bad ?\"");
  CHECK_CODE(jcs::canonicalize(nlohmann::json{{"\xed\xa0\x80", 1}}), codes::JSON_UTF8);
  CHECK_CODE_NAMES(jcs::canonicalize(nlohmann::json::binary({1, 2})), codes::JSON_WRONG_TYPE, "binary");
}
