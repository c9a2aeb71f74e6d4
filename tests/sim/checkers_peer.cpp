// Checkers of what a node lets its peers do: how much they may send, and whether they may come back.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "protocol/gossip/codes.h"
#include "tests/sim/node.h"

namespace vcnode::sim {
namespace {

// Who sends more than it was granted is told so, frame by frame; who keeps within it never is, and what it
// used up is soon granted again: otherwise two peers that mean well fall silent.
class Credit final : public Checker {
 public:
  explicit Credit(const CheckerContext& context)
      : Checker(context.world), network_(context.network), nodes_(context.honest) {}
  [[nodiscard]] std::string_view name() const override { return "credit"; }

  void on_start(const Node& node) override { nodes_[node.number()] = {}; }
  void on_sent(const Node& node, gossip::PeerId peer, BytesView bytes) override {
    if (is_kind(bytes, kHelloOffer)) {
      const auto offer = std::get<wire::HelloOffer>(*wire::decode(bytes));
      Link& link = nodes_[node.number()].links[peer];
      if (link.first > 0) return;  // later ones change names alone
      link.granted = {offer.credit_frames, offer.credit_bytes};
      link.first = offer.credit_frames;
    } else if (is_kind(bytes, kCredit)) {
      const auto credit = std::get<wire::Credit>(*wire::decode(bytes));
      Links& mine = nodes_[node.number()];
      Link& link = mine.links[peer];
      link.granted = {credit.frames, credit.bytes};
      if (!is_low(link)) mine.low.erase(peer);
    }
  }
  void on_frame(const Node& node, gossip::PeerId peer, BytesView bytes) override {
    coming_.reset();
    free_beyond_.reset();
    Links& mine = nodes_[node.number()];
    Link& link = mine.links[peer];
    if (!link.ready || is_kind(bytes, kRefusal)) return;  // some of those were asked for
    if (is_free(bytes, network_.other_end(peer) < nodes_.size())) {
      const auto due =
          static_cast<std::uint64_t>((world_.now_ms() - link.ready_at_ms) * kFreePerSecond / 1000);
      if (++link.free > kFreeAtOnce + due) free_beyond_ = peer;
      return;
    }
    const bool beyond =
        link.taken.frames + 1 > link.granted.frames || link.taken.bytes + bytes.size() > link.granted.bytes;
    coming_ = Coming{peer, beyond, false};
    if (beyond) return;
    link.taken.frames += 1;
    link.taken.bytes += bytes.size();
    if (is_low(link)) mine.low.try_emplace(peer, world_.now_ms());
  }
  void on_event(const Node& node, const gossip::Event& event) override {
    Links& mine = nodes_[node.number()];
    if (const auto* ready = std::get_if<gossip::PeerReady>(&event)) {
      mine.links[ready->peer].ready = true;
      mine.links[ready->peer].ready_at_ms = world_.now_ms();
    }
    if (const auto* seen = std::get_if<gossip::MisbehaviourSeen>(&event))
      if (seen->reason.code == codes::PEER_OVER_CREDIT) blamed(mine, seen->peer);
    if (const auto* lost = std::get_if<gossip::PeerRefused>(&event)) {
      mine.links.erase(lost->peer);
      mine.low.erase(lost->peer);
    }
  }
  void on_step(const Node& node) override {
    if (const auto came = std::exchange(coming_, std::nullopt); came && came->beyond != came->blamed)
      object("node ", node.number(),
             came->beyond ? " took a frame beyond the credit that it had granted to "
                          : " calls a frame within the credit that it had granted beyond it: from ",
             network_.other_end(came->peer));
    if (const auto peer = std::exchange(free_beyond_, std::nullopt))
      object("node ", node.number(), " took more than ", kFreeAtOnce, " free frames and ", kFreePerSecond,
             " a second from ", network_.other_end(*peer));
    for (const auto& [peer, since_ms] : nodes_[node.number()].low)
      if (world_.now_ms() - since_ms > kRefillMsMax)
        object("node ", node.number(), " has worked off what ", network_.other_end(peer), " sent and for ",
               kRefillMsMax, " ms did not grant it more");
  }

 private:
  // A fifth of the frames is granted again as soon as it is worked off, ten times a second at most.
  static constexpr std::int64_t kRefillMsMax = 10'000;
  // Numbers of kinds in protocol/wire/peer.proto: the first byte of a frame.
  static constexpr unsigned kHelloOffer = 1, kHelloProof = 2, kCredit = 10, kRefusal = 11;
  // protocol/spec/frames.md, rule 8.
  static constexpr std::uint64_t kFreeAtOnce = 64;
  static constexpr std::int64_t kFreePerSecond = 20;
  struct Amount {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };
  struct Link {
    Amount granted;
    Amount taken;
    std::uint64_t first = 0;  // frames, in the hello
    bool ready = false;
    std::int64_t ready_at_ms = 0;
    std::uint64_t free = 0;  // frames taken since then
  };
  struct Links {
    std::map<gossip::PeerId, Link> links;
    std::map<gossip::PeerId, std::int64_t> low;  // less than half is left, since when
  };
  struct Coming {  // a frame that costs credit
    gossip::PeerId peer;
    bool beyond = false;
    bool blamed = false;
  };
  void blamed(Links& mine, gossip::PeerId peer) {
    if (coming_ && coming_->peer == peer) {
      coming_->blamed = true;
    } else if (const auto link = mine.links.find(peer); link != mine.links.end()) {
      link->second.free -= std::min<std::uint64_t>(link->second.free, 1);
      free_beyond_.reset();
    }
  }
  static bool is_low(const Link& link) { return link.granted.frames - link.taken.frames < link.first / 2; }
  static bool is_kind(BytesView frame, unsigned number) {
    return !frame.empty() && frame[0] == (number << 3 | 2);
  }
  // What is no frame costs credit, and only adversaries send that.
  static bool is_free(BytesView frame, bool honest) {
    if (frame.empty()) return false;
    const unsigned number = frame[0] >> 3;
    if (number != kHelloOffer && number != kHelloProof && number < kCredit) return false;
    return honest || wire::decode(frame).has_value();
  }
  const Network& network_;
  std::vector<Links> nodes_;
  std::optional<Coming> coming_;
  std::optional<gossip::PeerId> free_beyond_;  // of the frame that comes in
};

// Who is at or below the limit is closed at once, and not let in again under that key before its time is
// over.
class Standing final : public Checker {
 public:
  explicit Standing(const CheckerContext& context)
      : Checker(context.world), network_(context.network), books_(context.honest) {}
  [[nodiscard]] std::string_view name() const override { return "standing"; }

