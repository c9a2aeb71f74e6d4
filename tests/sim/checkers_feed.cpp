// Checkers of what nodes accept and what issuers release.
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "tests/sim/feed_walk.h"

namespace vcnode::sim {
namespace {

using feed::OriginHash;
using NodeFeed = std::pair<std::size_t, OriginHash>;

std::string short_hex(BytesView bytes) {
  return hex_encode(bytes.first(6));
}

// A node's accepted head never goes back, in size or, of one tree, in time, and never changes under one size,
// over restarts too. An honest issuer signs one tree again only at the hour, so for it the rule of times is
// "later".
class Heads final : public Checker {
 public:
  explicit Heads(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "heads"; }

  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    see(node, snapshot.origin.hash(), {snapshot.head.tree, snapshot.head.time});
  }
  void on_start(const Node& node) override {
    for (const Issuer& issuer : issuers_) {
      const feed::FeedReplica* replica = node.replica(issuer.hash());
      if (replica == nullptr) continue;  // sponsored; what is held of it is shown by the first step
      see(node, issuer.hash(),
          replica->head() ? Dated{replica->head()->tree, replica->head()->time}
                          : Dated{{0, sha256(BytesView())}, Timestamp()});
    }
  }
  void on_restored(const Node& node) override {
    for (const Issuer& issuer : issuers_) held_.erase({node.number(), issuer.hash()});
  }

 private:
  struct Dated {
    merkle::TreeHead tree;
    Timestamp time;
  };
  void see(const Node& node, const OriginHash& origin, const Dated& head) {
    const auto [held, added] = held_.try_emplace({node.number(), origin}, head);
    const auto& [tree, time] = head;
    const auto [before, time_before] = std::exchange(held->second, head);
    if (tree.size < before.size)
      object("node ", node.number(), " went back from size ", before.size, " to ", tree.size, " of ",
             short_hex(origin.view()));
    if (tree.size == before.size && tree.root != before.root)
      object("node ", node.number(), " changed the root of size ", tree.size, " of ",
             short_hex(origin.view()));
    if (tree == before && time < time_before)
      object("node ", node.number(), " went back from ", time_before.to_string(), " to ", time.to_string(),
             " with the head of size ", tree.size, " of ", short_hex(origin.view()));
  }
  const std::vector<Issuer>& issuers_;
  std::map<NodeFeed, Dated> held_;
};

// Nothing is relied on without a valid chain: signatures, root from the stored leaves, digests of bodies.
class Chain final : public Checker {
 public:
  explicit Chain(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "chain"; }

  void on_start(const Node& node) override { walks_.forget(node); }
  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    const OriginHash& origin = snapshot.origin.hash();
    const FeedWalk* walk = walks_.at(node, origin, snapshot.head.tree.size);
    if (walk == nullptr)
      return object("node ", node.number(), " relies on a head of size ", snapshot.head.tree.size, " of ",
                    short_hex(origin.view()), " and its disk holds fewer leaves");
    if (walk->root() != snapshot.head.tree.root)
      return object("node ", node.number(), " relies on a head of size ", snapshot.head.tree.size,
                    " whose root is not that of the leaves on its disk");
    if (!is_signed(snapshot))
      return object("node ", node.number(), " relies on a head of size ", snapshot.head.tree.size,
                    " that its issuer did not sign");
    for (const auto& [uri, list] : snapshot.status_lists)
      if (list.body == feed::BodyState::held) check_body(node, uri, list);
  }

 private:
  bool is_signed(const feed::FeedSnapshot& snapshot) {
    if (signed_.contains(snapshot.head.note)) return true;
    for (const Issuer& issuer : issuers_)
      if (issuer.hash() == snapshot.origin.hash() &&
          note_is_signed(snapshot.head.note, issuer.signer.public_key()))
        return signed_.insert(snapshot.head.note).second;
    return false;
  }
  void check_body(const Node& node, const std::string& uri, const feed::StatusListState& list) {
    const auto& bodies = node.disk().image().bodies;
    const auto body = bodies.find(list.digest);
    if (body == bodies.end())
      return object("node ", node.number(), " relies on the list ", uri, " and its disk has no such body");
    if (!digests_right_.contains(body->second.get())) {
      if (sha256(*body->second) != list.digest)
        return object("node ", node.number(), " keeps other bytes under the digest of ", uri);
      digests_right_.insert(body->second.get());
    }
  }
  const std::vector<Issuer>& issuers_;
  FeedWalks walks_;
  std::set<std::string, std::less<>> signed_;
  std::set<const Bytes*> digests_right_;  // blobs of the arena live as long as the run; never iterated
};

