// Checkers of what nodes promise, keep and say about each other.
#include <map>
#include <optional>
#include <tuple>

#include "protocol/gossip/codes.h"
#include "tests/sim/node.h"

namespace vcnode::sim {
namespace {

// No honest peer is punished: no bad standing, no refusal, no pause, whatever the network does.
class Honest final : public Checker {
 public:
  explicit Honest(const CheckerContext& context)
      : Checker(context.world), network_(context.network), honest_(context.honest) {}
  [[nodiscard]] std::string_view name() const override { return "honest"; }

  void on_event(const Node& node, const gossip::Event& event) override {
    if (const auto* seen = std::get_if<gossip::MisbehaviourSeen>(&event))
      blame(node, seen->peer, seen->reason);
    if (const auto* lost = std::get_if<gossip::PeerRefused>(&event))
      if (lost->reason.code == codes::PEER_STANDING) blame(node, lost->peer, lost->reason);
    if (const auto* done = std::get_if<gossip::RepairDone>(&event))
      if (done->paused) blame(node, done->peer, *done->paused);
  }

 private:
  void blame(const Node& node, gossip::PeerId peer, const Error& reason) {
    const Network::Place place = network_.other_end(peer);
    if (place >= honest_) return;
    // Doubled frames use up credit that their sender does not know of; streams never double.
    if (reason.code == codes::PEER_OVER_CREDIT && network_.was_harsh(peer)) return;
    object("node ", node.number(), " punishes the honest node ", place, ": ", reason.code.slug(), ": ",
           reason.message);
  }
  const Network& network_;
  const std::size_t honest_;
};

// What somebody was told is done is done: in the end every node's newest list has it.
class Acknowledged final : public Checker {
 public:
  explicit Acknowledged(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "acknowledged"; }

  void on_status_acknowledged(const StatusOperation& operation) override {
    bits_[key_of(operation)] = operation.value;
  }
  void on_status_unknown(const StatusOperation& operation) override {
    // A revocation that was acknowledged once stays; everything else may have happened or not.
    auto& bit = bits_[key_of(operation)];
    const bool final = operation.purpose == status::Purpose::revocation && bit == std::optional(true);
    if (!final) bit.reset();
  }
  void on_quiet(const std::vector<std::unique_ptr<Node>>& nodes) override {
    for (const auto& node : nodes)
      for (const auto& [key, value] : bits_)
        if (value) check(*node, std::get<0>(key), std::get<1>(key), std::get<2>(key), *value);
  }

 private:
  using Key = std::tuple<std::size_t, std::string, std::uint64_t>;  // issuer, list, index
  [[nodiscard]] Key key_of(const StatusOperation& operation) const {
    const Issuer& issuer = issuers_[operation.issuer];
    return {operation.issuer, issuer.list_uri(operation.pair, operation.purpose), operation.index};
  }
  void check(const Node& node, std::size_t number, const std::string& uri, std::uint64_t index,
             bool value) const {
    const Issuer& issuer = issuers_[number];
    const feed::FeedReplica* replica = node.replica(issuer.hash());
    if (replica == nullptr || !replica->head())
      return object("node ", node.number(), " holds nothing of issuer ", number);
    const auto snapshot = replica->snapshot();
    const auto list = snapshot->status_lists.find(uri);
    if (list == snapshot->status_lists.end() || !list->second.list)
      return object("node ", node.number(), " does not hold the list ", uri);
    if (*list->second.list->bitmap.get(status::StatusIndex(index)) != value)
      object("index ", index, " of the list ", uri, " was acknowledged as ", value ? "set" : "clear",
             " and is not at node ", node.number());
  }
  const std::vector<Issuer>& issuers_;
  std::map<Key, std::optional<bool>> bits_;
};

// A status index belongs to one credential for ever.
class Indexes final : public Checker {
 public:
  explicit Indexes(const CheckerContext& context) : Checker(context.world) {}
  [[nodiscard]] std::string_view name() const override { return "indexes"; }

  void on_issued(const IssuedCredential& issued) override {
    const auto [owner, added] = owners_.try_emplace(key_of(issued), issued.id);
    if (!added)
      object("index ", issued.index, " of issuer ", issued.issuer, " belongs to ", owner->second,
             " and was given to ", issued.id);
  }
  void on_forgotten(const IssuedCredential& issued) override { owners_.erase(key_of(issued)); }

 private:
  using Key = std::tuple<std::size_t, std::string, std::uint64_t>;
  static Key key_of(const IssuedCredential& issued) { return {issued.issuer, issued.list, issued.index}; }
  std::map<Key, std::string> owners_;
};

// Memory and queues stay within the engine's named limits.
class Queues final : public Checker {
 public:
  explicit Queues(const CheckerContext& context)
      : Checker(context.world), network_(context.network), issuers_(context.issuers.size()) {}
  [[nodiscard]] std::string_view name() const override { return "queues"; }

