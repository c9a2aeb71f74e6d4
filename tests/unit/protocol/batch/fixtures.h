// An issuer's feed with time batches in it, cosigned by witnesses; every byte a function of the arguments.
#pragma once

#include <nlohmann/json.hpp>

#include "protocol/batch/codes.h"
#include "protocol/batch/time_batch.h"
#include "protocol/feed/leaf.h"
#include "tests/unit/protocol/witness/fixtures.h"

namespace vcnode::test {

// The same numbers in every run.
class CountingRng final : public Rng {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(next() >> 56);
  }
  std::uint64_t next() override { return state_ = state_ * 6364136223846793005u + 1442695040888963407u; }

 private:
  std::uint64_t state_ = 1;
};

inline nlohmann::json plain_document(int number) {
  return {{"id", concat("urn:example:", number)}, {"issuer", "did:example:issuer"}};
}

// A feed of some leaves and then time batches.
class BatchFeed {
 public:
  explicit BatchFeed(std::string origin = "demo.example/QmauHQJG84P2YNVEoUFYTbiYHRAUcwBijZtUDiX41JSyd6/1",
                     std::uint8_t key_seed = 200)
      : key_(key_seed, std::move(origin)) {
    for (int i = 0; i < 3; ++i) append(as_bytes(concat("leaf ", i)));
  }
  void append(BytesView leaf) { hashes_.push_back(merkle::leaf_hash(leaf)); }
  // Number of the batch, from 1.
  std::uint64_t publish(const batch::TimeBatch& batch) {
    append(batch::leaf_of(++batches_, batch.root()));
    return batches_;
  }
  // The checkpoint of now, with the lines of these witnesses, each at its time.
  [[nodiscard]] std::string checkpoint(std::vector<std::pair<NamedKey*, std::int64_t>> witnesses) {
    const std::string text = feed::Checkpoint{key_.name, tree()}.text();
    std::string out = concat(text, "\n", feed::signature_line(text, key_.log_key(), key_.signer).value());
    for (const auto& [witness, time] : witnesses)
      out += feed::cosignature_line(text, witness->witness_key(), Timestamp(time), witness->signer).value();
    return out;
  }
  // Of the newest leaf.
  [[nodiscard]] witness::TlogProof proof(std::string checkpoint) const {
    const auto index = hashes_.size() - 1;
    return {std::nullopt, index, merkle::inclusion_proof(hashes_, index), std::move(checkpoint)};
  }
  [[nodiscard]] const Sha256Digest& newest() const { return hashes_.back(); }
  [[nodiscard]] merkle::TreeHead tree() const { return {hashes_.size(), merkle::root_of(hashes_)}; }
  [[nodiscard]] const NamedKey& key() const { return key_; }
  [[nodiscard]] batch::IssuerFeeds feeds() const {
    return {"QmauHQJG84P2YNVEoUFYTbiYHRAUcwBijZtUDiX41JSyd6", {{key_.signer.public_key(), {}}}};
  }

 private:
  NamedKey key_;
  std::vector<Sha256Digest> hashes_;
  std::uint64_t batches_ = 0;
};

// k of these witnesses.
inline std::string quorum_text(const std::vector<NamedKey>& witnesses, std::size_t threshold) {
  std::string lines, names;
  for (const NamedKey& key : witnesses) {
    lines += witness_line(key);
    names += " " + key.name;
  }
  return concat(lines, "group g ", threshold, names, "\nquorum g\n");
}

}  // namespace vcnode::test
