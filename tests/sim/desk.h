// Desk: an issuer's counter in its node: hands out status indexes, takes changes, publishes and answers.
//
// Mirrors node/app (PublicationQueue, ListPairs): what waits shares the next head, at most one head a second;
// sign → durable → visible → answered; an adopted longer log opens the Publisher anew. A feed that grew by
// leaves not made here means an older store: its pairs of lists are closed and new credentials get a new
// pair. Indexes come from a small part of the list, so that giving one away twice would happen soon.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/node.h"

namespace vcnode::sim {

inline constexpr std::uint64_t kIndexesInUse = 256;  // of the list's 131,072
inline constexpr std::size_t kDeskQueueMax = 64;

class Desk {
 public:
  using Done = std::function<void(const Result<feed::Head>&)>;
  struct Place {  // of a credential in its issuer's lists
    std::size_t pair = 0;
    std::uint64_t index = 0;
  };
  using Issued = std::function<void(const Result<Place>&)>;
  Desk(World& world, Watch& watch, Node& node, Issuer& issuer);

  void start();
  void on_feed_changed();
  void submit(feed::Changes changes, Done done);
  // Draws an index and makes it durable before anybody is told.
  void issue(const std::string& credential_id, Issued done);
  // The pair that new credentials go to; 0: none, the next is to be published.
  [[nodiscard]] std::size_t open_pair() const;
  [[nodiscard]] std::size_t next_pair() const;
  [[nodiscard]] std::optional<Error> why_not() const;
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size() + unshown_.size(); }
  [[nodiscard]] static std::string list_name(std::size_t pair) { return concat(pair); }

 private:
  struct Entry {
    feed::Changes changes;
    Done done;
  };
  struct Unshown {
    feed::Head head;
    std::vector<Entry> entries;
  };
  using Bits = std::map<std::pair<std::string, status::StatusIndex>, bool>;

  void open_publisher();
  void adopt();
  void learn();
  void close_pairs();
  [[nodiscard]] bool is_revocation_list(const std::string& uri) const;
  void pump();
  void reassert();
  void hold_back();
  [[nodiscard]] Result<void> merge(const feed::Changes& changes, Bits& bits, feed::Changes& merged) const;
  [[nodiscard]] std::pair<feed::Changes, std::vector<Entry>> take_batch();
  void publish(feed::Publication publication, std::vector<Entry> entries);
  void on_stored(const feed::Publication& publication, std::vector<Entry> entries,
                 const Result<void>& stored);
  void retry_later(std::vector<Entry> entries, const Error& conflict);
  void answer_shown(std::uint64_t size);
  static void answer_all(std::vector<Entry> entries, const Result<feed::Head>& result);

  World& world_;
  Watch& watch_;
  Node& node_;
  Issuer& issuer_;
  SeededRng draws_;
  std::optional<feed::Publisher> publisher_;
  std::optional<Error> closed_;
  std::deque<Entry> queue_;
  std::deque<Unshown> unshown_;
  std::map<std::size_t, std::set<std::uint64_t>> taken_;  // by pair; those the feed names
  std::size_t closed_through_ = 0;                        // pair
  std::uint64_t own_size_ = 0;  // of the feed, as far as this process made it or found it at start
  std::int64_t not_before_ms_ = 0;
  bool waits_ = false;
  bool storing_ = false;
  int conflicts_ = 0;
  std::size_t one_by_one_ = 0;  // of queue_, after a publication of several could not be made
};

}  // namespace vcnode::sim
