#include "protocol/verify/verify.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/facts/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/history.h"
#include "protocol/recognition/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/format.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/verify/issuer_keys.h"
#include "protocol/verify/issuer_names.h"
#include "protocol/verify/judgement.h"
#include "protocol/verify/observed_issuers.h"
#include "protocol/verify/read_view.h"
#include "protocol/verify/recognition_check.h"
#include "protocol/verify/status_check.h"
#include "protocol/verify/subject.h"
#include "protocol/witness/policy.h"

namespace vcnode::verify {
namespace {

using credential::Credential;

constexpr std::string_view kIssuingPurpose = "assertionMethod";

// One run of the pipeline: each step appends its checks to the verdict; a false return ends the run.
class Pipeline {
 public:
  Pipeline(const View& view, const Policy& policy, Timestamp at, const Presenter& presenter)
      : view_(view), policy_(policy), presenter_(presenter), observed_(view_, policy.values(), at) {
    verdict_.at = at;
    verdict_.policy = policy.digest();
    verdict_.checks.reserve(kChecksMax);
  }

  Verdict run(std::string_view text, Scope scope) {
    verdict_.credential = sha256(as_bytes(text));
    if (const auto credential = check_format(text)) run_parsed(*credential, scope);
    verdict_.view_heads = view_.rows();
    settle(verdict_.issuer_names);
    decide(verdict_);
    return std::move(verdict_);
  }

 private:
  static constexpr std::size_t kChecksMax = 10;

  void run_parsed(const Credential& credential, Scope scope) {
    const IssuerKeys keys(view_, credential, policy_.values(), observed_);
    const auto proofs = check_proof(credential, keys);
    if (!proofs) return;
    if (scope == Scope::proof_only) {
      add(CheckName::issuer, CheckResult::not_applicable, codes::ISSUER_NOT_CHECKED);
      const Check key = check_of_keys(keys, *proofs, proofs->front());
      if (is_refusal(key)) verdict_.checks.push_back(key);
      check_proofs_in_force(*proofs);
    } else if (const auto* proof = check_issuer(credential, *proofs, keys)) {
      describe_issuer(credential, *proof, keys.issue_time());
      verdict_.issuer_observed = keys.seen_of(*proof);
      verdict_.checks.push_back(check_of_keys(keys, *proofs, *proof));
      check_dates(credential, *proofs, *proof, keys.issue_time());
      check_status(credential, keys.history());
      check_subject(credential);
      const auto recognition = ask_policy(credential, proof->method.controller);
      check_confirmation(proof->method.controller, keys.history(), recognition);
      check_recognition(recognition);
    }
  }

  void add(CheckName name, CheckResult result, Code code, std::string detail = {}) {
    verdict_.checks.push_back({name, result, code, std::move(detail), {}, {}});
  }

  std::optional<Credential> check_format(std::string_view text) {
    auto parsed = Credential::parse(text);
    if (parsed) {
      add(CheckName::format, CheckResult::pass, codes::FORMAT_OK);
      return *std::move(parsed);
    }
    if (const auto other = unsupported_format(text)) {
      add(CheckName::format, CheckResult::unknown, codes::FORMAT_UNSUPPORTED,
          concat("this is ", *other, "; credentials of data model 2.0 in JSON are read"));
    } else {
      add(CheckName::format, CheckResult::fail, parsed.error().code, parsed.error().message);
    }
    return std::nullopt;
  }

  std::optional<std::vector<credential::VerifiedProof>> check_proof(const Credential& credential,
                                                                    const IssuerKeys& keys) {
    auto outcome = credential::verify_proofs(credential.root(), kIssuingPurpose, keys);
    if (outcome && outcome->verified) {
      add(CheckName::proof, CheckResult::pass, codes::PROOF_OK);
      return std::move(outcome->proofs);
    }
    VCNODE_ASSERT(!outcome || outcome->failure.has_value());
    const Error& why = outcome ? *outcome->failure : outcome.error();
    add(CheckName::proof, proof_result_of(why.code, outcome.has_value()), why.code, why.message);
    return std::nullopt;
  }