// The list in force is the newest that is not void, as the leaves on the disk say.
class Lists final : public Checker {
 public:
  explicit Lists(const CheckerContext& context) : Checker(context.world) {}
  [[nodiscard]] std::string_view name() const override { return "lists"; }

  void on_start(const Node& node) override { walks_.forget(node); }
  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    const FeedWalk* walk = walks_.at(node, snapshot.origin.hash(), snapshot.head.tree.size);
    if (walk == nullptr) return;  // the chain checker's matter
    std::size_t counted = 0;
    for (const auto& [uri, list] : walk->lists()) {
      if (list.sequence == 0) continue;
      ++counted;
      const auto shown = snapshot.status_lists.find(uri);
      if (shown == snapshot.status_lists.end() || shown->second.sequence != list.sequence ||
          hex_encode(shown->second.digest.view()) != list.digest)
        return object("node ", node.number(), " does not show version ", list.sequence, " of ", uri,
                      ", the newest in its leaves");
      if (shown->second.body == feed::BodyState::bad)
        return object("node ", node.number(), " calls version ", list.sequence, " of ", uri,
                      " bad: ", shown->second.reason ? shown->second.reason->message : std::string());
    }
    if (counted != snapshot.status_lists.size())
      object("node ", node.number(), " shows ", snapshot.status_lists.size(), " lists and its leaves name ",
             counted);
  }

 private:
  FeedWalks walks_;
};

// One feed has one history: a size has one root, time rises, and nobody accepts what was never released.
class OneLog final : public Checker {
 public:
  explicit OneLog(const CheckerContext& context) : Checker(context.world) {
    for (const Issuer& issuer : context.issuers)
      if (issuer.forks) forked_.insert(issuer.hash());
  }
  [[nodiscard]] std::string_view name() const override { return "one_log"; }

  void on_start(const Node& node) override {
    const Issuer* issuer = node.plan().hosts;
    if (issuer == nullptr) return;
    // What the disk kept of a publication that nobody was told about is as good as released.
    if (const auto& head = node.replica(issuer->hash())->head()) release(*issuer, *head);
  }
  void on_released(const Node& node, const Issuer& issuer, const feed::Publication& publication) override {
    const feed::Head& head = publication.head;
    const auto newest = newest_.find(issuer.hash());
    if (newest != newest_.end() && head.time <= newest->second && !dates_old_tree(node, issuer, head))
      object("node ", node.number(), " released a head dated ", head.time.to_string(), " after one dated ",
             newest->second.to_string());
    release(issuer, head);
  }
  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    if (forked_.contains(snapshot.origin.hash())) return;
    const auto& trees = released_[snapshot.origin.hash()];
    const auto known = trees.find(snapshot.head.tree.size);
    if (known == trees.end() || known->second != snapshot.head.tree.root)
      object("node ", node.number(), " accepted a head of size ", snapshot.head.tree.size, " of ",
             short_hex(snapshot.origin.hash().view()), " that its issuer never released");
    if (snapshot.contradicted)
      object("node ", node.number(), " holds the feed ", short_hex(snapshot.origin.hash().view()),
             " for contradicted, and its issuer is honest");
  }

 private:
  // Whoever waives the start check with an old disk may date anew what was the newest tree then.
  bool dates_old_tree(const Node& node, const Issuer& issuer, const feed::Head& head) {
    return node.start_check_waived() && released_[issuer.hash()].contains(head.tree.size);
  }
  void release(const Issuer& issuer, const feed::Head& head) {
    const auto [known, added] = released_[issuer.hash()].try_emplace(head.tree.size, head.tree.root);
    if (known->second != head.tree.root)
      object("issuer ", issuer.number, " released two heads of size ", head.tree.size);
    Timestamp& newest = newest_[issuer.hash()];
    newest = std::max(newest, head.time);
  }
  std::set<OriginHash> forked_;  // the forked checker's
  std::map<OriginHash, std::map<std::uint64_t, Sha256Digest>> released_;
  std::map<OriginHash, Timestamp> newest_;
};