  void on_start(const Node& node) override { books_[node.number()] = {}; }
  void on_event(const Node& node, const gossip::Event& event) override {
    Book& book = books_[node.number()];
    if (const auto* ready = std::get_if<gossip::PeerReady>(&event)) {
      book.keys[ready->peer] = ready->node_key;
      const auto refused = book.refused_until_ms.find(ready->node_key);
      if (refused != book.refused_until_ms.end() && world_.now_ms() < refused->second)
        object("node ", node.number(), " lets ", network_.other_end(ready->peer), " in again, ",
               (refused->second - world_.now_ms()) / 1000, " s before the time that it is refused for");
    } else if (const auto* seen = std::get_if<gossip::MisbehaviourSeen>(&event)) {
      const gossip::Limits limits = Node::limits();
      if (seen->standing > limits.standing_close) return;
      book.refused_until_ms[book.keys.at(seen->peer)] = world_.now_ms() + limits.refuse_ms;
      book.to_close.insert(seen->peer);
    } else if (const auto* lost = std::get_if<gossip::PeerRefused>(&event)) {
      book.keys.erase(lost->peer);
      book.to_close.erase(lost->peer);
    }
  }
  void on_step(const Node& node) override {
    const auto& to_close = books_[node.number()].to_close;
    if (!to_close.empty())
      object("node ", node.number(), " keeps its link to ", network_.other_end(*to_close.begin()),
             ", whose standing is at or below the limit");
  }

 private:
  struct Book {
    std::map<gossip::PeerId, Ed25519PublicKey> keys;
    std::map<Ed25519PublicKey, std::int64_t> refused_until_ms;
    std::set<gossip::PeerId> to_close;  // in this step
  };
  const Network& network_;
  std::vector<Book> books_;
};

// After a start an issuer that has signed before signs only when enough of the peers it is configured with
// have compared records, counted by key; and never while the node itself shows a newer head of that feed.
class MaySign final : public Checker {
 public:
  explicit MaySign(const CheckerContext& context)
      : Checker(context.world), network_(context.network), starts_(context.honest) {}
  [[nodiscard]] std::string_view name() const override { return "may_sign"; }

  void on_start(const Node& node) override {
    Start& start = starts_[node.number()] = {};
    if (node.plan().hosts == nullptr) return;
    const feed::OriginHash& own = node.plan().hosts->hash();
    const bool has_signed = *node.disk().note(own) || *node.disk().note(feed::new_store_mark(own));
    if (has_signed && !node.start_check_waived())
      start.needed = std::min(kComparedMin, node.plan().dials.size());
  }
  void on_event(const Node& node, const gossip::Event& event) override {
    Start& start = starts_[node.number()];
    if (node.plan().hosts == nullptr || start.compared.size() >= start.needed) return;
    if (const auto* ready = std::get_if<gossip::PeerReady>(&event)) start.keys[ready->peer] = ready->node_key;
    const auto* done = std::get_if<gossip::RepairDone>(&event);
    if (done == nullptr) return;
    const auto& dials = node.plan().dials;
    if (std::find(dials.begin(), dials.end(), network_.other_end(done->peer)) != dials.end())
      start.compared.insert(start.keys.at(done->peer));
  }
  void on_step(const Node& node) override {
    if (node.plan().hosts == nullptr) return;
    const Issuer& issuer = *node.plan().hosts;
    const Start& start = starts_[node.number()];
    const auto& pending = node.replica(issuer.hash())->pending();
    const bool unchecked = start.compared.size() < start.needed;
    if ((!unchecked && !pending) || node.why_not_sign(issuer.hash())) return;
    if (unchecked)
      object("node ", node.number(), " may sign for issuer ", issuer.number, " after comparing with ",
             start.compared.size(), " of the ", start.needed, " peers needed since its start");
    else
      object("node ", node.number(), " may sign for issuer ", issuer.number, " beside a head of size ",
             pending->tree.size, " that it has verified and does not hold");
  }

 private:
  static constexpr std::size_t kComparedMin = 3;  // protocol/spec/gossip.md, "Start check"
  struct Start {
    std::size_t needed = 0;
    std::map<gossip::PeerId, Ed25519PublicKey> keys;
    std::set<Ed25519PublicKey> compared;
  };
  const Network& network_;
  std::vector<Start> starts_;
};

}  // namespace

std::unique_ptr<Checker> make_credit_checker(const CheckerContext& context) {
  return std::make_unique<Credit>(context);
}
std::unique_ptr<Checker> make_standing_checker(const CheckerContext& context) {
  return std::make_unique<Standing>(context);
}
std::unique_ptr<Checker> make_may_sign_checker(const CheckerContext& context) {
  return std::make_unique<MaySign>(context);
}

}  // namespace vcnode::sim