  // The first proof by a key of the issuer; co-signers may have added theirs. nullptr if there is none, if it
  // covers less than the document, or if the issuer never had the DID that the credential names.
  const credential::VerifiedProof* check_issuer(const Credential& credential,
                                                const std::vector<credential::VerifiedProof>& proofs,
                                                const IssuerKeys& keys) {
    const auto name = lookup_name_of(credential.issuer_id());
    const auto own = std::find_if(proofs.begin(), proofs.end(), [&](const auto& proof) {
      return lookup_name_of(proof.method.controller.text()) == name;
    });
    if (own == proofs.end()) {
      add(CheckName::issuer, CheckResult::fail, codes::ISSUER_NOT_CONTROLLER,
          concat("the issuer is ", excerpt(credential.issuer_id()), ", the key that signed is controlled by ",
                 excerpt(proofs.front().method.controller.text())));
      return nullptr;
    }
    if (!check_issuer_name(credential.issuer_id(), keys.history())) return nullptr;
    const auto index = static_cast<std::size_t>(own - proofs.begin());
    const auto extra = unsigned_contexts(credential, credential.proof()->one_or_many()[index]);
    if (extra > 0) {
      add(CheckName::issuer, CheckResult::fail, codes::CONTEXT_EXTENDED,
          concat("the last ", extra, " of the @context's elements were added after the issuer signed"));
      return nullptr;
    }
    add(CheckName::issuer, CheckResult::pass, codes::ISSUER_OK);
    return &*own;
  }

  // False, with its check, if a did:webvh issuer never had this DID, or has it only in a version in dispute.
  bool check_issuer_name(std::string_view did, const issuer::History* history) {
    const Standing standing = history == nullptr ? Standing::own : standing_of(did, *history);
    if (standing == Standing::own) return true;
    if (standing == Standing::disputed) {
      add(CheckName::issuer, CheckResult::unknown, codes::DID_DISPUTED,
          concat("only versions that dispute each other have the DID ", excerpt(did)));
    } else if (standing == Standing::unheld) {
      add(CheckName::issuer, CheckResult::unknown, codes::VERSION_NOT_HELD,
          concat("no version of the issuer's DID that is held is called ", excerpt(did), ", and version ",
                 history->missing.front().text(), " is not held"));
    } else {
      add(CheckName::issuer, CheckResult::fail, codes::ISSUER_NOT_CONTROLLER,
          concat("the issuer is ", excerpt(did),
                 did.find_first_of("?#/") != std::string_view::npos
                     ? ", a DID URL; an issuer is named by its DID, without a query, path or fragment"
                     : ", a DID that the history of the key that signed never had"));
    }
    return false;
  }

  // eddsa-jcs-2022 verifies a document whose @context merely starts with the signed one (vc-di-eddsa §3.3.2).
  // What follows may give other words another meaning, so it is not what the issuer signed.
  static std::size_t unsigned_contexts(const Credential& credential, const json::Value& proof) {
    const json::Value* of_proof = proof.find("@context");
    if (of_proof == nullptr) return 0;  // the document's own was signed
    return credential.root().find("@context")->one_or_many().size() - of_proof->one_or_many().size();
  }

  void describe_issuer(const Credential& credential, const credential::VerifiedProof& proof,
                       const IssueTime& time) {
    verdict_.issuer_did.emplace(credential.issuer_id());
    verdict_.issuer_version_id = proof.method.version_id;
    verdict_.low_assurance = proof.method.low_assurance;
    verdict_.issued_at = proof.created ? proof.created : credential.valid_from();
    if (time.proven_by) verdict_.issued_at = time.proven_by;
    verdict_.issued_at_proven = time.proven_by.has_value();
    verdict_.witnessed = time.witnesses;
    const auto& witnesses = policy_.values().witnesses;
    if (witnesses && witnesses->asks_for_witnesses())
      verdict_.quorum = time.proven_by ? Quorum::reached : Quorum::missed;
    add_claimed_names(verdict_.issuer_names, *credential.root().find("issuer"));
  }

  static bool is_refusal(const Check& check) {
    return check.result == CheckResult::fail || check.result == CheckResult::unknown;
  }

  // The judgement of `own`; but a key that was nobody's to sign with decides, whoever's proof it made.
  static Check check_of_keys(const IssuerKeys& keys, const std::vector<credential::VerifiedProof>& proofs,
                             const credential::VerifiedProof& own) {
    Check deciding = keys.judgement_of(own);
    for (const auto& proof : proofs) {
      Check other = keys.judgement_of(proof);
      const bool fails = other.result == CheckResult::fail && deciding.result != CheckResult::fail;
      if (fails || (is_refusal(other) && !is_refusal(deciding))) deciding = std::move(other);
    }
    return deciding;
  }