// Nobody accepts a head dated further ahead than clocks may differ.
class Future final : public Checker {
 public:
  explicit Future(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "future"; }

  void on_start(const Node& node) override {
    for (const Issuer& issuer : issuers_)
      if (const auto* replica = node.replica(issuer.hash()); replica != nullptr && replica->head())
        seen_[{node.number(), issuer.hash()}] = replica->head()->time;  // accepted earlier
  }
  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    const Issuer* hosted = node.plan().hosts;
    if (hosted != nullptr && hosted->hash() == snapshot.origin.hash())
      return;  // T rises over a set-back clock
    Timestamp& seen = seen_[{node.number(), snapshot.origin.hash()}];
    if (std::exchange(seen, snapshot.head.time) == snapshot.head.time) return;
    const Timestamp latest = node.latest_wall().plus_seconds(limits::kClockSkewSecondsMax);
    if (snapshot.head.time > latest)
      object("node ", node.number(), " accepted a head dated ", snapshot.head.time.to_string(), " at ",
             node.wall().to_string());
  }

 private:
  const std::vector<Issuer>& issuers_;
  std::map<NodeFeed, Timestamp> seen_;
};

// What readers of a node are shown is what its disk holds, and in the end what the node itself holds.
class Shown final : public Checker {
 public:
  explicit Shown(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "shown"; }

  void on_start(const Node& node) override {
    for (const Issuer& issuer : issuers_)
      if (const auto* replica = node.replica(issuer.hash()); replica != nullptr && replica->head())
        shown_[{node.number(), issuer.hash()}] = {replica->head()->note, replica->missing().size()};
  }
  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    const OriginHash& origin = snapshot.origin.hash();
    shown_[{node.number(), origin}] = {snapshot.head.note, snapshot.missing_count};
    const Issuer* hosted = node.plan().hosts;
    if (hosted != nullptr && hosted->hash() == origin) return;  // the next one may be durable already
    if (*node.disk().note(origin) != snapshot.head.note)
      object("node ", node.number(), " shows another head of ", short_hex(origin.view()),
             " than its disk holds");
  }
  void on_quiet(const std::vector<std::unique_ptr<Node>>& nodes) override {
    for (const auto& node : nodes)
      for (const Issuer& issuer : issuers_) compare(*node, issuer);
  }

 private:
  struct View {
    std::string note;
    std::size_t missing = 0;
  };
  void compare(const Node& node, const Issuer& issuer) const {
    const auto view = shown_.find({node.number(), issuer.hash()});
    const feed::FeedReplica* replica = node.replica(issuer.hash());
    if (replica == nullptr || !replica->head()) return;  // its issuer has said nothing yet
    if (view == shown_.end() || view->second.note != replica->head()->note)
      return object("node ", node.number(), " holds another head of issuer ", issuer.number,
                    " than its readers were shown");
    if (view->second.missing != replica->missing().size())
      object("node ", node.number(), " lacks ", replica->missing().size(), " bodies of issuer ",
             issuer.number, " and its readers were told ", view->second.missing);
  }
  const std::vector<Issuer>& issuers_;
  std::map<NodeFeed, View> shown_;
};

}  // namespace

std::unique_ptr<Checker> make_shown_checker(const CheckerContext& context) {
  return std::make_unique<Shown>(context);
}
std::unique_ptr<Checker> make_heads_checker(const CheckerContext& context) {
  return std::make_unique<Heads>(context);
}
std::unique_ptr<Checker> make_chain_checker(const CheckerContext& context) {
  return std::make_unique<Chain>(context);
}
std::unique_ptr<Checker> make_lists_checker(const CheckerContext& context) {
  return std::make_unique<Lists>(context);
}
std::unique_ptr<Checker> make_one_log_checker(const CheckerContext& context) {
  return std::make_unique<OneLog>(context);
}
std::unique_ptr<Checker> make_future_checker(const CheckerContext& context) {
  return std::make_unique<Future>(context);
}

}  // namespace vcnode::sim
