#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/problem.h"
#include "protocol/did/lookup_name.h"
#include "protocol/feed/codes.h"
#include "protocol/verify/status_check.h"

namespace vcnode::node {

namespace {

// What is counted is read by a monitor every ten seconds or so; anybody may ask, and nobody makes the loop
// count more often than this.
constexpr std::chrono::seconds kScrapePause{1};

using gossip::PeerState;
using gossip::PeerStatus;

std::string_view name_of(PeerState state) {
  switch (state) {
    case PeerState::dialing:
      return "dialing";
    case PeerState::waiting:
      return "waiting";
    case PeerState::hello:
      return "hello";
    case PeerState::ready:
      return "ready";
  }
  return "waiting";
}

// An issuer that ended as its operator wished is no trouble.
bool is_end(Code code) {
  return code == codes::ISSUER_DEACTIVATED || code == codes::FEED_CLOSED;
}

// Why the newest head held is the issuer's last one, which does not age; nullopt while another may come.
std::optional<Code> end_of(const FeedTable& feeds, const feed::FeedSnapshot& feed) {
  const auto history = feeds.history_of(feed.issuer.text());
  if (history != nullptr && verify::unseen_epoch(feed, *history)) return std::nullopt;
  if (!verify::is_final({&feed, history.get()})) return std::nullopt;
  return feed.closed ? Code(codes::FEED_CLOSED) : Code(codes::ISSUER_DEACTIVATED);
}

// Why the node cannot do everything it is there for; empty when it can.
std::vector<Error> reasons(const SystemApi& api) {
  std::vector<Error> out;
  if (api.health.stopping) out.push_back({codes::SHUTTING_DOWN, "the node is stopping"});
  if (api.health.store_failed) out.push_back(*api.health.store_failed);
  for (const auto& issuer : api.issuers.all()) {
    const auto blocked = issuer->why_not();
    if (!blocked || blocked->code == codes::SHUTTING_DOWN || is_end(blocked->code)) continue;
    if (api.health.store_failed && blocked->code == api.health.store_failed->code) continue;
    out.push_back({blocked->code, concat("issuer ", issuer->name(), ": ", blocked->message)});
  }
  return out;
}

nlohmann::json readiness_json(const std::vector<Error>& found) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Error& reason : found)
    rows.push_back({{"code", reason.code.slug()}, {"sentence", reason.message}});
  return {{"ready", found.empty()}, {"reasons", std::move(rows)}};
}

nlohmann::json witness_json(const WitnessClient::Stand& witness) {
  nlohmann::json problem;
  if (witness.why_not)
    problem = {{"code", witness.why_not->code.slug()}, {"sentence", witness.why_not->message}};
  return {{"name", witness.name},
          {"url", witness.url},
          {"cosigned", witness.cosigned ? nlohmann::json(witness.cosigned->to_string()) : nlohmann::json()},
          {"problem", std::move(problem)}};
}

nlohmann::json issuer_json(const SystemApi& api, const IssuerService& issuer) {
  nlohmann::json lists = nlohmann::json::array();
  nlohmann::json warnings = nlohmann::json::array();
  for (const auto& count : issuer.counts()) {
    lists.push_back({{"pair", count.pair}, {"entries", count.entries}, {"taken", count.taken}});
    if (count.taken >= kHerdMin) continue;
    warnings.push_back(
        {{"code", codes::STATUS_HERD_SMALL.slug},
         {"sentence", concat("the list pair ", count.pair, " serves ", count.taken, " credentials; below ",
                             kHerdMin, " a look at it tells something about its holders")}});
  }
  nlohmann::json witnesses = nlohmann::json::array();
  for (const auto& witness : issuer.witnesses()) witnesses.push_back(witness_json(witness));
  nlohmann::json head;
  if (const auto newest = issuer.head())
    head = {{"size", newest->tree.size}, {"time", newest->time.to_string()}};
  const auto origin = issuer.origin();
  const auto why = issuer.why_not();
  const bool ended = why && is_end(why->code);
  return {{"name", issuer.name()},
          {"did", issuer.did().text()},
          {"origin", origin ? nlohmann::json(origin->text()) : nlohmann::json()},
          {"maySign", !why},
          {"ended", ended ? nlohmann::json(why->code.slug()) : nlohmann::json()},
          {"head", std::move(head)},
          {"lists", std::move(lists)},
          {"warnings", std::move(warnings)},
          {"witnesses", std::move(witnesses)},
          {"peers", origin ? api.driver.engine().peers_sharing(origin->hash()) : 0}};
}

// Through whom the issuer of a feed is admitted.
nlohmann::json admitted_by(const gossip::Engine& engine, const feed::FeedSnapshot& feed) {
  const statement::AdmittedSet& set = *engine.admission().set;
  const std::string_view name = lookup_name_of(feed.issuer.text());
  const auto found = set.find(name);
  nlohmann::json sponsors = nlohmann::json::array();
  if (found == set.end() || !engine.reconciles(name)) return {{"by", "nobody"}, {"sponsors", sponsors}};
  for (const std::string& sponsor : found->second.sponsors)
    if (const auto known = set.find(sponsor); sponsor != name && known != set.end())
      sponsors.push_back(*known->second.dids.begin());
  return {{"by", found->second.root ? "operator" : "sponsor"}, {"sponsors", std::move(sponsors)}};
}

