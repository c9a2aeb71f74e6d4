#include "protocol/feed/leaf.h"

#include "crypto/base/limits.h"
#include "protocol/feed/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::Leaf;
using feed::StatusLeafKey;

namespace {

const std::string kDigest(64, 'a');

std::string leaf_text(std::string_view d, std::string_view k, std::string_view t) {
  return concat(R"({"d":")", d, R"(","k":")", k, R"(","t":")", t, R"("})");
}
Result<Leaf> parse(std::string_view text) {
  return Leaf::parse(as_bytes(text));
}

void refused(const std::string& text, std::string_view why) {
  CAPTURE(text);
  CHECK_CODE_NAMES(parse(text), codes::LEAF_MALFORMED, why);
}

}  // namespace

TEST_CASE("a leaf has one form, members in JCS order") {
  const Leaf leaf{"status", "https://issuer.example/l/1#7", kDigest};
  CHECK(as_text(leaf.encode()) == leaf_text(kDigest, "https://issuer.example/l/1#7", "status"));
  const auto again = Leaf::parse(leaf.encode());
  REQUIRE_OK(again);
  CHECK(*again == leaf);
}

TEST_CASE("keys that JSON escapes are read too") {
  const Leaf leaf{"statement", "quote \" backslash \\ newline \n tab \t bell \x07 \xC3\xA9", kDigest};
  const auto again = Leaf::parse(leaf.encode());
  REQUIRE_OK(again);
  CHECK(*again == leaf);
}

TEST_CASE("a leaf of a type to come is kept, whatever its key and digest") {
  const auto leaf = parse(leaf_text("1-QmSomeVersionId", "1", "webvh2"));
  REQUIRE_OK(leaf);
  CHECK(leaf->type == "webvh2");
  REQUIRE_OK(parse(leaf_text("", "2026-01-01", "offering")));
}

