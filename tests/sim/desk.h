// Desk: an issuer's counter in its node: hands out status indexes, takes changes, publishes and answers.
//
// What is published when is feed::PublicationQueue's, as in the node. Indexes are given away as in node/app
// (ListPairs, IssuerService): a feed that grew by leaves not made here means an older store: its pairs of
// lists are closed and new credentials get a new pair. They come from a small part of the list, so that
// giving one away twice would happen soon.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "protocol/feed/publication_queue.h"
#include "tests/sim/node.h"

namespace vcnode::sim {

inline constexpr std::uint64_t kIndexesInUse = 256;  // of the list's 131,072
inline constexpr std::size_t kDeskQueueMax = 64;

class Desk final : private feed::PublicationShell {
 public:
  using Done = feed::PublicationQueue::Done;
  struct Place {  // of a credential in its issuer's lists
    std::size_t pair = 0;
    std::uint64_t index = 0;
  };
  using Issued = std::function<void(const Result<Place>&)>;
  Desk(World& world, Watch& watch, Node& node, Issuer& issuer);

  void start();
  void on_feed_changed();
  void submit(feed::Changes changes, Done done) { queue_.submit(std::move(changes), std::move(done)); }
  // Draws an index and makes it durable before anybody is told.
  void issue(const std::string& credential_id, Issued done);
  // The pair that new credentials go to; 0: none, the next is to be published.
  [[nodiscard]] std::size_t open_pair() const;
  [[nodiscard]] std::size_t next_pair() const;
  [[nodiscard]] std::optional<Error> why_not() const { return queue_.why_not(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.waiting(); }
  [[nodiscard]] static std::string list_name(std::size_t pair) { return concat(pair); }

 private:
  [[nodiscard]] const feed::FeedReplica& replica() const override { return *node_.replica(issuer_.hash()); }
  [[nodiscard]] std::optional<Error> why_not_sign() const override;
  [[nodiscard]] std::int64_t wall_ms() const override {
    return node_.wall().seconds() * 1000 + world_.now_ms() % 1000;
  }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return world_.now_ms(); }
  void post(std::function<void()> task) override { node_.after(0, std::move(task)); }
  void after_ms(std::int64_t delay, std::function<void()> task) override {
    node_.after(delay, std::move(task));
  }
  void store(const feed::Publication& publication, Stored done) override;
  void show(const feed::Publication& publication) override;
  void overtaken() override;
  void not_continued(const Error&) override {}
  void not_reasserted(const Error&) override {}
  void learn();

  World& world_;
  Watch& watch_;
  Node& node_;
  Issuer& issuer_;
  SeededRng draws_;
  std::map<std::size_t, std::set<std::uint64_t>> taken_;  // by pair; those the feed names
  std::size_t closed_through_ = 0;                        // pair
  feed::PublicationQueue queue_;
};

}  // namespace vcnode::sim
