#include "protocol/verify/stack_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/did/lookup_name.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/life.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/recognition_check.h"

namespace vcnode::verify {
namespace {

using Json = nlohmann::json;
using recognition::Grade;
using recognition::Note;
using recognition::Part;

std::string digest_text_of(const Sha256Digest& digest) {
  return "sha256:" + hex_encode(digest.view());
}

const Check* deciding_check_of(const Verdict& verdict) {
  const auto at = std::find_if(verdict.checks.begin(), verdict.checks.end(),
                               [&](const Check& check) { return verdict.code == check.code; });
  return at == verdict.checks.end() ? nullptr : &*at;
}

Note deciding_note(const Verdict& verdict) {
  const Code code = verdict.code.value_or(codes::ISSUER_NOT_CONFIRMED);
  const Check* check = deciding_check_of(verdict);
  return {code, check == nullptr || check->detail.empty() ? std::string(code.sentence()) : check->detail};
}

bool is_confirmed(const Verdict& verdict) {
  return std::any_of(verdict.checks.begin(), verdict.checks.end(), [](const Check& check) {
    return check.check == CheckName::confirmation && check.result == CheckResult::pass;
  });
}

// Something is wrong with it that is no matter of dates of revocation.
bool fails_besides(const Verdict& verdict) {
  return std::any_of(verdict.checks.begin(), verdict.checks.end(), [](const Check& check) {
    return check.result == CheckResult::fail && check.check != CheckName::status &&
           check.check != CheckName::recognition;
  });
}

// What counts is what bodies stand behind; where the verifier's policy asks nothing of them, its own word.
void judge_part(const Verdict& verdict, Part& part) {
  part.recognition = verdict.recognition;
  if (part.recognition.outcome == recognition::Outcome::not_asked) {
    part.recognition.outcome =
        is_confirmed(verdict) ? recognition::Outcome::recognised : recognition::Outcome::cannot_tell;
    part.recognition.notes = {is_confirmed(verdict) ? Note{codes::ISSUER_CONFIRMED, {}}
                                                    : Note{codes::ISSUER_NOT_CONFIRMED, {}}};
  }
  if (verdict.outcome == Outcome::not_valid) {
    part.revoked = verdict.code == Code(codes::STATUS_REVOKED);
    if (part.revoked && !fails_besides(verdict)) return;
    part.recognition.outcome = recognition::Outcome::not_established;
    part.recognition.notes = {deciding_note(verdict)};
  } else if (verdict.outcome == Outcome::cannot_tell &&
             !(verdict.recognition.outcome == recognition::Outcome::cannot_tell &&
               verdict.code == verdict.recognition.code())) {
    part.unknown = deciding_note(verdict);
  }
}

// By what others may name it, besides the digest of its bytes.
std::vector<Sha256Digest> other_digests_of(const credential::Credential& credential) {
  std::string unsecured;
  jcs::append_object_without(unsecured, credential.root(), "proof");
  return {sha256(as_bytes(jcs::canonicalize(credential.root()))), sha256(as_bytes(unsecured))};
}

// Of the list in which the revocation stands; of one that was only observed it is not known.
std::optional<Timestamp> revoked_by(const Verdict& verdict, const View& view) {
  const auto feed = verdict.issuer_did ? view.feed_of(*verdict.issuer_did) : nullptr;
  if (feed == nullptr || !verdict.status_list) return std::nullopt;
  const auto at = feed->status_lists.find(*verdict.status_list);
  if (at == feed->status_lists.end() || at->second.list == nullptr) return std::nullopt;
  return at->second.list->not_before;
}

Part part_of(std::string_view text, const Verdict& verdict, const View& view) {
  Part part;
  part.digest = verdict.credential;
  part.when = {verdict.issued_at, verdict.issued_at_proven ? verdict.issued_at : std::optional<Timestamp>()};
  if (verdict.issuer_did) part.issuer = lookup_name_of(*verdict.issuer_did);
  judge_part(verdict, part);
  if (part.revoked) part.revoked_by = revoked_by(verdict, view);
  const auto credential = credential::Credential::parse(text);
  part.readable = credential.has_value();
  if (!credential) return part;
  part.id = credential->id().value_or("");
  part.other_digests = other_digests_of(*credential);
  if (auto facts = facts::read_facts(credential->root())) {
    part.facts = *std::move(facts);
  } else {
    part.readable = false;
    if (!part.unknown) part.unknown = Note{facts.error().code, facts.error().message};
  }
  return part;
}

Check rule_check_of(CheckResult result, Code code, std::string detail) {
  return {CheckName::recognition, result, code, std::move(detail), {}, std::nullopt};
}

// Whether the rule is in force, and what is held of its signer can be relied on.
Check check_rule(const StackQuestion& question, const View& view, const Policy& policy) {
  const statement::Statement& rule = *question.rule;
  const ViewWorld world(view);
  const auto* held = world.of(rule.issuer());
  if (held == nullptr || held->statements->by_digest(rule.digest) == nullptr)
    return rule_check_of(CheckResult::unknown, codes::AUTHORITY_NOT_HELD, excerpt(rule.issuer_did));
  const auto unsure = [&](Code code) {
    return rule_check_of(CheckResult::unknown, code, excerpt(rule.issuer_did));
  };
  if (held->contradicted) return unsure(codes::EQUIVOCATION_SEEN);
  const auto life =
      recognition::life_of(*held->statements, rule).holds_at(question.awarded.value_or(question.at));
  if (life.grade == Grade::no)
    return rule_check_of(CheckResult::fail, life.code.value_or(codes::NOT_IN_FORCE), excerpt(rule.id));
  if (life.grade == Grade::unknown) return unsure(life.code.value_or(codes::NOT_IN_FORCE));
  if (held->newer_known) return unsure(codes::NEWER_HEAD_UNAVAILABLE);
  if (held->statements->gaps().missing_count > 0) return unsure(codes::STATEMENTS_MISSING);
  const auto oldest = policy.values().head_age_max_seconds;
  if (oldest && held->head_time && held->head_time->plus_seconds(*oldest) < question.at)
    return unsure(codes::HEAD_OLD);
  return rule_check_of(CheckResult::pass, codes::STACK_RULE_IN_FORCE, {});
}

// Under a rule that does not count nothing adds up; under one of which that cannot be told nothing does for
// sure.
void apply_rule_check(const Check& rule, recognition::Stack& stack) {
  const Note why{rule.code, rule.detail};
  if (rule.result == CheckResult::fail) return stack.refuse(why);
  if (rule.result != CheckResult::unknown) return;
  stack.notes.insert(stack.notes.begin(), why);
  if (stack.outcome == recognition::Outcome::recognised) stack.outcome = recognition::Outcome::cannot_tell;
}

Json totals_json(const recognition::Totals& totals) {
  return {{"counted", totals.counted.number()},
          {"unknown", totals.unknown.number()},
          {"rejected", totals.rejected.number()},
          {"needed", totals.needed ? Json(totals.needed->number()) : Json()}};
}

std::string_view result_word(Grade grade) {
  return name_of(grade == Grade::yes  ? CheckResult::pass
                 : grade == Grade::no ? CheckResult::fail
                                      : CheckResult::unknown);
}

Json codes_json(const std::vector<Note>& notes) {
  Json out = Json::array();
  for (const Note& note : notes) out.push_back(note.code.slug());
  return out;
}

Json time_json(const std::optional<Timestamp>& time) {
  return time ? Json(time->to_string()) : Json();
}

}  // namespace

std::string RuleName::text() const {
  return id ? *id : digest ? digest_text_of(*digest) : std::string();
}

std::shared_ptr<const statement::Statement> rule_in(const feed::FeedSnapshot& feed, const RuleName& name) {
  if (feed.statements == nullptr) return nullptr;
  const statement::Entry* found = name.digest ? feed.statements->by_digest(*name.digest)
                                  : name.id   ? feed.statements->by_id(*name.id)
                                              : nullptr;
  if (found == nullptr || found->statement->as<statement::StackRule>() == nullptr) return nullptr;
  return found->statement;
}

Result<StackVerdict> verify_stack(const StackQuestion& question, const View& view, const Policy& policy) {
  VCNODE_ASSERT(question.rule != nullptr && question.rule->as<statement::StackRule>() != nullptr);
  VCNODE_ASSERT(question.components.size() <= kComponentsMax);
  std::vector<Part> parts;
  std::vector<Verdict> verdicts;
  for (const std::string& text : question.components) {
    VCNODE_TRY(auto verdict, verify_credential(text, view, policy, question.at));
    parts.push_back(part_of(text, verdict, view));
    verdicts.push_back(std::move(verdict));
  }
  std::string learner = question.learner;
  for (const Part& part : parts)
    if (learner.empty()) learner = part.facts.learner;
  Check rule_check = check_rule(question, view, policy);
  auto stack = recognition::stack(*question.rule->as<statement::StackRule>(), std::move(parts),
                                  {std::move(learner), question.awarded, question.at});
  apply_rule_check(rule_check, stack);
  return StackVerdict{question.rule,       std::move(rule_check), std::move(stack),
                      std::move(verdicts), question.awarded,      question.at};
}

Outcome StackVerdict::outcome() const {
  if (rule_check.result == CheckResult::fail) return Outcome::not_valid;
  if (stack.outcome != recognition::Outcome::recognised && stack.outcome != recognition::Outcome::cannot_tell)
    return Outcome::not_valid;
  if (rule_check.result == CheckResult::unknown) return Outcome::cannot_tell;
  if (stack.outcome == recognition::Outcome::recognised) return Outcome::valid;
  const bool only_issuers = std::all_of(stack.parts.begin(), stack.parts.end(), [](const auto& part) {
    return part.grade != Grade::unknown ||
           (part.notes.size() == 1 && part.notes.front().code == Code(codes::ISSUER_NOT_CONFIRMED));
  });
  return only_issuers ? Outcome::issuer_not_confirmed : Outcome::cannot_tell;
}

std::string StackVerdict::headline() const {
  if (rule_check.result == CheckResult::fail)
    return concat("The rule does not count: ", rule_check.code.sentence());
  switch (outcome()) {
    case Outcome::valid:
      return concat("Complete: ", stack.summary());
    case Outcome::not_valid:
      return concat("Not complete: ", stack.summary());
    case Outcome::issuer_not_confirmed:
      return concat("Cannot tell, because nobody you trust confirms the issuers: ", stack.summary());
    case Outcome::cannot_tell:
      break;
  }
  if (rule_check.result == CheckResult::unknown)
    return concat("Cannot tell whether the rule counts: ", stack.summary());
  return concat("Cannot tell: ", stack.summary());
}

nlohmann::json StackVerdict::to_json() const {
  Json clauses = Json::array();
  for (const auto& clause : stack.clauses)
    clauses.push_back({{"needed", clause.needed}, {"filled", clause.filled}, {"possible", clause.possible}});
  Json components_json = Json::array();
  for (const auto& part : stack.parts)
    components_json.push_back({{"credential", digest_text_of(part.digest)},
                               {"result", result_word(part.grade)},
                               {"ects", part.ects.number()},
                               {"codes", codes_json(part.notes)}});
  return {{"at", at.to_string()},
          {"awarded", time_json(awarded)},
          {"verdict", name_of(outcome())},
          {"outcome", recognition::name_of(stack.outcome)},
          {"summary", stack.summary()},
          {"rule",
           {{"id", rule->id},
            {"digest", digest_text_of(rule->digest)},
            {"issuer", rule->issuer_did},
            {"target", rule->as<statement::StackRule>()->target},
            {"result", name_of(rule_check.result)},
            {"code", rule_check.code.slug()}}},
          {"ects", totals_json(stack.ects)},
          {"ectsAtLevel", stack.ects_at_level.needed ? totals_json(stack.ects_at_level) : Json()},
          {"clauses", std::move(clauses)},
          {"components", std::move(components_json)},
          {"codes", codes_json(stack.notes)}};
}

nlohmann::json StackVerdict::messages() const {
  Json out = Json::array();
  const auto add = [&out](Code code, const std::string& sentence) {
    out.push_back(
        {{"code", code.slug()}, {"sentence", sentence.empty() ? std::string(code.sentence()) : sentence}});
  };
  add(rule_check.code, rule_check.detail);
  for (const Note& note : stack.notes)
    if (note.code != rule_check.code || note.sentence != rule_check.detail) add(note.code, note.sentence);
  return out;
}

}  // namespace vcnode::verify