  void on_step(const Node& node) override {
    const gossip::Limits limits = Node::limits();
    const std::size_t links = network_.links_of(static_cast<Network::Place>(node.number()));
    const gossip::Counters& counters = node.engine().counters();
    if (counters.send_queue_bytes > links * limits.send_queue_bytes_max)
      object("node ", node.number(), " keeps ", counters.send_queue_bytes, " bytes for ", links, " links");
    // Heads of pushes per link, one pulled head and one basket of bodies (twice: adopted and missing) per
    // feed.
    const std::size_t checks =
        (links + kLinksJustGone) * limits.verify_queue_max + issuers_ * (1 + 2 * wire::kBodiesPerFrameMax);
    if (node.checks_under_way() > checks)
      object("node ", node.number(), " has ", node.checks_under_way(), " checks under way for ", links,
             " links; the limit is ", checks);
    // One adoption per feed, and what the desk has.
    if (node.stores_under_way() > issuers_ + kDeskStoresMax)
      object("node ", node.number(), " has ", node.stores_under_way(), " batches under way for ", issuers_,
             " feeds");
    const std::size_t peers_max = limits.peers_max * 2 + node.plan().dials.size();
    if (links > peers_max + kLinksJustGone)
      object("node ", node.number(), " keeps ", links, " links; the limit is ", peers_max);
  }

 private:
  static constexpr std::size_t kLinksJustGone = 8;  // their checks end a little later
  static constexpr std::size_t kDeskStoresMax = 64;
  const Network& network_;
  const std::size_t issuers_;
};

// What a node sends is bounded by its links, whatever others do: no exchange goes on for ever.
class Traffic final : public Checker {
 public:
  explicit Traffic(const CheckerContext& context)
      : Checker(context.world), network_(context.network), windows_(context.honest) {}
  [[nodiscard]] std::string_view name() const override { return "traffic"; }

  void on_step(const Node& node) override {
    Window& window = windows_[node.number()];
    const std::size_t links = network_.links_of(static_cast<Network::Place>(node.number()));
    window.links = std::max(window.links, links);
    if (world_.now_ms() >= window.began_ms + kWindowMs)
      window = {world_.now_ms(), node.frames_sent(), node.bytes_sent(), links};
    const std::uint64_t frames = node.frames_sent() - window.frames;
    const std::uint64_t bytes = node.bytes_sent() - window.bytes;
    if (frames > (window.links + 1) * kFramesPerLinkMax || bytes > (window.links + 1) * kBytesPerLinkMax)
      object("node ", node.number(), " sent ", frames, " frames and ", bytes, " bytes over ", window.links,
             " links within ", kWindowMs, " ms");
  }

 private:
  struct Window {
    std::int64_t began_ms = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::size_t links = 0;
  };
  static constexpr std::int64_t kWindowMs = 10'000;
  // A link's credit lets at most 400 frames a second be answered; honest peers ask for a small part of that.
  static constexpr std::uint64_t kFramesPerLinkMax = 4'000;
  static constexpr std::uint64_t kBytesPerLinkMax = 8 * 1024 * 1024;
  const Network& network_;
  std::vector<Window> windows_;
};

// Whose disk gave something rotten stores nothing more until it starts again: what it would write might rest
// on what it misread.
class Rot final : public Checker {
 public:
  explicit Rot(const CheckerContext& context) : Checker(context.world) {}
  [[nodiscard]] std::string_view name() const override { return "rot"; }

  void on_step(const Node& node) override {
    if (node.worn_disk().stored_after_rot())
      object("node ", node.number(), " read something rotten from its disk and goes on storing");
  }
};

}  // namespace

std::unique_ptr<Checker> make_rot_checker(const CheckerContext& context) {
  return std::make_unique<Rot>(context);
}
std::unique_ptr<Checker> make_traffic_checker(const CheckerContext& context) {
  return std::make_unique<Traffic>(context);
}
std::unique_ptr<Checker> make_honest_checker(const CheckerContext& context) {
  return std::make_unique<Honest>(context);
}
std::unique_ptr<Checker> make_acknowledged_checker(const CheckerContext& context) {
  return std::make_unique<Acknowledged>(context);
}
std::unique_ptr<Checker> make_indexes_checker(const CheckerContext& context) {
  return std::make_unique<Indexes>(context);
}
std::unique_ptr<Checker> make_queues_checker(const CheckerContext& context) {
  return std::make_unique<Queues>(context);
}

std::vector<std::unique_ptr<Checker>> make_checkers(const CheckerContext& context) {
  std::vector<std::unique_ptr<Checker>> out;
  out.push_back(make_heads_checker(context));
  out.push_back(make_chain_checker(context));
  out.push_back(make_lists_checker(context));
  out.push_back(make_one_log_checker(context));
  out.push_back(make_forked_checker(context));
  out.push_back(make_future_checker(context));
  out.push_back(make_shown_checker(context));
  out.push_back(make_honest_checker(context));
  out.push_back(make_acknowledged_checker(context));
  out.push_back(make_indexes_checker(context));
  out.push_back(make_queues_checker(context));
  out.push_back(make_traffic_checker(context));
  out.push_back(make_rot_checker(context));
  out.push_back(make_credit_checker(context));
  out.push_back(make_standing_checker(context));
  out.push_back(make_may_sign_checker(context));
  out.push_back(make_admitted_checker(context));
  return out;
}

}  // namespace vcnode::sim