  void check_dates(const Credential& credential, const std::vector<credential::VerifiedProof>& proofs,
                   const credential::VerifiedProof& own, const IssueTime& time) {
    const Timestamp at = verdict_.at;
    if (credential.valid_until() && at > *credential.valid_until())
      return add(
          CheckName::dates, CheckResult::fail, codes::EXPIRED,
          concat("valid until ", credential.valid_until()->to_string(), ", verified at ", at.to_string()));
    if (credential.valid_from() && at < *credential.valid_from())
      return add(
          CheckName::dates, CheckResult::fail, codes::NOT_YET_VALID,
          concat("valid from ", credential.valid_from()->to_string(), ", verified at ", at.to_string()));
    if (!check_proofs_in_force(proofs)) return;
    if (own.created && *own.created > at.plus_seconds(limits::kClockSkewSecondsMax))
      return add(CheckName::dates, CheckResult::fail, codes::PROOF_NOT_YET_MADE,
                 concat("the issuer's proof was created at ", own.created->to_string(), ", more than ",
                        limits::kClockSkewSecondsMax, " seconds after ", at.to_string()));
    if (time.bad)
      return add(
          CheckName::dates, CheckResult::warn, codes::TIME_BATCH_BAD,
          concat("the time of issue is not proven [", time.bad->code.slug(), "]: ", time.bad->message));
    add(CheckName::dates, CheckResult::pass, codes::DATES_OK,
        time.unproven ? concat("within its period of validity; the time of issue is not proven: ",
                               time.unproven->message)
                      : std::string());
  }

  // A proof that has expired is over whoever made it. Adds a check only if one has.
  bool check_proofs_in_force(const std::vector<credential::VerifiedProof>& proofs) {
    const auto over = std::find_if(proofs.begin(), proofs.end(), [&](const auto& proof) {
      return proof.expires && verdict_.at > *proof.expires;
    });
    if (over == proofs.end()) return true;
    add(CheckName::dates, CheckResult::fail, codes::PROOF_EXPIRED,
        concat("a proof expires at ", over->expires->to_string(), ", verified at ", verdict_.at.to_string()));
    return false;
  }

  // A history is what a feed commits to, so where there is one its feed is read too, for what the row says.
  void check_status(const Credential& credential, const issuer::History* history) {
    std::shared_ptr<const feed::FeedSnapshot> feed;
    const bool asked = !credential.status().empty();
    if (asked || history != nullptr) feed = view_.feed_of(credential.issuer_id());
    VCNODE_ASSERT(feed == nullptr ||
                  lookup_name_of(feed->issuer.text()) == lookup_name_of(credential.issuer_id()));
    const bool observed = asked && feed == nullptr && observed_.any() && has_no_feed(credential.issuer_id());
    auto findings =
        verify::check_status(credential, {feed.get(), history, observed ? &observed_.observers() : nullptr},
                             policy_.values(), verdict_.at);
    verdict_.revocation = findings.revocation;
    verdict_.suspension = findings.suspension;
    verdict_.status_list = std::move(findings.list);
    verdict_.checks.push_back(std::move(findings.check));
    verdict_.status_observed = findings.observed;
    if (findings.observed) verdict_.status_source = "observed";
    if (feed == nullptr) return;
    if (asked) verdict_.status_source = view_.is_stapled(credential.issuer_id()) ? "stapled" : "feed";
    add_own_names(verdict_.issuer_names, *feed, verdict_.at);
  }

  void check_subject(const Credential& credential) {
    auto found = find_subject(credential, presenter_);
    verdict_.subject = found.subject;
    add(CheckName::subject, found.result, found.code, std::move(found.detail));
  }

  // What the policy makes of the credential, and the elements it asks for; nullopt if it asks nothing.
  std::optional<recognition::Recognition> ask_policy(const Credential& credential, const Did& issuer) {
    const auto& policy = policy_.values().recognition;
    if (policy == nullptr) return std::nullopt;
    const auto facts = facts::read_facts(credential.root());
    if (!facts) {
      add(CheckName::elements, CheckResult::warn, facts.error().code, facts.error().message);
      recognition::Recognition none;
      none.outcome = policy->asks() ? recognition::Outcome::cannot_tell : recognition::Outcome::not_asked;
      none.notes.push_back({facts.error().code, facts.error().message});
      return none;
    }
    check_elements(*facts, *policy);
    const ViewWorld world(view_);
    const auto kept = prepare(policy_, world, verdict_.at, view_.closures());
    const recognition::IssueTime when{
        verdict_.issued_at, verdict_.issued_at_proven ? verdict_.issued_at : std::optional<Timestamp>()};
    auto answer = recognition::judge(*kept->closure, *kept->levels,
                                     {*facts, lookup_name_of(issuer.text()), when, verdict_.at}, world);
    add_confirmed_names(verdict_.issuer_names, *kept->closure, lookup_name_of(issuer.text()), verdict_.at);
    return answer;
  }

