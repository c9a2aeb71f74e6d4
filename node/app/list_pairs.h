// ListPairs: the status lists of one hosted issuer and which of their indexes are given away.
//
// Lists come in pairs: `<base>/status-lists/<issuer>-<n>-revocation` and `…-suspension`; one credential has
// the same index in both. A pair's name in the store is `<issuer>-<n>`. Pairs are found in the issuer's own
// feed by their ending, so a changed public URL leaves old pairs in force and new credentials get a new pair
// under the new URL. An index is taken when the store holds its allocation, when it is reserved for a running
// request, or when its bit is set. A store that was restored from a backup has forgotten allocations: close()
// ends the use of every pair that the feed names then.
// Threading: not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/feed/replica.h"
#include "protocol/ports.h"
#include "protocol/status/status_list.h"

namespace vcnode::node {

struct ListPair {
  std::string name;        // "<issuer>-<n>"
  std::string revocation;  // URIs
  std::string suspension;
  [[nodiscard]] const std::string& uri(status::Purpose purpose) const noexcept {
    return purpose == status::Purpose::revocation ? revocation : suspension;
  }
};

[[nodiscard]] std::string list_uri(std::string_view base, std::string_view pair, status::Purpose purpose);

class ListPairs {
 public:
  ListPairs(std::string issuer_name, std::string public_url);

  // Learns the pairs of the feed and, for pairs not known yet, the allocations of the store.
  // Errors: STORE_*.
  [[nodiscard]] Result<void> learn(const feed::FeedSnapshot& snapshot, const Store& store);

  // No index of the pairs in `snapshot` is given away any more, whether their bodies are held or not. Whether
  // that is news of any of them.
  bool close(const feed::FeedSnapshot& snapshot);
  // The same of the pairs up to this number, as closed_through() told it once.
  void close_through(std::uint64_t number) { closed_through_ = std::max(closed_through_, number); }
  [[nodiscard]] std::uint64_t closed_through() const noexcept { return closed_through_; }

  [[nodiscard]] const ListPair* find(std::string_view name_or_uri) const;
  // The pair that new credentials go to: the newest under the public URL, if it has room.
  [[nodiscard]] const ListPair* open_pair() const;
  [[nodiscard]] ListPair next_pair() const;  // what to publish when open_pair() is nullptr

  // REQUIRES: open_pair(). The index stays taken until release().
  [[nodiscard]] Result<status::StatusIndex> reserve(Rng& rng);
  void release(std::string_view pair, status::StatusIndex index);

  struct Count {
    std::string pair;
    std::uint64_t entries = 0;
    std::uint64_t taken = 0;
  };
  [[nodiscard]] std::vector<Count> counts() const;

 private:
  struct Held {
    ListPair pair;
    std::vector<bool> taken;
    std::uint64_t count = 0;
    void take(std::uint64_t index);
  };
  static void take_set_bits(BytesView bitmap, Held& held);
  [[nodiscard]] Held* newest();
  [[nodiscard]] const Held* newest() const;
  [[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view uri, std::string_view ending) const;
  [[nodiscard]] Result<void> learn_pair(std::uint64_t number, const ListPair& pair,
                                        const feed::FeedSnapshot& snapshot, const Store& store);

  std::string issuer_name_;
  std::string public_url_;
  std::map<std::uint64_t, Held> pairs_;
  std::uint64_t closed_through_ = 0;  // pair number
};

}  // namespace vcnode::node
