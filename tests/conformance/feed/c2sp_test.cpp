// C2SP signed-note, tlog-checkpoint and tlog-cosignature against shared/vectors/c2sp, whole.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/note.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using feed::Checkpoint;
using feed::Note;
using feed::NoteKey;
using feed::NoteKeyType;

namespace {

std::optional<nlohmann::json> vectors() {
  const auto path = test::shared_path("c2sp/issuer-head-vectors.json");
  if (!path) return std::nullopt;
  return nlohmann::json::parse(test::read_file(*path));
}

NoteKey key_of(const nlohmann::json& vkey) {
  return NoteKey::parse(vkey.get<std::string>()).value();
}

struct Keys {
  explicit Keys(const nlohmann::json& all) : log(key_of(all.at("log_vkey"))) {
    for (const auto& vkey : all.at("witness_vkeys")) witnesses.push_back(key_of(vkey));
  }
  NoteKey log;
  std::vector<NoteKey> witnesses;
};

KeyPairSigner signer(const nlohmann::json& seed) {
  return KeyPairSigner(Ed25519KeyPair::from_seed(hex_decode(seed.get<std::string>(), 32).value()).value());
}

std::vector<Sha256Digest> leaf_hashes(const nlohmann::json& version_ids) {
  std::vector<Sha256Digest> hashes;
  for (const auto& id : version_ids) hashes.push_back(merkle::leaf_hash(as_bytes(id.get<std::string>())));
  return hashes;
}

merkle::TreeHead tree_of(const std::vector<Sha256Digest>& leaves, std::size_t size) {
  return {size, merkle::root_of(std::span(leaves).first(size))};
}

std::vector<Sha256Digest> proof_of(const nlohmann::json& hashes) {
  std::vector<Sha256Digest> proof;
  for (const auto& hash : hashes)
    proof.push_back(Sha256Digest::from(base64_decode(hash.get<std::string>(), 32).value()).value());
  return proof;
}

Note note_of(const nlohmann::json& text) {
  return Note::parse(text.get<std::string>()).value();
}

}  // namespace

TEST_CASE("c2sp: 6 checkpoints with 10 cosignatures verify and are the roots of their leaves") {
  const auto all = vectors();
  if (!all) return;
  const Keys keys(*all);
  const auto leaves = leaf_hashes(all->at("versionIds"));
  int checkpoints = 0, cosignatures = 0;
  for (const auto& entry : all->at("checkpoints")) {
    const Note note = note_of(entry.at("note"));
    REQUIRE_OK(feed::verify_signature(note, keys.log));
    const auto checkpoint = Checkpoint::parse(note.text);
    REQUIRE_OK(checkpoint);
    CHECK(checkpoint->origin == all->at("origin"));
    CHECK(checkpoint->tree.size == entry.at("size"));
    CHECK(checkpoint->tree.root == tree_of(leaves, checkpoint->tree.size).root);
    CHECK(checkpoint->text() == note.text);
    ++checkpoints;
    for (const NoteKey& witness : keys.witnesses) {
      const auto cosignature = feed::verify_cosignature(note, witness);
      if (checkpoint->tree.size == 0) {
        CHECK_CODE(cosignature, codes::NOTE_UNSIGNED);
        continue;
      }
      REQUIRE_OK(cosignature);
      CHECK(cosignature->name == witness.name);
      ++cosignatures;
    }
  }
  CHECK(checkpoints == 6);
  CHECK(cosignatures == 10);
}

TEST_CASE("c2sp: signing with the vectors' seeds gives the vectors' bytes, 6 notes") {
  const auto all = vectors();
  if (!all) return;
  const Keys keys(*all);
  KeyPairSigner log = signer(all->at("seeds").at("head1"));
  KeyPairSigner witnesses[] = {signer(all->at("seeds").at("w1")), signer(all->at("seeds").at("w2"))};
  int notes = 0;
  for (const auto& entry : all->at("checkpoints")) {
    const Note note = note_of(entry.at("note"));
    std::string made = note.text + "\n" + feed::signature_line(note.text, keys.log, log).value();
    for (std::size_t i = 0; i < keys.witnesses.size() && entry.at("size") != 0; ++i) {
      const Timestamp time = feed::verify_cosignature(note, keys.witnesses[i]).value().time;
      made += feed::cosignature_line(note.text, keys.witnesses[i], time, witnesses[i]).value();
    }
    CHECK(made == entry.at("note"));
    ++notes;
  }
  CHECK(notes == 6);
}

