// What issuers sign, and what each node says of it.
#include <nlohmann/json.hpp>

#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"
#include "tests/sim/epoch_run.h"

namespace vcnode::sim {
namespace {

// Of a verifier who believes a quorum of the witnesses and takes heads of any age, or of one who believes no
// witness and no head that is older than a year.
verify::Policy policy_of(const std::deque<Told>& issuers, const std::vector<ToldWitness>& witnesses,
                         bool asks_witnesses) {
  verify::Policy::Values values;
  for (const Told& issuer : issuers) values.trust.insert(issuer.log.did());
  if (!asks_witnesses) {
    values.head_age_max_seconds = kYearSeconds;
    return verify::Policy(std::move(values));
  }
  std::string lines, names;
  for (const ToldWitness& witness : witnesses) {
    lines += concat("witness ", witness.key.name, " ", witness.key.vkey(), "\n");
    names += concat(" ", witness.key.name);
  }
  VCNODE_ASSERT(values.ask_witnesses(concat(lines, "group g ", kQuorum, names, "\nquorum g\n")).has_value());
  return verify::Policy(std::move(values));
}

struct Expected {
  verify::Outcome outcome = verify::Outcome::valid;
  std::optional<Code> code = std::nullopt;
  bool is_proven = false;
  bool warns_of_age = false;
  friend bool operator==(const Expected&, const Expected&) = default;
};

// By what the issuer knows, and what became of it.
Expected expected_of(const Told& issuer, const ToldCredential& credential, bool asks_witnesses,
                     bool years_passed) {
  Expected out;
  out.is_proven = asks_witnesses && credential.seen;
  const bool is_old = years_passed && !issuer.closed;
  const auto& stolen = issuer.keys[credential.key].stolen_since;
  if (credential.index < issuer.revoked)
    return {verify::Outcome::not_valid, codes::STATUS_REVOKED, out.is_proven};
  if (stolen && !(out.is_proven && *credential.seen < *stolen))
    return {verify::Outcome::not_valid, codes::KEY_COMPROMISED, out.is_proven, is_old && asks_witnesses};
  if (is_old && !asks_witnesses) return {verify::Outcome::cannot_tell, codes::HEAD_OLD, out.is_proven};
  out.warns_of_age = is_old;
  return out;
}

Expected said_by(const verify::Verdict& verdict) {
  const bool warns =
      std::any_of(verdict.checks.begin(), verdict.checks.end(), [](const verify::Check& check) {
        return check.result == verify::CheckResult::warn && check.code == codes::HEAD_OLD;
      });
  return {verdict.outcome, verdict.code, verdict.issued_at_proven, warns};
}

std::string text_of(const Expected& verdict) {
  return concat(verify::name_of(verdict.outcome), verdict.code ? concat(" ", verdict.code->slug()) : "",
                verdict.is_proven ? ", proven" : "", verdict.warns_of_age ? ", warns of an old head" : "");
}

}  // namespace

// ---- what is signed

nlohmann::json EpochRun::draft_of(const Told& issuer) const {
  const std::size_t number = issuer.credentials.size();
  return {{"@context", nlohmann::json::array({credential::kContextV2})},
          {"id", concat("urn:", issuer.name, ":credential:", number)},
          {"type", nlohmann::json::array({"VerifiableCredential"})},
          {"issuer", issuer.log.did().text()},
          {"validFrom", issuer.log.time().to_string()},
          {"credentialSubject", {{"id", "did:example:subject"}}},
          {"credentialStatus",
           {{"type", "BitstringStatusListEntry"},
            {"statusPurpose", "revocation"},
            {"statusListIndex", concat(number * kIndexStep)},
            {"statusListCredential", issuer.list}}}};
}

void EpochRun::sign(Told& issuer, const nlohmann::json& document, std::optional<Timestamp> seen) {
  credential::ProofOptions options;
  options.verification_method = issuer.log.method();
  options.created = std::max(issuer.log.time(), issuer.log.clock());
  const auto text = credential::add_proof(document, options, issuer.log.assertion_signer()).value().dump();
  issuer.credentials.push_back({text, issuer.keys.size() - 1, issuer.credentials.size() * kIndexStep, seen});
  net_.run_ms(1'000);  // whatever ends the key's time is of a later second
}

// With batches as a node does it: what no quorum has seen is not signed.
void EpochRun::issue(Told& issuer) {
  if (!may_sign(issuer)) return;
  nlohmann::json document = draft_of(issuer);
  if (chance(rng_, 400)) return sign(issuer, document, std::nullopt);
  if (const auto seen = batched(issuer, document)) sign(issuer, document, seen);
}

// ---- time batches (protocol/spec/time-batch.md)

// When a quorum had seen it; none: no quorum did, and `document` is as it was.
std::optional<Timestamp> EpochRun::batched(Told& issuer, nlohmann::json& document) {
  const auto batch = batch::TimeBatch::of(std::span(&document, 1), rng_).value();
  feed::Changes changes;
  changes.time_batches.push_back({++issuer.batches, batch.root()});
  issuer.log.publish(issuer.host, changes);
  issuer.own = issuer.log.tree_at(issuer.host);
  const auto origin = issuer.log.origin(issuer.log.epoch());
  const auto held = net_.engine(issuer.host).issuer(issuer.log.scid());
  return insert_entry(issuer,
                      {origin, issuer.log.epoch(),
                       hashes_of(net_.archive(issuer.host).leaves(origin.hash(), 0, issuer.own.size).value()),
                       held->feed->head()->note, batch, issuer.batches},
                      document);
}

std::optional<Timestamp> EpochRun::insert_entry(const Told& issuer, const BatchedLog& log,
                                                nlohmann::json& document) {
  witness::TlogProof proof;
  proof.checkpoint = log.note;
  std::vector<Timestamp> times;
  for (ToldWitness& witness : witnesses_) {
    if (chance(rng_, 150)) continue;  // it is away
    if (const auto time = ask(witness, issuer, log, proof.checkpoint)) times.push_back(*time);
  }
  if (times.size() < kQuorum) return std::nullopt;
  const auto own = std::find(log.leaves.begin(), log.leaves.end(),
                             merkle::leaf_hash(batch::leaf_of(log.number, log.batch.root())));
  proof.index = static_cast<std::uint64_t>(own - log.leaves.begin());
  proof.path = merkle::inclusion_proof(log.leaves, proof.index);
  document = log.batch.with_entry(std::move(document), 0, log.number, std::move(proof)).value();
  std::sort(times.begin(), times.end());
  return times[kQuorum - 1];
}

// Its clock is a little wrong. It refuses what does not go on from what it cosigned.
std::optional<Timestamp> EpochRun::ask(ToldWitness& witness, const Told& issuer, const BatchedLog& log,
                                       std::string& checkpoint) {
  const auto record = witness.records.find(log.origin.hash());
  const bool is_new = record == witness.records.end();
  const std::uint64_t old_size = is_new ? 0 : record->second.tree.size;
  if (old_size > log.leaves.size()) return std::nullopt;
  witness::AddCheckpoint request{old_size, {}, log.note};
  if (!is_new) request.proof = merkle::consistency_proof(log.leaves, old_size);
  const feed::NoteKey log_key{log.origin.text(), feed::NoteKeyType::ed25519,
                              issuer.log.feed_signer(log.epoch).public_key()};
  const auto next =
      witness::judge_add_checkpoint(request, log_key, is_new ? std::nullopt : std::optional(record->second),
                                    issuer.log.clock().plus_seconds(between(rng_, -3, 3)));
  if (!next) return std::nullopt;
  witness.records.insert_or_assign(log.origin.hash(), *next);
  const auto line = witness::cosign(request, *next, witness.key, witness.signer).value();
  checkpoint = witness::add_cosignatures(checkpoint, line, std::span(&witness.key, 1)).value();
  return next->time;
}

// ---- what is said of it

void EpochRun::check_credentials(const std::string& node, const Told& issuer) {
  const auto held = net_.engine(node).issuer(issuer.log.scid());
  verify::SnapshotView view;
  view.put_history(issuer.log.scid(), held->history);
  view.put(held->feed->snapshot());
  for (const bool asks_witnesses : {false, true}) {
    const verify::Policy policy = policy_of(issuers_, witnesses_, asks_witnesses);
    for (const ToldCredential& credential : issuer.credentials) {
      const auto verdict = verify::verify_credential(credential.text, view, policy, net_.wall(node)).value();
      const Expected expected = expected_of(issuer, credential, asks_witnesses, passed_seconds_ > 0);
      ++judged_;
      if (const Expected said = said_by(verdict); said != expected)
        object("verdict", concat(node, " says ", text_of(said), " of a credential by ", issuer.name,
                                 ", which is ", text_of(expected), ": ", credential.text));
    }
  }
}

}  // namespace vcnode::sim
