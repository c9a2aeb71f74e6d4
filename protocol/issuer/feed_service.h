// The feed that a DID version names: a service of type "IssuerFeed" (protocol/spec/issuer.md).
//
//   { "id": "<did>#feed", "type": "IssuerFeed", "serviceEndpoint": "https://issuer.example",
//     "network": "demo.example", "epoch": 2, "feedKey": "<did>#feed-2",
//     "seal": { "size": 17, "root": "<hex>" } }
//
// `feedKey` is an Ed25519 Multikey of the same document, under capabilityInvocation and no other
// relationship: one key, one purpose. `seal` says where the epoch before ends and is there from epoch 2 on. A
// document has at most one such service of a network.
//
// Errors: FEED_SERVICE_INVALID. Threading: a plain value and a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/merkle.h"
#include "protocol/webvh/state.h"

namespace vcnode::issuer {

struct FeedService {
  std::uint64_t epoch = 1;
  Ed25519PublicKey key;
  std::optional<merkle::TreeHead> seal;  // of epoch − 1; from epoch 2 on
  friend bool operator==(const FeedService&, const FeedService&) = default;
};

// nullopt: the version names no feed of this network.
[[nodiscard]] Result<std::optional<FeedService>> feed_service_of(const webvh::State& version,
                                                                 std::string_view network);

}  // namespace vcnode::issuer
