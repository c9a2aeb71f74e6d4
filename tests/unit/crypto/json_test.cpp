#include "crypto/base/json.h"

#include <nlohmann/json.hpp>

#include "crypto/base/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using json::Document;
using json::Kind;

namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("a text of no bytes is no JSON, wherever it points") {
  CHECK_CODE_NAMES(Document::parse(std::string_view()), codes::JSON_SYNTAX, "after 0 bytes");
  CHECK_CODE_NAMES(Document::parse(""), codes::JSON_SYNTAX, "after 0 bytes");
}

TEST_CASE("every kind of value is read") {
  const auto document = Document::parse(
      R"({"null":null,"yes":true,"no":false,"int":-7,"num":1.5,"text":"aé\n","list":[1,[]],"obj":{}})");
  REQUIRE_OK(document);
  const json::Value& root = document->root();
  CHECK(root.members().size() == 8);
  CHECK(root.find("null")->is_null());
  CHECK(root.find("yes")->boolean());
  CHECK_FALSE(root.find("no")->boolean());
  CHECK(root.find("int")->integer() == -7);
  CHECK(root.find("int")->number() == -7.0);
  CHECK(root.find("num")->kind() == Kind::number);
  CHECK(root.find("num")->number() == 1.5);
  CHECK(root.find("text")->string() == "aé\n");
  CHECK(root.find("list")->elements().size() == 2);
  CHECK(root.find("obj")->members().empty());
  CHECK(root.find("absent") == nullptr);
  CHECK(root.find_string("text") == "aé\n");
  CHECK_FALSE(root.find_string("int").has_value());
  CHECK_FALSE(root.find_string("absent").has_value());
  CHECK(root.find("int")->find("x") == nullptr);
}

TEST_CASE("any value may stand alone") {
  CHECK(Document::parse(" 42 ")->root().integer() == 42);
  CHECK(Document::parse("\"\"")->root().string().empty());
  CHECK(Document::parse("null")->root().is_null());
  CHECK(Document().root().is_null());
}

TEST_CASE("one or many") {
  const auto document = Document::parse(R"({"one":"a","many":["a","b"],"none":[]})");
  REQUIRE_OK(document);
  CHECK(document->root().find("one")->one_or_many().size() == 1);
  CHECK(document->root().find("one")->one_or_many()[0].string() == "a");
  CHECK(document->root().find("many")->one_or_many()[1].string() == "b");
  CHECK(document->root().find("none")->one_or_many().empty());
}

TEST_CASE("members come in UTF-16 order, which is not byte order") {
  // U+1F600 has the surrogates D83D DE00, smaller than U+FB33.
  const auto document =
      Document::parse(R"({"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3,"z":4,"\r":5,"":6,"zz":7})");
  REQUIRE_OK(document);
  std::vector<std::string_view> names;
  for (const json::Member& member : document->root().members()) names.push_back(member.name);
  CHECK(names == std::vector<std::string_view>{"", "\r", "z", "zz", "€", "\xf0\x9f\x98\x80", "\xef\xac\xb3"});
}

TEST_CASE("members of a large object are found") {
  std::string text = "{";
  for (int i = 0; i < 200; ++i)
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  const auto document = Document::parse(text + "}");
  REQUIRE_OK(document);
  for (int i = 0; i < 200; ++i) {
    const json::Value* found = document->root().find("k" + std::to_string(i));
    REQUIRE(found != nullptr);
    CHECK(found->integer() == i);
  }
  CHECK(document->root().find("k200") == nullptr);
  CHECK(document->root().find("") == nullptr);
}

TEST_CASE("a value lives as long as any copy of its document") {
  std::optional<Document> copy;
  {
    const auto document = Document::parse(R"({"a":["long enough not to be stored in place anywhere"]})");
    REQUIRE_OK(document);
    copy = *document;
  }
  CHECK(Document::parse("[1,2,3]").has_value());  // the parser's own buffers are used again
  CHECK(copy->root().find("a")->elements()[0].string() == "long enough not to be stored in place anywhere");
}

TEST_CASE("integers are exact or refused") {
  CHECK(Document::parse("9007199254740991")->root().integer() == json::kIntegerMax);
  CHECK(Document::parse("-9007199254740991")->root().integer() == -json::kIntegerMax);
  CHECK(Document::parse("-0")->root().integer() == 0);
  for (const std::string_view text :
       {"9007199254740992", "-9007199254740992", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "-9223372036854775809", "[1, 123456789012345678901234567890]"}) {
    CAPTURE(text);
    CHECK_CODE_NAMES(Document::parse(text), codes::JSON_NUMBER_RANGE, "limit of 9007199254740991");
  }
  CHECK_CODE_NAMES(Document::parse("[9007199254740993]"), codes::JSON_NUMBER_RANGE, "9007199254740993");
}

