#include "tests/support/gossip_net.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "storage/codes.h"
#include "storage/memory/memory_store.h"

namespace vcnode::test {
namespace {

constexpr std::int64_t kEpochSeconds = 1'700'000'000;  // the net's clock at 0 ms

std::string url_of(const std::string& name) {
  return "wss://" + name + "/peer";
}

wire::ChannelBinding binding_of(std::string_view text) {
  return *wire::ChannelBinding::from(sha256(as_bytes(text)).view());
}

}  // namespace

struct GossipNet::Node {
  explicit Node(NodeSetup how)
      : setup(std::move(how)),
        key(named_key(concat("node ", setup.name))),
        clock_seconds(setup.clock_seconds) {}
  NodeSetup setup;
  KeyPairSigner key;
  std::int64_t clock_seconds;
  std::vector<std::string> admits;
  std::vector<StoreBatch> journal;
  std::unique_ptr<storage::GroupStore> store;
  std::map<std::string, feed::Publisher> publishers;
  std::unique_ptr<gossip::Engine> engine;  // none: not running
  std::uint64_t life = 0;                  // what was scheduled for an earlier one is dropped
  std::int64_t tick_at = -1;
};

struct GossipNet::Link {
  struct End {
    std::string owner;
    gossip::PeerId peer;
    std::int64_t in_order_at = 0;  // nothing arrives here before what was sent earlier
  };
  End dialer;
  End acceptor;
};

struct GossipNet::State {
  explicit State(std::uint64_t net_seed) : rng(net_seed), seed(net_seed) {}
  SeededRng rng;
  std::uint64_t seed;
  DidKeyResolver resolver;
  std::map<std::string, NetIssuer> issuers;
  std::map<std::string, Node> nodes;
  std::map<std::string, ScriptedPeer> scripts;
  std::map<std::string, std::string> relays;
  std::map<std::uint64_t, Link> links;
  struct Side {
    std::uint64_t link = 0;
    bool is_dialer = false;
  };
  std::map<gossip::PeerId, Side> sides;  // of engines; peer ids are unique in the whole net
  std::set<std::pair<std::string, std::string>> cuts;
  std::multimap<std::int64_t, std::function<void()>> tasks;
  std::uint64_t last_id = 0;
  Sha256Digest trace;
};

GossipNet::GossipNet(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}
GossipNet::~GossipNet() = default;

NetIssuer& GossipNet::issuer(const std::string& name) {
  return state_->issuers.try_emplace(name, name, "test.example").first->second;
}

void GossipNet::add(NodeSetup setup) {
  for (const std::string& hosted : setup.hosts) static_cast<void>(issuer(hosted));
  const std::string name = setup.name;
  const auto [found, added] = state_->nodes.try_emplace(name, std::move(setup));
  VCNODE_ASSERT(added);
  Node& node = found->second;
  if (node.setup.admits) {
    node.admits = *node.setup.admits;
    for (const std::string& admitted : node.admits) static_cast<void>(issuer(admitted));
  } else {
    for (const auto& [known, ignored] : state_->issuers) node.admits.push_back(known);
  }
  node.store = storage::make_memory_store();
  boot(node);
}

// From what the store holds to a running engine, as a node's composition root does it.
void GossipNet::boot(Node& node) {
  gossip::Options options;
  options.network = node.setup.network;
  options.limits = node.setup.limits;
  options.waive_start_check = node.setup.waive_start_check;
  options.seed = state_->seed * 1'000'003 + state_->last_id + node.life;
  std::vector<feed::FeedReplica> replicas;
  for (const std::string& name : node.admits) {
    const NetIssuer& of = issuer(name);
    options.admitted.push_back(of.admitted());
    const auto note = *node.store->note(of.hash());
    if (!note) continue;
    const auto leaves = *node.store->leaves(of.hash(), 0, *node.store->leaf_count(of.hash()));
    auto restored = feed::FeedReplica::restore(
        of.origin, of.did, of.signer.public_key(), *note, leaves,
        [&](const Sha256Digest& digest) { return *node.store->body(digest); }, state_->resolver);
    VCNODE_ASSERT(restored.has_value());
    replicas.push_back(*std::move(restored));
  }
  for (const std::string& name : node.setup.hosts)
    options.hosted.push_back({issuer(name).origin, node.store->note(issuer(name).hash())->has_value()});
  for (const std::string& name : node.setup.dials) {
    gossip::PeerAddress address{url_of(name), std::nullopt};
    if (const auto pin = node.setup.pinned.find(name); pin != node.setup.pinned.end())
      address.node_key = pin->second;
    options.peers.push_back(std::move(address));
  }
  node.engine =
      std::make_unique<gossip::Engine>(std::move(options), node.key, *node.store, std::move(replicas));
  ++node.life;
  node.tick_at = -1;
  at(0, [this, &node, life = node.life] {
    if (node.engine && node.life == life) step(node, gossip::Tick{});
  });
}

void GossipNet::kill(const std::string& name) {
  Node& node = state_->nodes.at(name);
  node.engine.reset();
  node.publishers.clear();
  ++node.life;
  std::vector<std::pair<std::uint64_t, bool>> ended;
  for (const auto& [id, link] : state_->links) {
    if (link.dialer.owner == name) ended.emplace_back(id, true);
    if (link.acceptor.owner == name) ended.emplace_back(id, false);
  }
  for (const auto& [id, by_dialer] : ended) end_link(id, by_dialer, "the process ended");
}

void GossipNet::restart(const std::string& name, std::optional<std::size_t> batches) {
  kill(name);
  Node& node = state_->nodes.at(name);
  if (batches) {
    node.journal.resize(std::min(*batches, node.journal.size()));
    node.store = storage::make_memory_store();
    for (const StoreBatch& batch : node.journal)
      VCNODE_ASSERT(node.store->commit_group({&batch}).front().has_value());
  }
  boot(node);
}

std::size_t GossipNet::journal_size(const std::string& node) const {
  return state_->nodes.at(node).journal.size();
}

ScriptedPeer& GossipNet::script(const std::string& name) {
  return state_->scripts.try_emplace(name, *this, name).first->second;
}

void GossipNet::script_dials(const std::string& script_name, const std::string& node) {
  static_cast<void>(script(script_name));
  connect(script_name, node);
}

void GossipNet::add_relay(const std::string& name, const std::string& target) {
  state_->relays[name] = target;
}

// ---- time

void GossipNet::at(std::int64_t delay_ms, std::function<void()> task) {
  state_->tasks.emplace(now_ms_ + delay_ms, std::move(task));
}

void GossipNet::run_ms(std::int64_t ms) {
  static_cast<void>(run_until([] { return false; }, ms));
}

bool GossipNet::run_until(const std::function<bool()>& reached, std::int64_t ms_max) {
  const std::int64_t end = now_ms_ + ms_max;
  for (;;) {
    if (reached()) return true;
    const auto next = state_->tasks.begin();
    if (next == state_->tasks.end() || next->first > end) break;
    now_ms_ = next->first;
    const auto task = std::move(next->second);
    state_->tasks.erase(next);
    task();
  }
  now_ms_ = end;
  return reached();
}

bool GossipNet::equal() const {
  const std::vector<wire::Record>* first = nullptr;
  std::vector<std::vector<wire::Record>> all;
  for (const auto& [name, node] : state_->nodes) {
    if (!node.engine) continue;
    all.push_back(node.engine->records());
    for (const std::string& issuer_name : node.admits) {
      const auto* held = node.engine->replica(state_->issuers.at(issuer_name).hash());
      if (held->head() && !held->missing().empty()) return false;
      const auto note = *node.store->note(held->origin().hash());
      if (note && (!held->head() || held->head()->note != *note)) return false;  // not accepted yet
    }
  }
  for (const auto& records : all) {
    if (first == nullptr) first = &records;
    if (records != *first) return false;
  }
  return true;
}

bool GossipNet::converge(std::int64_t ms_max) {
  constexpr std::int64_t kLookMs = 100;  // looking after every event would take longer than the events
  for (std::int64_t left = ms_max; left > 0 && !equal(); left -= kLookMs) run_ms(std::min(left, kLookMs));
  return equal();
}

Timestamp GossipNet::wall() const {
  return Timestamp(kEpochSeconds + now_ms_ / 1000);
}
Timestamp GossipNet::wall(const std::string& node) const {
  return wall().plus_seconds(state_->nodes.at(node).clock_seconds);
}

void GossipNet::set_clock(const std::string& node, std::int64_t seconds) {
  state_->nodes.at(node).clock_seconds = seconds;
}

void GossipNet::step(Node& node, gossip::Input input) {
  const gossip::Now now{MonotonicTime(now_ms_), wall().plus_seconds(node.clock_seconds)};
  gossip::Outputs outputs = node.engine->step(std::move(input), now);
  node.engine->check_invariants();
  for (gossip::Output& output : outputs.list) {
    note_trace(node, output);
    std::visit([&](auto& kind) { handle(node, kind); }, output);
  }
  const std::int64_t due = outputs.next_deadline.milliseconds();
  VCNODE_ASSERT(due > now_ms_);
  if (node.tick_at == due) return;
  node.tick_at = due;
  at(due - now_ms_, [this, &node, due, life = node.life] {
    if (node.engine && node.life == life && node.tick_at == due) {
      node.tick_at = -1;
      step(node, gossip::Tick{});
    }
  });
}

void GossipNet::note_trace(const Node& node, const gossip::Output& output) {
  std::string text = concat(now_ms_, " ", node.setup.name, " ", output.index(), " ");
  if (const auto* send = std::get_if<gossip::Send>(&output)) text += hex_encode(send->bytes);
  if (const auto* dial = std::get_if<gossip::Dial>(&output)) text += dial->address;
  if (const auto* close = std::get_if<gossip::Close>(&output)) text += close->reason.message;
  if (const auto* verify = std::get_if<gossip::Verify>(&output)) text += concat(verify->token.value());
  if (const auto* persist = std::get_if<gossip::Persist>(&output))
    for (const HeadPut& head : persist->batch.heads) text += head.note;
  if (const auto* event = std::get_if<gossip::Event>(&output)) text += concat(event->index());
  state_->trace = sha256({state_->trace.view(), as_bytes(text)});
}

std::string GossipNet::trace() const {
  return hex_encode(state_->trace.view());
}

// ---- outputs of engines

void GossipNet::handle(Node&, gossip::Send& send) {
  const auto side = state_->sides.find(send.peer);
  if (side != state_->sides.end()) transmit(side->second.link, side->second.is_dialer, std::move(send.bytes));
}

void GossipNet::handle(Node& node, gossip::Dial& dial) {
  const std::string name = dial.address.substr(6, dial.address.rfind('/') - 6);
  at(latency(), [this, &node, name, life = node.life] {
    if (node.engine && node.life == life) connect(node.setup.name, name);
  });
}

void GossipNet::handle(Node&, gossip::Close& close) {
  const auto side = state_->sides.find(close.peer);
  if (side == state_->sides.end()) return;
  const State::Side ended = side->second;
  end_link(ended.link, ended.is_dialer, "closed by the other side");
}

void GossipNet::handle(Node& node, gossip::Persist& persist) {
  at(persist_ms, [this, &node, life = node.life, job = std::move(persist)]() mutable {
    if (!node.engine || node.life != life) return;
    gossip::Persisted done{job.token, std::nullopt};
    if (store_fails) {
      done.error = fail(codes::STORE_FAILED, "the test's disk is broken").error;
    } else {
      const auto outcome = std::move(node.store->commit_group({&job.batch}).front());
      if (outcome)
        node.journal.push_back(std::move(job.batch));
      else
        done.error = outcome.error();
    }
    step(node, std::move(done));
  });
}

void GossipNet::handle(Node& node, gossip::Verify& verify) {
  at(verify_ms, [this, &node, life = node.life, job = std::move(verify)] {
    if (node.engine && node.life == life) step(node, gossip::run_verify(job, state_->resolver));
  });
}

void GossipNet::handle(Node& node, gossip::Event& event) {
  events_.push_back({now_ms_, node.setup.name, std::move(event)});
}

// ---- the network

std::int64_t GossipNet::latency() {
  VCNODE_ASSERT(faults.latency_ms_max >= faults.latency_ms_min);
  const auto span = static_cast<std::uint64_t>(faults.latency_ms_max - faults.latency_ms_min + 1);
  return faults.latency_ms_min + static_cast<std::int64_t>(state_->rng.below(span));
}

void GossipNet::connect(const std::string& dialer, const std::string& address_name) {
  const auto relay = state_->relays.find(address_name);
  const std::string target = relay == state_->relays.end() ? address_name : relay->second;
  const auto target_node = state_->nodes.find(target);
  const auto target_script = state_->scripts.find(target);
  const bool listens = (target_node != state_->nodes.end() && target_node->second.engine) ||
                       target_script != state_->scripts.end();
  const auto dialing_node = state_->nodes.find(dialer);
  const bool cut_off = state_->cuts.contains(std::minmax(dialer, target));
  if (!listens || cut_off) {
    if (dialing_node != state_->nodes.end())
      step(dialing_node->second,
           gossip::DialFailed{url_of(address_name), cut_off ? "cut off" : "nobody listens"});
    return;
  }
  const std::uint64_t id = ++state_->last_id;
  const gossip::PeerId dialer_peer(++state_->last_id);
  const gossip::PeerId acceptor_peer(++state_->last_id);
  state_->links.emplace(id, Link{{dialer, dialer_peer}, {target, acceptor_peer}});
  state_->sides[dialer_peer] = {id, true};
  state_->sides[acceptor_peer] = {id, false};
  const auto near = binding_of(concat("channel ", id));
  const auto far = relay == state_->relays.end() ? near : binding_of(concat("second channel ", id));
  // Scripts first: they may be spoken to at once.
  if (target_script != state_->scripts.end()) target_script->second.up(id, gossip::Role::acceptor, far);
  if (dialing_node == state_->nodes.end()) state_->scripts.at(dialer).up(id, gossip::Role::dialer, near);
  if (dialing_node != state_->nodes.end())
    step(dialing_node->second, gossip::PeerUp{dialer_peer, gossip::Role::dialer, near, url_of(address_name)});
  if (target_node != state_->nodes.end())
    step(target_node->second,
         gossip::PeerUp{acceptor_peer, gossip::Role::acceptor, far, concat("somewhere:", id)});
}

void GossipNet::transmit(std::uint64_t id, bool from_dialer, Bytes bytes) {
  const auto found = state_->links.find(id);
  if (found == state_->links.end()) return;  // ended meanwhile
  Link& link = found->second;
  const std::string& from = from_dialer ? link.dialer.owner : link.acceptor.owner;
  if (lose)
    if (const auto frame = wire::decode(bytes); frame && lose(from, *frame)) return;
  if (state_->rng.below(100) < faults.drop_percent) return;
  const int copies = state_->rng.below(100) < faults.duplicate_percent ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    Link::End& to = from_dialer ? link.acceptor : link.dialer;
    std::int64_t arrives = now_ms_ + latency();
    if (!faults.reorder) arrives = to.in_order_at = std::max(arrives, to.in_order_at);
    at(arrives - now_ms_, [this, id, from_dialer, bytes] {
      const auto still = state_->links.find(id);
      if (still == state_->links.end()) return;
      const Link::End& end = from_dialer ? still->second.acceptor : still->second.dialer;
      if (const auto script = state_->scripts.find(end.owner); script != state_->scripts.end())
        script->second.take(bytes);
      else if (Node& node = state_->nodes.at(end.owner); node.engine)
        step(node, gossip::FrameIn{end.peer, bytes});
    });
  }
}

