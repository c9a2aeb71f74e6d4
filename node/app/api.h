// The HTTP interface, one function per group of routes; each names what it needs and nothing more.
// Specification: protocol/spec/http-api.md.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "node/app/challenge_ledger.h"
#include "node/app/clock.h"
#include "node/app/driver.h"
#include "node/app/feed_table.h"
#include "node/app/health.h"
#include "node/app/issuer_directory.h"
#include "node/app/metrics.h"
#include "node/app/offload.h"
#include "node/app/router.h"
#include "node/app/startup.h"
#include "node/config/config.h"
#include "protocol/evidence/verdict_signature.h"
#include "storage/watched_store.h"

namespace vcnode::node {

// POST /credentials/issue, /issuers/{name}/credentials/issue, /credentials/status.
struct CredentialApi {
  EventLoop& loop;
  Offload& offload;
  IssuerDirectory& issuers;
  const Driver& driver;
  const Store& store;
  const Clock& clock;
  Rng& rng;  // thread-safe
};
void add_credential_routes(Router& router, CredentialApi api);

// POST /credentials/verify, /proof/credentials/verify, /verdict; GET /verdict/key where there is a signer.
struct VerdictApi {
  Offload& offload;
  const verify::View& view;
  const Clock& clock;
  Metrics& metrics;
  std::set<Did> observers = {};           // whose observations count, unless the asker names others
  const FeedTable* feeds = nullptr;       // where facts about issuers are looked for; nullptr: nowhere
  ChallengeLedger* challenges = nullptr;  // nullptr: nobody remembers which were answered
  std::string network = {};               // whose feeds count of what comes with a question
  std::shared_ptr<const evidence::VerdictSigner> signer = nullptr;  // nullptr: no verdict is signed
};
void add_verdict_routes(Router& router, VerdictApi api);
// POST /stack. REQUIRES: api.feeds.
void add_stack_routes(Router& router, const VerdictApi& api);

// POST /authorization, /recognition: the Trust Registry Query Protocol, TRQP 2.0.
struct TrqpApi {
  Offload& offload;
  const verify::View& view;
  const Clock& clock;
  std::optional<std::vector<Did>> authorities = {};  // those that are answered for; none: all held
  bool token_required = false;
};
void add_trqp_routes(Router& router, const TrqpApi& api);

// GET /feeds…, /bodies/{digest}, /status-lists/{id}.
struct FeedApi {
  Offload& offload;
  const FeedTable& feeds;
  const storage::WatchedStore& store;
  const IssuerDirectory& issuers;
};
void add_feed_routes(Router& router, FeedApi api);

// GET /1.0/identifiers/{did}.
struct IdentifierApi {
  Offload& offload;
  const FeedTable& feeds;
};
void add_identifier_routes(Router& router, IdentifierApi api);

// The histories of did:webvh issuers: GET /histories/{scid}, the watcher interface under /webvh/, and what
// hosted issuers publish: did.jsonl, did-witness.json, did.json.
struct WebvhApi {
  Offload& offload;
  const FeedTable& feeds;
  const Store& store;
  std::function<std::vector<Did>()> hosted;  // DIDs of the hosted issuers; from any thread
  std::string network;
};
void add_webvh_routes(Router& router, WebvhApi api);

// POST /witness/add-checkpoint, GET /witness/key: the witness role.
struct WitnessApi {
  EventLoop& loop;
  Offload& offload;
  storage::GroupCommit& commits;
  const Store& store;
  const FeedTable& feeds;
  std::vector<gossip::AdmittedIssuer>
      admitted;  // the roots of method did:key; the others are known by their feeds and histories
  std::string network;
  const Clock& clock;
  feed::NoteKey key;  // of type cosignature_v1
  Signer& signer;     // of that key, which has no other purpose; outlives the router
};
void add_witness_routes(Router& router, WitnessApi api);

// GET /admin/issuers/{name}, POST …/entries, …/close: the log of a hosted issuer; on the admin socket only.
struct AdminApi {
  EventLoop& loop;
  Offload& offload;
  IssuerDirectory& issuers;
  const Driver& driver;
  Keys& keys;  // loop thread
  const Config& config;
};
void add_admin_routes(Router& router, AdminApi api);

// GET /statements; POST /admin/issuers/{name}/statements, on the admin socket only.
struct StatementApi {
  EventLoop& loop;
  Offload& asked;   // what anybody may ask
  Offload& issued;  // what operators ask
  IssuerDirectory& issuers;
  const FeedTable& feeds;
  const Driver& driver;
  const Clock& clock;
  Rng& rng;  // thread-safe
};
void add_statement_routes(Router& router, StatementApi api);

// GET /livez, /readyz, /metrics, /openapi.json, /status, /peers.
struct SystemApi {
  const Config& config;
  std::string node_key;
  const Driver& driver;
  const FeedTable& feeds;
  const IssuerDirectory& issuers;
  const Health& health;
  const Metrics& metrics;
  const WorkerPool& workers;
  const Clock& clock;
};
void add_system_routes(Router& router, const SystemApi& api);

// OpenAPI 3.1 document of the router's routes, with the table of all reason codes.
[[nodiscard]] std::string openapi_of(const Router& router);

}  // namespace vcnode::node