TEST_CASE("other numbers are finite and rounded to the nearest double") {
  CHECK(Document::parse("1e21")->root().number() == 1e21);
  CHECK(Document::parse("1.0")->root().kind() == Kind::number);
  CHECK(Document::parse("0.1000000000000000055511151231257827")->root().number() == 0.1);
  CHECK(Document::parse("1e-999")->root().number() == 0.0);
  CHECK(Document::parse("1.7976931348623157e308")->root().number() == 1.7976931348623157e308);
  for (const std::string_view text : {"1e400", "-1e400", "[\"1\\\"e400\", 1.5, 1e400]", "{\"a\":1e309}"}) {
    CAPTURE(text);
    CHECK_CODE_NAMES(Document::parse(text), codes::JSON_NUMBER_RANGE, "largest double");
  }
}

TEST_CASE("a number whose canonical text would be an integer too large is refused as well") {
  CHECK_CODE_NAMES(Document::parse("[1e17]"), codes::JSON_NUMBER_RANGE,
                   "the integer 100000000000000000 is beyond the limit of 9007199254740991");
  CHECK_CODE(Document::parse("-9007199254740992.0"), codes::JSON_NUMBER_RANGE);
  CHECK_CODE(Document::parse("999999999999999868928.0"), codes::JSON_NUMBER_RANGE);
  CHECK(Document::parse("9007199254740991.0")->root().number() == 9007199254740991.0);
  CHECK(Document::parse("-1e21")->root().number() == -1e21);
}

TEST_CASE("a malformed number is a syntax error, even next to a huge one") {
  for (const std::string_view text :
       {"01", "1.", ".5", "+1", "1e", "--1", "0x10", "1x", "[01, 1e400]", "1e400x", "-"}) {
    CAPTURE(text);
    CHECK_CODE(Document::parse(text), codes::JSON_SYNTAX);
  }
}

TEST_CASE("what is not JSON is refused, naming the byte") {
  CHECK_CODE_NAMES(Document::parse(R"({"a":1,})"), codes::JSON_SYNTAX, "byte 8 of 8");
  CHECK_CODE_NAMES(Document::parse("[1"), codes::JSON_SYNTAX, "ends too early, after 2 bytes");
  for (const std::string_view text : {"", " ", "[1]x", "{'a':1}", "[1,]", "// c\n1", "NaN", "[\"\t\"]",
                                      "\"\\x\"", "\"\\u12g4\"", "tru", "{\"a\"}"}) {
    CAPTURE(text);
    CHECK_CODE(Document::parse(text), codes::JSON_SYNTAX);
  }
}

TEST_CASE("two members of one name are refused, however they are written") {
  CHECK_CODE_NAMES(Document::parse(R"({"a":1,"b":2,"a":1})"), codes::JSON_DUPLICATE_MEMBER, "\"a\"");
  CHECK_CODE_NAMES(Document::parse(R"({"a":1,"\u0061":2})"), codes::JSON_DUPLICATE_MEMBER, "\"a\"");
  CHECK_CODE_NAMES(Document::parse(R"([{"x":{"proof":1,"proof":2}}])"), codes::JSON_DUPLICATE_MEMBER,
                   "\"proof\"");
  CHECK_CODE(Document::parse(R"({"":1,"":2})"), codes::JSON_DUPLICATE_MEMBER);
  CHECK(Document::parse(R"({"a":{"a":{"a":1}}})").has_value());
}

