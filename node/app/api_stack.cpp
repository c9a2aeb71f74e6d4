// POST /stack: what several credentials of one person add up to under a rule that a body has published.
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/problem.h"
#include "node/app/request_body.h"
#include "node/app/verdict_question.h"
#include "protocol/verify/stack_check.h"

namespace vcnode::node {

namespace {

// As many credentials as a whole may have, of the size that most have: pictures of bodies are for one by one.
constexpr std::size_t kStackBytesMax = 8 * 1024 * 1024;
// Feeds in which a rule is looked for whose signer is not named.
constexpr std::size_t kRuleFeedsMax = 10'000;

struct StackRequest {
  verify::RuleName rule;
  std::optional<Did> signer;
  verify::Policy policy;
  verify::StackQuestion question;
};

// A text is the id or the SHA-256 in hex; an object the statement itself, which names its signer.
Result<void> read_rule(const json::Value& root, StackRequest& out) {
  VCNODE_TRY(const json::Value* rule, required_member(root, "rule"));
  if (rule->is_string()) {
    const auto bytes = hex_decode(rule->string(), Sha256Digest::kSize);
    out.rule.digest = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
    if (!out.rule.digest) out.rule.id = std::string(rule->string());
  } else if (rule->is_object()) {
    out.rule.digest = sha256(as_bytes(jcs::canonicalize(*rule)));
    const json::Value* issuer = rule->find("issuer");
    const auto id = issuer == nullptr     ? std::nullopt
                    : issuer->is_string() ? std::optional(issuer->string())
                                          : issuer->find_string("id");
    if (id) {
      VCNODE_TRY(out.signer, Did::parse(*id));
    }
  } else {
    return fail(codes::REQUEST_MALFORMED, "\"rule\" must be an id, a SHA-256 or the statement itself");
  }
  VCNODE_TRY(const auto signer, read_text(root, "ruleIssuer", limits::kUrlBytesMax));
  if (signer) {
    VCNODE_TRY(out.signer, Did::parse(*signer));
  }
  return {};
}

Result<std::vector<std::string>> read_stack_components(const json::Value& root) {
  VCNODE_TRY(const json::Value* components, required_member(root, "components"));
  if (!components->is_array() || components->elements().empty())
    return fail(codes::REQUEST_MALFORMED, "\"components\" must be an array of credentials");
  if (components->elements().size() > verify::kComponentsMax)
    return fail(codes::REQUEST_TOO_MANY, "\"components\" has ", components->elements().size(),
                " credentials, the limit is ", verify::kComponentsMax);
  std::vector<std::string> out;
  for (const json::Value& one : components->elements())
    out.push_back(one.is_string() ? std::string(one.string()) : jcs::canonicalize(one));
  return out;
}

Result<StackRequest> read_stack_request(const json::Value& root, const std::set<Did>& observers,
                                        Timestamp now) {
  VCNODE_CHECK(only_members(root, {"rule", "ruleIssuer", "components", "policy", "trust", "observers",
                                   "witnessPolicy", "at", "awarded", "learner"}));
  StackRequest out;
  VCNODE_CHECK(read_rule(root, out));
  VCNODE_TRY(out.question.components, read_stack_components(root));
  VCNODE_TRY(out.policy, read_verify_policy(root, observers));
  VCNODE_TRY(const auto at, read_time(root, "at"));
  out.question.at = at.value_or(now);
  VCNODE_TRY(out.question.awarded, read_time(root, "awarded"));
  VCNODE_TRY(auto learner, read_text(root, "learner", limits::kUrlBytesMax));
  out.question.learner = std::move(learner).value_or("");
  return out;
}

// Errors: STATEMENT_UNKNOWN, REQUEST_MALFORMED (several issuers have one of this id).
Result<std::shared_ptr<const statement::Statement>> rule_held(const FeedTable& feeds,
                                                              const StackRequest& asked) {
  std::shared_ptr<const statement::Statement> found;
  std::vector<std::shared_ptr<const feed::FeedSnapshot>> places;
  if (asked.signer) {
    places.push_back(feeds.feed_of(asked.signer->text()));
  } else {
    places = feeds.from("", kRuleFeedsMax);
  }
  for (const auto& feed : places) {
    auto rule = feed == nullptr ? nullptr : verify::rule_in(*feed, asked.rule);
    if (rule == nullptr) continue;
    if (found != nullptr)
      return fail(codes::REQUEST_MALFORMED, "several issuers have a stack rule ", excerpt(asked.rule.text()),
                  "; name one as \"ruleIssuer\"");
    found = std::move(rule);
  }
  if (found == nullptr)
    return fail(codes::STATEMENT_UNKNOWN, "no feed held here has a stack rule ", excerpt(asked.rule.text()));
  return found;
}

std::string stack_text(const verify::StackVerdict& verdict) {
  std::string verdicts;
  for (const auto& one : verdict.components) verdicts += concat(verdicts.empty() ? "" : ",", one.to_jcs());
  return concat(R"({"stack":)", json_text(verdict.to_json()), R"(,"headline":)",
                json_text(verdict.headline()), R"(,"messages":)", json_text(verdict.messages()),
                R"(,"verdicts":[)", verdicts, "]}");
}

Result<std::string> stack_answer(const VerdictApi& api, std::string_view body) {
  VCNODE_TRY(const auto document, parse_body(body));
  VCNODE_TRY(auto asked, read_stack_request(document.root(), api.observers, api.clock.now().wall));
  VCNODE_ASSERT(api.feeds != nullptr);
  VCNODE_TRY(asked.question.rule, rule_held(*api.feeds, asked));
  VCNODE_TRY(const auto verdict, verify::verify_stack(asked.question, api.view, asked.policy));
  for (const auto& one : verdict.components) api.metrics.count_verdict(verify::name_of(one.outcome));
  return stack_text(verdict);
}

}  // namespace

void add_stack_routes(Router& router, const VerdictApi& api) {
  Route route;
  route.method = "POST";
  route.pattern = "/stack";
  route.summary = "Add up credentials of one person under a published stack rule";
  route.body_bytes_max = kStackBytesMax;
  route.body = {
      {"rule", "", true, "the StackRule: its id, its SHA-256 in hex, or the statement itself"},
      {"ruleIssuer", "string", false, "DID of its signer; default: whoever has published one of this name"},
      {"components", "array", true, "the credentials"},
      {"policy", "object", false, "whom the asker believes, for what"},
      {"trust", "array", false, "DIDs of issuers that the asker confirms"},
      {"observers", "array", false, "as for /verdict"},
      {"witnessPolicy", "string", false, "as for /verdict"},
      {"at", "string", false, "the time to judge at; default now"},
      {"awarded", "string", false, "when the whole was awarded; default: it is still to be"},
      {"learner", "string", false, "id of the person; default that of the first component that has one"}};
  route.answers = {{200, "{stack, headline, messages, verdicts}, whatever it adds up to"},
                   {400, "the request is malformed"},
                   {404, "no feed held here has such a rule"},
                   {503, "the node is busy"}};
  route.handle = [api](Call call) {
    api.offload.answer_body(std::move(call), [api](const std::string& body) {
      auto text = stack_answer(api, body);
      return text ? json_answer(200, *std::move(text)) : problem(text.error());
    });
  };
  router.add(std::move(route));
}

}  // namespace vcnode::node
