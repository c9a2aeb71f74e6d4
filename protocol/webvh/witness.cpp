#include "protocol/webvh/witness.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/webvh/codes.h"

namespace vcnode::webvh {
namespace {

constexpr std::string_view kWitnessPurpose = "assertionMethod";

// The did:key in front of the fragment of its verification method.
std::optional<std::string> claimed_witness(const json::Value& proof) {
  const auto method = proof.find_string("verificationMethod");
  if (!method) return std::nullopt;
  return std::string(method->substr(0, method->find('#')));
}

void read_record(const json::Value& record, WitnessFile& out) {
  const auto text = record.find_string("versionId");
  const json::Value* proofs = record.find("proof");
  const auto version_id = VersionId::parse(text.value_or(""));
  if (!version_id || proofs == nullptr) {
    ++out.discarded;
    return;
  }
  for (const json::Value& proof : proofs->one_or_many()) {
    if (auto witness = claimed_witness(proof)) {
      out.proofs.push_back({*version_id, *std::move(witness), jcs::canonicalize(proof)});
    } else {
      ++out.discarded;
    }
  }
}

// Of each witness, its proofs on versions of the chain by falling index.
using ByWitness = std::map<std::string_view, std::multimap<std::size_t, const WitnessProof*, std::greater<>>>;
ByWitness proofs_on(std::span<const State> chain, std::span<const WitnessProof> proofs) {
  std::map<std::string_view, std::size_t> index_of;
  std::set<std::string_view> wanted;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    index_of.emplace(chain[i].version_id().text(), i);
    for (const std::string& witness : chain[i].governing_witnesses().witnesses) wanted.insert(witness);
  }
  ByWitness out;
  for (const WitnessProof& proof : proofs) {
    const auto found = index_of.find(proof.version_id.text());
    if (found != index_of.end() && wanted.count(proof.witness) > 0)
      out[proof.witness].emplace(found->second, &proof);
  }
  return out;
}

struct Approval {
  std::size_t index;
  const WitnessProof* proof;
};
// The newest good proof of each witness; a good one makes older ones needless.
std::map<std::string_view, Approval> approvals(std::span<const State> chain,
                                               std::span<const WitnessProof> proofs) {
  std::map<std::string_view, Approval> out;
  for (const auto& [witness, candidates] : proofs_on(chain, proofs)) {
    for (const auto& [index, proof] : candidates) {
      if (!check_witness_proof(*proof)) continue;
      out.emplace(witness, Approval{index, proof});
      break;
    }
  }
  return out;
}

}  // namespace

Result<WitnessFile> read_witness_file(std::string_view text) {
  const auto document = json::Document::parse(text, {kWitnessFileBytesMax, kEntryDepthMax});
  if (!document) return fail(codes::WEBVH_WITNESS_FILE, "did-witness.json: ", document.error().message);
  if (!document->root().is_array())
    return fail(codes::WEBVH_WITNESS_FILE, "did-witness.json holds a JSON ",
                json::kind_name(document->root().kind()), ", not an array");
  WitnessFile out;
  for (const json::Value& record : document->root().elements()) read_record(record, out);
  return out;
}

std::string write_witness_file(std::span<const WitnessProof> proofs) {
  std::map<VersionId, std::vector<std::string_view>> by_version;
  for (const WitnessProof& proof : proofs) by_version[proof.version_id].push_back(proof.proof);
  std::string out = "[";
  for (const auto& [version_id, texts] : by_version) {
    if (out.size() > 1) out += ",";
    out += concat("{\"versionId\":\"", version_id.text(), "\",\"proof\":[");
    for (std::size_t i = 0; i < texts.size(); ++i) out += concat(i == 0 ? "" : ",", texts[i]);
    out += "]}";
  }
  return out + "]";
}

Result<void> check_witness_proof(const WitnessProof& proof) {
  const auto bad = [&proof](std::string_view why) {
    return fail(codes::WEBVH_WITNESS_PROOF, "the proof of ", excerpt(proof.witness), " on ",
                proof.version_id.text(), ": ", why);
  };
  const auto document = json::Document::parse(
      concat("{\"proof\":", proof.proof, ",\"versionId\":\"", proof.version_id.text(), "\"}"));
  if (!document) return bad(document.error().message);
  const auto outcome = credential::verify_proofs(document->root(), kWitnessPurpose, DidKeyResolver());
  if (!outcome) return bad(outcome.error().message);
  if (!outcome->verified) return bad(outcome->failure->message);
  if (outcome->proofs.size() != 1) return bad("it is not one proof");
  const credential::VerifiedProof& verified = outcome->proofs.front();
  if (verified.expires) return bad("it has an expiry date, but history does not lapse");
  if (verified.method.controller.text() != proof.witness) return bad("another key made it");
  return {};
}

std::optional<Fault> first_unwitnessed(std::span<const State> chain, std::span<const WitnessProof> proofs) {
  const auto approved = approvals(chain, proofs);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const WitnessRule& rule = chain[i].governing_witnesses();
    if (!rule.active()) continue;
    const auto count =
        std::count_if(rule.witnesses.begin(), rule.witnesses.end(), [&](const std::string& witness) {
          const auto found = approved.find(witness);
          return found != approved.end() && found->second.index >= i;
        });
    if (count < static_cast<std::ptrdiff_t>(rule.threshold))
      return Fault{i, fail(codes::WEBVH_WITNESS_THRESHOLD, "version ", chain[i].version_id().number(),
                           " is approved by ", count, " of the ", rule.threshold, " witnesses it needs")
                          .error};
  }
  return std::nullopt;
}

std::vector<WitnessProof> pruned(std::span<const State> chain, std::span<const WitnessProof> proofs) {
  const std::uint32_t newest = chain.empty() ? 0 : chain.back().version_id().number();
  std::vector<WitnessProof> kept;
  for (const auto& [witness, approval] : approvals(chain, proofs)) kept.push_back(*approval.proof);
  for (const WitnessProof& proof : proofs)
    if (proof.version_id.number() > newest && std::find(kept.begin(), kept.end(), proof) == kept.end())
      kept.push_back(proof);
  return kept;
}

}  // namespace vcnode::webvh
