// batch_of: what makes a publication durable, in one commit.
#pragma once

#include <string>
#include <string_view>

#include "crypto/base/assert.h"
#include "crypto/hash.h"
#include "protocol/feed/publisher.h"
#include "protocol/ports.h"

namespace vcnode {

// `scid`: of the issuer, where versions of its DID are published.
[[nodiscard]] inline StoreBatch batch_of(const feed::OriginHash& origin, const feed::Publication& publication,
                                         std::string_view scid = "") {
  VCNODE_ASSERT(publication.entries.empty() || !scid.empty());
  StoreBatch batch;
  // Without leaves too: a head may only be stored over the leaves that it signs.
  batch.leaves.push_back({origin, publication.first_index, publication.leaves});
  batch.heads.push_back({origin, publication.head.note});
  for (const Bytes& body : publication.bodies) batch.bodies.push_back({sha256(body), body});
  for (const feed::NewEntry& entry : publication.entries)
    batch.entries.push_back({std::string(scid), entry.version_id, entry.body});
  return batch;
}

}  // namespace vcnode
