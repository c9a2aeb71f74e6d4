// batch_of: what makes a publication durable, in one commit.
#pragma once

#include "crypto/hash.h"
#include "protocol/feed/publisher.h"
#include "protocol/ports.h"

namespace vcnode {

[[nodiscard]] inline StoreBatch batch_of(const feed::OriginHash& origin,
                                         const feed::Publication& publication) {
  StoreBatch batch;
  // Without leaves too: a head may only be stored over the leaves that it signs.
  batch.leaves.push_back({origin, publication.first_index, publication.leaves});
  batch.heads.push_back({origin, publication.head.note});
  for (const Bytes& body : publication.bodies) batch.bodies.push_back({sha256(body), body});
  return batch;
}

}  // namespace vcnode