nlohmann::json admission_json(const gossip::AdmissionView& view) {
  return {{"reconciled", view.reconciled},
          {"held", view.held},
          {"limit", view.limit},
          {"refused", view.refused},
          {"withoutFeed", view.without_feed}};
}

nlohmann::json feed_json(const SystemApi& api, const feed::FeedSnapshot& feed) {
  nlohmann::json pending;
  if (feed.pending) pending = {{"size", feed.pending->tree.size}, {"time", feed.pending->time.to_string()}};
  const auto ended = end_of(api.feeds, feed);
  return {{"issuer", feed.issuer.text()},
          {"origin", feed.origin.text()},
          {"size", feed.head.tree.size},
          {"time", feed.head.time.to_string()},
          {"pending", std::move(pending)},
          {"missingBodies", feed.missing_count},
          {"contradicted", feed.contradicted},
          {"falseState", feed.false_state},
          {"ended", ended ? nlohmann::json(ended->slug()) : nlohmann::json()},
          {"admitted", admitted_by(api.driver.engine(), feed)},
          {"peers", api.driver.engine().peers_sharing(feed.origin.hash())}};
}

HttpResponse status_answer(const SystemApi& api) {
  nlohmann::json out = readiness_json(reasons(api));
  out["version"] = VCNODE_VERSION;
  out["network"] = api.config.network_name;
  out["nodeKey"] = api.node_key;
  out["publicUrl"] = api.config.public_url;
  out["issuers"] = nlohmann::json::array();
  for (const auto& issuer : api.issuers.all()) out["issuers"].push_back(issuer_json(api, *issuer));
  out["admission"] = admission_json(api.driver.engine().admission());
  out["feeds"] = nlohmann::json::array();
  for (const auto& snapshot : api.feeds.all()) out["feeds"].push_back(feed_json(api, *snapshot));
  return json_answer(200, json_text(out));
}

nlohmann::json peer_json(const PeerStatus& peer) {
  nlohmann::json out{{"address", peer.address},
                     {"nodeKey", peer.node_key.empty() ? nlohmann::json() : nlohmann::json(peer.node_key)},
                     {"state", name_of(peer.state)},
                     {"role", peer.our_role == gossip::Role::dialer ? "dialer" : "acceptor"},
                     {"standing", peer.standing},
                     {"framesIn", peer.frames_in},
                     {"framesOut", peer.frames_out},
                     {"bytesIn", peer.bytes_in},
                     {"bytesOut", peer.bytes_out},
                     {"lastError", peer.last_error}};
  if (peer.clock_difference_seconds) out["clockDifferenceSeconds"] = *peer.clock_difference_seconds;
  return out;
}

HttpResponse peers_answer(const SystemApi& api) {
  nlohmann::json peers = nlohmann::json::array();
  for (const PeerStatus& peer : api.driver.engine().peers()) peers.push_back(peer_json(peer));
  return json_answer(200, json_text({{"peers", std::move(peers)}}));
}

HttpResponse readyz_answer(const SystemApi& api, Transport transport) {
  auto found = reasons(api);
  if (transport != Transport::admin_socket) {
    for (Error& reason : found) reason = public_form(reason);
  }
  return json_answer(found.empty() ? 200 : 503, json_text(readiness_json(found)));
}

void sample_peers(const SystemApi& api, Metrics::Sample& sample) {
  for (const char* state : {"dialing", "waiting", "hello", "ready"}) sample.peers_by_state[state] = 0;
  for (const PeerStatus& peer : api.driver.engine().peers()) {
    ++sample.peers_by_state[std::string(name_of(peer.state))];
    sample.frames_in += peer.frames_in;
    sample.frames_out += peer.frames_out;
    sample.bytes_in += peer.bytes_in;
    sample.bytes_out += peer.bytes_out;
    const auto difference = static_cast<std::uint64_t>(std::llabs(peer.clock_difference_seconds.value_or(0)));
    sample.clock_difference_seconds = std::max(sample.clock_difference_seconds, difference);
  }
}

Metrics::IssuerSample sample_issuer(const SystemApi& api, const Did& did, const IssuerService* hosted) {
  Metrics::IssuerSample out;
  out.did = did.text();
  if (hosted != nullptr) {
    const auto why = hosted->why_not();
    if (!why || !is_end(why->code)) out.may_sign = !why;
    if (const auto origin = hosted->origin()) out.peers = api.driver.engine().peers_sharing(origin->hash());
  }
  const auto feed = api.feeds.feed_of(did.text());
  if (feed == nullptr) return out;
  if (!end_of(api.feeds, *feed))
    out.head_age_seconds = api.clock.now().wall.seconds() - feed->head.time.seconds();
  if (feed->pending) out.entries_behind = feed->pending->tree.size - feed->head.tree.size;
  out.peers = api.driver.engine().peers_sharing(feed->origin.hash());
  return out;
}

