#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/jcs.h"
#include "tests/property/crypto/random_json.h"
#include "tests/support/property.h"

using namespace vcnode;
using json::Document;

namespace {

constexpr std::size_t kDepth = 5;

// What UTF-16 order means, by converting: the model of utf16_less.
std::u16string to_utf16(const std::string& text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
    for (std::size_t k = 1; k < size; ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    if (point >= 0x10000) {
      out.push_back(static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10)));
      point = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
    out.push_back(static_cast<char16_t>(point));
    i += size;
  }
  return out;
}

// One to four edits: a byte changed, removed, doubled or put in, often a byte that means something to JSON.
void damage(std::string& text, Rng& rng) {
  constexpr std::string_view kTelling("{}[]:,\"\\u0019.eE+-dDnt \x00\x80\xed\xff", 27);
  for (std::uint64_t left = 1 + rng.below(4); left > 0 && !text.empty(); --left) {
    const std::size_t at = rng.below(text.size());
    const char byte =
        rng.below(4) == 0 ? static_cast<char>(rng.next()) : kTelling[rng.below(kTelling.size())];
    switch (rng.below(4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.erase(at, 1);
        break;
      case 2:
        text.insert(at, 1, text[at]);
        break;
      default:
        text.insert(at, 1, byte);
        break;
    }
  }
}

}  // namespace

TEST_CASE("canonical text is its own canonical text") {
  CHECK_PROPERTY("JCS is idempotent", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto document = Document::parse(test::random_text_of(test::random_tree(rng, kDepth), rng));
    RC_ASSERT(document.has_value());
    const std::string once = jcs::canonicalize(document->root());
    const auto again = Document::parse(once);
    RC_ASSERT(again.has_value());
    RC_ASSERT(jcs::canonicalize(again->root()) == once);
  });
}

TEST_CASE("how a text is written does not show in its canonical text") {
  CHECK_PROPERTY("JCS ignores member order, white space and escapes", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto tree = test::random_tree(rng, kDepth);
    const auto one = Document::parse(test::random_text_of(tree, rng));
    const auto other = Document::parse(test::random_text_of(tree, rng));
    RC_ASSERT(one.has_value());
    RC_ASSERT(other.has_value());
    RC_ASSERT(jcs::canonicalize(one->root()) == jcs::canonicalize(other->root()));
  });
}

TEST_CASE("both JCS writers agree") {
  CHECK_PROPERTY("JCS of a document is JCS of the builder's tree", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto tree = test::random_tree(rng, kDepth);
    const auto document = Document::parse(test::random_text_of(tree, rng));
    RC_ASSERT(document.has_value());
    const auto from_tree = jcs::canonicalize(tree);
    RC_ASSERT(from_tree.has_value());
    RC_ASSERT(jcs::canonicalize(document->root()) == *from_tree);
    RC_ASSERT(jcs::canonicalize(json::to_nlohmann(document->root())).value() == *from_tree);
  });
}

TEST_CASE("members of every object come in UTF-16 order") {
  CHECK_PROPERTY("utf16_less is the order of the UTF-16 forms", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto names = test::random_tree(rng, 1);
    const auto more = test::random_tree(rng, 1);
    if (!names.is_object() || !more.is_object()) return;
    for (const auto& [a, ignored_a] : names.items())
      for (const auto& [b, ignored_b] : more.items())
        RC_ASSERT(jcs::utf16_less(a, b) == (to_utf16(a) < to_utf16(b)));
  });
}

TEST_CASE("the strict reader accepts nothing that nlohmann refuses or reads differently") {
  int accepted = 0;
  CHECK_PROPERTY("accepted texts have the same content in both readers", [&accepted](std::uint64_t seed) {
    SeededRng rng(seed);
    const std::string whole = test::random_text_of(test::random_tree(rng, kDepth), rng);
    for (int i = 0; i < 20; ++i) {
      std::string text = whole;
      damage(text, rng);
      const auto document = Document::parse(text);
      if (!document) continue;
      ++accepted;
      RC_LOG() << hex_encode(as_bytes(text));
      const auto other = nlohmann::json::parse(text, nullptr, false);
      RC_ASSERT(!other.is_discarded());
      RC_ASSERT(json::to_nlohmann(document->root()) == other);
    }
  });
  CHECK(accepted > 100);
}

TEST_CASE("an undamaged text is read with the content it was made from") {
  CHECK_PROPERTY("reading gives the tree back", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto tree = test::random_tree(rng, kDepth);
    const auto read = json::read(test::random_text_of(tree, rng));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == tree);
  });
}
