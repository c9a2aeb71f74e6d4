// Histories of did:webvh issuers over HTTP: for programs that verify, for did:webvh resolvers (the watcher
// interface of did:webvh 1.0), and as the files that a hosted issuer publishes.
//
// Nothing here fetches anything: entries come through the network alone. So a notification is heard and
// answered with what is held, and nobody can make a node forget an issuer.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/feed_row.h"
#include "node/app/kept_objects.h"
#include "node/app/problem.h"
#include "node/app/public_object.h"
#include "protocol/issuer/origins.h"
#include "protocol/webvh/did_web.h"
#include "protocol/webvh/resolution.h"

namespace vcnode::node {

namespace {

using HistoryPtr = std::shared_ptr<const issuer::History>;

struct Histories {
  WebvhApi api;
  std::shared_ptr<KeptObjects> kept =
      std::make_shared<KeptObjects>();  // witness files: a check of each proof
};

constexpr std::string_view kLogType = "text/jsonl";
// A proof of who asks, which nobody here weighs.
constexpr std::size_t kNotificationBytesMax = 16 * 1024;

std::string log_text(const issuer::History& history) {
  std::string out;
  for (const issuer::Version& version : history.versions) out += version.state.entry().line() + "\n";
  return out;
}

// did-witness.json: of each witness the newest good proof. What it is depends on the log alone.
KeptObjects::Text witness_text(const Histories& histories, const issuer::History& history) {
  const webvh::State& newest = history.versions.back().state;
  const std::string address = concat(newest.did().scid(), "/", newest.version_id().text());
  if (auto kept = histories.kept->find(address)) return kept;
  std::vector<webvh::WitnessProof> proofs;
  for (const issuer::Version& version : history.versions)
    proofs.insert(proofs.end(), version.proofs.begin(), version.proofs.end());
  auto text =
      std::make_shared<const std::string>(webvh::write_witness_file(webvh::pruned(history.states(), proofs)));
  histories.kept->keep(address, text);
  return text;
}

HttpResponse witness_answer(const Histories& histories, const HttpRequest& request,
                            const issuer::History& history) {
  return changing_object(request, "application/json", *witness_text(histories, history));
}

// ---- GET /histories/{scid}

nlohmann::json epochs_json(const WebvhApi& api, const std::string& scid, const issuer::History* history) {
  nlohmann::json out = nlohmann::json::array();
  if (history == nullptr) return out;
  for (const issuer::Epoch& epoch : history->epochs) {
    const auto origin = issuer::origin_of(api.network, scid, epoch.feed.epoch);
    if (!origin) continue;
    nlohmann::json seal;
    if (epoch.seal) seal = {{"size", epoch.seal->size}, {"root", hex_encode(epoch.seal->root.view())}};
    out.push_back({{"epoch", epoch.feed.epoch},
                   {"origin", origin->text()},
                   {"originHash", hex_encode(origin->hash().view())},
                   {"seal", std::move(seal)}});
  }
  return out;
}

std::shared_ptr<const feed::FeedSnapshot> current_feed(const WebvhApi& api, const issuer::History& history) {
  return api.feeds.feed_of(history.versions.back().state.did().text());
}

// All entries held, those that dispute with one another too: whoever reads decides by the same rules.
HttpResponse history_answer(const Histories& histories, const Call& call) {
  const WebvhApi& api = histories.api;
  const std::string& scid = call.parameters.at("scid");
  const auto history = api.feeds.history(scid);
  if (!history) return not_held(concat("history of '", excerpt(scid), "'"));
  const auto stored = api.store.entries(scid);
  if (!stored) return problem(stored.error());
  nlohmann::json entries = nlohmann::json::array();
  for (const StoredEntry& entry : *stored) entries.push_back(to_text(entry.body));
  nlohmann::json out{{"scid", scid},
                     {"did", nullptr},
                     {"network", api.network},
                     {"entries", std::move(entries)},
                     {"epochs", epochs_json(api, scid, history.get())},
                     {"feed", nullptr}};
  if (!history->versions.empty()) {
    out["did"] = history->versions.back().state.did().text();
    if (const auto feed = current_feed(api, *history)) out["feed"] = feed_row(*feed);
  }
  return changing_object(call.request, "application/json", json_text(out));
}

// ---- the watcher interface

Error no_such_scid(std::string_view scid) {
  return {codes::NOT_FOUND, concat("this node holds no history of the SCID ", scid)};
}

Result<std::string> parameter(const Call& call, const std::string& name) {
  const auto found = call.request.query.find(name);
  if (found == call.request.query.end() || found->second.empty())
    return fail(codes::REQUEST_MALFORMED, "the query parameter '", name, "' is missing");
  return found->second;
}

// The history that `scid` names in the query. Errors: REQUEST_MALFORMED, NOT_FOUND.
Result<HistoryPtr> asked_history(const WebvhApi& api, const Call& call) {
  VCNODE_TRY(const auto scid, parameter(call, "scid"));
  if (!webvh::is_multihash(scid))
    return fail(codes::REQUEST_MALFORMED, "'", excerpt(scid), "' is not the SCID of a did:webvh");
  auto history = api.feeds.history(scid);
  if (!history || history->versions.empty()) return Failure{no_such_scid(scid)};
  return history;
}

HttpResponse watched_log(const Histories& histories, const Call& call) {
  const auto history = asked_history(histories.api, call);
  if (!history) return problem(history.error());
  return changing_object(call.request, std::string(kLogType), log_text(**history));
}

HttpResponse watched_witnesses(const Histories& histories, const Call& call) {
  const auto history = asked_history(histories.api, call);
  return history ? witness_answer(histories, call.request, **history) : problem(history.error());
}

// Heard, and told what is held: an entry that is not yet here comes through the issuer's feed or not at all.
HttpResponse log_notified(const Histories& histories, const Call& call) {
  const auto text = parameter(call, "did");
  if (!text) return problem(text.error());
  const auto did = webvh::DidWebvh::parse(*text);
  if (!did) return problem(did.error());
  const auto history = histories.api.feeds.history(did->scid());
  if (!history || history->versions.empty()) return problem(no_such_scid(did->scid()));
  return json_answer(202, json_text({{"versionId", history->versions.back().state.version_id().text()}}));
}

// A file of the DID: those that its feed carries are here, its status lists, and no others.
Result<KeptObjects::Text> find_resource(const WebvhApi& api, const Call& call) {
  VCNODE_TRY(const auto history, asked_history(api, call));
  VCNODE_TRY(auto path, parameter(call, "path"));
  if (!path.starts_with('/')) path.insert(path.begin(), '/');
  VCNODE_TRY(const auto url, webvh::resource_url(history->versions.back().state.did(), path));
  const auto feed = current_feed(api, *history);
  if (feed) {
    const auto list = feed->status_lists.find(url);
    if (list != feed->status_lists.end()) {
      VCNODE_TRY(const auto body, api.store.body(list->second.digest));
      if (body) return std::make_shared<const std::string>(to_text(*body));
    }
  }
  return fail(codes::NOT_FOUND, "of this DID's files a node holds the status lists of its feed; ",
              excerpt(url), " is none of them");
}

HttpResponse watched_resource(const Histories& histories, const Call& call) {
  auto resource = find_resource(histories.api, call);
  if (!resource) return problem(resource.error());
  return changing_object(call.request, "application/vc", **resource);
}

HttpResponse unsupported(std::string_view sentence) {
  return problem(501, codes::REQUEST_UNSUPPORTED.slug, codes::REQUEST_UNSUPPORTED.sentence, sentence);
}

HttpResponse resource_notified(const Histories& histories, const Call& call) {
  const auto resource = find_resource(histories.api, call);
  if (resource) return json_answer(202, "{}");
  if (resource.error().code != codes::NOT_FOUND) return problem(resource.error());
  return unsupported("a node keeps what an issuer's feed carries and fetches no other file");
}

HttpResponse deletion_refused(const Histories&, const Call&) {
  return unsupported(
      "what this node holds is held by all its peers alike; a request to remove data goes to its operator");
}

// ---- what a hosted issuer publishes

// `Host` without its port, and the port, empty if there is none.
std::pair<std::string, std::string> host_and_port(const HttpRequest& request) {
  const std::string_view header = request.header("host").value_or("");
  std::string host = host_name_of(header);
  std::string_view rest = header.substr(std::min(host.size(), header.size()));
  if (rest.starts_with(':')) rest.remove_prefix(1);
  return {std::move(host), std::string(rest)};
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& segment : path) out += concat(out.empty() ? "" : "/", segment);
  return out;
}

// How well the DID fits the place that is asked for: 0 not at all, 1 but for the port, 2 wholly.
int fit_of(const webvh::DidWebvh& did, const Call& call) {
  const auto folder = call.parameters.find("path");
  const std::string asked =
      folder == call.parameters.end() ? "" : folder->second.substr(folder->second.starts_with('/') ? 1 : 0);
  const auto [host, port] = host_and_port(call.request);
  if (did.host() != host || joined(did.path()) != asked) return 0;
  return (did.port() ? std::to_string(*did.port()) : "") == port ? 2 : 1;
}

struct Hosted {
  HistoryPtr history;
  int newest_fit = 0;  // of its newest DID
};

// The hosted issuer whose log belongs at this address, by any DID it ever had: who follows an old one learns
// where it moved. A node behind a proxy does not know its outer port, so a port only decides between two.
std::optional<Hosted> hosted_at(const WebvhApi& api, const Call& call) {
  std::optional<Hosted> best;
  int best_fit = 0;
  for (const Did& issuer : api.hosted()) {
    const auto history = api.feeds.history_of(issuer.text());
    if (!history || history->versions.empty()) continue;
    for (const issuer::Version& version : history->versions) {
      const int fit = fit_of(version.state.did(), call);
      if (fit <= best_fit) continue;
      best_fit = fit;
      best = Hosted{history, fit_of(history->versions.back().state.did(), call)};
    }
  }
  return best;
}

HttpResponse nothing_hosted(const Call& call) {
  return problem(Error{codes::NOT_FOUND, concat("this node hosts no did:webvh issuer whose files are at ",
                                                excerpt(call.request.path), " of this host")});
}

HttpResponse hosted_log(const Histories& histories, const Call& call) {
  const auto hosted = hosted_at(histories.api, call);
  if (!hosted) return nothing_hosted(call);
  return changing_object(call.request, std::string(kLogType), log_text(*hosted->history));
}

HttpResponse hosted_witnesses(const Histories& histories, const Call& call) {
  const auto hosted = hosted_at(histories.api, call);
  return hosted ? witness_answer(histories, call.request, *hosted->history) : nothing_hosted(call);
}

// The parallel did:web has no history, so there is one only where the DID is now, and while it is active.
HttpResponse hosted_did_web(const Histories& histories, const Call& call) {
  const auto hosted = hosted_at(histories.api, call);
  if (!hosted || hosted->newest_fit == 0 || hosted->history->deactivated()) return nothing_hosted(call);
  const auto document = webvh::did_web_document(hosted->history->versions.back().state);
  if (!document) return problem(document.error());
  return changing_object(call.request, "application/did+json", json_text(*document));
}

// ---- routes

using LogAnswerer = HttpResponse (*)(const Histories&, const Call&);

// A log of 5 MiB is put together in some milliseconds: not on the loop's thread.
void add(Router& router, const Histories& histories, Route route, LogAnswerer answer) {
  route.cors = route.method == "GET";
  route.json_body = false;
  route.handle = [histories, answer](Call call) {
    auto shared = std::make_shared<Call>(std::move(call));
    histories.api.offload.answer(shared->respond,
                                 [histories, answer, shared] { return answer(histories, *shared); });
  };
  router.add(std::move(route));
}

Route get(std::string pattern, std::string summary, std::string_view type) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.answer_type = std::string(type);
  route.answers = {{200, "the object"}, {404, "this node does not hold it"}};
  return route;
}

