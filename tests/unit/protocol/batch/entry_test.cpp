#include "protocol/batch/entry.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "tests/unit/protocol/batch/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using Json = nlohmann::json;

namespace {

// One document of a batch of three, cosigned by two of three witnesses.
struct World {
  CountingRng rng;
  std::vector<NamedKey> keys = witnesses(3);
  BatchFeed feed;
  Json document;

  World() {
    const std::vector<Json> given = {plain_document(0), plain_document(1), plain_document(2)};
    const auto made = batch::TimeBatch::of(given, rng).value();
    const auto number = feed.publish(made);
    const auto checkpoint = feed.checkpoint({{&keys[0], 1000}, {&keys[2], 1200}});
    document = made.with_entry(given[1], 1, number, feed.proof(checkpoint)).value();
  }
  [[nodiscard]] Json& entry() { return document["evidence"][0]; }
  [[nodiscard]] Result<batch::Finding> check(std::size_t threshold = 2) const {
    return check(feed.feeds(), threshold);
  }
  [[nodiscard]] Result<batch::Finding> check(const batch::IssuerFeeds& feeds, std::size_t threshold) const {
    const auto read = json::Document::parse(document.dump()).value();
    VCNODE_TRY(const auto found, batch::entry_of(read.root()));
    REQUIRE(found.has_value());
    const auto policy = witness::WitnessPolicy::parse(quorum_text(keys, threshold)).value();
    return batch::check_entry(read.root(), *found, feeds, policy);
  }
};

std::string hash_text(char fill) {
  return base64url_encode(Bytes(32, static_cast<std::uint8_t>(fill)));
}

}  // namespace

TEST_CASE("the time is that by which the quorum had cosigned, and no quorum proves nothing") {
  const World world;
  const auto two = world.check(2);
  REQUIRE_OK(two);
  CHECK(two->quorum_at == Timestamp(1200));
  CHECK(two->witnesses == 2);
  CHECK(world.check(1)->quorum_at == Timestamp(1000));
  const auto three = world.check(3);
  REQUIRE_OK(three);
  CHECK_FALSE(three->quorum_at.has_value());
  CHECK(three->witnesses == 2);
}

TEST_CASE("the signature that follows, and nothing else, leaves the proof as it is") {
  World world;
  world.document["proof"] = {{"type", "DataIntegrityProof"}};
  REQUIRE_OK(world.check());
  world.document["name"] = "more";
  CHECK_CODE(world.check(), codes::MERKLE_PROOF_INVALID);
  World other;
  other.document["evidence"].push_back({{"type", "Exam"}});
  CHECK_CODE(other.check(), codes::MERKLE_PROOF_INVALID);
}

TEST_CASE("an entry that is bent anywhere proves nothing and is found out") {
  const auto bent = [](auto&& change) {
    World world;
    change(world.entry());
    return world.check();
  };
  CHECK_CODE(bent([](Json& entry) { entry["salt"] = hash_text(9); }), codes::MERKLE_PROOF_INVALID);
  CHECK_CODE(bent([](Json& entry) { entry["path"][0] = hash_text(9); }), codes::MERKLE_PROOF_INVALID);
  CHECK_CODE(bent([](Json& entry) { entry["index"] = (entry["index"].get<int>() + 1) % 4; }),
             codes::MERKLE_PROOF_INVALID);
  CHECK_CODE(bent([](Json& entry) { entry["batch"] = 2; }), codes::MERKLE_PROOF_INVALID);
  const auto proof_bent = [&](auto&& change) {
    return bent([&](Json& entry) {
      auto proof = witness::TlogProof::parse(entry["proof"].get<std::string>()).value();
      change(proof);
      entry["proof"] = proof.text();
    });
  };
  CHECK_CODE(proof_bent([](auto& proof) { proof.index = 2; }), codes::MERKLE_PROOF_INVALID);
  CHECK_CODE(proof_bent([](auto& proof) { proof.path.pop_back(); }), codes::MERKLE_PROOF_INVALID);
  CHECK_CODE(proof_bent([](auto& proof) {
               const auto at = proof.checkpoint.find("\n4\n");
               REQUIRE(at != std::string::npos);
               proof.checkpoint.replace(at, 3, "\n5\n");
             }),
             codes::NOTE_SIGNATURE);
  // A witness's line that does not verify counts as absent.
  const auto absent = proof_bent([](auto& proof) {
    auto note = feed::Note::parse(proof.checkpoint).value();
    note.signatures.back().signature.back() ^= 1;
    proof.checkpoint = note.text + "\n";
    for (const auto& signature : note.signatures) proof.checkpoint += signature.line();
  });
  REQUIRE_OK(absent);
  CHECK(absent->witnesses == 1);
  CHECK_FALSE(absent->quorum_at.has_value());
}

