// The keys of a did:webvh issuer when a node starts, and which of them a version puts in force.
#include "node/app/issuer_keys.h"

#include "crypto/codes.h"
#include "node/app/codes.h"
#include "node/app/startup.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/documents.h"
#include "protocol/webvh/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

constexpr Timestamp kNow{1'795'392'000};
constexpr std::string_view kNetwork = "vcnode-test";

Ed25519KeyPair pair_of(std::uint64_t seed) {
  SeededRng rng(seed);
  return Ed25519KeyPair::generate(rng);
}
Ed25519PublicKey key_of(std::uint64_t seed) {
  return pair_of(seed).public_key();
}

// A home with one did:webvh issuer, whose keys are 1 (assertion) and 2 (feed); 11… are update keys.
struct HistoryHome : TestHome {
  std::vector<issuer::EntryBody> bodies;
  HistoryHome() : TestHome(0) {
    std::filesystem::create_directory(folder());
    put("assertion-1.key", 1, node::kAssertionKeyPurpose);
    put("feed-1.key", 2, node::kFeedKeyPurpose);
    KeyPairSigner signer(pair_of(11));
    const auto first = issuer::write_genesis(
        {"uni.example", std::string(kNetwork), "https://uni.example", key_of(1), key_of(2)},
        {signer, key_of(12), kNow, {}});
    REQUIRE_OK(first);
    bodies.push_back(*first);
    config.issuers.push_back({"main", newest().did().did(), {}, folder()});
  }
  [[nodiscard]] std::filesystem::path folder() const { return path() / "main"; }
  void put(const char* file, std::uint64_t seed, std::string_view purpose) const {
    write_key(folder() / file, pair_of(seed), purpose);
  }
  [[nodiscard]] issuer::OwnLog log() const { return *issuer::OwnLog::read(kNetwork, bodies, kNow); }
  [[nodiscard]] webvh::State newest() const { return log().newest(); }
};

}  // namespace

TEST_CASE("a node opens all keys of an issuer's folder and picks those that the newest version names") {
  HistoryHome home;
  auto keys = node::open_keys(home.config);
  REQUIRE_OK(keys);
  node::IssuerKeys& held = keys->issuers.at(0);
  const auto assertion = node::assertion_key_of(held, home.newest());
  REQUIRE_OK(assertion);
  CHECK(assertion->verification_method == home.newest().did().text() + "#assertion-1");
  CHECK(assertion->signer->public_key() == key_of(1));
  CHECK((*node::feed_signer_of(held, *home.log().feed()))->public_key() == key_of(2));

  // A rotation puts the new key there while the node runs.
  KeyPairSigner signer(pair_of(12));
  const issuer::Hand hand{signer, key_of(13), kNow, {}};
  const auto rotated = issuer::rotate_assertion_key(home.log(), key_of(3), hand);
  REQUIRE_OK(rotated);
  home.bodies.push_back(*rotated);
  CHECK_CODE_NAMES(node::assertion_key_of(held, home.newest()), codes::ISSUER_KEY_MISSING, "main");
  home.put("assertion-2.key", 3, node::kAssertionKeyPurpose);
  REQUIRE_OK(node::open_new_keys(held, keys->passphrase));
  REQUIRE_OK(node::check_distinct(*keys));
  CHECK(node::assertion_key_of(held, home.newest())->signer->public_key() == key_of(3));
  CHECK(held.assertion.size() == 2);
  const issuer::FeedService other{2, key_of(99), merkle::TreeHead{0, merkle::empty_root()}};
  CHECK_CODE_NAMES(node::feed_signer_of(held, other), codes::ISSUER_KEY_MISSING, "epoch 2");
}

TEST_CASE("a key of a did:key issuer signs both, and a did:webvh issuer keeps them apart") {
  TestHome home;
  const auto keys = node::open_keys(home.config);
  REQUIRE_OK(keys);
  CHECK(keys->issuers.at(0).assertion.begin()->second.signer ==
        keys->issuers.at(0).feed.begin()->second.signer);

  HistoryHome both;
  both.put("feed-2.key", 1, node::kFeedKeyPurpose);
  CHECK_CODE_NAMES(node::open_keys(both.config), codes::KEY_REUSED, "as its feed key");
}

TEST_CASE("one key for two issuers, for the node or for the witness is refused") {
  HistoryHome home;
  home.write_key(home.path() / "witness.json", pair_of(2), node::kWitnessKeyPurpose);
  home.config.witness = node::WitnessConfig{home.path() / "witness.json", "w.example"};
  CHECK_CODE_NAMES(node::open_keys(home.config), codes::KEY_REUSED, "the witness and by the issuer main");
  home.write_key(home.path() / "witness-2.json", pair_of(7), node::kWitnessKeyPurpose);
  home.config.witness->key_file = home.path() / "witness-2.json";
  const auto keys = node::open_keys(home.config);
  REQUIRE_OK(keys);
  CHECK(keys->witness->public_key() == key_of(7));
}

TEST_CASE("a file that does not belong into the folder, or an empty folder, names issuer and place") {
  HistoryHome home;
  home.put("update-1.key", 11, node::kUpdateKeyPurpose);
  CHECK_CODE_NAMES(node::open_keys(home.config), codes::KEY_FILE_PURPOSE, "the issuer main");
  CHECK_CODE_NAMES(node::open_keys(home.config), codes::KEY_FILE_PURPOSE, "update-1.key");
  std::filesystem::remove_all(home.folder());
  CHECK_CODE_NAMES(node::open_keys(home.config), codes::ISSUER_KEY_MISSING, "main");
}

TEST_CASE("issuers with a history are admitted once each by SCID, under the DID that is hosted") {
  HistoryHome home;
  const std::string scid(home.newest().did().scid());
  home.config.admit.push_back(*Did::parse("did:webvh:" + scid + ":elsewhere.example"));
  const auto histories = node::admitted_histories(home.config);
  REQUIRE_OK(histories);
  REQUIRE(histories->size() == 1);
  CHECK(histories->at(0).scid == scid);
  CHECK(histories->at(0).did == home.config.issuers.at(0).did);
  CHECK(node::admitted_issuers(home.config)->empty());
  CHECK(node::accepted_hosts(home.config).contains("uni.example"));
  home.config.admit.push_back(*Did::parse("did:webvh:" + scid + ":127.0.0.1"));
  CHECK_CODE(node::admitted_histories(home.config), codes::WEBVH_HOST);
}

}  // namespace vcnode::test
