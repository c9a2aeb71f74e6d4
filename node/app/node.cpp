#include "node/app/node.h"

#include <algorithm>
#include <exception>
#include <set>
#include <thread>
#include <utility>

#include "crypto/base/rng.h"
#include "crypto/multikey.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/observer.h"
#include "node/app/startup.h"
#include "node/http/server.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/origins.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/watched_store.h"

namespace vcnode::node {

struct Prepared : Setup {
  std::unique_ptr<storage::GroupStore> store;
  std::vector<feed::FeedReplica> replicas;
  std::vector<gossip::RestoredIssuer> issuers;  // in the order of Setup::histories
  std::vector<gossip::HostedIssuer> hosted;
};

namespace {

// Of the time for a shutdown, this much is kept for closing peers and the store.
constexpr std::int64_t kCloseMsMax = 1'000;
constexpr std::int64_t kClosePollMs = 20;

std::size_t worker_threads(const Config& config) {
  return config.worker_threads > 0 ? config.worker_threads
                                   : std::max(1U, std::thread::hardware_concurrency());
}

NodeOptions with_defaults(NodeOptions options) {
  if (!options.open_store) options.open_store = storage::open_sqlite_store;
  if (!options.clock) options.clock = std::make_shared<SystemClock>();
  return options;
}

// Whether the issuer may have signed before. That the operator said so (--new-store) is kept in the store: a
// node that ends before it has the feed again must not begin another when it is started without the word.
Result<bool> may_have_signed(const Config& config, const feed::OriginHash& origin, Prepared& prepared) {
  const feed::OriginHash mark = feed::new_store_mark(origin);
  if (config.new_store) {
    StoreBatch batch;
    batch.heads.push_back({mark, "begun anew"});
    VCNODE_CHECK(prepared.store->commit(batch));
  }
  VCNODE_TRY(const auto marked, prepared.store->note(mark));
  return marked.has_value();
}

Result<gossip::HostedIssuer> hosted_by_key(const Config& config, const Did& did, Prepared& prepared) {
  VCNODE_TRY(auto origin, feed::Origin::of(config.network_name, did));
  VCNODE_TRY(bool has_signed, may_have_signed(config, origin.hash(), prepared));
  for (const feed::FeedReplica& replica : prepared.replicas)
    if (replica.origin() == origin && replica.head()) has_signed = true;
  return gossip::HostedIssuer{std::move(origin), has_signed};
}

Result<gossip::HostedIssuer> hosted_by_log(const Config& config, std::string_view scid, Prepared& prepared) {
  VCNODE_TRY(auto first, issuer::origin_of(config.network_name, scid, 1));
  VCNODE_TRY(bool has_signed, may_have_signed(config, first.hash(), prepared));
  for (const gossip::RestoredIssuer& held : prepared.issuers)
    if (held.entries.scid() == scid && (!held.sealed.empty() || (held.feed && held.feed->head())))
      has_signed = true;
  return gossip::HostedIssuer{std::move(first), has_signed, std::string(scid)};
}

const gossip::AdmittedHistory* log_of(const Setup& setup, const Did& did) {
  const auto found =
      std::find_if(setup.histories.begin(), setup.histories.end(),
                   [&](const gossip::AdmittedHistory& admitted) { return admitted.did == did; });
  return found == setup.histories.end() ? nullptr : &*found;
}

Result<Prepared> prepare(const Config& config, Setup setup, const NodeOptions& options) {
  Prepared out;
  static_cast<Setup&>(out) = std::move(setup);
  VCNODE_TRY(out.store, options.open_store(config.store_path));
  VCNODE_TRY(out.replicas, gossip::restore_feeds(out.admitted, *out.store, DidKeyResolver()));
  for (const gossip::AdmittedHistory& history : out.histories) {
    VCNODE_TRY(auto restored,
               gossip::restore_issuer(history, config.network_name, *out.store, options.clock->now().wall));
    out.issuers.push_back(std::move(restored));
  }
  for (const IssuerConfig& issuer : config.issuers) {
    const auto* log = log_of(out, issuer.did);
    VCNODE_TRY(auto hosted, log != nullptr ? hosted_by_log(config, log->scid, out)
                                           : hosted_by_key(config, issuer.did, out));
    out.hosted.push_back(std::move(hosted));
  }
  return out;
}

gossip::Options engine_options(const Config& config, const Prepared& prepared) {
  gossip::Options out;
  out.network = config.network_name;
  out.admitted = prepared.admitted;
  out.histories = prepared.histories;
  out.hosted = prepared.hosted;
  out.peers = config.peers;
  out.waive_start_check = config.waive_start_check;
  out.seed = SystemRng().next();
  return out;
}

}  // namespace

// In the order of construction; ~Node undoes what runs on other threads first.
struct Node::Parts {
  Parts(Config c, NodeOptions o, Prepared p);

