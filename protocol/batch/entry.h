// What a credential carries of the time batch it was issued in: an element of its `evidence`
// (protocol/spec/time-batch.md).
//
//   { "type": "TimeBatchEvidence", "batch": 12, "salt": "<base64url of 32 bytes>", "index": 5,
//     "path": ["<base64url of 32 bytes>", …], "proof": "<C2SP tlog-proof of the feed's time-batch leaf>" }
//
// Salt, index and path lead from the document to the root of the batch; the proof from the leaf that holds
// this root to a checkpoint of the issuer's feed and to the witnesses who cosigned it. What the quorum
// cosigned at time t existed by t, whatever date it claims.
//
// Threading: plain values and pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/json.h"
#include "protocol/feed/batch_leaves.h"
#include "protocol/witness/tlog_proof.h"

namespace vcnode::batch {

inline constexpr std::string_view kEntryType = "TimeBatchEvidence";

// 65,536 documents in one batch: a batch a minute is more than any issuer signs.
inline constexpr std::size_t kDepthMax = 16;

// Unguessable, so that the digest in the batch says nothing without it.
using Salt = FixedBytes<struct SaltTag, 32>;

struct Entry {
  std::uint64_t batch = 0;  // number of the leaf
  Salt salt;
  std::uint64_t index = 0;         // in the batch
  std::vector<Sha256Digest> path;  // in the batch, from the digest's sibling up
  witness::TlogProof proof;

  // Errors: BATCH_ENTRY_MALFORMED.
  [[nodiscard]] static Result<Entry> parse(const json::Value& value);
  [[nodiscard]] nlohmann::json json() const;
};

[[nodiscard]] bool has_entry(const json::Value& document);
// The one entry of `document`; nullopt if it has none. Errors: BATCH_ENTRY_MALFORMED (two entries, too).
[[nodiscard]] Result<std::optional<Entry>> entry_of(const json::Value& document);

// SHA-256 over the salt and the JCS of the document without `proof` and without its entry. `evidence` counts
// as an array, and as absent if nothing else is in it: so inserting the entry changes nothing.
[[nodiscard]] Sha256Digest salted_digest(const Salt& salt, const json::Value& document);

// The bytes of the feed's leaf for batch `number`.
[[nodiscard]] Bytes leaf_of(std::uint64_t number, const Sha256Digest& root);

// The feeds an issuer's history names.
struct FeedEpoch {
  Ed25519PublicKey key;
  std::optional<std::uint64_t> sealed_size;  // the epoch has no leaves of its own from there on
  std::uint64_t held = 0;                    // of its leaves, from the first on, are known to `leaves`
};
struct IssuerFeeds {
  std::string name;                                   // in the origin: the SCID, or the value of a did:key
  std::vector<FeedEpoch> epochs;                      // from epoch 1
  std::optional<std::string> network = std::nullopt;  // none: not known
  std::shared_ptr<const feed::BatchLeaves> leaves = nullptr;  // nullptr: none of those held
};

struct Finding {
  std::optional<Timestamp> quorum_at;  // none: the policy asks for no quorum, or it was not reached
  std::size_t witnesses = 0;           // of the policy, that cosigned the checkpoint
  bool in_feed = false;                // false: the feed's leaves are not held up to there
};

// What `entry` of `document` proves under a policy, of which only witnesses and quorum matter: that the log
// is the issuer's own is said by its history and by the leaves that are held. A quorum that was not reached
// is no error, nor is a leaf that is not held: nothing is proven then. Errors, all of which say that the
// evidence is bad or of no feed that is known: BATCH_FEED_UNKNOWN, BATCH_BEYOND_SEAL, BATCH_NOT_IN_FEED,
// NOTE_*, MERKLE_PROOF_INVALID.
[[nodiscard]] Result<Finding> check_entry(const json::Value& document, const Entry& entry,
                                          const IssuerFeeds& feeds, const witness::WitnessPolicy& policy);

}  // namespace vcnode::batch
