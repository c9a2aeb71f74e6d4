#include "protocol/credential/proof_chain.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/credential/codes.h"

namespace vcnode::credential {
namespace {

using Previous = std::vector<const json::Value*>;

Result<void> check_ids_differ(const json::Value& member) {
  const auto proofs = member.one_or_many();
  for (std::size_t i = 0; i < proofs.size(); ++i) {
    const auto id = proofs[i].find_string("id");
    for (std::size_t j = 0; id && j < i; ++j) {
      if (proofs[j].find_string("id") == id)
        return fail(codes::PROOF_PREVIOUS_DUPLICATE, proof_path(member, j), " and ", proof_path(member, i),
                    " share the id \"", excerpt(*id), "\"");
    }
  }
  return {};
}

Result<Previous> previous_of(const json::Value& member, std::size_t index) {
  const auto proofs = member.one_or_many();
  Previous previous;
  const json::Value* named = proofs[index].find("previousProof");
  if (named == nullptr) return previous;
  const auto ids = named->one_or_many();
  if (ids.empty() || !std::all_of(ids.begin(), ids.end(), [](const auto& id) { return id.is_string(); }))
    return fail(codes::PROOF_PREVIOUS_NOT_STRING, proof_path(member, index),
                "/previousProof must be a string or a non-empty array of strings");
  for (const auto& id : ids) {
    const auto found = std::find_if(proofs.begin(), proofs.end(),
                                    [&](const auto& p) { return p.find_string("id") == id.string(); });
    if (found == proofs.end())
      return fail(codes::PROOF_PREVIOUS_UNKNOWN, proof_path(member, index), "/previousProof names \"",
                  excerpt(id.string()), "\", and no proof has that id");
    if (std::find(previous.begin(), previous.end(), &*found) != previous.end())
      return fail(codes::PROOF_PREVIOUS_DUPLICATE, proof_path(member, index), "/previousProof names \"",
                  excerpt(id.string()), "\" twice");
    previous.push_back(&*found);
  }
  return previous;
}

// Takes away, round by round, proofs whose earlier proofs are all gone; what stays is in or behind a circle.
Result<void> check_no_cycle(const json::Value& member, const std::vector<Previous>& previous) {
  const auto proofs = member.one_or_many();
  std::vector<bool> gone(proofs.size(), false);
  const auto index_of = [&](const json::Value* proof) {
    return static_cast<std::size_t>(proof - proofs.data());
  };
  for (std::size_t round = 0; round < proofs.size(); ++round) {
    for (std::size_t i = 0; i < proofs.size(); ++i)
      gone[i] = std::all_of(previous[i].begin(), previous[i].end(),
                            [&](const auto* p) { return gone[index_of(p)]; });
  }
  const auto stuck = std::find(gone.begin(), gone.end(), false);
  if (stuck == gone.end()) return {};
  return fail(codes::PROOF_PREVIOUS_CYCLE, "following previousProof from ",
              proof_path(member, static_cast<std::size_t>(stuck - gone.begin())),
              " leads back to a proof already passed");
}

}  // namespace

std::string proof_path(const json::Value& proofs, std::size_t index) {
  return proofs.is_array() ? concat("/proof/", index) : "/proof";
}

Result<ProofChain> ProofChain::of(const json::Value& proofs) {
  VCNODE_CHECK(check_ids_differ(proofs));
  const std::size_t count = proofs.one_or_many().size();
  ProofChain chain;
  chain.previous_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    VCNODE_TRY(auto previous, previous_of(proofs, i));
    chain.previous_.push_back(std::move(previous));
  }
  VCNODE_CHECK(check_no_cycle(proofs, chain.previous_));
  return chain;
}

}  // namespace vcnode::credential
