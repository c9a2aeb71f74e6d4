#include "protocol/batch/time_batch.h"

#include <bit>
#include <nlohmann/json.hpp>
#include <numeric>

#include "crypto/base/assert.h"
#include "crypto/jcs.h"
#include "protocol/batch/codes.h"

namespace vcnode::batch {
namespace {

template <class Fixed>
Fixed drawn(Rng& rng) {
  std::array<std::uint8_t, Fixed::kSize> bytes{};
  rng.fill(bytes);
  return Fixed(bytes);
}

std::vector<std::uint64_t> shuffled(std::size_t count, Rng& rng) {
  std::vector<std::uint64_t> out(count);
  std::iota(out.begin(), out.end(), std::uint64_t{0});
  for (std::size_t left = count; left > 1; --left) std::swap(out[left - 1], out[rng.below(left)]);
  return out;
}

// As verifiers read it: what their reader refuses could never be shown to be in the batch.
Result<json::Document> unsigned_document(const nlohmann::json& document) {
  if (!document.is_object())
    return fail(codes::BATCH_DOCUMENT, "the document is of JSON type ", document.type_name(),
                ", it must be an object");
  const auto text = jcs::canonicalize(document);
  if (!text) return fail(codes::BATCH_DOCUMENT, "the document has no canonical form: ", text.error().message);
  auto read = json::Document::parse(*text);
  if (!read) return fail(codes::BATCH_DOCUMENT, "the document cannot be read: ", read.error().message);
  if (read->root().find("proof") != nullptr)
    return fail(codes::BATCH_DOCUMENT, "the document is signed already");
  if (has_entry(read->root()))
    return fail(codes::BATCH_DOCUMENT, "the document has a time-batch entry already");
  return read;
}

}  // namespace

Result<TimeBatch> TimeBatch::of(std::span<const nlohmann::json> documents, Rng& rng) {
  if (documents.size() > kDocumentsMax)
    return fail(codes::BATCH_TOO_MANY, documents.size(), " documents are more than the limit of ",
                kDocumentsMax, " of a time batch");
  const std::size_t places = std::bit_ceil(std::max<std::size_t>(documents.size(), 1));
  const auto order = shuffled(places, rng);
  TimeBatch batch;
  std::vector<Sha256Digest> hashes(places);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    VCNODE_TRY(const auto document, unsigned_document(documents[i]));
    const Slot slot{drawn<Salt>(rng), order[i]};
    hashes[slot.index] = merkle::leaf_hash(salted_digest(slot.salt, document.root()).view());
    batch.slots_.push_back(slot);
  }
  for (std::size_t i = documents.size(); i < places; ++i)
    hashes[order[i]] = merkle::leaf_hash(drawn<Sha256Digest>(rng).view());
  batch.levels_.push_back(std::move(hashes));
  while (batch.levels_.back().size() > 1) {
    const auto& below = batch.levels_.back();
    std::vector<Sha256Digest> level;
    for (std::size_t i = 0; i < below.size(); i += 2)
      level.push_back(merkle::node_hash(below[i], below[i + 1]));
    batch.levels_.push_back(std::move(level));
  }
  return batch;
}

Result<nlohmann::json> TimeBatch::with_entry(nlohmann::json document, std::size_t i, std::uint64_t number,
                                             witness::TlogProof proof) const {
  VCNODE_ASSERT(i < slots_.size());
  const Slot& slot = slots_[i];
  VCNODE_TRY(const auto read, unsigned_document(document));
  if (merkle::leaf_hash(salted_digest(slot.salt, read.root()).view()) != levels_.front()[slot.index])
    return fail(codes::BATCH_DOCUMENT, "the document is not the one at place ", i, " of the time batch");
  Entry entry{number, slot.salt, slot.index, {}, std::move(proof)};
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level)
    entry.path.push_back(levels_[level][(slot.index >> level) ^ 1]);
  auto evidence = nlohmann::json::array();
  if (const auto own = document.find("evidence"); own != document.end()) {
    if (own->is_array())
      evidence = *own;
    else
      evidence.push_back(*own);
  }
  evidence.push_back(entry.json());
  document["evidence"] = std::move(evidence);
  return document;
}

}  // namespace vcnode::batch
