#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/problem.h"
#include "node/app/request_body.h"
#include "protocol/recognition/policy.h"

namespace vcnode::node {

namespace {

using verify::Check;
using verify::CheckName;
using verify::CheckResult;
using verify::Outcome;
using verify::Verdict;

constexpr std::size_t kVerifyBytesMax = limits::kCredentialBytesMax + kEnvelopeBytesMax;
// A reception desk's afternoon of certificates; more is several requests, so that others get their turn.
constexpr std::size_t kVerdictsMax = 100;
constexpr std::size_t kVerdictBytesMax = 4 * 1024 * 1024;
// A verifier who trusts more issuers by name wants a policy, not a request.
constexpr std::size_t kTrustMax = 1'000;

// The text that is judged: of an object its JCS form, of a string (an enveloped credential) the string
// itself. What the caller's JSON looked like around it does not reach the verdict.
std::string presented_text(const json::Value& credential) {
  return credential.is_string() ? std::string(credential.string()) : jcs::canonicalize(credential);
}

// ---- /credentials/verify

Result<verify::Scope> read_scope(const json::Value& root) {
  const json::Value* options = root.find("options");
  if (options == nullptr) return verify::Scope::full;
  if (!options->is_object()) {
    return fail(codes::REQUEST_MALFORMED, "the member \"options\" must be an object, not ",
                json::kind_name(options->kind()));
  }
  const json::Value* checks = options->find("checks");
  if (checks == nullptr) return verify::Scope::full;
  if (!checks->is_array())
    return fail(codes::REQUEST_MALFORMED, "\"options.checks\" must be an array of strings");
  bool proof_only = !checks->elements().empty();
  for (const json::Value& check : checks->elements()) {
    if (!check.is_string())
      return fail(codes::REQUEST_MALFORMED, "\"options.checks\" must be an array of strings");
    proof_only = proof_only && check.string() == "proof";
  }
  return proof_only ? verify::Scope::proof_only : verify::Scope::full;
}

bool counts_as_verified(const Verdict& verdict) {
  return verdict.outcome == Outcome::valid || verdict.outcome == Outcome::issuer_not_confirmed;
}

nlohmann::json checks_json(const Verdict& verdict) {
  nlohmann::json out = nlohmann::json::array();
  for (const Check& check : verdict.checks) {
    out.push_back({{"check", verify::name_of(check.check)},
                   {"result", verify::name_of(check.result)},
                   {"code", check.code.slug()}});
  }
  return out;
}

// Everything that is bad or could not be checked; whether anybody confirms the issuer is not asked here.
nlohmann::json problems_of(const Verdict& verdict) {
  nlohmann::json out = nlohmann::json::array();
  for (const Check& check : verdict.checks) {
    if (check.check == CheckName::confirmation) continue;
    if (check.result == CheckResult::fail || check.result == CheckResult::unknown) {
      out.push_back(problem_details(check.code, check.detail));
    }
  }
  return out;
}

HttpResponse unverified(const Error& error) {
  return json_answer(
      http_status_of(error.code),
      json_text({{"verified", false},
                 {"outcome", "malformed-request"},
                 {"problemDetails", nlohmann::json::array({problem_details(error.code, error.message)})}}));
}

HttpResponse verified_answer(const Verdict& verdict) {
  const bool verified = counts_as_verified(verdict);
  nlohmann::json out{{"verified", verified},
                     {"outcome", verify::name_of(verdict.outcome)},
                     {"checks", checks_json(verdict)}};
  if (!verified) out["problemDetails"] = problems_of(verdict);
  return json_answer(verified ? 200 : 400, json_text(out));
}

verify::Policy default_policy(const VerdictApi& api) {
  verify::Policy::Values values;
  values.observers = api.observers;
  return verify::Policy(std::move(values));
}

HttpResponse verify_answer(const VerdictApi& api, std::string_view body, bool proof_only) {
  const auto document = parse_body(body);
  if (!document) return unverified(document.error());
  const auto credential = required_member(document->root(), "verifiableCredential");
  if (!credential) return unverified(credential.error());
  auto scope = read_scope(document->root());
  if (!scope) return unverified(scope.error());
  if (proof_only) *scope = verify::Scope::proof_only;
  const auto verdict = verify::verify_credential(presented_text(**credential), api.view, default_policy(api),
                                                 api.clock.now().wall, *scope);
  if (!verdict) return problem(verdict.error());
  api.metrics.count_verdict(verify::name_of(verdict->outcome));
  return verified_answer(*verdict);
}

Route verify_route(const VerdictApi& api, std::string pattern, std::string summary, bool proof_only) {
  Route route;
  route.method = "POST";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.body_bytes_max = kVerifyBytesMax;
  route.body = {{"verifiableCredential", "", true, "the credential"},
                {"options", "object", false,
                 "checks: [\"proof\"] checks the proof alone; other VC API options are accepted"}};
  route.answers = {
      {200, "{verified: true, outcome, checks}"},
      {400, "{verified: false, outcome, checks, problemDetails}: not valid, cannot tell, or malformed"},
      {503, "the node is busy"}};
  route.answer_types = {{400, "application/json"}};
  route.handle = [api, proof_only](Call call) {
    const std::size_t bytes = call.request.body.size();
    api.offload.answer(
        std::move(call.respond),
        [api, proof_only, body = std::move(call.request.body)] {
          return verify_answer(api, body, proof_only);
        },
        bytes);
  };
  return route;
}

// ---- /verdict

struct Question {
  std::string text;
  verify::Policy policy;
  Timestamp at;
};

// Leaves `dids` as they are where the member is absent.
Result<void> read_dids(const json::Value& root, std::string_view name, std::set<Did>& dids) {
  const json::Value* list = root.find(name);
  if (list == nullptr) return {};
  if (!list->is_array()) return fail(codes::REQUEST_MALFORMED, "\"", name, "\" must be an array of DIDs");
  if (list->elements().size() > kTrustMax) {
    return fail(codes::REQUEST_TOO_MANY, "\"", name, "\" has ", list->elements().size(),
                " DIDs, the limit is ", kTrustMax);
  }
  std::set<Did> read;
  for (const json::Value& entry : list->elements()) {
    if (!entry.is_string()) return fail(codes::REQUEST_MALFORMED, "\"", name, "\" must be an array of DIDs");
    VCNODE_TRY(auto did, Did::parse(entry.string()));
    read.insert(std::move(did));
  }
  dids = std::move(read);
  return {};
}

Result<verify::Policy> read_policy(const json::Value& root, const std::set<Did>& observers) {
  verify::Policy::Values values;
  values.observers = observers;
  if (const json::Value* policy = root.find("policy"); policy != nullptr) {
    if (!policy->is_object())
      return fail(codes::REQUEST_MALFORMED, "\"policy\" must be a policy, an object, not ",
                  json::kind_name(policy->kind()));
    VCNODE_TRY(auto parsed, recognition::Policy::parse(jcs::canonicalize(*policy)));
    VCNODE_CHECK(values.follow(std::make_shared<const recognition::Policy>(std::move(parsed))));
  }
  VCNODE_CHECK(read_dids(root, "trust", values.trust));
  VCNODE_CHECK(read_dids(root, "observers", values.observers));
  if (const json::Value* witnesses = root.find("witnessPolicy"); witnesses != nullptr) {
    if (!witnesses->is_string())
      return fail(codes::REQUEST_MALFORMED, "\"witnessPolicy\" must be a tlog-policy in a string");
    VCNODE_CHECK(values.ask_witnesses(std::string(witnesses->string())));
  }
  return verify::Policy(std::move(values));
}

Result<Question> read_question(const json::Value& root, const std::set<Did>& observers, Timestamp now) {
  for (const std::string_view later : {"presentation", "evidence"}) {
    if (root.find(later) != nullptr) {
      return fail(codes::REQUEST_UNSUPPORTED, "the member \"", later, "\" is not supported in this version");
    }
  }
  VCNODE_CHECK(only_members(root, {"credential", "policy", "trust", "observers", "witnessPolicy", "at"}));
  VCNODE_TRY(const json::Value* credential, required_member(root, "credential"));
  VCNODE_TRY(auto policy, read_policy(root, observers));
  Timestamp at = now;
  if (const json::Value* time = root.find("at"); time != nullptr) {
    if (!time->is_string())
      return fail(codes::REQUEST_MALFORMED, "\"at\" must be an RFC 3339 time in a string");
    VCNODE_TRY(at, Timestamp::parse(time->string()));
  }
  return Question{presented_text(*credential), std::move(policy), at};
}

// What was read, beside the verdict: feeds as this node holds them.
nlohmann::json sources_json(const Verdict& verdict) {
  nlohmann::json out = nlohmann::json::array();
  for (const verify::ViewHead& head : verdict.view_heads) {
    out.push_back(
        {{"kind", "feed"}, {"origin", head.origin}, {"size", head.size}, {"time", head.time.to_string()}});
  }
  return out;
}

// The verdict stands in the answer as its exact JCS text, so that it can be hashed and compared as received.
Result<std::string> verdict_text(const VerdictApi& api, const Question& question) {
  VCNODE_TRY(const auto verdict,
             verify::verify_credential(question.text, api.view, question.policy, question.at));
  api.metrics.count_verdict(verify::name_of(verdict.outcome));
  return concat(R"({"verdict":)", verdict.to_jcs(), R"(,"headline":)", json_text(verify::headline(verdict)),
                R"(,"messages":)", json_text(verify::messages(verdict)), R"(,"sources":)",
                json_text(sources_json(verdict)), "}");
}

// One question is answered by an object, an array of them by an array in the same order.
Result<std::string> verdict_answer(const VerdictApi& api, std::string_view body) {
  VCNODE_TRY(const auto document, parse_body(body));
  const Timestamp now = api.clock.now().wall;
  const json::Value& root = document.root();
  if (!root.is_array()) {
    VCNODE_TRY(const auto question, read_question(root, api.observers, now));
    return verdict_text(api, question);
  }
  if (root.elements().size() > kVerdictsMax) {
    return fail(codes::REQUEST_TOO_MANY, "the request asks for ", root.elements().size(),
                " verdicts, the limit is ", kVerdictsMax);
  }
  std::vector<Question> questions;
  for (const json::Value& element : root.elements()) {
    auto question = read_question(element, api.observers, now);
    if (!question)
      return fail(question.error().code, "element ", questions.size(), ": ", question.error().message);
    questions.push_back(*std::move(question));
  }
  std::string out = "[";
  for (const Question& question : questions) {
    VCNODE_TRY(const auto text, verdict_text(api, question));
    out += concat(out.size() > 1 ? "," : "", text);
  }
  return out + "]";
}

Route verdict_route(const VerdictApi& api) {
  Route route;
  route.method = "POST";
  route.pattern = "/verdict";
  route.summary = "Judge one credential or an array of them";
  route.body_bytes_max = kVerdictBytesMax;
  route.body = {
      {"credential", "", true, "the credential"},
      {"policy", "object", false,
       "whom the asker believes, for what (protocol/spec/policy.md); default: nothing is asked of "
       "recognition"},
      {"trust", "array", false, "DIDs of issuers that the asker confirms"},
      {"observers", "array", false,
       "DIDs whose observations of did:web issuers count; default those that this node observes for"},
      {"witnessPolicy", "string", false, "tlog-policy whose quorum proves times of issue; default none"},
      {"at", "string", false, "the time to judge at; default now"}};
  route.answers = {
      {200, "{verdict, headline, messages, sources}, whatever the verdict is; for an array an array"},
      {400, "the request is malformed"},
      {503, "the node is busy"}};
  route.handle = [api](Call call) {
    const std::size_t bytes = call.request.body.size();
    api.offload.answer(
        std::move(call.respond),
        [api, body = std::move(call.request.body)] {
          auto text = verdict_answer(api, body);
          return text ? json_answer(200, *std::move(text)) : problem(text.error());
        },
        bytes);
  };
  return route;
}

}  // namespace

void add_verdict_routes(Router& router, VerdictApi api) {
  router.add(verify_route(api, "/credentials/verify", "Verify a credential; its issuer need not be confirmed",
                          false));
  router.add(verify_route(api, "/proof/credentials/verify", "Verify a credential's proof alone", true));
  router.add(verdict_route(api));
}

}  // namespace vcnode::node
