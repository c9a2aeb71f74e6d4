#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/jcs.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/leaf.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::Leaf;

namespace {

// Text of characters that JSON treats in different ways.
rc::Gen<std::string> key_text() {
  const auto piece = rc::gen::element<std::string>("a", "Z", "#", "1", "/", " ", "\"", "\\", "\n", "\x01",
                                                   "\x7F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80");
  return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(piece)),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const auto& p : pieces) out += p;
                        return out.substr(0, 800);
                      });
}

rc::Gen<Leaf> any_leaf() {
  return rc::gen::exec([] {
    const std::string digest(64, *rc::gen::element('0', '9', 'a', 'f'));
    const auto number = concat(*rc::gen::inRange(1, 1000));
    const std::string date = "2026-01-01T00:00:00Z";
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
        return Leaf{
            "status",
            concat("https://issuer.example/l/", *rc::gen::inRange(0, 9), "#", *rc::gen::inRange(1, 1000)),
            digest};
      case 1:
        return Leaf{"statement", *key_text(), digest};
      case 2:
        return Leaf{"webvh", number, concat(number, "-", feed::test::multihash(number))};
      case 3:
        return Leaf{"seal", concat("n/", feed::test::multihash("scid"), "/", number), digest};
      case 4:
        return Leaf{"close", date, digest};
      case 5:
        return Leaf{"list-key", *key_text(), *rc::gen::element(std::string(), digest)};
      case 6:
        return Leaf{*rc::gen::element<std::string>("state", "time-batch"), number, digest};
      case 7:
        return Leaf{"observation", concat("https://a.example/did.json#", number, "#", date), digest};
      default:
        return Leaf{"x-" + std::string(1, *rc::gen::element('a', '0', '-')), *key_text(), *key_text()};
    }
  });
}

// The rule of protocol/spec/feed.md said again, through the strict reader and nothing else.
bool is_canonical_object(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document || !document->root().is_object() || document->root().members().size() != 3) return false;
  for (const std::string_view name : {"d", "k", "t"})
    if (!document->root().find_string(name)) return false;
  return jcs::canonicalize(document->root()) == text;
}

}  // namespace

TEST_CASE("a leaf is what it was before encoding, and has one encoding") {
  CHECK_PROPERTY("parse(encode(x)) == x, and encode(parse(b)) == b", [] {
    const Leaf leaf = *any_leaf();
    const Bytes bytes = leaf.encode();
    RC_PRE(bytes.size() <= 2048);
    RC_PRE(is_utf8(leaf.key));
    const auto again = Leaf::parse(bytes);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == leaf);
    RC_ASSERT(again->encode() == bytes);
    RC_ASSERT(is_canonical_object(as_text(bytes)));
  });
}

TEST_CASE("damaged leaves are refused, or are leaves in the one form") {
  CHECK_PROPERTY("whatever is accepted is canonical and encodes to the same bytes", [] {
    Bytes bytes = (*any_leaf()).encode();
    const int edits = *rc::gen::inRange(1, 4);
    for (int i = 0; i < edits; ++i) {
      const auto at = bytes.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(bytes));
      const auto byte = static_cast<std::uint8_t>(
          *rc::gen::element<int>('"', '\\', '{', '}', ',', 'u', '0', ' ', 0, 0x1F, 0x80, 0xC3, 0xFF));
      if (*rc::gen::arbitrary<bool>())
        *at = byte;
      else
        bytes.insert(at, byte);
    }
    const auto leaf = Leaf::parse(bytes);
    RC_TAG(leaf.has_value() ? "accepted" : "refused");
    if (!leaf.has_value()) {
      RC_ASSERT(leaf.error().code == codes::LEAF_MALFORMED);
      return;
    }
    RC_ASSERT(is_canonical_object(as_text(bytes)));
    RC_ASSERT(leaf->encode() == bytes);
  });
}