  void add_issuers();
  void add_observer();
  void tell_observer();
  void add_routes();
  void tell_shortage(const Shortage& shortage);
  void tell_damage(const Error& found);
  void show_restored();
  void start_issuers(std::function<void(const RunningInfo&)> on_ready);
  void begin_stop(const std::string& reason);
  void stop_issuers();
  void close_links();
  [[nodiscard]] RunningInfo info() const;

  Config config;
  NodeOptions options;
  Log log;
  Reminder shortage_told;
  Metrics metrics;
  Health health;
  SystemRng rng;
  EventLoop loop;
  Prepared held;
  storage::WatchedStore store;  // around that of `held`: what reads and writes from here on
  FeedTable feeds;
  ChallengeLedger challenges;
  std::unique_ptr<storage::GroupCommit> commits;
  std::unique_ptr<WorkerPool> askers;   // what anybody may ask: a flood of it delays no revocation
  std::unique_ptr<WorkerPool> issuing;  // what token holders ask
  std::unique_ptr<WorkerPool> checks;   // signatures of what peers send
  Driver driver;
  IssuerDirectory issuers;
  std::unique_ptr<Observer> observer;  // none: nothing is observed
  Offload asked;
  Offload issued;
  Router router;
  std::unique_ptr<HttpServer> http;
  std::size_t issuers_starting = 0;
  bool observing = false;  // from when the issuers are ready
  bool stopping = false;
};

Node::Parts::Parts(Config c, NodeOptions o, Prepared p)
    : config(std::move(c)),
      options(std::move(o)),
      log(config.log_level, options.log),
      held(std::move(p)),
      store(*held.store, [this](const Error& found) { tell_damage(found); }),
      commits(std::make_unique<storage::GroupCommit>(store)),
      askers(std::make_unique<WorkerPool>(worker_threads(config))),
      issuing(std::make_unique<WorkerPool>(worker_threads(config))),
      checks(std::make_unique<WorkerPool>(kCheckThreads)),
      driver({loop, *commits, *checks, *options.clock, feeds, metrics, health, log},
             std::make_unique<gossip::Engine>(engine_options(config, held), *held.keys.node, store,
                                              std::move(held.replicas), std::move(held.issuers))),
      asked(*askers, options.worker_queue_max, log),
      issued(*issuing, options.worker_queue_max, log),
      router({accepted_hosts(config), &held.tokens, &metrics, &log}) {
  add_issuers();
  add_observer();
  add_routes();
  ServerOptions server;
  server.listen_address = config.listen_address;
  server.port = config.listen_port;
  server.tls = held.tls;
  server.admin_socket = config.admin_socket();
  server.peers = &driver.transport();
  server.on_shortage = [this](const Shortage& shortage) { tell_shortage(shortage); };
  http = std::make_unique<HttpServer>(loop, router, std::move(server));
}

void Node::Parts::add_issuers() {
  for (std::size_t i = 0; i < config.issuers.size(); ++i) {
    const IssuerConfig& issuer = config.issuers[i];
    const auto* followed = log_of(held, issuer.did);
    IssuerService::Identity identity{
        issuer.name,          config.network_name,
        issuer.did,           followed != nullptr ? std::optional(*followed) : std::nullopt,
        held.keys.issuers[i], config.public_url,
        std::nullopt};
    if (issuer.time_batch)
      identity.time_batch =
          TimeBatcher::Options{issuer.time_batch->seconds * 1'000, {*held.witness_policies[i]}};
    issuers.add(std::make_unique<IssuerService>(
        std::move(identity), IssuerService::Ports{loop, *commits, store, *issuing, driver, *options.clock,
                                                  metrics, health, log, rng}));
  }
  driver.on_feed_changed([this](const feed::OriginHash& origin) {
    for (const auto& issuer : issuers.all()) issuer->on_feed_changed(origin);
    if (observing) tell_observer();
  });
  driver.on_issuer_changed([this](const std::string& scid) {
    for (const auto& issuer : issuers.all())
      if (issuer->log() && issuer->log()->scid == scid) issuer->on_history_changed();
  });
}

// What is seen goes into the feed of the first issuer.
void Node::Parts::add_observer() {
  if (config.observe.empty()) return;
  if (!config.fetch.enabled) {
    log.warn("observe", "nothing is observed", {{"reason", "[fetch] enabled is false"}});
    return;
  }
  Observer::Options observing_options;
  observing_options.targets = config.observe;
  observing_options.schedule.interval_seconds = config.fetch.interval_seconds;
  observing_options.ca_file = config.fetch.ca_file;
  observing_options.seed = rng.next();
  IssuerService& issuer = *issuers.all().front();
  observer = std::make_unique<Observer>(std::move(observing_options),
                                        Observer::Ports{loop, *options.clock, metrics, log},
                                        [&issuer](feed::NewObservation made, Observer::Published done) {
                                          issuer.observe(std::move(made), std::move(done));
                                        });
}

void Node::Parts::tell_observer() {
  const auto snapshot = feeds.feed_of(issuers.all().front()->did().text());
  observer->learn(snapshot == nullptr ? nullptr : snapshot->observations);
}

void Node::Parts::add_routes() {
  add_credential_routes(router, {loop, issued, issuers, driver, store, *options.clock, rng});
  std::set<Did> observers;
  if (!config.observe.empty())
    for (const IssuerConfig& issuer : config.issuers) observers.insert(issuer.did);
  VerdictApi verdicts{asked,  feeds,       *options.clock,     metrics, std::move(observers),
                      &feeds, &challenges, config.network_name};
  if (held.keys.verdict)
    verdicts.signer = std::make_shared<const evidence::VerdictSigner>(
        *held.keys.verdict, evidence::VerdictSigner::Place{config.public_url, config.network_name});
  add_verdict_routes(router, verdicts);
  add_stack_routes(router, verdicts);
  add_trqp_routes(router,
                  {asked, feeds, *options.clock, config.trqp.authorities, config.trqp.token_required});
  add_feed_routes(router, {asked, feeds, store, issuers});
  add_identifier_routes(router, {asked, feeds});
  if (config.witness && held.keys.witness)
    add_witness_routes(
        router, {loop,
                 asked,
                 *commits,
                 store,
                 feeds,
                 held.admitted,
                 config.network_name,
                 *options.clock,
                 {config.witness->name, feed::NoteKeyType::cosignature_v1, held.keys.witness->public_key()},
                 *held.keys.witness});
  add_admin_routes(router, {loop, issued, issuers, driver, held.keys, config});
  add_statement_routes(router, {loop, asked, issued, issuers, feeds, driver, *options.clock, rng});
  add_system_routes(router, {config, multikey_encode(held.keys.node->public_key()), driver, feeds, issuers,
                             health, metrics, *askers, *options.clock});
  const auto hosted = [this] {
    std::vector<Did> dids;
    for (const auto& issuer : issuers.all()) dids.push_back(issuer->did());
    return dids;
  };
  add_webvh_routes(router,
                   {asked, feeds, store, hosted, config.network_name});  // last: its patterns are wide
}

// Who is refused and from where changes with whoever connects, so the Reminder alone would bound nothing.
void Node::Parts::tell_shortage(const Shortage& shortage) {
  if (!shortage_told.due(concat(shortage.what, " ", shortage.network), options.clock->monotonic_ms())) return;
  log.limited(LogLevel::warn, "http", "connections are refused",
              {{"all_taken", shortage.what},
               {"network", shortage.network},
               {"count", std::to_string(shortage.count)}});
}

// On whichever thread read it.
void Node::Parts::tell_damage(const Error& found) {
  loop.post([this, found] {
    if (!health.store_failed) health.store_failed = found;
    log.error("store", "the store is damaged",
              {{"code", std::string(found.code.slug())}, {"reason", found.message}});
  });
}

void Node::Parts::show_restored() {
  for (const gossip::AdmittedIssuer& issuer : held.admitted) {
    const feed::FeedReplica* replica = driver.engine().replica(issuer.origin.hash());
    if (replica != nullptr && replica->head()) feeds.put(replica->snapshot());
  }
  for (const gossip::AdmittedHistory& history : held.histories) {
    const auto view = driver.engine().issuer(history.scid);
    if (!view) continue;
    feeds.put_history(history.scid, view->history);
    if (view->feed != nullptr && view->feed->head()) feeds.put(view->feed->snapshot());
  }
}

RunningInfo Node::Parts::info() const {
  const bool ipv6 = config.listen_address.find(':') != std::string::npos;
  const std::string address =
      concat(ipv6 ? "[" : "", config.listen_address, ipv6 ? "]" : "", ":", http->port());
  return {concat("https://", address), concat("wss://", address, "/peer"),
          multikey_encode(held.keys.node->public_key())};
}

void Node::Parts::start_issuers(std::function<void(const RunningInfo&)> on_ready) {
  issuers_starting = issuers.all().size() + 1;
  const auto one_ready = [this, on_ready = std::move(on_ready)] {
    if (--issuers_starting > 0) return;
    log.info("app", "ready", {{"url", info().url}, {"node_key", info().node_key}});
    if (on_ready) on_ready(info());
    observing = observer != nullptr;
    if (observing) tell_observer();
  };
  for (const auto& issuer : issuers.all()) issuer->start(one_ready);
  one_ready();
}

void Node::Parts::begin_stop(const std::string& reason) {
  if (std::exchange(stopping, true)) return;
  health.stopping = true;
  log.info("app", "stopping", {{"reason", reason}});
  loop.after_ms(config.shutdown_ms, [this] { loop.stop(); });
  const std::int64_t drain_ms = std::max(config.shutdown_ms - kCloseMsMax, config.shutdown_ms / 2);
  // What still waits for a head by then is refused while there is somebody to tell.
  loop.after_ms(drain_ms / 2, [this] { stop_issuers(); });
  http->stop(drain_ms, [this] {
    stop_issuers();
    driver.stop();
    close_links();
  });
}

void Node::Parts::stop_issuers() {
  if (observer) observer->stop();
  for (const auto& issuer : issuers.all()) issuer->stop();
}

void Node::Parts::close_links() {
  if (driver.links() == 0) return loop.stop();
  loop.after_ms(kClosePollMs, [this] { close_links(); });
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// Threads first: what they still finish may refer to everything else and post to the loop, which no longer
// runs. What they have not begun is dropped: nobody is there to be answered, and a full queue takes longer
// than Config::shutdown_ms.
Node::~Node() {
  for (WorkerPool* pool : {parts_->askers.get(), parts_->issuing.get(), parts_->checks.get()})
    pool->discard();
  parts_->observer.reset();
  parts_->askers.reset();
  parts_->issuing.reset();
  parts_->checks.reset();
  parts_->commits.reset();
  parts_->http.reset();
}

Result<std::unique_ptr<Node>> Node::open(Config config, NodeOptions options) {
  VCNODE_TRY(auto setup, open_setup(config));
  return open(std::move(config), std::move(setup), std::move(options));
}

Result<std::unique_ptr<Node>> Node::open(Config config, Setup setup, NodeOptions options) {
  NodeOptions complete = with_defaults(std::move(options));
  VCNODE_TRY(auto prepared, prepare(config, std::move(setup), complete));
  auto node = std::unique_ptr<Node>(
      new Node(std::make_unique<Parts>(std::move(config), std::move(complete), std::move(prepared))));
  VCNODE_CHECK(node->parts_->driver.begin());
  return node;
}

Result<void> Node::run(std::function<void(const RunningInfo&)> on_ready) {
  VCNODE_CHECK(parts_->http->start());
  try {
    parts_->show_restored();
    parts_->driver.start();
    parts_->start_issuers(std::move(on_ready));
    parts_->loop.run();
  } catch (const std::exception& fault) {
    parts_->log.error("app", "internal fault", {{"what", fault.what()}});
    return fail(codes::INTERNAL_FAULT, "the node stopped because of a fault of its own: ", fault.what());
  }
  parts_->log.info("app", "stopped");
  return {};
}

void Node::stop(const std::string& reason) {
  parts_->loop.post([parts = parts_.get(), reason] { parts->begin_stop(reason); });
}

EventLoop& Node::loop() noexcept {
  return parts_->loop;
}

}  // namespace vcnode::node
