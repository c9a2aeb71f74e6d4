// The HTTP interface, one function per group of routes; each names what it needs and nothing more.
// Specification: protocol/spec/http-api.md.
#pragma once

#include <functional>
#include <string>

#include "node/app/clock.h"
#include "node/app/driver.h"
#include "node/app/feed_table.h"
#include "node/app/health.h"
#include "node/app/issuer_directory.h"
#include "node/app/metrics.h"
#include "node/app/offload.h"
#include "node/app/router.h"
#include "node/config/config.h"

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

// POST /credentials/verify, /proof/credentials/verify, /verdict.
struct VerdictApi {
  Offload& offload;
  const verify::View& view;
  const Clock& clock;
  Metrics& metrics;
};
void add_verdict_routes(Router& router, VerdictApi api);

// GET /feeds…, /bodies/{digest}, /status-lists/{id}.
struct FeedApi {
  Offload& offload;
  const FeedTable& feeds;
  const Store& store;
  const IssuerDirectory& issuers;
};
void add_feed_routes(Router& router, FeedApi api);

// GET /1.0/identifiers/{did}.
void add_identifier_routes(Router& router);

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
