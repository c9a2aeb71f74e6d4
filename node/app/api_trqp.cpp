// TRQP 2.0: POST /authorization and POST /recognition, answered from the feeds held here. What a question
// means is decided in protocol/recognition/trqp.h; specification: protocol/spec/trqp.md.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/problem.h"
#include "protocol/did/lookup_name.h"
#include "protocol/issuer/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/trqp.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/verify/recognition_check.h"

namespace vcnode::node {

namespace {

using recognition::TrqpAnswer;
using recognition::TrqpEndpoint;
using recognition::TrqpQuery;
using verify::ViewWorld;

// How long an answer may be kept: what is withdrawn meanwhile is not in it.
constexpr std::int64_t kTrqpKeepSeconds = 300;
// A gap in a feed closes with the next exchange with a peer, or not at all.
constexpr std::string_view kTrqpRetrySeconds = "60";
constexpr std::size_t kRequestIdBytesMax = 128;  // a UUID has 36

// Of a did:webvh, what the history held says about this DID; others are their own.
verify::Standing trqp_standing(const ViewWorld& world, const std::string& did) {
  (void)world.of(lookup_name_of(did));
  const auto* source = world.source_of(lookup_name_of(did));
  return source == nullptr || source->history == nullptr ? verify::Standing::own
                                                         : verify::standing_of(did, *source->history);
}

bool is_chosen_authority(const TrqpApi& api, std::string_view authority) {
  return !api.authorities || std::ranges::any_of(*api.authorities, [&](const Did& did) {
    return lookup_name_of(did.text()) == lookup_name_of(authority);
  });
}

Failure not_served(const TrqpQuery& query) {
  return fail(codes::TRQP_AUTHORITY_NOT_SERVED, "this node does not answer for the authority_id ",
              excerpt(query.authority), "; ask one that holds its feed");
}

TrqpAnswer trqp_verdict(recognition::Grade grade, Code reason) {
  return {grade, {reason, std::string(reason.sentence())}, {}, {}, {}};
}

Result<TrqpAnswer> judge_trqp(const TrqpApi& api, const TrqpQuery& query, const ViewWorld& world,
                              Timestamp now) {
  const auto of_authority = trqp_standing(world, query.authority);
  if (!is_chosen_authority(api, query.authority) || of_authority == verify::Standing::foreign)
    return not_served(query);
  VCNODE_TRY(auto answer, recognition::answer_trqp(query, world, now));
  const auto of_entity = trqp_standing(world, query.entity);
  if (of_entity == verify::Standing::foreign)
    return trqp_verdict(recognition::Grade::no, codes::ISSUER_UNKNOWN);
  if (of_entity == verify::Standing::disputed || of_authority == verify::Standing::disputed)
    return trqp_verdict(recognition::Grade::unknown, codes::DID_DISPUTED);
  if (of_entity == verify::Standing::unheld || of_authority == verify::Standing::unheld)
    return trqp_verdict(recognition::Grade::unknown, codes::VERSION_NOT_HELD);
  return answer;
}

// When the statements of the chain next change what they say, if nothing new comes.
Timestamp chain_steady_until(const TrqpAnswer& answer, const ViewWorld& world, Timestamp now) {
  Timestamp until = recognition::kNever;
  for (const std::string& name : answer.authorities_read) {
    const auto* holding = world.of(name);
    if (holding == nullptr) continue;
    for (const Sha256Digest& digest : answer.evidence) {
      const auto* entry = holding->statements->by_digest(digest);
      if (entry == nullptr) continue;
      const auto life = recognition::life_of(*holding->statements, *entry->statement);
      until = std::min(until, life.steady_around(now).to);
    }
  }
  return until;
}

// The heads of the feeds that were read: who holds the same ones gives the same answer.
nlohmann::json trqp_view(const TrqpAnswer& answer, const ViewWorld& world) {
  std::map<std::string, nlohmann::json> rows;
  for (const std::string& name : answer.authorities_read) {
    const auto* source = world.source_of(name);
    if (source == nullptr) continue;
    const feed::Head& head = source->feed->head;
    const std::string& origin = source->feed->origin.text();
    rows[origin] = {{"origin", origin},
                    {"size", head.tree.size},
                    {"root", concat("sha256:", hex_encode(head.tree.root.view()))},
                    {"time", head.time.to_string()}};
  }
  nlohmann::json out = nlohmann::json::array();
  for (auto& row : rows) out.push_back(std::move(row.second));
  return out;
}

// A boolean cannot say that this node cannot tell.
HttpResponse trqp_unknown(const TrqpAnswer& answer) {
  const Code code = answer.reason.code;
  HttpResponse out = problem(503, code.slug(), code.sentence(), answer.reason.sentence);
  out.headers.emplace_back("Retry-After", kTrqpRetrySeconds);
  return out;
}

HttpResponse trqp_answer(const TrqpApi& api, TrqpEndpoint endpoint, std::string_view body) {
  const auto query = recognition::read_trqp_query(endpoint, body);
  if (!query) return problem(query.error());
  const Timestamp now = api.clock.now().wall;
  const ViewWorld world(api.view);
  const auto answer = judge_trqp(api, *query, world, now);
  if (!answer) return problem(answer.error());
  if (answer->grade == recognition::Grade::unknown) return trqp_unknown(*answer);
  nlohmann::json out = recognition::to_json(*query, *answer, now);
  out["view"] = trqp_view(*answer, world);
  const Timestamp keep = now.plus_seconds(kTrqpKeepSeconds);
  out["expires"] = (query->time ? keep : std::min(keep, chain_steady_until(*answer, world, now))).to_string();
  return json_answer(200, json_text(out));
}

// The asker's name for the request, if it has the form of one.
std::optional<std::string> request_id_of(const HttpRequest& request) {
  const auto id = request.header("x-request-id");
  if (!id || id->empty() || id->size() > kRequestIdBytesMax) return std::nullopt;
  if (!std::ranges::all_of(*id, [](char c) { return c > ' ' && c <= '~'; })) return std::nullopt;
  return std::string(*id);
}

Route trqp_route(const TrqpApi& api, TrqpEndpoint endpoint) {
  const bool authorizing = endpoint == TrqpEndpoint::authorization;
  Route route;
  route.method = "POST";
  route.pattern = authorizing ? "/authorization" : "/recognition";
  route.summary = authorizing ? "TRQP 2.0: may the entity do this, by the authority's word?"
                              : "TRQP 2.0: does the authority recognise the entity, another authority?";
  route.access = api.token_required ? Access::operating : Access::everyone;
  route.body_bytes_max = recognition::kTrqpRequestBytesMax;
  route.body = {
      {"entity_id", "string", true, "URI of the entity"},
      {"authority_id", "string", true, "URI of the authority"},
      {"action", "string", true, authorizing ? "issue or accredit" : "recognise or recognize"},
      {"resource", "string", true, "type of credential"},
      {"context", "object", false,
       "strings: time (RFC 3339, Z: the time asked about), country, eqf, isced; others are ignored"}};
  route.answers = {
      {200, concat("{entity_id, authority_id, action, resource, ", authorizing ? "authorized" : "recognized",
                   ", time_evaluated, time_requested, message, context, evidence, limits, view, expires}")},
      {404, "this node does not answer for the authority, or the action means nothing here"},
      {503, "this node cannot tell now, or is busy"}};
  route.handle = [api, endpoint](Call call) {
    call.respond = [id = request_id_of(call.request), pass = std::move(call.respond)](HttpResponse response) {
      if (id) response.headers.emplace_back("X-Request-ID", *id);
      pass(std::move(response));
    };
    api.offload.answer_body(std::move(call), [api, endpoint](const std::string& body) {
      return trqp_answer(api, endpoint, body);
    });
  };
  return route;
}

}  // namespace

void add_trqp_routes(Router& router, const TrqpApi& api) {
  router.add(trqp_route(api, TrqpEndpoint::authorization));
  router.add(trqp_route(api, TrqpEndpoint::recognition));
}

}  // namespace vcnode::node