Route post(std::string pattern, std::string summary, std::vector<std::pair<unsigned, std::string>> answers) {
  Route route;
  route.method = "POST";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.body_bytes_max = kNotificationBytesMax;
  route.answers = std::move(answers);
  return route;
}

void add_watcher(Router& router, const Histories& histories) {
  add(router, histories, get("/webvh/log", "did:webvh watcher: the log of a SCID (?scid=)", kLogType),
      watched_log);
  add(router, histories,
      post("/webvh/log", "did:webvh watcher: a DID has a new entry (?did=)",
           {{202, "{versionId}: the newest version that this node holds"},
            {404, "it follows no such issuer"}}),
      log_notified);
  add(router, histories,
      get("/webvh/witness", "did:webvh watcher: the witness proofs of a SCID (?scid=)", "application/json"),
      watched_witnesses);
  add(router, histories,
      get("/webvh/resource", "did:webvh watcher: a file of a SCID (?scid=&path=)", "application/vc"),
      watched_resource);
  add(router, histories,
      post("/webvh/resource", "did:webvh watcher: a SCID has a new file (?scid=&path=)",
           {{202, "it is in the issuer's feed"},
            {404, "no such issuer"},
            {501, "it is not, and is not fetched"}}),
      resource_notified);
  for (const char* what : {"log", "resource"}) {
    add(router, histories,
        post(concat("/webvh/", what, "/delete"), "did:webvh watcher: refused, peers hold the same",
             {{501, "a node does not forget on request"}}),
        deletion_refused);
  }
}

}  // namespace

void add_webvh_routes(Router& router, WebvhApi api) {
  const Histories histories{std::move(api)};
  add(router, histories,
      get("/histories/{scid}", "All log entries held of a did:webvh issuer, and its epochs",
          "application/json"),
      history_answer);
  add_watcher(router, histories);
  for (const char* folder : {"/.well-known", "/{path...}"}) {
    add(router, histories, get(concat(folder, "/did.jsonl"), "The log of a hosted did:webvh", kLogType),
        hosted_log);
    add(router, histories,
        get(concat(folder, "/did-witness.json"), "The witness proofs of a hosted did:webvh",
            "application/json"),
        hosted_witnesses);
    add(router, histories,
        get(concat(folder, "/did.json"), "A hosted did:webvh as did:web", "application/did+json"),
        hosted_did_web);
  }
}

}  // namespace vcnode::node
