#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/problem.h"
#include "node/app/request_body.h"
#include "protocol/feed/codes.h"
#include "protocol/status/codes.h"

namespace vcnode::node {

namespace {

constexpr std::size_t kIssueBytesMax = limits::kCredentialBytesMax + kEnvelopeBytesMax;
constexpr std::size_t kStatusBytesMax = kEnvelopeBytesMax;

// ---- issue

Result<Draft> read_issue_request(std::string_view body, const IssuerService& issuer, Timestamp now,
                                 Rng& rng) {
  VCNODE_TRY(const auto document, parse_body(body));
  VCNODE_CHECK(only_members(document.root(), {"credential", "options"}));
  if (const json::Value* options = document.root().find("options");
      options != nullptr && !options->is_object()) {
    return fail(codes::REQUEST_MALFORMED, "the member \"options\" must be an object, not ",
                json::kind_name(options->kind()));
  }
  VCNODE_TRY(const json::Value* credential, required_member(document.root(), "credential"));
  return draft_credential(*credential, issuer.did(), now, rng);
}

HttpResponse issued_answer(const Result<std::string>& credential) {
  if (!credential) return problem(credential.error());
  return json_answer(201, concat(R"({"verifiableCredential":)", *credential, "}"));
}

void issue(const CredentialApi& api, Call call) {
  const auto name = call.parameters.find("name");
  const std::string wanted = name == call.parameters.end() ? std::string() : name->second;
  IssuerService* issuer = api.issuers.by_name(wanted);
  if (issuer == nullptr) {
    return call.respond(problem(
        Error{codes::ISSUER_UNKNOWN, concat("this node hosts no issuer named '", excerpt(wanted), "'")}));
  }
  const std::size_t bytes = call.request.body.size();
  api.offload.run(
      std::move(call.respond),
      [api, issuer, body = std::move(call.request.body)](const Respond& respond) {
        auto draft = read_issue_request(body, *issuer, api.clock.now().wall, api.rng);
        if (!draft) return respond(problem(draft.error()));
        auto shared = std::make_shared<Draft>(*std::move(draft));
        api.loop.post([issuer, shared, respond] {
          issuer->issue(std::move(*shared),
                        [respond](const Result<std::string>& text) { respond(issued_answer(text)); });
        });
      },
      bytes);
}

// ---- status

struct StatusRequest {
  std::optional<std::string> credential_id;
  std::string list;  // pair name or list URI
  std::uint64_t index = 0;
  std::vector<PurposeChange> changes;
};

Result<bool> read_flag(const json::Value& value) {
  if (value.kind() == json::Kind::boolean) return value.boolean();
  if (value.is_string() && value.string() == "1") return true;
  if (value.is_string() && value.string() == "0") return false;
  return fail(codes::REQUEST_MALFORMED, "a \"status\" must be true, false, \"1\" or \"0\"");
}

Result<PurposeChange> read_change(const json::Value& entry, const json::Value* outer_status) {
  if (!entry.is_object()) {
    return fail(codes::REQUEST_MALFORMED, "an element of \"credentialStatus\" must be an object, not ",
                json::kind_name(entry.kind()));
  }
  VCNODE_CHECK(only_members(
      entry, {"type", "id", "statusPurpose", "status", "statusListIndex", "statusListCredential"}));
  const auto type = entry.find("type");
  if (type != nullptr && !(type->is_string() && type->string() == "BitstringStatusListEntry")) {
    return fail(codes::STATUS_TYPE_UNSUPPORTED, "the status type must be BitstringStatusListEntry");
  }
  const auto purpose_text = entry.find_string("statusPurpose");
  if (!purpose_text)
    return fail(codes::REQUEST_MALFORMED, "an element of \"credentialStatus\" needs a \"statusPurpose\"");
  VCNODE_TRY(const auto purpose, status::parse_purpose(*purpose_text));
  const json::Value* own_status = entry.find("status");
  const json::Value* flag = own_status != nullptr ? own_status : outer_status;
  if (flag == nullptr) return fail(codes::REQUEST_MALFORMED, "no \"status\" says whether to set or to clear");
  VCNODE_TRY(const bool value, read_flag(*flag));
  if (outer_status != nullptr) {
    VCNODE_TRY(const bool outer, read_flag(*outer_status));
    if (outer != value)
      return fail(codes::REQUEST_MALFORMED,
                  "\"status\" says one thing for the request and another in an entry");
  }
  return PurposeChange{purpose, value};
}

// Saying one thing twice is harmless, saying both is a mistake that nobody should resolve for the caller.
Result<void> add_change(std::vector<PurposeChange>& changes, const PurposeChange& change) {
  for (const PurposeChange& earlier : changes) {
    if (earlier.purpose != change.purpose) continue;
    if (earlier.value == change.value) return {};
    return fail(codes::REQUEST_MALFORMED, "\"credentialStatus\" both sets and clears ",
                status::purpose_name(change.purpose));
  }
  changes.push_back(change);
  return {};
}

Result<std::uint64_t> read_index(const json::Value& value) {
  if (value.kind() == json::Kind::integer && value.integer() >= 0)
    return static_cast<std::uint64_t>(value.integer());
  if (!value.is_string())
    return fail(codes::REQUEST_MALFORMED, "the \"index\" must be a number from 0 or its decimal text");
  VCNODE_TRY(const auto index, status::parse_status_index(value.string()));
  return index.value();
}

// `credentialId`, or `list` and `index`, or the two members of the first status entry that say the same.
Result<void> read_target(const json::Value& root, const json::Value& entry, StatusRequest& out) {
  const json::Value* list =
      root.find("list") != nullptr ? root.find("list") : entry.find("statusListCredential");
  const json::Value* index =
      root.find("index") != nullptr ? root.find("index") : entry.find("statusListIndex");
  if (const json::Value* id = root.find("credentialId"); id != nullptr) {
    if (!id->is_string()) return fail(codes::REQUEST_MALFORMED, "\"credentialId\" must be a string");
    if (list != nullptr || index != nullptr) {
      return fail(codes::REQUEST_MALFORMED, "give either \"credentialId\" or list and index, not both");
    }
    out.credential_id = std::string(id->string());
    return {};
  }
  if (list == nullptr || !list->is_string() || index == nullptr) {
    return fail(codes::REQUEST_MALFORMED, "the request needs \"credentialId\", or \"list\" and \"index\"");
  }
  out.list = std::string(list->string());
  VCNODE_TRY(out.index, read_index(*index));
  return {};
}

Result<StatusRequest> read_status_request(std::string_view body) {
  VCNODE_TRY(const auto document, parse_body(body));
  const json::Value& root = document.root();
  VCNODE_CHECK(
      only_members(root, {"credentialId", "list", "index", "credentialStatus", "status", "indexAllocator"}));
  VCNODE_TRY(const json::Value* entries, required_member(root, "credentialStatus"));
  StatusRequest out;
  if (entries->one_or_many().empty())
    return fail(codes::REQUEST_MALFORMED, "\"credentialStatus\" is an empty array");
  for (const json::Value& entry : entries->one_or_many()) {
    VCNODE_TRY(const auto change, read_change(entry, root.find("status")));
    VCNODE_CHECK(add_change(out.changes, change));
  }
  VCNODE_CHECK(read_target(root, entries->one_or_many().front(), out));
  return out;
}

Error unknown_credential(const StatusRequest& request) {
  const std::string which = request.credential_id
                                ? concat("the id '", excerpt(*request.credential_id), "'")
                                : concat("index ", request.index, " of list '", excerpt(request.list), "'");
  return {codes::CREDENTIAL_UNKNOWN, concat("this node issued no credential with ", which)};
}

// `peers`: how many connected peers replicate the feed, and so hear of the new head from here.
HttpResponse status_change_answer(const feed::Head& head, const IssuerService& issuer,
                                  const Allocation& allocation, const std::vector<PurposeChange>& changes,
                                  std::size_t peers) {
  nlohmann::json entries = nlohmann::json::array();
  for (const PurposeChange& change : changes) {
    entries.push_back({{"statusPurpose", status::purpose_name(change.purpose)}, {"status", change.value}});
  }
  const auto revoked = issuer.is_revoked(allocation);
  const auto origin = issuer.origin();
  return json_answer(200, json_text({{"credentialStatus", std::move(entries)},
                                     {"revoked", revoked ? nlohmann::json(*revoked) : nlohmann::json()},
                                     {"head",
                                      {{"origin", origin ? nlohmann::json(origin->text()) : nlohmann::json()},
                                       {"size", head.tree.size},
                                       {"time", head.time.to_string()}}},
                                     {"peers", peers}}));
}

// It was issued here, so the list's text is what is missing, or the issuer may not sign at all.
Error why_not_held(const CredentialApi& api, const std::string& pair) {
  const IssuerService* issuer = api.issuers.by_name(pair.substr(0, pair.rfind('-')));
  if (issuer != nullptr)
    if (auto why = issuer->why_not()) return *std::move(why);
  return {codes::PUBLISHER_STATE_INCOMPLETE, concat("the status lists ", pair, " are not held here yet")};
}

void apply_change(const CredentialApi& api, const Allocation& allocation, const StatusRequest& request,
                  const Respond& respond) {
  IssuerService* issuer = api.issuers.by_list(allocation.list);
  if (issuer == nullptr) return respond(problem(why_not_held(api, allocation.list)));
  issuer->change_status(
      allocation, request.changes,
      [api, respond, issuer, allocation, changes = request.changes](const Result<feed::Head>& head) {
        if (!head) return respond(problem(head.error()));
        const auto origin = issuer->origin();
        const std::size_t peers = origin ? api.driver.engine().peers_sharing(origin->hash()) : 0;
        respond(status_change_answer(*head, *issuer, allocation, changes, peers));
      });
}

// The pair of a request by list and index.
struct Target {
  std::string pair;
  bool open = true;
};

// By id the store knows the place; by list and index, on the open pair, only an index that was given away may
// change. A pair that is no longer used may have credentials that a restored store has forgotten: whoever
// holds one reads its list and index in it, and it must stay revocable.
Result<std::optional<Allocation>> find_allocation(const CredentialApi& api, const StatusRequest& request,
                                                  const Target& target) {
  if (request.credential_id) return api.store.allocation_of(*request.credential_id);
  VCNODE_TRY(auto known, api.store.allocation_at(target.pair, request.index));
  if (known || target.open) return known;
  return std::optional(Allocation{target.pair, request.index, {}, {}});
}

void look_up(const CredentialApi& api, const StatusRequest& request, const Target& target,
             const Respond& respond) {
  auto allocation = find_allocation(api, request, target);
  if (!allocation) return respond(problem(allocation.error()));
  if (!*allocation) return respond(problem(unknown_credential(request)));
  api.loop.post(
      [api, found = **allocation, request, respond] { apply_change(api, found, request, respond); });
}

void change_status(const CredentialApi& api, Call call) {
  auto request = read_status_request(call.request.body);
  if (!request) return call.respond(problem(request.error()));
  Target target;
  if (!request->credential_id) {
    const IssuerService* issuer = api.issuers.by_list(request->list);
    if (issuer == nullptr) return call.respond(problem(unknown_credential(*request)));
    const ListPair& pair = *issuer->find_pair(request->list);
    target = {pair.name, issuer->is_open(pair)};
  }
  api.offload.run(std::move(call.respond),
                  [api, request = *std::move(request), target](const Respond& respond) {
                    look_up(api, request, target, respond);
                  });
}

const std::vector<std::pair<unsigned, std::string>> kIssueAnswers = {
    {201, "{verifiableCredential}: issued; its status index is durable"},
    {400, "the credential breaks the data model, names another issuer, or carries a proof or a status"},
    {409, "a credential with this id was issued before"},
    {503, "the issuer may not sign now, or the node is busy"}};

Route issue_route(const CredentialApi& api, std::string pattern, std::string summary) {
  Route route;
  route.method = "POST";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.access = Access::issuing;
  route.body_bytes_max = kIssueBytesMax;
  route.body = {{"credential", "object", true, "VCDM 2.0 credential without proof and credentialStatus"},
                {"options", "object", false, "accepted for VC API clients; nothing in it is used"}};
  route.answers = kIssueAnswers;
  route.handle = [api](Call call) { issue(api, std::move(call)); };
  return route;
}

}  // namespace

void add_credential_routes(Router& router, CredentialApi api) {
  router.add(issue_route(api, "/credentials/issue", "Issue a credential with the first hosted issuer"));
  router.add(
      issue_route(api, "/issuers/{name}/credentials/issue", "Issue a credential with a hosted issuer"));
  Route status;
  status.method = "POST";
  status.pattern = "/credentials/status";
  status.summary = "Revoke, suspend or reinstate a credential";
  status.access = Access::issuing;
  status.body_bytes_max = kStatusBytesMax;
  status.body = {{"credentialId", "string", false, "the credential's id"},
                 {"list", "string", false, "with index, instead of credentialId: list pair or list URI"},
                 {"index", "", false, "status index, number or decimal text"},
                 {"credentialStatus", "", true, "[{statusPurpose, status}] or one such object"},
                 {"status", "", false, "for a credentialStatus without its own"}};
  status.answers = {{200, "{credentialStatus, revoked, head, peers}: durable and in the feed"},
                    {400, "the request is malformed"},
                    {404, "no such credential was issued here"},
                    {409, "a revocation is final"},
                    {503, "the issuer may not sign now, or the node is busy"}};
  status.handle = [api](Call call) { change_status(api, std::move(call)); };
  router.add(std::move(status));
}

}  // namespace vcnode::node