TEST_CASE("every type has its own form of key and digest") {
  const std::string hash = feed::test::multihash("x"), date = "2026-01-01T00:00:00Z";
  const std::string origin = concat("test.example/", hash, "/1");
  REQUIRE_OK(parse(leaf_text("12-" + hash, "12", "webvh")));
  REQUIRE_OK(parse(leaf_text(kDigest, origin, "seal")));
  REQUIRE_OK(parse(leaf_text(kDigest, date, "close")));
  REQUIRE_OK(parse(leaf_text(kDigest, "urn:d:1", "list-key")));
  REQUIRE_OK(parse(leaf_text("", "urn:d:1", "list-key")));
  REQUIRE_OK(parse(leaf_text(kDigest, "1", "state")));
  REQUIRE_OK(parse(leaf_text(kDigest, "7", "time-batch")));
  REQUIRE_OK(parse(leaf_text(kDigest, "https://a.example/did.json#1#" + date, "observation")));
  for (const std::string& version : std::vector<std::string>{"12-" + hash + "1", "1-" + hash, "12" + hash,
                                                             "12-", std::string(), kDigest, "12-" + kDigest})
    refused(leaf_text(version, "12", "webvh"), "versionId");
  for (const std::string& number : std::vector<std::string>{"0", "01", "x", "-1", "1000000000"})
    refused(leaf_text(number + "-" + hash, number, "webvh"), "plain number");
  for (const std::string& text : std::vector<std::string>{"test.example/1", "test.example/x/1", "x"})
    refused(leaf_text(kDigest, text, "seal"), "origin of a feed");
  for (const std::string& text :
       std::vector<std::string>{"2026-01-01", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.0Z", "x"})
    refused(leaf_text(kDigest, text, "close"), "date");
  for (const std::string& type : std::vector<std::string>{"state", "time-batch"})
    for (const std::string& number : std::vector<std::string>{"0", "01", "x"})
      refused(leaf_text(kDigest, number, type), "plain number of at least 1");
  for (const std::string& text :
       std::vector<std::string>{"https://a.example/x", "https://a.example/#1", "x#1#" + date,
                                "https://a.example/#0#" + date, "https://a.example/#1#2026-01-01"})
    refused(leaf_text(kDigest, text, "observation"), "observation key");
  for (const std::string& type :
       std::vector<std::string>{"seal", "close", "state", "time-batch", "observation"}) {
    const std::string key = type == "seal"          ? origin
                            : type == "close"       ? date
                            : type == "observation" ? "https://a.example/#1#" + date
                                                    : "1";
    for (const std::string& digest :
         std::vector<std::string>{std::string(), std::string(64, 'A'), std::string(63, 'a')})
      refused(leaf_text(digest, key, type), "64 lower-case hex digits");
  }
  refused(leaf_text("x", "urn:d:1", "list-key"), "64 lower-case hex digits");
}

TEST_CASE("memory of a leaf is used again") {
  Leaf leaf{"observation", "key", "digest"};
  const Leaf wanted{"statement", "urn:s:1", kDigest};
  REQUIRE_OK(Leaf::parse_into(leaf, wanted.encode()));
  CHECK(leaf == wanted);
  CHECK_CODE(Leaf::parse_into(leaf, as_bytes("{}")), codes::LEAF_MALFORMED);
}

TEST_CASE("a status key in its parts") {
  const auto parts = feed::split_status_key("https://issuer.example/l/1#17");
  CHECK(parts.uri == "https://issuer.example/l/1");
  CHECK(parts.sequence == 17);
}

TEST_CASE("places are ordered by epoch, then index") {
  using feed::LeafPlace;
  CHECK(LeafPlace{1, 9} < LeafPlace{2, 0});
  CHECK(LeafPlace{2, 0} < LeafPlace{2, 1});
}

TEST_CASE("only the canonical bytes are a leaf") {
  const std::string good = leaf_text(kDigest, "urn:s:1", "statement");
  REQUIRE_OK(parse(good));
  refused("", "strict JSON");
  refused("[]", "not an object");
  refused(good + "\n", "canonical");
  refused(" " + good, "canonical");
  refused(good + "x", "strict JSON");
  refused(R"({"k":"urn:s:1","d":")" + kDigest + R"(","t":"statement"})", "canonical");
  refused(R"({"d":")" + kDigest + R"(","k":"urn:s:1","t":"statement","x":1})", "canonical");
  refused(R"({"d":")" + kDigest + R"(","k":"urn:s:1"})", "string members");
  refused(R"({"d":")" + kDigest + R"(","k":1,"t":"statement"})", "string members");
  refused(R"({"d":")" + kDigest + R"(","k":{"a":{}},"t":"statement"})", "strict JSON");
  refused(leaf_text(kDigest, R"(urn:s:\u0031)", "statement"), "canonical");
  refused(leaf_text(kDigest, R"(urn:s:\/)", "statement"), "canonical");
  refused(leaf_text(kDigest, "a\nb", "statement"), "strict JSON");
  refused(leaf_text(kDigest, std::string("a\0b", 3), "statement"), "strict JSON");
  refused(leaf_text(kDigest, "\xC3", "statement"), "strict JSON");
  refused(leaf_text(kDigest, "\xED\xA0\x80", "statement"), "strict JSON");
}

TEST_CASE("types are words") {
  refused(leaf_text(kDigest, "k", ""), "type");
  refused(leaf_text(kDigest, "k", "Status"), "type");
  refused(leaf_text(kDigest, "k", "a b"), "type");
  refused(leaf_text(kDigest, "k", std::string(33, 'a')), "1 to 32");
  REQUIRE_OK(parse(leaf_text(kDigest, "k", std::string(32, 'a'))));
}

TEST_CASE("a leaf with a body has a key and the body's digest") {
  refused(leaf_text(kDigest, "", "offering"), "empty key");
  for (const std::string& type : std::vector<std::string>{"status", "statement"}) {
    const std::string key = type == "status" ? "urn:l#1" : "urn:s";
    REQUIRE_OK(parse(leaf_text(kDigest, key, type)));
    refused(leaf_text("", key, type), "digest");
    refused(leaf_text(std::string(63, 'a'), key, type), "digest");
    refused(leaf_text(std::string(64, 'A'), key, type), "lower-case");
    refused(leaf_text(std::string(64, 'g'), key, type), "digest");
  }
}

TEST_CASE("a leaf over the size limit is refused with the limit") {
  const std::string frame = leaf_text(kDigest, "", "statement");
  REQUIRE_OK(parse(leaf_text(kDigest, std::string(limits::kLeafBytesMax - frame.size(), 'k'), "statement")));
  refused(leaf_text(kDigest, std::string(limits::kLeafBytesMax - frame.size() + 1, 'k'), "statement"),
          "2048");
}

TEST_CASE("a status key is list URI, '#', sequence") {
  const auto key = StatusLeafKey::parse("https://issuer.example/l/1#42");
  REQUIRE_OK(key);
  CHECK(key->uri == "https://issuer.example/l/1");
  CHECK(key->sequence == 42);
  CHECK(key->text() == "https://issuer.example/l/1#42");
}

TEST_CASE("malformed status keys are refused, alone and in a leaf") {
  for (const std::string& key : std::vector<std::string>{
           "https://a.example/l", "https://a.example/l#", "https://a.example/l#0", "https://a.example/l#01",
           "https://a.example/l#+1", "https://a.example/l#9007199254740992", "#1", "l#1",
           "https://a.example/l#x#1"}) {
    CAPTURE(key);
    CHECK_CODE(StatusLeafKey::parse(key), codes::LEAF_MALFORMED);
    refused(leaf_text(kDigest, key, "status"), "status key");
  }
}