// The side that ended it knows; the other hears of it after what was under way. `by_dialer`: none means both
// hear.
void GossipNet::end_link(std::uint64_t id, std::optional<bool> by_dialer, const std::string& reason) {
  const auto found = state_->links.find(id);
  if (found == state_->links.end()) return;
  const auto tell = [this, id, reason](const Link::End& end) {
    if (const auto script = state_->scripts.find(end.owner); script != state_->scripts.end()) {
      if (script->second.link_ == id) script->second.link_.reset();
    } else if (Node& node = state_->nodes.at(end.owner); node.engine) {
      step(node, gossip::PeerDown{end.peer, reason});
    }
  };
  const auto later = [&](bool dialer) {
    const Link::End end = dialer ? found->second.dialer : found->second.acceptor;
    const std::int64_t arrives = std::max(now_ms_ + faults.latency_ms_max, end.in_order_at);
    at(arrives - now_ms_, [this, id, end, tell] {
      state_->links.erase(id);
      state_->sides.erase(end.peer);
      tell(end);
    });
  };
  if (!by_dialer || !*by_dialer) later(true);
  if (!by_dialer || *by_dialer) later(false);
  if (!by_dialer) return;
  Link::End& gone = *by_dialer ? found->second.dialer : found->second.acceptor;
  if (const auto script = state_->scripts.find(gone.owner); script != state_->scripts.end())
    if (script->second.link_ == id) script->second.link_.reset();
  state_->sides.erase(gone.peer);
  gone.peer = gossip::PeerId();  // what still arrives there finds nobody
}

