#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/feed_row.h"
#include "node/app/problem.h"
#include "node/app/request_body.h"
#include "protocol/issuer/codes.h"

namespace vcnode::node {

namespace {

// An entry with its witness proofs, as a JSON string: every byte may need an escape.
constexpr std::size_t kEntryBodyBytesMax = 2 * 256 * 1024 + kEnvelopeBytesMax;

// Of the object, for as long as its document.
Result<std::string_view> required_string(const json::Value& object, std::string_view name) {
  VCNODE_TRY(const json::Value* member, required_member(object, name));
  if (member->is_string()) return std::string_view(member->string());
  return fail(codes::REQUEST_MALFORMED, "the member \"", name, "\" must be a string, not ",
              json::kind_name(member->kind()));
}

IssuerService* find_issuer(const AdminApi& api, const Call& call) {
  const std::string& name = call.parameters.at("name");
  if (IssuerService* issuer = api.issuers.by_name(name)) return issuer;
  call.respond(
      problem(Error{codes::ISSUER_UNKNOWN, concat("this node hosts no issuer named '", excerpt(name), "'")}));
  return nullptr;
}

// ---- GET /admin/issuers/{name}

nlohmann::json log_of(const issuer::History& history) {
  nlohmann::json out = nlohmann::json::array();
  for (const issuer::Version& version : history.versions)
    out.push_back(issuer::EntryBody{version.state.entry().line(), version.proofs}.text());
  return out;
}

HttpResponse described(const AdminApi& api, const IssuerService& issuer) {
  const auto why = issuer.why_not();
  nlohmann::json out{
      {"name", issuer.name()}, {"did", issuer.did().text()},     {"network", api.config.network_name},
      {"scid", nullptr},       {"log", nlohmann::json::array()}, {"epoch", 1},
      {"feed", nullptr}};
  out["maySign"] =
      why ? nlohmann::json{{"code", why->code.slug()}, {"sentence", why->message}} : nlohmann::json(true);
  const feed::FeedReplica* feed = nullptr;
  if (issuer.log()) {
    out["scid"] = issuer.log()->scid;
    if (const auto held = api.driver.engine().issuer(issuer.log()->scid)) {
      out["log"] = log_of(*held->history);
      feed = held->feed;
    }
  } else if (const auto origin = issuer.origin()) {
    feed = api.driver.engine().replica(origin->hash());
  }
  if (feed != nullptr) {
    out["epoch"] = feed->origin().epoch();
    if (feed->head()) out["feed"] = head_row(feed->origin(), *feed->head());
  }
  return json_answer(200, json_text(out));
}

// ---- POST /admin/issuers/{name}/entries

struct EntryRequest {
  issuer::EntryBody entry;
  IssuerService::Recovery recovery;
};

Result<bool> optional_flag(const json::Value& object, std::string_view name) {
  const json::Value* member = object.find(name);
  if (member == nullptr) return false;
  if (member->kind() == json::Kind::boolean) return member->boolean();
  return fail(codes::REQUEST_MALFORMED, "the member \"", name, "\" must be true or false, not ",
              json::kind_name(member->kind()));
}

Result<EntryRequest> read_entry(std::string_view body) {
  VCNODE_TRY(const auto document, parse_body(body));
  VCNODE_CHECK(only_members(document.root(), {"entry", "recover", "takeBack"}));
  VCNODE_TRY(const auto entry, required_string(document.root(), "entry"));
  VCNODE_TRY(const auto recovers, optional_flag(document.root(), "recover"));
  VCNODE_TRY(const auto takes_back, optional_flag(document.root(), "takeBack"));
  if (takes_back && !recovers)
    return fail(codes::REQUEST_MALFORMED, "\"takeBack\" is for entries with \"recover\": true");
  VCNODE_TRY(auto parsed, issuer::EntryBody::parse(entry));
  return EntryRequest{std::move(parsed), {recovers, takes_back}};
}

HttpResponse taken_answer(const IssuerService& issuer, const Result<IssuerService::TakenEntry>& taken) {
  if (!taken) return problem(taken.error());
  nlohmann::json out{{"versionId", taken->version_id},
                     {"head", taken->head ? head_row(issuer.origin(), *taken->head) : nlohmann::json()}};
  for (const Error& warning : taken->warnings)
    out["warnings"].push_back({{"code", warning.code.slug()}, {"sentence", warning.message}});
  return json_answer(200, json_text(out));
}

// Key files that came into the folder are opened on a worker: that takes as long as a passphrase is meant to.
struct Opened {
  EntryRequest request;
  IssuerKeys keys;
};

Result<Opened> open_for(std::string_view body, IssuerKeys keys, const SecretBytes& passphrase) {
  VCNODE_TRY(auto request, read_entry(body));
  VCNODE_CHECK(open_new_keys(keys, passphrase));
  return Opened{std::move(request), std::move(keys)};
}

// The keys of all issuers with those of this one as they are now.
Result<void> keep_keys(const AdminApi& api, const IssuerKeys& opened) {
  for (IssuerKeys& keys : api.keys.issuers) {
    if (keys.issuer != opened.issuer) continue;
    const IssuerKeys before = std::exchange(keys, opened);
    const auto distinct = check_distinct(api.keys);
    if (!distinct) keys = before;
    return distinct;
  }
  return {};
}

void take_entry(const AdminApi& api, Call call) {
  IssuerService* issuer = find_issuer(api, call);
  if (issuer == nullptr) return;
  const std::size_t bytes = call.request.body.size();
  api.offload.run(
      std::move(call.respond),
      [api, issuer, keys = issuer->keys(), body = std::move(call.request.body)](const Respond& respond) {
        auto opened = open_for(body, keys, api.keys.passphrase);
        if (!opened) return respond(problem(opened.error()));
        const auto shared = std::make_shared<Opened>(*std::move(opened));
        api.loop.post([api, issuer, shared, respond] {
          if (const auto kept = keep_keys(api, shared->keys); !kept) return respond(problem(kept.error()));
          issuer->take_entry(std::move(shared->request.entry), std::move(shared->keys),
                             shared->request.recovery,
                             [issuer, respond](const Result<IssuerService::TakenEntry>& taken) {
                               respond(taken_answer(*issuer, taken));
                             });
        });
      },
      bytes);
}

// ---- POST /admin/issuers/{name}/close

Result<Timestamp> read_date(std::string_view body) {
  VCNODE_TRY(const auto document, parse_body(body));
  VCNODE_CHECK(only_members(document.root(), {"date"}));
  VCNODE_TRY(const auto date, required_string(document.root(), "date"));
  return Timestamp::parse(date);
}

void close(const AdminApi& api, const Call& call) {
  IssuerService* issuer = find_issuer(api, call);
  if (issuer == nullptr) return;
  const auto date = read_date(call.request.body);
  if (!date) return call.respond(problem(date.error()));
  issuer->close(*date, [issuer, respond = call.respond](const Result<feed::Head>& head) {
    if (!head) return respond(problem(head.error()));
    respond(json_answer(200, json_text({{"head", head_row(issuer->origin(), *head)}})));
  });
}

}  // namespace

void add_admin_routes(Router& router, AdminApi api) {
  Route shown;
  shown.method = "GET";
  shown.pattern = "/admin/issuers/{name}";
  shown.summary = "A hosted issuer: its log, its feed, whether it may sign (admin socket)";
  shown.access = Access::local;
  shown.answers = {{200, "name, did, scid, network, log, epoch, feed, maySign"},
                   {404, "no issuer of this name"}};
  shown.handle = [api](const Call& call) {
    if (const IssuerService* issuer = find_issuer(api, call)) call.respond(described(api, *issuer));
  };
  router.add(std::move(shown));

  Route entries;
  entries.method = "POST";
  entries.pattern = "/admin/issuers/{name}/entries";
  entries.summary = "The next entry of a hosted issuer's log (admin socket)";
  entries.access = Access::local;
  entries.body_bytes_max = kEntryBodyBytesMax;
  entries.body = {
      {"entry", "string", true,
       "the line of did.jsonl and, where its DID asks for witnesses, a line of did-witness.json"},
      {"recover", "boolean", false,
       "open the epoch by the entry alone, at whatever seal it states: the old feed key is not ours alone"},
      {"takeBack", "boolean", false,
       "with recover: also at a seal that leaves out what nobody says again, such as withdrawals"}};
  entries.answers = {
      {200, "durable and in the feed: {versionId, head}, and warnings of what was taken back"},
      {409,
       "it does not follow the newest version, is dated too early, seals another state of the feed, or would "
       "take something back"}};
  entries.handle = [api](Call call) { take_entry(api, std::move(call)); };
  router.add(std::move(entries));

  Route closing;
  closing.method = "POST";
  closing.pattern = "/admin/issuers/{name}/close";
  closing.summary = "Says in the feed that the issuer issues no more (admin socket)";
  closing.access = Access::local;
  closing.body_bytes_max = kEnvelopeBytesMax;
  closing.body = {{"date", "string", true, "RFC 3339: since when"}};
  closing.answers = {{200, "durable and in the feed: {head}"}};
  closing.handle = [api](const Call& call) { close(api, call); };
  router.add(std::move(closing));
}

}  // namespace vcnode::node