TEST_CASE("only a feed that the issuer's history names counts, and only up to its seal") {
  const World world;
  auto feeds = world.feed.feeds();
  feeds.name = "QmOtherScid";
  CHECK_CODE_NAMES(world.check(feeds, 2), codes::BATCH_FEED_UNKNOWN,
                   "demo.example/QmauHQJG84P2YNVEoUFYTbiYHRAUcwBijZtUDiX41JSyd6/1");
  feeds = world.feed.feeds();
  feeds.epochs.clear();
  CHECK_CODE(world.check(feeds, 2), codes::BATCH_FEED_UNKNOWN);
  feeds = world.feed.feeds();
  feeds.epochs[0].key = world.keys[0].signer.public_key();
  CHECK_CODE(world.check(feeds, 2), codes::NOTE_UNSIGNED);
  feeds = world.feed.feeds();
  feeds.epochs[0].sealed_size = 3;  // the batch is leaf 3
  CHECK_CODE_NAMES(world.check(feeds, 2), codes::BATCH_BEYOND_SEAL, "leaf 3");
  feeds.epochs[0].sealed_size = 4;
  REQUIRE_OK(world.check(feeds, 2));
}

TEST_CASE("only what stands in the feed that is held counts, and in its network") {
  const World world;
  auto feeds = world.feed.feeds();
  CHECK_FALSE(world.check(feeds, 2)->in_feed);  // nothing is held
  const auto leaves_with = [&](std::uint64_t index, const Sha256Digest& hash) {
    feed::BatchLeaves leaves;
    leaves.append({{1, index}, hash});
    return std::make_shared<const feed::BatchLeaves>(std::move(leaves));
  };
  feeds.leaves = leaves_with(3, world.feed.newest());
  feeds.epochs[0].held = 3;
  CHECK_FALSE(world.check(feeds, 2)->in_feed);  // not so far
  feeds.epochs[0].held = 4;
  CHECK(world.check(feeds, 2)->in_feed);
  feeds.leaves = leaves_with(3, sha256(as_bytes("another batch")));
  CHECK_CODE_NAMES(world.check(feeds, 2), codes::BATCH_NOT_IN_FEED, "leaf 3 of epoch 1");
  feeds.leaves = leaves_with(2, world.feed.newest());
  CHECK_CODE(world.check(feeds, 2), codes::BATCH_NOT_IN_FEED);
  feeds.leaves = nullptr;  // no batch at all is in it
  CHECK_CODE(world.check(feeds, 2), codes::BATCH_NOT_IN_FEED);
  feeds.leaves = leaves_with(3, world.feed.newest());
  feeds.network = "demo.example";
  CHECK(world.check(feeds, 2)->in_feed);
  feeds.network = "other.example";
  CHECK_CODE_NAMES(world.check(feeds, 2), codes::BATCH_FEED_UNKNOWN, "other.example");
}

TEST_CASE("an entry that is not of the form is named by the member") {
  const auto malformed = [](auto&& change, std::string_view why) {
    World world;
    change(world.entry());
    CAPTURE(why);
    CHECK_CODE_NAMES(world.check(), codes::BATCH_ENTRY_MALFORMED, why);
  };
  for (const char* name : {"batch", "index", "salt", "path", "proof"})
    malformed([&](Json& entry) { entry.erase(name); }, concat("\"", name, "\""));
  malformed([](Json& entry) { entry["batch"] = -1; }, "\"batch\"");
  malformed([](Json& entry) { entry["batch"] = 1.5; }, "\"batch\"");
  malformed([](Json& entry) { entry["index"] = 4; }, "less than 2^2");
  malformed([](Json& entry) { entry["salt"] = "AAAA"; }, "32 bytes");
  malformed([](Json& entry) { entry["salt"] = hash_text(1) + "="; }, "32 bytes");
  malformed([](Json& entry) { entry["path"][0] = 7; }, "32 bytes");
  malformed([](Json& entry) { entry["path"] = Json(std::vector<std::string>(17, hash_text(1))); },
            "at most 16");
  malformed([](Json& entry) { entry["proof"] = "c2sp.org/tlog-proof@v2\n"; }, "tlog-proof");
  World twice;
  twice.document["evidence"].push_back(twice.entry());
  CHECK_CODE_NAMES(twice.check(), codes::BATCH_ENTRY_MALFORMED, "more than one");
}

TEST_CASE("documents without an entry have none") {
  for (const Json& document : {Json::object(), Json{{"evidence", Json::array()}}, Json{{"evidence", "text"}},
                               Json{{"evidence", {{"type", "Exam"}}}}}) {
    const auto read = json::Document::parse(document.dump()).value();
    CHECK_FALSE(batch::entry_of(read.root()).value().has_value());
    CHECK_FALSE(batch::has_entry(read.root()));
  }
}
