// A time batch: what an issuer is about to sign, as one root that its feed and its witnesses see first.
//
// The order is batch → quorum → insert → sign:
//   1. `TimeBatch::of` draws a salt for each document and makes the tree;
//   2. the caller publishes the leaf (leaf_of) and asks its witnesses for cosignatures;
//   3. `with_entry` puts the proof into each document;
//   4. the caller signs.
// Batches are made at a fixed cadence, also of nothing, and each is filled up with random digests to a power
// of two, at random places: a root says nothing of how much an issuer issues.
//
// Sans-IO. Threading: a plain value.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/batch/entry.h"

namespace vcnode::batch {

inline constexpr std::size_t kDocumentsMax = std::size_t{1} << kDepthMax;

class TimeBatch {
 public:
  // Errors: BATCH_TOO_MANY; BATCH_DOCUMENT (also: it has a proof or an entry already).
  [[nodiscard]] static Result<TimeBatch> of(std::span<const nlohmann::json> documents, Rng& rng);

  [[nodiscard]] const Sha256Digest& root() const noexcept { return levels_.back().front(); }
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }  // documents

  // `document`, the one at place `i` of those the batch was made of, with its entry. `proof`: of the leaf of
  // batch `number`, with the cosigned checkpoint. Errors: BATCH_DOCUMENT (another document).
  // REQUIRES: i < size().
  [[nodiscard]] Result<nlohmann::json> with_entry(nlohmann::json document, std::size_t i,
                                                  std::uint64_t number, witness::TlogProof proof) const;

 private:
  struct Slot {
    Salt salt;
    std::uint64_t index = 0;
  };
  std::vector<Slot> slots_;                        // by document
  std::vector<std::vector<Sha256Digest>> levels_;  // of the tree, from its leaf hashes to its root
};

}  // namespace vcnode::batch
