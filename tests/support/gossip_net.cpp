#include "tests/support/gossip_net.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/origins.h"
#include "storage/codes.h"
#include "tests/support/gossip_net_state.h"

namespace vcnode::test {
namespace {

constexpr std::int64_t kEpochSeconds = 1'700'000'000;  // the net's clock at 0 ms

}  // namespace

GossipNet::GossipNet(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}
GossipNet::~GossipNet() = default;

NetIssuer& GossipNet::issuer(const std::string& name) {
  return state_->issuers.try_emplace(name, name, "test.example").first->second;
}

void GossipNet::follow(const std::string& name, gossip::AdmittedHistory admitted) {
  state_->histories.emplace(name, std::move(admitted));
}

void GossipNet::add(NodeSetup setup) {
  for (const std::string& hosted : setup.hosts)
    if (!state_->histories.contains(hosted)) static_cast<void>(issuer(hosted));
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
  if (node.setup.follows)
    node.follows = *node.setup.follows;
  else
    for (const auto& [known, ignored] : state_->histories) node.follows.push_back(known);
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
  const auto quota_of = [&](const std::string& name) {
    const auto& sponsors = node.setup.sponsors;
    const bool is_sponsor = std::find(sponsors.begin(), sponsors.end(), name) != sponsors.end();
    return is_sponsor ? statement::kQuotaMax : 0;
  };
  for (const std::string& name : node.admits) {
    options.admitted.push_back(issuer(name).admitted());
    options.admitted.back().quota = quota_of(name);
  }
  auto replicas = gossip::restore_feeds(options.admitted, *node.store, state_->resolver);
  VCNODE_ASSERT(replicas.has_value());
  std::vector<gossip::RestoredIssuer> restored;
  for (const std::string& name : node.follows) {
    options.histories.push_back(state_->histories.at(name));
    options.histories.back().quota = quota_of(name);
    auto held =
        gossip::restore_issuer(options.histories.back(), options.network, *node.store, wall(node.setup.name));
    VCNODE_ASSERT(held.has_value());
    restored.push_back(*std::move(held));
  }
  for (const std::string& name : node.setup.hosts) {
    if (const auto history = state_->histories.find(name); history != state_->histories.end()) {
      const std::string& scid = history->second.scid;
      options.hosted.push_back({*issuer::origin_of(options.network, scid, 1), false, scid});
    } else {
      options.hosted.push_back({issuer(name).origin, node.store->note(issuer(name).hash())->has_value()});
    }
  }
  for (const std::string& name : node.setup.dials) {
    gossip::PeerAddress address{url_of(name), std::nullopt};
    if (const auto pin = node.setup.pinned.find(name); pin != node.setup.pinned.end())
      address.node_key = pin->second;
    options.peers.push_back(std::move(address));
  }
  node.engine = std::make_unique<gossip::Engine>(std::move(options), node.key, *node.store,
                                                 *std::move(replicas), std::move(restored));
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
    for (const std::string& followed : node.follows) {
      const auto held = node.engine->issuer(state_->histories.at(followed).scid);
      if (held->feed == nullptr || held->feed->seal() || !held->feed->missing().empty() ||
          !held->entries->missing().empty())
        return false;
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

void GossipNet::publish(const std::string& name, const feed::OriginHash& origin,
                        feed::Publication publication, StoreBatch batch) {
  Node& node = state_->nodes.at(name);
  VCNODE_ASSERT(node.store->commit_group({&batch}).front().has_value());
  node.journal.push_back(std::move(batch));
  step(node, gossip::Publish{origin, std::move(publication)});
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
