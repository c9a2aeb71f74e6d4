// shared/vectors/c2sp as policies, requests and proofs see it.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/cosigner.h"
#include "protocol/witness/tlog_proof.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using witness::WitnessPolicy;

namespace {

std::optional<nlohmann::json> vectors() {
  const auto path = test::shared_path("c2sp/issuer-head-vectors.json");
  if (!path) return std::nullopt;
  return nlohmann::json::parse(test::read_file(*path));
}

WitnessPolicy policy_of(const nlohmann::json& all, const std::string& quorum) {
  std::string text = concat("log ", all.at("log_vkey").get<std::string>(), "\n");
  int number = 0;
  for (const auto& vkey : all.at("witness_vkeys"))
    text += concat("witness w", ++number, " ", vkey.get<std::string>(), "\n");
  return WitnessPolicy::parse(concat(text, "group both all w1 w2\n", quorum)).value();
}

std::vector<Sha256Digest> hashes_of(const nlohmann::json& texts) {
  std::vector<Sha256Digest> out;
  for (const auto& text : texts)
    out.push_back(Sha256Digest::from(base64_decode(text.get<std::string>(), 32).value()).value());
  return out;
}

// The vectors' checkpoint of that size; its cosignatures too.
std::optional<std::string> checkpoint_of(const nlohmann::json& all, std::uint64_t size) {
  for (const auto& entry : all.at("checkpoints"))
    if (entry.at("size") == size) return entry.at("note").get<std::string>();
  return std::nullopt;
}

}  // namespace

TEST_CASE("c2sp: 5 checkpoints reach a quorum of both, the empty one does not") {
  const auto all = vectors();
  if (!all) return;
  const auto both = policy_of(*all, "quorum both\n");
  int reached = 0, missed = 0;
  for (const auto& entry : all->at("checkpoints")) {
    const auto note = feed::Note::parse(entry.at("note").get<std::string>()).value();
    REQUIRE_OK(both.verify_log(note));
    const auto judged = both.judge(note);
    CHECK(judged.bad.empty());
    if (!judged.quorum) {
      ++missed;
      continue;
    }
    ++reached;
    CHECK(judged.by == std::max(judged.cosignatures.at(0).first, judged.cosignatures.at(1).first));
  }
  CHECK(reached == 5);
  CHECK(missed == 1);
}

TEST_CASE("c2sp: every inclusion proof of a checkpoint is a proof of logging") {
  const auto all = vectors();
  if (!all) return;
  const auto both = policy_of(*all, "quorum both\n");
  int proofs = 0;
  for (const auto& entry : all->at("inclusion")) {
    const auto checkpoint = checkpoint_of(*all, entry.at("size"));
    if (!checkpoint) continue;
    const witness::TlogProof made{std::nullopt, entry.at("index"), hashes_of(entry.at("proof")), *checkpoint};
    const auto read = witness::TlogProof::parse(made.text());
    REQUIRE_OK(read);
    const std::string leaf = all->at("versionIds").at(made.index);
    REQUIRE_OK(witness::verify_tlog_proof(*read, as_bytes(leaf), both));
    ++proofs;
  }
  CHECK(proofs == 6);
}

TEST_CASE("c2sp: a witness follows every consistency proof, and neither side of the equivocation twice") {
  const auto all = vectors();
  if (!all) return;
  const auto log_key = feed::NoteKey::parse(all->at("log_vkey").get<std::string>()).value();
  const auto record_of = [&](const std::string& note) {
    return witness::WitnessRecord{feed::Checkpoint::parse(feed::Note::parse(note).value().text).value().tree,
                                  Timestamp(1)};
  };
  int followed = 0;
  for (const auto& entry : all->at("consistency")) {
    const auto older = checkpoint_of(*all, entry.at("old")), newer = checkpoint_of(*all, entry.at("new"));
    if (!older || !newer) continue;
    witness::AddCheckpoint request{entry.at("old"), hashes_of(entry.at("proof")), *newer};
    REQUIRE_OK(witness::judge_add_checkpoint(request, log_key, record_of(*older), Timestamp(9)));
    ++followed;
    if (request.proof.empty()) continue;
    request.proof.front().data()[0] ^= 1;
    CHECK_CODE(witness::judge_add_checkpoint(request, log_key, record_of(*older), Timestamp(9)),
               codes::MERKLE_PROOF_INVALID);
  }
  CHECK(followed == 6);

  const std::string a = all->at("equivocation").at("a"), b = all->at("equivocation").at("b");
  const auto held = record_of(a);
  CHECK_CODE(witness::judge_add_checkpoint({held.tree.size, {}, b}, log_key, held, Timestamp(9)),
             codes::WITNESS_ROOT_CONFLICT);
}