void sample_issuers(const SystemApi& api, Metrics::Sample& sample) {
  std::map<Did, const IssuerService*> admitted;
  std::set<std::string, std::less<>> hosted_names;
  for (const auto& issuer : api.issuers.all()) {
    admitted.emplace(issuer->did(), issuer.get());
    hosted_names.emplace(lookup_name_of(issuer->did().text()));
  }
  const gossip::AdmissionView admission = api.driver.engine().admission();
  for (const auto& [name, as] : *admission.set) {
    if (hosted_names.contains(name) || !api.driver.engine().reconciles(name)) continue;
    if (auto did = Did::parse(*as.dids.begin())) admitted.emplace(*std::move(did), nullptr);
  }
  for (const auto& [did, hosted] : admitted) sample.issuers.push_back(sample_issuer(api, did, hosted));
  sample.issuers_refused = admission.refused;
}

std::optional<std::uint64_t> free_bytes(const std::filesystem::path& place) {
  struct statvfs space {};
  if (::statvfs(place.c_str(), &space) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

std::string metrics_text(const SystemApi& api) {
  Metrics::Sample sample;
  sample_peers(api, sample);
  sample_issuers(api, sample);
  const gossip::Counters& counters = api.driver.engine().counters();
  sample.heads_accepted = counters.heads_accepted;
  sample.heads_pending = counters.heads_pending;
  sample.repairs = counters.repairs;
  sample.repairs_unequal = counters.repairs_unequal;
  sample.pushes_sent = counters.pushes_sent;
  sample.refusals_by_code = counters.refusals_by_code;
  sample.send_queue_bytes = counters.send_queue_bytes;
  for (const auto& snapshot : api.feeds.all()) {
    ++sample.feeds;
    sample.feeds_contradicted += snapshot->contradicted ? 1 : 0;
    sample.feeds_ended += end_of(api.feeds, *snapshot) ? 1 : 0;
    sample.bodies_missing += snapshot->missing_count;
  }
  sample.disk_free_bytes = free_bytes(api.config.store_path.parent_path());
  sample.worker_queue = api.workers.queued();
  sample.ready = reasons(api).empty();
  sample.store_failed = api.health.store_failed.has_value();
  return api.metrics.text(sample);
}

// The last scrape, for those who ask within kScrapePause of it.
struct Scraped {
  std::string text;
  std::optional<std::chrono::steady_clock::time_point> at;
};

HttpResponse metrics_answer(const SystemApi& api, Transport transport, Scraped& last) {
  const auto now = std::chrono::steady_clock::now();
  if (transport == Transport::admin_socket || !last.at || now - *last.at >= kScrapePause)
    last = {metrics_text(api), now};
  HttpResponse out = json_answer(200, last.text);
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return out;
}

// Made at the first question, when the table is complete.
HttpResponse openapi_answer(const Router& router, std::string& text) {
  if (text.empty()) text = openapi_of(router);
  return json_answer(200, text);
}

Route system_route(std::string pattern, std::string summary, std::function<HttpResponse(Transport)> answer) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.answers = {{200, "the answer"}};
  route.handle = [answer = std::move(answer)](const Call& call) {
    call.respond(answer(call.request.transport));
  };
  return route;
}

}  // namespace

void add_system_routes(Router& router, const SystemApi& api) {
  router.add(system_route("/livez", "Is the process alive",
                          [](Transport) { return json_answer(200, R"({"alive":true})"); }));
  Route ready = system_route("/readyz", "Can the node do everything it is there for",
                             [api](Transport transport) { return readyz_answer(api, transport); });
  ready.answers = {{200, "{ready: true}"}, {503, "{ready: false, reasons: [{code, sentence}]}"}};
  ready.answer_types = {{503, "application/json"}};
  router.add(std::move(ready));
  Route metrics = system_route("/metrics", "Counts for Prometheus, at most a second old",
                               [api, last = std::make_shared<Scraped>()](Transport transport) {
                                 return metrics_answer(api, transport, *last);
                               });
  metrics.answer_type = "text/plain";
  router.add(std::move(metrics));
  const Router* table = &router;
  router.add(system_route(
      "/openapi.json", "This interface, generated from the route table",
      [table, text = std::make_shared<std::string>()](Transport) { return openapi_answer(*table, *text); }));
  for (auto& [pattern, summary, answer] : {std::tuple{"/status", "The node's state", &status_answer},
                                           std::tuple{"/peers", "Peer links", &peers_answer}}) {
    Route route = system_route(pattern, summary, [api, answer = answer](Transport) { return answer(api); });
    route.access = Access::operating;
    router.add(std::move(route));
  }
}

}  // namespace vcnode::node