void GossipNet::cut(const std::string& a, const std::string& b) {
  state_->cuts.insert(std::minmax(a, b));
  drop_links(a, b);
}

void GossipNet::heal() {
  state_->cuts.clear();
}

void GossipNet::drop_links(const std::string& a, const std::string& b) {
  std::vector<std::uint64_t> ended;
  for (const auto& [id, link] : state_->links)
    if (std::minmax(link.dialer.owner, link.acceptor.owner) == std::minmax(a, b)) ended.push_back(id);
  for (const std::uint64_t id : ended) end_link(id, std::nullopt, "the link failed");
}

std::size_t GossipNet::links() const {
  return state_->links.size();
}

// ---- work

feed::Publisher& GossipNet::publisher(Node& node, const std::string& name) {
  const auto* held = node.engine->replica(issuer(name).hash());
  auto found = node.publishers.find(name);
  // A head adopted from peers: what the publisher knew is old.
  if (found != node.publishers.end() && found->second.size() < held->size()) {
    node.publishers.erase(found);
    found = node.publishers.end();
  }
  if (found == node.publishers.end()) {
    NetIssuer& of = issuer(name);
    auto opened = feed::Publisher::open({of.origin, of.did, of.method, &of.signer, &of.signer}, *held);
    VCNODE_ASSERT(opened.has_value());
    found = node.publishers.emplace(name, *std::move(opened)).first;
  }
  return found->second;
}

