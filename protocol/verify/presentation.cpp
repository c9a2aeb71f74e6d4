#include "protocol/verify/presentation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "protocol/credential/context.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/format.h"
#include "protocol/verify/holder_keys.h"
#include "protocol/verify/judgement.h"

namespace vcnode::verify {
namespace {

using Json = nlohmann::json;

constexpr json::Limits kPresentationLimits{.size_max = kPresentationBytesMax};

bool has_type_named(const json::Value& root, std::string_view wanted) {
  const json::Value* types = root.find("type");
  if (types == nullptr) return false;
  const auto all = types->one_or_many();
  return std::any_of(all.begin(), all.end(),
                     [&](const json::Value& one) { return one.is_string() && one.string() == wanted; });
}

std::span<const json::Value> held_in(const json::Value& root) {
  const json::Value* credentials = root.find("verifiableCredential");
  if (credentials == nullptr) return {};
  return credentials->one_or_many();
}

std::string text_to_judge(const json::Value& credential) {
  return credential.is_string() ? std::string(credential.string()) : jcs::canonicalize(credential);
}

// The holder that the presentation names; "" if it names none.
std::string_view named_holder(const json::Value& root) {
  const json::Value* holder = root.find("holder");
  if (holder == nullptr) return {};
  return holder->is_string() ? holder->string() : holder->find_string("id").value_or("");
}

Failure malformed_presentation(std::string_view why) {
  return fail(codes::PRESENTATION_MALFORMED, why);
}

Result<void> check_shape(const json::Value& root) {
  if (const auto context = credential::check_context(root.find("@context")); !context)
    return malformed_presentation(context.error().message);
  if (!has_type_named(root, kPresentationType))
    return malformed_presentation(concat("/type does not hold \"", kPresentationType, "\""));
  const json::Value* holder = root.find("holder");
  if (holder != nullptr && !is_url(named_holder(root)))
    return malformed_presentation("/holder must be a URL, or an object whose id is one");
  const auto credentials = held_in(root);
  if (credentials.empty()) return malformed_presentation("/verifiableCredential holds no credential");
  if (credentials.size() > kPresentedMax)
    return fail(codes::PRESENTATION_TOO_MANY, "the presentation holds ", credentials.size(),
                " credentials, the limit is ", kPresentedMax);
  const auto is_one = [](const json::Value& one) { return one.is_object() || one.is_string(); };
  if (!std::all_of(credentials.begin(), credentials.end(), is_one))
    return malformed_presentation("/verifiableCredential must hold objects or strings");
  return {};
}

// One run: each step adds its check; a false return ends the run.
class HolderRun {
 public:
  HolderRun(const HolderQuestion& asked, const View& view, Timestamp at, PresentationVerdict& out)
      : asked_(asked), view_(view), at_(at), out_(out) {}

  // The document, if it could be read; what it shows of the holder is in the verdict. Errors: of is_first.
  Result<std::optional<json::Document>> run(std::string_view text) {
    auto document = check_format(text);
    if (!document) return document;
    if (check_proof(document->root()) && check_holder(document->root())) check_answer();
    if (fault_) return Failure{*fault_};
    return document;
  }

 private:
  void add(std::string_view name, CheckResult result, Code code, std::string detail = {}) {
    out_.checks.push_back({name, result, code, std::move(detail)});
    if (result == CheckResult::fail) out_.holder.state = Holder::State::refused;
  }
  bool refuse(std::string_view name, const Error& why) {
    add(name, CheckResult::fail, why.code, why.message);
    return false;
  }
  template <class... Parts>
  void refuse_answer(Code code, const Parts&... parts) {
    add("challenge", CheckResult::fail, code, concat(parts...));
  }

  std::optional<json::Document> check_format(std::string_view text) {
    auto document = json::Document::parse(text, kPresentationLimits);
    const auto shape = document ? check_shape(document->root()) : Result<void>(document.failure());
    if (shape) {
      add("format", CheckResult::pass, codes::PRESENTATION_OK);
      return *std::move(document);
    }
    if (const auto other = unsupported_format(text)) {
      add("format", CheckResult::unknown, codes::FORMAT_UNSUPPORTED,
          concat("this is ", *other, "; presentations of data model 2.0 in JSON are read"));
    } else {
      refuse("format", shape.error());
    }
    return std::nullopt;
  }

  bool check_proof(const json::Value& root) {
    auto outcome = credential::verify_proofs(root, kAuthenticationPurpose, HolderKeys(view_));
    if (outcome && outcome->verified) {
      proofs_ = std::move(outcome->proofs);
      add("proof", CheckResult::pass, codes::PROOF_OK);
      return true;
    }
    const Error& why = outcome ? *outcome->failure : outcome.error();
    add("proof", proof_result_of(why.code, outcome.has_value()), why.code, why.message);
    return false;
  }

