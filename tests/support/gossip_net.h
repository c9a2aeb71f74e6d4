// GossipNet: several gossip engines in one process, over a network and a clock that the test owns.
//
//   GossipNet net(seed);
//   net.add({.name = "ie", .hosts = {"university"}});
//   net.add({.name = "es", .dials = {"ie"}});
//   net.publish_statement("ie", "university", "urn:s:1");
//   CHECK(net.converge(1'000));
//
// It is the driver the engine asks for: it answers every Dial, Verify and Persist after a delay, delivers
// frames with the faults it is told to make, and calls step() at every deadline. Nothing happens in real
// time, nothing runs in parallel, and one seed and one sequence of calls give one trace. After every step the
// engine's invariants are checked. Nodes keep what they store in a MemoryStore and in a journal, from which
// an old disk can be restored.
//
// ScriptedPeer is an end of a link that the test plays itself: it says a proper hello by default and then
// whatever the test makes it say.
//
// Not here: what a test expects. Mistakes in the use of this class abort.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/did/resolver.h"
#include "protocol/feed/publisher.h"
#include "protocol/gossip/engine.h"
#include "storage/group_commit.h"
#include "tests/support/net_issuer.h"

namespace vcnode::test {

struct NodeSetup {
  std::string name;
  std::vector<std::string> dials = {};                            // names of nodes, scripted peers and relays
  std::vector<std::string> hosts = {};                            // names of issuers
  std::optional<std::vector<std::string>> admits = std::nullopt;  // default: every issuer of the net so far
  std::vector<std::string> sponsors = {};  // of those, did:key or did:webvh: who admits others, without limit
  std::optional<std::vector<std::string>> follows = std::nullopt;  // did:webvh; default: every one so far
  gossip::Limits limits = {};
  std::int64_t clock_seconds = 0;  // its clock against the net's
  bool waive_start_check = false;
  std::string network = "test.example";
  std::map<std::string, Ed25519PublicKey> pinned = {};  // by name in `dials`
};

struct Faults {
  unsigned drop_percent = 0;
  unsigned duplicate_percent = 0;
  bool reorder = false;  // frames of one link overtake each other
  std::int64_t latency_ms_min = 10;
  std::int64_t latency_ms_max = 30;
};

struct SeenEvent {
  std::int64_t at_ms = 0;
  std::string node;
  gossip::Event event;
};

class GossipNet;

class ScriptedPeer {
 public:
  ScriptedPeer(GossipNet& net, std::string name);
  void send(const wire::Frame& frame);
  void send_bytes(Bytes bytes);
  // `fault`: how the other side's transport saw it end.
  void hang_up(const std::optional<Error>& fault = std::nullopt);
  [[nodiscard]] bool connected() const { return link_.has_value(); }
  template <class Kind>
  [[nodiscard]] std::vector<Kind> received() const {
    std::vector<Kind> out;
    for (const wire::Frame& frame : frames)
      if (const auto* kind = std::get_if<Kind>(&frame)) out.push_back(*kind);
    return out;
  }

  KeyPairSigner key;
  std::vector<feed::OriginHash> origins;  // offered; sorted by add order of the net's issuers
  bool says_hello = true;
  std::int64_t clock_seconds = 0;
  wire::HelloOffer offer;                             // what it says, filled in at connection time
  std::function<void(wire::HelloOffer&)> edit_offer;  // last change to it
  std::function<void(const wire::Frame&)> on_frame;   // after the frame was recorded
  std::vector<wire::Frame> frames;
  gossip::Role role = gossip::Role::acceptor;
  wire::ChannelBinding binding;

 private:
  friend class GossipNet;
  void up(std::uint64_t link, gossip::Role as, const wire::ChannelBinding& channel);
  void take(const Bytes& bytes);
  GossipNet& net_;
  std::string name_;
  std::optional<std::uint64_t> link_;
};

class GossipNet {
 public:
  explicit GossipNet(std::uint64_t seed = 1);
  ~GossipNet();

