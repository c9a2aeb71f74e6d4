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
#include "protocol/evidence/stapled_view.h"
#include "protocol/evidence/stated.h"
#include "protocol/verify/known_issuer.h"
#include "protocol/verify/presentation.h"

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
    api.offload.answer_body(std::move(call), [api, proof_only](const std::string& body) {
      return verify_answer(api, body, proof_only);
    });
  };
  return route;
}

// ---- /verdict

struct Question {
  std::string text;
  verify::Policy policy;
  Timestamp at;
  std::optional<verify::StatedPerson> stated;
  bool presented = false;  // the text is a presentation
  verify::HolderQuestion holder;
  std::shared_ptr<const evidence::Bundle> evidence = nullptr;
  bool sign = false;  // REQUIRES: the node has a signer
};

// A node's own view, with what came with the question laid over it.
class AskedView {
 public:
  AskedView(const VerdictApi& api, const Question& question) : own_(api.view) {
    if (question.evidence) laid_.emplace(api.view, *question.evidence, api.network, api.clock.now().wall);
  }
  [[nodiscard]] const verify::View& view() const noexcept { return laid_ ? *laid_ : own_; }

 private:
  const verify::View& own_;
  std::optional<evidence::StapledView> laid_;
};

// Public objects that the asker hands over (protocol/spec/evidence.md); nullptr: none.
Result<std::shared_ptr<const evidence::Bundle>> read_evidence(const json::Value& root) {
  const json::Value* given = root.find("evidence");
  if (given == nullptr) return std::shared_ptr<const evidence::Bundle>();
  VCNODE_TRY(auto bundle, evidence::Bundle::parse(jcs::canonicalize(*given)));
  return std::make_shared<const evidence::Bundle>(std::move(bundle));
}

// Whoever wants a signature and cannot have one is told so before anything is judged.
Result<bool> read_sign(const json::Value& root, bool has_signer) {
  const json::Value* given = root.find("sign");
  if (given == nullptr) return false;
  if (given->kind() != json::Kind::boolean)
    return fail(codes::REQUEST_MALFORMED, "the member \"sign\" must be true or false");
  if (given->boolean() && !has_signer)
    return fail(codes::VERDICT_SIGNING_OFF,
                "this node has no key for it: its operator makes one with `vcnode verdict signer new`");
  return given->boolean();
}

Result<Question> read_question(const VerdictApi& api, const json::Value& root, Timestamp now) {
  VCNODE_CHECK(only_members(root, {"credential", "presentation", "challenge", "domain", "subject", "policy",
                                   "trust", "observers", "witnessPolicy", "at", "evidence", "sign"}));
  const bool presented = root.find("presentation") != nullptr;
  if (presented && root.find("credential") != nullptr)
    return fail(codes::REQUEST_MALFORMED, "give a \"credential\" or a \"presentation\", not both");
  VCNODE_TRY(const json::Value* given, required_member(root, presented ? "presentation" : "credential"));
  VCNODE_TRY(auto holder, read_holder_question(root));
  if (holder.challenge && !presented)
    return fail(codes::REQUEST_MALFORMED, "a \"challenge\" is answered by a \"presentation\"");
  VCNODE_TRY(const auto sign, read_sign(root, api.signer != nullptr));
  VCNODE_TRY(auto policy, read_verify_policy(root, api.observers));
  VCNODE_TRY(auto stated, read_stated_person(root));
  VCNODE_TRY(const auto at, read_time(root, "at"));
  VCNODE_TRY(auto evidence, read_evidence(root));
  return Question{presented_text(*given),
                  std::move(policy),
                  at.value_or(now),
                  std::move(stated),
                  presented,
                  std::move(holder),
                  std::move(evidence),
                  sign};
}

