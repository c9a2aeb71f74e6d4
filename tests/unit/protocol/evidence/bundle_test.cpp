#include "protocol/evidence/bundle.h"

#include "crypto/hash.h"
#include "protocol/evidence/codes.h"
#include "tests/support/check.h"
#include "tests/support/spec_page.h"

namespace vcnode::evidence {
namespace {

constexpr std::string_view kScid = "QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e";

Bundle small_bundle() {
  Bundle bundle;
  const auto origin = feed::Origin::parse(concat("demo.example/", kScid, "/1")).value();
  bundle.feeds.push_back({origin, std::nullopt, {to_bytes(R"({"d":"a","k":"b","t":"c"})")}});
  bundle.histories.push_back({std::string(kScid), "demo.example", {"b\n", "a\n"}});
  bundle.add_body(to_bytes("{}"));
  bundle.add_body({0, 255});
  return bundle;
}

std::string with(std::string text, std::string_view part, std::string_view other) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

}  // namespace

TEST_CASE("a bundle reads back as it was written, and has one text") {
  const std::string text = small_bundle().text();
  CHECK(text == test::spec_example("evidence.md", "bundle"));
  const auto read = Bundle::parse(text);
  REQUIRE(read.has_value());
  CHECK(read->text() == text);
  CHECK(read->feeds.at(0).leaves == small_bundle().feeds.at(0).leaves);
  CHECK(read->histories.at(0).entries.size() == 2);
  CHECK(read->bodies.contains(sha256(Bytes{0, 255})));

  Bundle twice = small_bundle();
  twice.add(small_bundle());
  CHECK(twice.bodies.size() == 2);
  CHECK(twice.feeds.size() == 2);
}

TEST_CASE("what is no bundle is refused") {
  const std::string text = small_bundle().text();
  CHECK_CODE(Bundle::parse("{}"), codes::EVIDENCE_MALFORMED);
  CHECK_CODE(Bundle::parse(with(text, "\"v\":1", "\"v\":2")), codes::EVIDENCE_MALFORMED);
  CHECK_CODE(Bundle::parse(with(text, "\"v\":1", "\"v\":1,\"x\":1")), codes::EVIDENCE_MALFORMED);
  CHECK_CODE(Bundle::parse(with(text, "\"head\":null", "\"head\":3")), codes::EVIDENCE_MALFORMED);
  CHECK_CODE(Bundle::parse(with(text, "\"network\":\"demo.example\"", "\"network\":\"DEMO\"")),
             codes::EVIDENCE_MALFORMED);
  CHECK_CODE(Bundle::parse(with(text, "\"AP8\"", "\"AP8=\"")), codes::EVIDENCE_MALFORMED);
  CHECK_CODE(Bundle::parse(with(text, "\"AP8\"", "7")), codes::EVIDENCE_MALFORMED);
}

TEST_CASE("a bundle of more than is read is refused before it is looked at") {
  std::string feeds;
  const std::string one = concat(R"({"head":null,"leaves":[],"origin":"demo.example/)", kScid, R"(/1"})");
  for (std::size_t i = 0; i <= kFeedsMax; ++i) feeds += concat(i > 0 ? "," : "", one);
  const std::string text =
      concat(R"({"bodies":[],"feeds":[)", feeds, R"(],"histories":[],"type":"vcnode-evidence","v":1})");
  CHECK_CODE(Bundle::parse(text), codes::EVIDENCE_TOO_LARGE);
}

}  // namespace vcnode::evidence