TEST_CASE("c2sp: 3 keys keep their text") {
  const auto all = vectors();
  if (!all) return;
  const Keys keys(*all);
  CHECK(keys.log.vkey() == all->at("log_vkey"));
  CHECK(keys.log.type == NoteKeyType::ed25519);
  REQUIRE(keys.witnesses.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(keys.witnesses[i].vkey() == all->at("witness_vkeys")[i]);
    CHECK(keys.witnesses[i].type == NoteKeyType::cosignature_v1);
  }
}

TEST_CASE("c2sp: 6 inclusion and 6 consistency proofs are made and verified") {
  const auto all = vectors();
  if (!all) return;
  const auto leaves = leaf_hashes(all->at("versionIds"));
  int inclusions = 0, consistencies = 0;
  for (const auto& entry : all->at("inclusion")) {
    const std::size_t index = entry.at("index"), size = entry.at("size");
    const auto proof = proof_of(entry.at("proof"));
    REQUIRE_OK(merkle::verify_inclusion(leaves[index], index, tree_of(leaves, size), proof));
    CHECK(merkle::inclusion_proof(std::span(leaves).first(size), index) == proof);
    ++inclusions;
  }
  for (const auto& entry : all->at("consistency")) {
    const std::size_t older = entry.at("old"), newer = entry.at("new");
    const auto proof = proof_of(entry.at("proof"));
    REQUIRE_OK(merkle::verify_consistency(tree_of(leaves, older), tree_of(leaves, newer), proof));
    CHECK(merkle::consistency_proof(std::span(leaves).first(newer), older) == proof);
    ++consistencies;
  }
  CHECK(inclusions == 6);
  CHECK(consistencies == 6);
}

TEST_CASE("c2sp: 4 bad notes are refused") {
  const auto all = vectors();
  if (!all) return;
  const Keys keys(*all);
  int refused = 0;
  for (const auto& entry : all->at("bad")) {
    const std::string why = entry.at("why");
    CAPTURE(why);
    const Note note = note_of(entry.at("note"));
    const auto by_log = feed::verify_signature(note, keys.log);
    ++refused;
    if (why == "log signature over another text") {
      CHECK_CODE(by_log, codes::NOTE_SIGNATURE);
    } else if (why == "leading zero in size") {
      REQUIRE_OK(by_log);
      CHECK_CODE_NAMES(Checkpoint::parse(note.text), codes::NOTE_MALFORMED, "size");
    } else if (why == "cosignature timestamp altered" || why.starts_with("wrong domain separation")) {
      REQUIRE_OK(by_log);
      CHECK_CODE_NAMES(feed::verify_cosignature(note, keys.witnesses[0]), codes::NOTE_SIGNATURE,
                       "w1.example");
    } else {
      --refused;
      FAIL_CHECK("a bad note this test does not know");
    }
  }
  CHECK(refused == 4);
}

TEST_CASE("c2sp: 1 equivocation is two good heads of one size over different logs") {
  const auto all = vectors();
  if (!all) return;
  const Keys keys(*all);
  const auto& equivocation = all->at("equivocation");
  auto version_ids = nlohmann::json::array();
  for (const auto& entry : equivocation.at("genesis_to_parent")) version_ids.push_back(entry.at("versionId"));
  CHECK(version_ids.size() == 5);
  CHECK(version_ids.back() == equivocation.at("parent"));
  std::vector<merkle::TreeHead> heads;
  for (const std::string side : {"a", "b"}) {
    const Note note = note_of(equivocation.at(side));
    REQUIRE_OK(feed::verify_signature(note, keys.log));
    heads.push_back(Checkpoint::parse(note.text).value().tree);
    auto branch = version_ids;
    branch.push_back(equivocation.at("entry_" + side).at("versionId"));
    CHECK(heads.back().root == merkle::root_of(leaf_hashes(branch)));
  }
  CHECK(heads[0].size == heads[1].size);
  CHECK(heads[0].root != heads[1].root);
}
