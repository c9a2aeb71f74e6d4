// When a verification method was an assertion key of a DID, and since when its key is said to be compromised.
//
// This is half of the question "was this key the issuer's at the time?" (design/network.md, rules 1, 2 and
// 4); which versions count and what bounds a signature's time is decided above. Threading: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "protocol/webvh/state.h"

namespace vcnode::webvh {

// Versions [first, last] of the chain, by index, whose assertionMethod holds the method with one and the same
// Ed25519 key and the same end.
struct KeyInterval {
  Ed25519PublicKey key;
  std::size_t first = 0;
  std::size_t last = 0;
  Instant from;                  // versionTime of `first`, included
  std::optional<Instant> until;  // versionTime of the version after `last`, excluded; none: still in force
  // Of the method (Controlled Identifiers 1.0 §2.2), excluded; one that is no time is long past.
  std::optional<Instant> expires = std::nullopt;
  [[nodiscard]] bool holds(Instant time) const {
    return from <= time && (!until || time < *until) && (!expires || time < *expires);
  }
};

// Whether a version of the chain has the DID of this method.
[[nodiscard]] bool is_of_history(std::span<const State> chain, std::string_view method);

// `method`: the absolute DID URL that a proof names, under any DID that a version of the chain has. A version
// that knows no method of this name means its method of the same fragment: who moved is the same issuer. A
// method that is listed twice in one version with different keys, whose key is not read
// (protocol/did/verification_method.h), or whose controller is said to be somebody else than this DID (its
// SCID), counts as not there. Listed twice with different ends it has the earlier one.
[[nodiscard]] std::vector<KeyInterval> key_intervals(std::span<const State> chain, std::string_view method);

// Why the key of an assertion method that this version lists, and the DID controls, is not known; nullopt if
// it is, or there is no such method. Under which DID it is asked for is not looked at. Errors: those of
// verification_method::key_of.
[[nodiscard]] std::optional<Error> method_fault(const State& version, std::string_view method);

// The earliest `revoked` (Controlled Identifiers 1.0 §2.2) that any version of the chain states for a method
// with this key, under whatever name, type and relationship: a DID that moved has new names for its methods,
// and who declares a key stolen may have taken its uses away. A later version that is silent about it does
// not take it back. A `revoked` that is no time counts as from the beginning, and one of a method whose key
// stands there in no form we know counts for the keys that had its name.
[[nodiscard]] std::optional<Instant> revoked_since(std::span<const State> chain, const Ed25519PublicKey& key);

}  // namespace vcnode::webvh
