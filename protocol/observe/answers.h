// Observers: what the observers that a verifier named say of an issuer that runs no node
// (protocol/spec/observation.md).
//
// Two questions: which key a verification method of a did:web held when a signature says it was made, and
// whether a bit of a status list is set. Of every observer the newest observation at or before that time
// answers; an observer that had seen nothing by then, whose newest bytes are not held or cannot be read, or
// who contradicts itself, says nothing. What is compared are the answers, never the bytes. Any set revocation
// is set, in an older list that is held too, and so is a key's `revoked`; keys and clear bits need `quorum`
// observers with one answer and no other answer with as many. Observers never make evidence: one that is
// wrong is outvoted or makes the answer unknown.
//
// Threading: immutable; any number of questions at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/did/resolver.h"
#include "protocol/feed/observations.h"
#include "protocol/observe/seen.h"
#include "protocol/status/status_list.h"

namespace vcnode::observe {

// What a verifier reads of one observer. A feed that contradicts itself still makes a set bit set.
struct Observer {
  std::shared_ptr<const feed::ObservedUrls> urls;  // none: it observes nothing
  bool doubted = false;
};

// A feed that contradicts itself still shows what its issuer declared revoked.
struct KeyAnswer {
  Ed25519PublicKey key;
  Seen seen;
  std::optional<Timestamp> expired;  // the method ended then, at or before the signature's time
  std::optional<Timestamp> revoked;  // the earliest that any document seen until `at` states for this key
  [[nodiscard]] bool is_good() const noexcept { return !expired && !revoked; }
};

struct KeyQuestion {
  Timestamp signed_at;                      // as the signature claims
  Timestamp at;                             // what was seen later is not known
  std::optional<Timestamp> seen_with = {};  // the document of this time answers; none: of signed_at
};

struct BitAnswer {
  bool set = false;
  Seen seen;
  std::vector<Sha256Digest> evidence;  // of the lists that were read; sorted
};

class Observers {
 public:
  Observers(std::vector<Observer> observers, std::uint32_t quorum)
      : observers_(std::move(observers)), quorum_(quorum) {}

  // The key that `method`, one of a did:web, held when the signature was made, good or not.
  // Errors: DID_INVALID, DID_HOST, DID_METHOD_UNSUPPORTED (not a did:web), KEY_NOT_OBSERVED,
  // OBSERVERS_DIFFER, VERIFICATION_METHOD_UNREAD (seen, but of a type that is not read).
  [[nodiscard]] Result<KeyAnswer> key_of(const DidUrl& method, const KeyQuestion& asked) const;
  // The bit that `entry` of a credential by `issuer` names, as seen until `at`.
  // Errors: STATUS_NOT_OBSERVED, OBSERVERS_DIFFER.
  [[nodiscard]] Result<BitAnswer> bit_of(const status::StatusEntry& entry, const Did& issuer,
                                         Timestamp at) const;
  // The text of the list `uri` of `issuer`, verified with the keys seen until `at`. Errors: those of
  // status::verify_status_list, and VERIFICATION_METHOD_UNKNOWN for a key that was not good.
  [[nodiscard]] Result<status::StatusList> read_list(std::string_view text, std::string_view uri,
                                                     const Did& issuer, Timestamp at) const;
  // When the first observer that does not contradict itself saw anything of `url`; nullopt: none did.
  [[nodiscard]] std::optional<Timestamp> first_seen(std::string_view url) const;

 private:
  [[nodiscard]] std::optional<Timestamp> revoked_since(const DidUrl& method, std::string_view url,
                                                       const Ed25519PublicKey& key, Timestamp at) const;
  std::vector<Observer> observers_;
  std::uint32_t quorum_;
};

}  // namespace vcnode::observe