  // ---- who is there
  NetIssuer& issuer(const std::string& name);  // made on first use; every node added later admits it
  // A did:webvh issuer (net_history.h), which every node added later follows.
  void follow(const std::string& name, gossip::AdmittedHistory admitted);
  void add(NodeSetup setup);
  void kill(const std::string& node);
  // Restarts a node from its disk; `batches`: only the first so many commits are on it (an old backup).
  void restart(const std::string& node, std::optional<std::size_t> batches = std::nullopt);
  [[nodiscard]] std::size_t journal_size(const std::string& node) const;
  ScriptedPeer& script(const std::string& name);
  void script_dials(const std::string& script, const std::string& node);
  // Who dials `name` reaches `target` through two TLS channels and somebody in between.
  void add_relay(const std::string& name, const std::string& target);

  // ---- the network
  Faults faults;
  void cut(const std::string& a, const std::string& b);  // links end, dialing fails
  void heal();
  void drop_links(const std::string& a, const std::string& b);
  [[nodiscard]] std::size_t links() const;
  std::function<bool(const std::string& from, const wire::Frame&)> lose;  // true: this frame is lost

  // ---- time
  void run_ms(std::int64_t ms);
  [[nodiscard]] bool run_until(const std::function<bool()>& reached, std::int64_t ms_max);
  // Until all running nodes have equal records and no body is missing.
  [[nodiscard]] bool converge(std::int64_t ms_max);
  [[nodiscard]] bool equal() const;
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  [[nodiscard]] Timestamp wall(const std::string& node) const;
  [[nodiscard]] Timestamp wall() const;
  void set_clock(const std::string& node, std::int64_t seconds);  // against the net's

  // ---- work
  // Errors: those of the publisher, and why the engine says that the issuer may not sign.
  [[nodiscard]] Result<feed::Publication> publish(const std::string& node, const std::string& issuer,
                                                  const feed::Changes& changes);
  void publish_statement(const std::string& node, const std::string& issuer, const std::string& id);
  // What an issuer made elsewhere: stored, then shown.
  void publish(const std::string& node, const feed::OriginHash& origin, feed::Publication publication,
               StoreBatch batch);
  bool store_fails = false;  // every Persist of every node
  std::int64_t verify_ms = 1;
  std::int64_t persist_ms = 2;

  // ---- what can be seen
  [[nodiscard]] gossip::Engine& engine(const std::string& node);
  [[nodiscard]] const gossip::Engine& engine(const std::string& node) const;
  [[nodiscard]] const FeedArchive& archive(const std::string& node) const;
  [[nodiscard]] const feed::FeedReplica& replica(const std::string& node, const std::string& issuer);
  [[nodiscard]] std::size_t ready_peers(const std::string& node) const;
  [[nodiscard]] const std::vector<SeenEvent>& events() const { return events_; }
  template <class Kind>
  [[nodiscard]] std::vector<Kind> events_of(std::string_view node) const {
    std::vector<Kind> out;
    for (const SeenEvent& seen : events_)
      if (const auto* kind = std::get_if<Kind>(&seen.event); kind != nullptr && seen.node == node)
        out.push_back(*kind);
    return out;
  }
  // SHA-256 over every output of every node, in order.
  [[nodiscard]] std::string trace() const;

 private:
  friend class ScriptedPeer;
  struct Node;
  struct Link;
  struct State;
  void at(std::int64_t delay_ms, std::function<void()> task);
  void step(Node& node, gossip::Input input);
  void handle(Node& node, gossip::Send& send);
  void handle(Node& node, gossip::Dial& dial);
  void handle(Node& node, gossip::Close& close);
  void handle(Node& node, gossip::Persist& persist);
  void handle(Node& node, gossip::Verify& verify);
  void handle(Node& node, gossip::Event& event);
  void boot(Node& node);
  void note_trace(const Node& node, const gossip::Output& output);
  void connect(const std::string& dialer, const std::string& address_name);
  void transmit(std::uint64_t link, bool from_dialer, Bytes bytes);
  void end_link(std::uint64_t link, std::optional<bool> by_dialer, const std::string& reason,
                const std::optional<Error>& fault = std::nullopt);
  [[nodiscard]] std::int64_t latency();
  [[nodiscard]] feed::Publisher& publisher(Node& node, const std::string& issuer);

  std::int64_t now_ms_ = 0;
  std::vector<SeenEvent> events_;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::test