// What was read, beside the verdict: feeds as this node holds them.
nlohmann::json sources_json(const Verdict& verdict, const Question& question) {
  nlohmann::json out = nlohmann::json::array();
  if (question.evidence)
    out.push_back({{"kind", "evidence"},
                   {"digest", evidence::digest_text(sha256(as_bytes(question.evidence->text())))}});
  for (const verify::ViewHead& head : verdict.view_heads) {
    if (head.without_feed) {
      out.push_back({{"kind", "history"}, {"scid", head.origin}, {"versionId", head.tip.value_or("")}});
      continue;
    }
    out.push_back(
        {{"kind", "feed"}, {"origin", head.origin}, {"size", head.size}, {"time", head.time.to_string()}});
  }
  return out;
}

// Facts about issuers that nobody confirms, beside the verdicts of one request: the feeds that say anything
// are gathered once.
class KnownFacts {
 public:
  explicit KnownFacts(const VerdictApi& api) : api_(api) {}

  std::string text_beside(const Verdict& verdict) {
    if (!verify::wants_known_issuer(verdict)) return "null";
    if (!speakers_) speakers_ = api_.feeds == nullptr ? verify::Speakers{} : api_.feeds->speakers();
    const auto history = api_.view.history_of(*verdict.issuer_did);
    return json_text(verify::to_json(verify::known_issuer(
        {*verdict.issuer_did, verdict.at, history.get(), verdict.issuer_observed}, *speakers_)));
  }

 private:
  const VerdictApi& api_;
  std::optional<verify::Speakers> speakers_;
};

// `,"signature":…` beside a verdict of which it is asked; "" beside another.
Result<std::string> signature_text(const VerdictApi& api, const Question& question,
                                   std::string_view verdict) {
  if (!question.sign) return std::string();
  VCNODE_TRY(const auto envelope, api.signer->sign(verdict, api.clock.now().wall));
  return concat(R"(,"signature":)", envelope);
}

// The answer to a presentation: its verdict, what is to be said of its holder, and of each credential in it.
Result<std::string> presentation_text(const VerdictApi& api, const Question& question) {
  verify::HolderQuestion holder = question.holder;
  if (api.challenges != nullptr)
    holder.is_first = [&api](std::string_view challenge) {
      return api.challenges->take(challenge, api.clock.now().wall);
    };
  VCNODE_TRY(const auto verdict, verify::verify_presentation(
                                     question.text, holder, AskedView(api, question).view(), question.policy,
                                     question.at, question.stated ? &*question.stated : nullptr));
  auto credentials = nlohmann::json::array();
  for (const Verdict& one : verdict.verdicts) {
    api.metrics.count_verdict(verify::name_of(one.outcome));
    credentials.push_back({{"headline", verify::headline(one)},
                           {"messages", verify::messages(one)},
                           {"sources", sources_json(one, question)}});
  }
  const std::string text = verdict.to_jcs();
  VCNODE_TRY(const auto signature, signature_text(api, question, text));
  return concat(R"({"verdict":)", text, R"(,"headline":)", json_text(verify::headline(verdict)),
                R"(,"messages":)", json_text(verify::messages(verdict)), R"(,"credentials":)",
                json_text(credentials), signature, "}");
}

// The verdict stands in the answer as its exact JCS text, so that it can be hashed and compared as received.
Result<std::string> verdict_text(const VerdictApi& api, const Question& question, KnownFacts& known) {
  if (question.presented) return presentation_text(api, question);
  VCNODE_TRY(const auto verdict,
             verify::verify_credential(question.text, AskedView(api, question).view(), question.policy,
                                       question.at, verify::Scope::full,
                                       {.stated = question.stated ? &*question.stated : nullptr}));
  api.metrics.count_verdict(verify::name_of(verdict.outcome));
  const std::string text = verdict.to_jcs();
  VCNODE_TRY(const auto signature, signature_text(api, question, text));
  return concat(R"({"verdict":)", text, R"(,"headline":)", json_text(verify::headline(verdict)),
                R"(,"messages":)", json_text(verify::messages(verdict)), R"(,"known":)",
                known.text_beside(verdict), R"(,"sources":)", json_text(sources_json(verdict, question)),
                signature, "}");
}

