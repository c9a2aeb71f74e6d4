// Finding one's way in the feeds of a bundle. Private to protocol/evidence. Threading: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/merkle.h"
#include "protocol/evidence/archive.h"
#include "protocol/evidence/bundle.h"

namespace vcnode::evidence {

// REQUIRES: size <= leaves.size().
[[nodiscard]] merkle::TreeHead tree_at(std::span<const Bytes> leaves, std::uint64_t size);
[[nodiscard]] bool leads_to(std::span<const Bytes> leaves, const merkle::TreeHead& tree);
[[nodiscard]] std::vector<const Feed*> feeds_of(const Bundle& bundle, const feed::Origin& origin);
// nullptr: none.
[[nodiscard]] const Feed* longest_of(const Bundle& bundle, const feed::Origin& origin);
[[nodiscard]] std::string network_of(const feed::Origin& origin);
// The part between network and epoch: a SCID, or the value of a did:key.
[[nodiscard]] std::string issuer_of(const feed::Origin& origin);
// The epochs of this issuer before `epoch`, as long as the bundle has them; returns their leaves, one after
// another.
std::vector<Bytes> put_epochs(BundleArchive& archive, const Bundle& bundle, std::string_view network,
                              std::string_view scid, std::uint64_t epoch);

}  // namespace vcnode::evidence