TEST_CASE("depth is limited, and the limit is the last depth that is read") {
  CHECK(Document::parse(nested(64)).has_value());
  CHECK_CODE_NAMES(Document::parse(nested(65)), codes::JSON_TOO_DEEP, "limit of 64");
  CHECK_CODE_NAMES(Document::parse(nested(100'000)), codes::JSON_TOO_DEEP, "limit of 64");
  CHECK_CODE_NAMES(Document::parse(R"({"a":{"b":[]}})", {.depth_max = 2}), codes::JSON_TOO_DEEP,
                   "limit of 2");
  CHECK(Document::parse(R"({"a":{"b":1}})", {.depth_max = 2}).has_value());
  CHECK(Document::parse("1", {.depth_max = 0}).has_value());
}

TEST_CASE("size is limited, and the sentence names both numbers") {
  const std::string text = "\"" + std::string(1024 * 1024 - 2, 'x') + "\"";
  CHECK(Document::parse(text).has_value());
  CHECK_CODE_NAMES(Document::parse(text + " "), codes::JSON_TOO_LARGE,
                   "the document is 1048577 bytes, the limit is 1048576");
  CHECK_CODE_NAMES(Document::parse("[1]", {.size_max = 2}), codes::JSON_TOO_LARGE, "the limit is 2");
}

TEST_CASE("a text longer than what a thread keeps a parser for is read too") {
  const std::string text = "[" + std::string(3 * 1024 * 1024, ' ') + "7]";
  CHECK(Document::parse(text, {.size_max = 4 * 1024 * 1024})->root().elements()[0].integer() == 7);
}

TEST_CASE("texts of nothing but empty strings, which take more room read than written, are read") {
  for (const std::size_t count : {0u, 1u, 2u, 3u, 100u, 10'000u}) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "\"\"" : ",\"\"";
    text += "]";
    const auto document = json::Document::parse(text);
    REQUIRE_OK(document);
    CHECK(document->root().elements().size() == count);
    for (const json::Value& element : document->root().elements()) CHECK(element.string().empty());
  }
}

TEST_CASE("a byte order mark is refused") {
  CHECK_CODE_NAMES(Document::parse("\xef\xbb\xbf{}"), codes::JSON_BOM, "EF BB BF");
}

TEST_CASE("NUL is refused as a byte and as an escape") {
  CHECK_CODE_NAMES(Document::parse(std::string_view("{}\0", 3)), codes::JSON_NUL, "byte 2");
  CHECK_CODE_NAMES(Document::parse(std::string_view("\"a\0b\"", 5)), codes::JSON_NUL, "byte 2");
  CHECK_CODE_NAMES(Document::parse(R"(["a\u0000"])"), codes::JSON_NUL, "byte 3");
  CHECK_CODE(Document::parse(R"({"\u0000":1})"), codes::JSON_NUL);
  CHECK(Document::parse(R"(["\\u0000"])")->root().elements()[0].string() == "\\u0000");
}

TEST_CASE("invalid UTF-8 is refused") {
  for (const std::string_view text :
       {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\""}) {
    CAPTURE(text);
    CHECK_CODE_NAMES(Document::parse(text), codes::JSON_UTF8, "bytes is not valid UTF-8");
  }
}

TEST_CASE("lone surrogates are refused on either side and in either order") {
  for (const std::string_view text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")", R"("\ud800\ud800")",
        R"("\ude00\ud83d")", R"({"\udead":1})", R"("\ud83d\n")", R"("\ud83d\ude00\udc00")"}) {
    CAPTURE(text);
    CHECK_CODE_NAMES(Document::parse(text), codes::JSON_UTF8, "half of a surrogate pair");
  }
  CHECK(Document::parse(R"("\ud83d\ude00")")->root().string() == "\xf0\x9f\x98\x80");
  CHECK(Document::parse(R"("\uD83D\uDE00")")->root().string() == "\xf0\x9f\x98\x80");
}

TEST_CASE("foreign text in a message is made harmless") {
  CHECK_CODE_NAMES(Document::parse(R"({"a\nlevel=error":1,"a\nlevel=error":2})"),
                   codes::JSON_DUPLICATE_MEMBER, "\"a?level=error\"");
}

TEST_CASE("the builder's tree has the same content") {
  const std::string_view text = R"({"a":[1,2.5,"x",null,true],"b":{"c":{}}})";
  const auto tree = json::read(text);
  REQUIRE_OK(tree);
  CHECK(*tree == nlohmann::json::parse(text));
  CHECK_CODE(json::read("{"), codes::JSON_SYNTAX);
}

TEST_CASE("kinds have names") {
  CHECK(json::kind_name(Kind::null) == "null");
  CHECK(json::kind_name(Kind::boolean) == "boolean");
  CHECK(json::kind_name(Kind::integer) == "integer");
  CHECK(json::kind_name(Kind::number) == "number");
  CHECK(json::kind_name(Kind::string) == "string");
  CHECK(json::kind_name(Kind::array) == "array");
  CHECK(json::kind_name(Kind::object) == "object");
}