  bool check_holder(const json::Value& root) {
    const std::string_view named = named_holder(root);
    const auto own = std::find_if(proofs_.begin(), proofs_.end(), [&](const auto& proof) {
      return named.empty() || proof.method.controller.text() == named;
    });
    if (own == proofs_.end())
      return refuse("holder", fail(codes::HOLDER_DIFFERS, "the holder is ", excerpt(named),
                                   ", the key is of ", excerpt(proofs_.front().method.controller.text()))
                                  .error);
    proof_ = &*own;
    signed_ = &root.find("proof")->one_or_many()[static_cast<std::size_t>(own - proofs_.begin())];
    const json::Value* context = signed_->find("@context");
    if (context != nullptr && context->one_or_many().size() != root.find("@context")->one_or_many().size())
      return refuse(
          "holder",
          fail(codes::CONTEXT_EXTENDED, "elements were added to the @context after the holder signed").error);
    add("holder", CheckResult::pass, codes::HOLDER_OK);
    return true;
  }

  bool is_for(std::string_view domain) const {
    const json::Value* stated = signed_->find("domain");
    if (stated == nullptr) return false;
    const auto all = stated->one_or_many();
    return std::any_of(all.begin(), all.end(),
                       [&](const json::Value& one) { return one.is_string() && one.string() == domain; });
  }

  void check_answer() {
    if (proof_->expires && at_ > *proof_->expires)
      return refuse_answer(codes::PROOF_EXPIRED, "the holder's proof expires at ",
                           proof_->expires->to_string(), ", judged at ", at_.to_string());
    if (proof_->created && *proof_->created > at_.plus_seconds(limits::kClockSkewSecondsMax))
      return refuse_answer(codes::PROOF_NOT_YET_MADE, "the holder's proof was created at ",
                           proof_->created->to_string(), ", more than ", limits::kClockSkewSecondsMax,
                           " seconds after ", at_.to_string());
    if (!asked_.challenge || !asked_.domain) {
      out_.holder.state = Holder::State::unasked;
      return add("challenge", CheckResult::warn, codes::CHALLENGE_NOT_STATED);
    }
    const auto answered = signed_->find_string("challenge");
    if (!answered) return refuse_answer(codes::CHALLENGE_MISSING, "the holder's proof has no challenge");
    if (*answered != *asked_.challenge)
      return refuse_answer(codes::CHALLENGE_DIFFERS, "the holder's proof answers ", excerpt(*answered));
    if (!is_for(*asked_.domain))
      return refuse_answer(codes::DOMAIN_DIFFERS, "the holder's proof is not for ", excerpt(*asked_.domain));
    check_freshness();
  }

  void check_freshness() {
    // What the verifier says of its own challenge counts before what the holder says.
    auto since = time_of_challenge(*asked_.challenge);
    if (since && *since > at_.plus_seconds(limits::kClockSkewSecondsMax))
      return refuse_answer(codes::CHALLENGE_NOT_YET_MADE, "of second ", since->seconds(),
                           " since 1970, more than ", limits::kClockSkewSecondsMax, " seconds after ",
                           at_.to_string());
    if (!since) since = proof_->created;
    if (!since)
      return add("challenge", CheckResult::unknown, codes::CHALLENGE_AGE_UNKNOWN,
                 "neither the challenge nor the holder's proof says when it was made");
    if (at_ > since->plus_seconds(kChallengeSecondsMax))
      return refuse_answer(codes::CHALLENGE_EXPIRED, "of ", since->to_string(), ", judged at ",
                           at_.to_string(), "; it is good for ", kChallengeSecondsMax, " seconds");
    if (asked_.is_first) {
      const auto first = asked_.is_first(*asked_.challenge);
      if (!first) {
        fault_ = first.error();
        return;
      }
      if (!*first) return refuse_answer(codes::CHALLENGE_USED, "make another one for each presentation");
    }
    out_.holder = {Holder::State::shown, proof_->method.controller.text()};
    add("challenge", CheckResult::pass, codes::CHALLENGE_ANSWERED);
  }

  const HolderQuestion& asked_;
  const View& view_;
  Timestamp at_;
  PresentationVerdict& out_;
  std::vector<credential::VerifiedProof> proofs_;
  const credential::VerifiedProof* proof_ = nullptr;  // of the holder
  const json::Value* signed_ = nullptr;               // that proof in the document
  std::optional<Error> fault_;
};

// Of two answers the one that decides about both.
int severity(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::valid:
      return 0;
    case Outcome::issuer_not_confirmed:
      return 1;
    case Outcome::cannot_tell:
      return 2;
    case Outcome::not_valid:
      break;
  }
  return 3;
}

Outcome worse(Outcome a, Outcome b) noexcept {
  return severity(a) >= severity(b) ? a : b;
}

const HolderCheck* deciding_check(const PresentationVerdict& verdict) {
  const auto with = [&](CheckResult result) {
    return std::find_if(verdict.checks.begin(), verdict.checks.end(),
                        [result](const HolderCheck& check) { return check.result == result; });
  };
  auto found = with(CheckResult::fail);
  if (found == verdict.checks.end()) found = with(CheckResult::unknown);
  return found == verdict.checks.end() ? nullptr : &*found;
}

}  // namespace

