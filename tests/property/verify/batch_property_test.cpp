// Time batches of any size: every document is in, nothing else is, and no changed entry proves a time.
#include "tests/support/property.h"
#include "tests/unit/protocol/batch/fixtures.h"

namespace vcnode::test {
namespace {

using Json = nlohmann::json;

class GivenRng final : public Rng {
 public:
  explicit GivenRng(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(next() >> 56);
  }
  std::uint64_t next() override { return state_ = state_ * 6364136223846793005u + 1442695040888963407u; }

 private:
  std::uint64_t state_;
};

struct Issued {
  std::vector<NamedKey> keys = witnesses(2);
  BatchFeed feed;
  std::vector<Json> documents;  // with their entries

  Issued(std::size_t count, std::uint64_t seed) {
    GivenRng rng(seed);
    std::vector<Json> plain;
    for (std::size_t i = 0; i < count; ++i) plain.push_back(plain_document(static_cast<int>(i)));
    const auto batch = batch::TimeBatch::of(plain, rng).value();
    const auto number = feed.publish(batch);
    const auto proof = feed.proof(feed.checkpoint({{&keys[0], 1000}, {&keys[1], 2000}}));
    for (std::size_t i = 0; i < count; ++i)
      documents.push_back(batch.with_entry(plain[i], i, number, proof).value());
  }
  // nullopt: nothing is proven, for whatever reason.
  [[nodiscard]] std::optional<Timestamp> proven(const std::string& text) const {
    const auto read = json::Document::parse(text);
    if (!read) return std::nullopt;
    const auto entry = batch::entry_of(read->root());
    if (!entry || !entry->has_value()) return std::nullopt;
    const auto policy = witness::WitnessPolicy::parse(quorum_text(keys, 2)).value();
    const auto finding = batch::check_entry(read->root(), **entry, feed.feeds(), policy);
    return finding ? finding->quorum_at : std::nullopt;
  }
};

TEST_CASE("every document of a batch is proven, and none in another's place") {
  CHECK_PROPERTY("batch", [] {
    const Issued issued(*rc::gen::inRange<std::size_t>(1, 40), *rc::gen::arbitrary<std::uint64_t>());
    const auto which = *rc::gen::inRange<std::size_t>(0, issued.documents.size());
    RC_ASSERT(issued.proven(issued.documents[which].dump()) == Timestamp(2000));
    Json exchanged = issued.documents[which];
    exchanged["id"] = "urn:example:none";
    RC_ASSERT(!issued.proven(exchanged.dump()).has_value());
  });
}

TEST_CASE("a document with one changed character proves nothing") {
  const Issued issued(5, 7);
  const std::string good = issued.documents[3].dump();
  CHECK_PROPERTY("changed", [&] {
    std::string text = good;
    auto& character = text[*rc::gen::inRange<std::size_t>(0, text.size())];
    const char other = static_cast<char>(*rc::gen::inRange(32, 127));
    RC_PRE(other != character);
    character = other;
    RC_LOG(text);
    RC_ASSERT(!issued.proven(text).has_value());
  });
}

}  // namespace
}  // namespace vcnode::test
