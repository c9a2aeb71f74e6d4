#include "protocol/webvh/fork.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "crypto/jcs.h"

namespace vcnode::webvh {
namespace {

bool same_proofs(const State& a, const State& b) {
  return jcs::canonicalize(*a.entry().root().find("proof")) ==
         jcs::canonicalize(*b.entry().root().find("proof"));
}

std::set<std::string> behind(const State& version, std::span<const WitnessProof> proofs) {
  std::set<std::string> out;
  for (const std::string& multikey : version.signers()) out.insert("did:key:" + multikey);
  for (const WitnessProof& proof : proofs) {
    const bool counts =
        proof.version_id == version.version_id() && version.governing_witnesses().names(proof.witness);
    if (counts && check_witness_proof(proof)) out.insert(proof.witness);
  }
  return out;
}

}  // namespace

Comparison compare(std::span<const State> a, std::span<const State> b) {
  Comparison out;
  const std::size_t shorter = std::min(a.size(), b.size());
  while (out.common < shorter && a[out.common].version_id() == b[out.common].version_id()) {
    out.resigned = out.resigned || !same_proofs(a[out.common], b[out.common]);
    ++out.common;
  }
  if (out.common == 0 && shorter > 0) {
    out.relation = Relation::other_log;
  } else if (out.common < shorter) {
    out.relation = Relation::fork;
  } else if (a.size() != b.size()) {
    out.relation = Relation::prefix;
  }
  return out;
}

std::vector<std::string> equivocators(const State& a, std::span<const WitnessProof> proofs_of_a,
                                      const State& b, std::span<const WitnessProof> proofs_of_b) {
  const auto behind_a = behind(a, proofs_of_a);
  const auto behind_b = behind(b, proofs_of_b);
  std::vector<std::string> out;
  std::set_intersection(behind_a.begin(), behind_a.end(), behind_b.begin(), behind_b.end(),
                        std::back_inserter(out));
  return out;
}

}  // namespace vcnode::webvh