bool is_presentation(std::string_view text) {
  const auto document = json::Document::parse(text, kPresentationLimits);
  return document && (has_type_named(document->root(), kPresentationType) ||
                      document->root().find("verifiableCredential") != nullptr);
}

std::vector<std::string> presented_credentials(std::string_view text) {
  std::vector<std::string> out;
  const auto document = json::Document::parse(text, kPresentationLimits);
  if (!document || !check_shape(document->root())) return out;
  for (const json::Value& credential : held_in(document->root())) out.push_back(text_to_judge(credential));
  return out;
}

std::optional<Did> presentation_holder(std::string_view text) {
  const auto document = json::Document::parse(text, kPresentationLimits);
  if (!document) return std::nullopt;
  if (auto named = Did::parse(named_holder(document->root()))) return *std::move(named);
  const json::Value* proof = document->root().find("proof");
  if (proof == nullptr || proof->one_or_many().empty()) return std::nullopt;
  const auto method = proof->one_or_many().front().find_string("verificationMethod");
  const auto url = DidUrl::parse(method.value_or(""));
  return url ? std::optional(url->did()) : std::nullopt;
}

Result<PresentationVerdict> verify_presentation(std::string_view text, const HolderQuestion& asked,
                                                const View& view, const Policy& policy, Timestamp at,
                                                const StatedPerson* stated) {
  PresentationVerdict out;
  VCNODE_TRY(const auto document, HolderRun(asked, view, at, out).run(text));
  if (!document) return out;
  const Presenter presenter{stated, &out.holder};
  for (const json::Value& credential : held_in(document->root())) {
    VCNODE_TRY(auto verdict,
               verify_credential(text_to_judge(credential), view, policy, at, Scope::full, presenter));
    out.verdicts.push_back(std::move(verdict));
  }
  return out;
}

Result<PresentationVerdict> verify_holder(std::string_view text, const HolderQuestion& asked,
                                          const View& view, Timestamp at) {
  PresentationVerdict out;
  VCNODE_CHECK(HolderRun(asked, view, at, out).run(text));
  return out;
}

std::string PresentationVerdict::to_jcs() const {
  std::string out = R"({"holder":[)";
  for (const HolderCheck& one : checks)
    out += concat(&one == checks.data() ? "" : ",", R"({"check":")", one.check, R"(","code":")",
                  one.code.slug(), R"(","result":")", name_of(one.result), R"("})");
  out += R"(],"verdicts":[)";
  for (const Verdict& one : verdicts) out += concat(&one == verdicts.data() ? "" : ",", one.to_jcs());
  return out + "]}";
}

Outcome PresentationVerdict::outcome() const noexcept {
  Outcome worst = Outcome::valid;
  for (const Verdict& verdict : verdicts) worst = worse(worst, verdict.outcome);
  if (const HolderCheck* check = deciding_check(*this))
    worst = worse(worst, check->result == CheckResult::fail ? Outcome::not_valid : Outcome::cannot_tell);
  return worst;
}

std::string headline(const PresentationVerdict& verdict) {
  const HolderCheck* check = deciding_check(verdict);
  if (check != nullptr && check->result == CheckResult::fail) {
    if (check->check == "format") return "Do not accept: not a well-formed presentation";
    if (check->check == "challenge") return "Do not accept: this is no answer to the request that was made";
    return "Do not accept: who presents it has not shown to be its holder";
  }
  if (check != nullptr && check->check == "challenge")
    return "Cannot tell: when the request was answered is not known; make another one and ask again";
  if (check != nullptr)
    return "Cannot tell: the signature of who presents it cannot be checked here; ask for it in another way";
  for (const Verdict& one : verdict.verdicts)
    if (one.outcome == verdict.outcome()) return headline(one);
  return "Cannot tell: nothing was presented";
}

nlohmann::json messages(const PresentationVerdict& verdict) {
  auto list = Json::array();
  for (const HolderCheck& check : verdict.checks)
    list.push_back({{"check", check.check},
                    {"code", check.code.slug()},
                    {"sentence", check.detail.empty() ? std::string(check.code.sentence()) : check.detail}});
  return list;
}

Result<nlohmann::json> draft_presentation(const std::vector<std::string>& credentials, const Did& holder) {
  if (credentials.size() > kPresentedMax)
    return fail(codes::PRESENTATION_TOO_MANY, credentials.size(), " credentials were given, the limit is ",
                kPresentedMax);
  Json held = Json::array();
  for (const std::string& text : credentials) {
    VCNODE_TRY(auto one, json::read(text, kPresentationLimits));
    if (!one.is_object()) return malformed_presentation("a credential to be presented is no JSON object");
    held.push_back(std::move(one));
  }
  return Json{{"@context", Json::array({credential::kContextV2})},
              {"type", Json::array({kPresentationType})},
              {"holder", holder.text()},
              {"verifiableCredential", std::move(held)}};
}

}  // namespace vcnode::verify