Result<feed::Publication> GossipNet::publish(const std::string& node_name, const std::string& issuer_name,
                                             const feed::Changes& changes) {
  Node& node = state_->nodes.at(node_name);
  const feed::OriginHash& origin = issuer(issuer_name).hash();
  if (const auto why = node.engine->why_not_sign(origin)) return Failure{*why};
  feed::Publisher& desk = publisher(node, issuer_name);
  VCNODE_TRY(auto publication, desk.prepare(changes, wall(node_name)));
  StoreBatch batch;
  if (!publication.leaves.empty())
    batch.leaves.push_back({origin, publication.first_index, publication.leaves});
  batch.heads.push_back({origin, publication.head.note});
  for (const Bytes& body : publication.bodies) batch.bodies.push_back({sha256(body), body});
  VCNODE_CHECK(node.store->commit_group({&batch}).front());
  node.journal.push_back(std::move(batch));
  desk.commit(publication);
  step(node, gossip::Publish{origin, publication});
  return publication;
}

void GossipNet::publish_statement(const std::string& node, const std::string& issuer_name,
                                  const std::string& id) {
  feed::Changes changes;
  changes.statements.push_back(issuer(issuer_name).statement(id, wall(node)));
  const auto done = publish(node, issuer_name, changes);
  VCNODE_ASSERT(done.has_value());
}

// ---- what can be seen

gossip::Engine& GossipNet::engine(const std::string& node) {
  return *state_->nodes.at(node).engine;
}
const gossip::Engine& GossipNet::engine(const std::string& node) const {
  return *state_->nodes.at(node).engine;
}
const FeedArchive& GossipNet::archive(const std::string& node) const {
  return *state_->nodes.at(node).store;
}
const feed::FeedReplica& GossipNet::replica(const std::string& node, const std::string& name) {
  return *engine(node).replica(issuer(name).hash());
}
std::size_t GossipNet::ready_peers(const std::string& node) const {
  const auto peers = engine(node).peers();
  return static_cast<std::size_t>(std::count_if(
      peers.begin(), peers.end(), [](const auto& peer) { return peer.state == gossip::PeerState::ready; }));
}

}  // namespace vcnode::test