  void check_elements(const facts::Facts& facts, const recognition::Policy& policy) {
    const auto missing = recognition::missing_elements(policy, facts);
    if (missing.empty() && facts.several && !policy.elements.empty())
      return add(CheckName::elements, CheckResult::warn, codes::SEVERAL_ACHIEVEMENTS);
    if (missing.empty()) return add(CheckName::elements, CheckResult::pass, codes::ELEMENTS_PRESENT);
    std::string names;
    for (const int number : missing)
      names += concat(names.empty() ? "" : ", ", number, " (", facts.element(number).name, ")");
    add(CheckName::elements, CheckResult::warn, codes::ELEMENT_MISSING,
        concat("of the elements that the policy asks for, the credential lacks ", names));
  }

  // Bodies that the verifier named stand behind the issuer, or the verifier named the issuer itself.
  void check_confirmation(const Did& issuer, const issuer::History* history,
                          const std::optional<recognition::Recognition>& recognition) {
    const auto& trust = policy_.values().trust;
    if (is_trusted(trust, issuer, history))
      return add(CheckName::confirmation, CheckResult::pass, codes::ISSUER_CONFIRMED);
    if (recognition && recognition->outcome >= recognition::Outcome::partly_recognised)
      return add(CheckName::confirmation, CheckResult::pass, codes::ISSUER_CONFIRMED,
                 "bodies that the verifier's policy names stand behind the issuer");
    const std::string_view asked = !recognition ? "" : confirmation_by(recognition->outcome);
    add(CheckName::confirmation, CheckResult::unknown, codes::ISSUER_NOT_CONFIRMED,
        !asked.empty()  ? concat(asked, excerpt(issuer.text()))
        : trust.empty() ? concat("nobody was named who confirms the issuer ", excerpt(issuer.text()))
                        : concat("the issuer ", excerpt(issuer.text()), " is not among the ", trust.size(),
                                 " issuers that the verifier confirms"));
  }

  static std::string_view confirmation_by(recognition::Outcome outcome) {
    if (outcome == recognition::Outcome::not_established)
      return "no body that the verifier's policy names is known to stand behind the issuer ";
    if (outcome == recognition::Outcome::cannot_tell)
      return "it cannot be told whether a body that the verifier's policy names stands behind the issuer ";
    return {};
  }

  static CheckResult result_of(const recognition::Recognition& answer) {
    switch (answer.outcome) {
      case recognition::Outcome::not_asked:
        return CheckResult::not_applicable;
      case recognition::Outcome::not_established:
        return CheckResult::fail;
      case recognition::Outcome::cannot_tell:
        return CheckResult::unknown;
      case recognition::Outcome::partly_recognised:
        return CheckResult::warn;
      case recognition::Outcome::recognised:
        break;
    }
    // With a warning: a link has ended since, a head is old, a level is in no table.
    return answer.code() == Code(codes::RECOGNISED) ? CheckResult::pass : CheckResult::warn;
  }

  void check_recognition(const std::optional<recognition::Recognition>& answer) {
    if (!answer) return;
    std::string sentences;
    for (const auto& note : answer->notes) {
      if (note.sentence.empty()) continue;
      sentences += concat(sentences.empty() ? "" : "; ", note.sentence);
    }
    Check check{CheckName::recognition, result_of(*answer), answer->code(),
                std::move(sentences),   answer->evidence,   std::nullopt};
    for (const auto& age : answer->ages)
      check.age_seconds = std::max(check.age_seconds.value_or(0), age.seconds);
    verdict_.checks.push_back(std::move(check));
    verdict_.recognition = *answer;
  }

  const ReadView view_;
  const Policy& policy_;
  const Presenter& presenter_;
  ObservedIssuers observed_;
  Verdict verdict_;
};

}  // namespace

Result<Verdict> verify_credential(std::string_view credential, const View& view, const Policy& policy,
                                  Timestamp at, Scope scope) {
  return verify_credential(credential, view, policy, at, scope, Presenter{});
}

Result<Verdict> verify_credential(std::string_view credential, const View& view, const Policy& policy,
                                  Timestamp at, Scope scope, const Presenter& presenter) {
  return Pipeline(view, policy, at, presenter).run(credential, scope);
}

}  // namespace vcnode::verify
