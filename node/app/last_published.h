// LastPublished: where a hosted issuer's feed stood when this store last published to it.
//
// It is stored with each publication of the issuer's own, and with nothing else. A feed that stands further
// was continued by another copy of the store: this one is older, and does not know to whom the indexes given
// since belong. Of which list pairs that is so is kept for ever.
// Threading: pure; errors: STORE_*.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/feed/head.h"
#include "protocol/ports.h"

namespace vcnode::node {

struct LastPublished {
  std::string origin;  // of the epoch
  std::uint64_t size = 0;
  Timestamp time = Timestamp(0);
  std::uint64_t closed_pairs = 0;  // no index of the pairs up to this number is given away
  friend bool operator==(const LastPublished&, const LastPublished&) = default;

  // Whether this store made the head itself.
  [[nodiscard]] bool covers(const feed::Origin& of, const feed::Head& head) const {
    return origin == of.text() && head.tree.size <= size && head.time <= time;
  }
};

// `first`: the origin of the issuer's first epoch.
[[nodiscard]] HeadPut put_of(const feed::Origin& first, const LastPublished& last);
// nullopt: this store never published to it.
[[nodiscard]] Result<std::optional<LastPublished>> last_published(const FeedArchive& store,
                                                                  const feed::Origin& first);

}  // namespace vcnode::node