// One question is answered by an object, an array of them by an array in the same order.
Result<std::string> verdict_answer(const VerdictApi& api, std::string_view body) {
  VCNODE_TRY(const auto document, parse_body(body));
  const Timestamp now = api.clock.now().wall;
  const json::Value& root = document.root();
  KnownFacts known(api);
  if (!root.is_array()) {
    VCNODE_TRY(const auto question, read_question(api, root, now));
    return verdict_text(api, question, known);
  }
  if (root.elements().size() > kVerdictsMax) {
    return fail(codes::REQUEST_TOO_MANY, "the request asks for ", root.elements().size(),
                " verdicts, the limit is ", kVerdictsMax);
  }
  std::vector<Question> questions;
  for (const json::Value& element : root.elements()) {
    auto question = read_question(api, element, now);
    if (!question)
      return fail(question.error().code, "element ", questions.size(), ": ", question.error().message);
    questions.push_back(*std::move(question));
  }
  std::string out = "[";
  for (const Question& question : questions) {
    VCNODE_TRY(const auto text, verdict_text(api, question, known));
    out += concat(out.size() > 1 ? "," : "", text);
  }
  return out + "]";
}

Route verdict_route(const VerdictApi& api) {
  Route route;
  route.method = "POST";
  route.pattern = "/verdict";
  route.summary = "Judge one credential or presentation, or an array of them";
  route.body_bytes_max = kVerdictBytesMax;
  route.body = {
      {"credential", "", false, "the credential"},
      {"presentation", "", false, "in place of a credential: the presentation that a holder signed"},
      {"challenge", "string", false, "what the holder of the presentation was asked to sign"},
      {"domain", "string", false, "with challenge: for whom the presentation was to be made"},
      {"subject", "object", false,
       "name, birthDate (YYYY-MM-DD), identifier of who presents it; compared, kept nowhere"},
      {"policy", "object", false,
       "whom the asker believes, for what (protocol/spec/policy.md); default: nothing is asked of "
       "recognition"},
      {"trust", "array", false, "DIDs of issuers that the asker confirms"},
      {"observers", "array", false,
       "DIDs whose observations of did:web issuers count; default those that this node observes for"},
      {"witnessPolicy", "string", false, "tlog-policy whose quorum proves times of issue; default none"},
      {"at", "string", false, "the time to judge at; default now"},
      {"evidence", "object", false, "public objects of feeds (protocol/spec/evidence.md)"},
      {"sign", "boolean", false, "whether this node's signature is to stand beside the verdict"}};
  route.answers = {
      {200,
       "{verdict, headline, messages, known, sources, signature}, whatever the verdict is; for an array an "
       "array"},
      {400, "the request is malformed"},
      {501, "a signature is wanted, and this node signs no verdicts"},
      {503, "the node is busy"}};
  route.handle = [api](Call call) {
    api.offload.answer_body(std::move(call), [api](const std::string& body) {
      auto text = verdict_answer(api, body);
      return text ? json_answer(200, *std::move(text)) : problem(text.error());
    });
  };
  return route;
}

Route key_route(const evidence::VerdictSigner& signer) {
  Route route;
  route.method = "GET";
  route.pattern = "/verdict/key";
  route.summary = "Whose signature stands beside the verdicts of this node";
  route.cors = true;
  route.answers = {{200, "{signer, node, network}"}};
  const std::string text = json_text(
      {{"signer", signer.did().text()}, {"node", signer.place().node}, {"network", signer.place().network}});
  route.handle = [text](const Call& call) { call.respond(json_answer(200, text)); };
  return route;
}

}  // namespace

void add_verdict_routes(Router& router, VerdictApi api) {
  if (api.signer) router.add(key_route(*api.signer));
  router.add(verify_route(api, "/credentials/verify", "Verify a credential; its issuer need not be confirmed",
                          false));
  router.add(verify_route(api, "/proof/credentials/verify", "Verify a credential's proof alone", true));
  router.add(verdict_route(api));
}

}  // namespace vcnode::node
