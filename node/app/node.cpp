#include "node/app/node.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "crypto/base/rng.h"
#include "crypto/multikey.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/startup.h"
#include "node/http/server.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"
#include "protocol/gossip/restore.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/watched_store.h"

namespace vcnode::node {

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

struct Prepared : Setup {
  std::unique_ptr<storage::GroupStore> store;
  std::vector<feed::FeedReplica> replicas;
  std::vector<gossip::HostedIssuer> hosted;
};

// Whether the issuer may have signed before. That the operator said so (--new-store) is kept in the store: a
// node that ends before it has the feed again must not begin another when it is started without the word.
Result<bool> may_have_signed(const Config& config, const feed::OriginHash& origin, Prepared& prepared) {
  const feed::OriginHash mark = feed::new_store_mark(origin);
  if (config.new_store) {
    StoreBatch batch;
    batch.heads.push_back({mark, "begun anew"});
    VCNODE_CHECK(prepared.store->commit(batch));
  }
  const auto& replicas = prepared.replicas;
  if (std::any_of(replicas.begin(), replicas.end(), [&](const feed::FeedReplica& replica) {
        return replica.origin().hash() == origin && replica.head();
      }))
    return true;
  VCNODE_TRY(const auto marked, prepared.store->note(mark));
  return marked.has_value();
}

Result<Prepared> prepare(const Config& config, Setup setup, const NodeOptions& options) {
  Prepared out{std::move(setup), nullptr, {}, {}};
  VCNODE_TRY(out.store, options.open_store(config.store_path));
  VCNODE_TRY(out.replicas, gossip::restore_feeds(out.admitted, *out.store, DidKeyResolver()));
  for (const IssuerConfig& issuer : config.issuers) {
    const auto admitted = std::find_if(out.admitted.begin(), out.admitted.end(),
                                       [&](const gossip::AdmittedIssuer& a) { return a.did == issuer.did; });
    VCNODE_TRY(const bool has_signed, may_have_signed(config, admitted->origin.hash(), out));
    out.hosted.push_back({admitted->origin, has_signed});
  }
  return out;
}

gossip::Options engine_options(const Config& config, const Prepared& prepared) {
  gossip::Options out;
  out.network = config.network_name;
  out.admitted = prepared.admitted;
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
  std::unique_ptr<storage::GroupCommit> commits;
  std::unique_ptr<WorkerPool> askers;   // what anybody may ask: a flood of it delays no revocation
  std::unique_ptr<WorkerPool> issuing;  // what token holders ask
  std::unique_ptr<WorkerPool> checks;   // signatures of what peers send
  Driver driver;
  IssuerDirectory issuers;
  Offload asked;
  Offload issued;
  Router router;
  std::unique_ptr<HttpServer> http;
  std::size_t issuers_starting = 0;
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
                                              std::move(held.replicas))),
      asked(*askers, options.worker_queue_max, log),
      issued(*issuing, options.worker_queue_max, log),
      router({accepted_hosts(config), &held.tokens, &metrics, &log}) {
  add_issuers();
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
    const auto admitted = std::find_if(held.admitted.begin(), held.admitted.end(),
                                       [&](const gossip::AdmittedIssuer& a) { return a.did == issuer.did; });
    IssuerService::Identity identity{issuer.name,
                                     issuer.did,
                                     admitted->origin,
                                     did_key::verification_method_of(held.keys.issuers[i]->public_key()),
                                     std::move(held.keys.issuers[i]),
                                     config.public_url};
    issuers.add(std::make_unique<IssuerService>(
        std::move(identity), IssuerService::Ports{loop, *commits, store, *issuing, driver, *options.clock,
                                                  metrics, health, log, rng}));
  }
  driver.on_feed_changed([this](const feed::OriginHash& origin) {
    for (const auto& issuer : issuers.all()) {
      if (issuer->origin().hash() == origin) issuer->on_feed_changed();
    }
  });
}

void Node::Parts::add_routes() {
  add_credential_routes(router, {loop, issued, issuers, driver, store, *options.clock, rng});
  add_verdict_routes(router, {asked, feeds, *options.clock, metrics});
  add_feed_routes(router, {asked, feeds, store, issuers});
  add_identifier_routes(router);
  add_system_routes(router, {config, multikey_encode(held.keys.node->public_key()), driver, feeds, issuers,
                             health, metrics, *askers, *options.clock});
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
  return std::unique_ptr<Node>(
      new Node(std::make_unique<Parts>(std::move(config), std::move(complete), std::move(prepared))));
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
