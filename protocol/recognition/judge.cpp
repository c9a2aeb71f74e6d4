#include "protocol/recognition/judge.h"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/facts/codes.h"
#include "protocol/facts/normalise.h"
#include "protocol/recognition/candidate.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/endorsements.h"

namespace vcnode::recognition {

using statement::Entry;
using statement::Kind;
using statement::Statement;
using statement::StatementLog;

namespace {

constexpr int kAwardingBody = 4;  // of the 16 elements

struct Contender {
  Outcome outcome;
  std::vector<const Statement*> path;
  Candidate candidate;
};

int rank(const Contender& one) {
  return rank_of_effect(one.candidate.way->effect);
}

// The order of winners.
bool wins(const Contender& a, const Contender& b) {
  if (a.outcome != b.outcome) return a.outcome > b.outcome;
  if (rank(a) != rank(b)) return rank(a) > rank(b);
  if (goes_before(a.path, b.path)) return true;
  return !goes_before(b.path, a.path) && a.candidate.way->anchor < b.candidate.way->anchor;
}

class Judgement {
 public:
  Judgement(const Closure& closure, const Levels& levels, const Query& query, const World& world)
      : closure_(closure), policy_(closure.policy()), query_(query), world_(world) {
    if (!policy_.asks()) return;
    const Timestamp moment = query.facts.awarded.value_or(issue_moment(query.when).value_or(query.at));
    level_ = levels.of(query.facts, moment);
    compare_cycle(level_, query.facts);
  }

  Recognition run() {
    if (!policy_.asks()) {
      add_note(codes::RECOGNITION_NOT_ASKED);
      return std::move(out_);
    }
    find_applicants();
    for (const Applicant& applicant : applicants_)
      for (const auto& [name, body] : closure_.bodies())
        if (body.statements) consider(applicant, body);
    decide();
    finish();
    return std::move(out_);
  }

 private:
  Measure measure() const { return {policy_, query_, level_}; }
  void add_note(Code code, std::string sentence) { out_.notes.push_back({code, std::move(sentence)}); }
  void add_note(Code code) { add_note(code, std::string(code.sentence())); }

  const Holding* held(std::string_view name) {
    asked_.emplace(name);
    return world_.of(name);
  }

  // The issuer itself, or the bodies in whose name it signs.
  void find_applicants() {
    (void)held(query_.issuer);
    const bool own = awards_itself();
    applicants_.push_back({std::string(query_.issuer), nullptr, nullptr, !own});
    if (own) return;
    for (const facts::Organisation& body : query_.facts.awarding_bodies)
      if (body.id.starts_with("did:")) find_mandates(lookup_name_of(body.id));
  }

  // Where no body is named the issuer is taken to award. One that has no DID is compared as the credential's
  // consistency is: by host and name. What cannot be compared is not the issuer, or it would pay to say less.
  bool awards_itself() const {
    const facts::Facts& facts = query_.facts;
    if (facts.awarding_bodies.empty())
      return facts.element(kAwardingBody).state != facts::ElementState::malformed;
    return std::any_of(facts.awarding_bodies.begin(), facts.awarding_bodies.end(),
                       [&](const facts::Organisation& body) {
                         if (facts::lower(std::string_view(body.id).substr(0, 4)) == "did:")
                           return lookup_name_of(body.id) == query_.issuer;
                         return may_be_one(facts.issuer, body);
                       });
  }

  std::string awarding_bodies() const {
    const auto& bodies = query_.facts.awarding_bodies;
    if (bodies.empty()) return "a body that cannot be read";
    const facts::Organisation& first = bodies.front();
    const std::string name = excerpt(first.legal_name.empty() ? first.id : first.legal_name);
    return bodies.size() == 1 ? name : concat(name, " and ", bodies.size() - 1, " more");
  }

  void find_mandates(std::string_view awarding_body) {
    const Holding* holding = held(awarding_body);
    if (holding == nullptr) return;
    StatementLog::Entries entries = holding->statements->of(Kind::delegation, query_.issuer);
    cut_short_ = cut_short_ || entries.size() > kAccreditationsPerPairMax;
    entries.resize(std::min(entries.size(), kAccreditationsPerPairMax));
    for (const Entry* entry : entries)
      applicants_.push_back({std::string(awarding_body), holding->statements, entry->statement.get(), false});
  }

  // What does not fit cannot matter; of those one is kept, the one that would win, to say why not.
  Grants grants_of(const Applicant& applicant, const Body& body) const {
    Grants grants;
    const Statement* outside[2] = {nullptr, nullptr};
    StatementLog::Entries entries = body.statements->of(Kind::accreditation, applicant.name);
    grants.cut_short = entries.size() > kAccreditationsReadMax;
    entries.resize(std::min(entries.size(), kAccreditationsReadMax));
    for (const Entry* entry : entries) {
      const Statement& one = *entry->statement;
      const auto& says = *one.as<statement::Accreditation>();
      const bool negative = says.decision == statement::Decision::negative;
      const auto grade_of = negative ? grade_of_touch : grade_of_fit;
      if (grade_of(says.scope, query_.facts, level_) == Grade::no) {
        const Statement*& kept = outside[negative ? 1 : 0];
        if (kept == nullptr || one.digest < kept->digest) kept = &one;
        continue;
      }
      if (grants.positive.size() + grants.negative.size() == kAccreditationsPerPairMax) {
        grants.cut_short = true;
        break;
      }
      (negative ? grants.negative : grants.positive).push_back({&one, life_of(*body.statements, one)});
    }
    settle(grants, measure());
    const auto keep = [&](const Statement* one) {
      if (one != nullptr) grants.positive.push_back({one, life_of(*body.statements, *one)});
    };
    keep(outside[0]);
    // A refusal alone is worth saying.
    if (grants.positive.empty()) grants.positive = grants.negative;
    if (grants.positive.empty()) keep(outside[1]);
    return grants;
  }

  Closing closing_of(const Applicant& applicant, const Way& way, const Grant& grant) const {
    std::vector<const Statement*> path;
    if (closure_.some_closed()) {
      path = way.path;
      path.push_back(grant.statement);
    }
    return closing_over(applicant.name, path, world_);
  }

  void consider(const Applicant& applicant, const Body& body) {
    if (body.name == applicant.name) return;  // nobody accredits itself
    Grants grants = grants_of(applicant, body);
    if (grants.positive.empty()) return;
    cut_short_ = cut_short_ || grants.cut_short;
    const Grants& kept = grants_.emplace_back(std::move(grants));
    for (const Way& way : body.ways) {
      const Closing closed = closing_of(applicant, way, kept.positive.front());
      for (const Grant& grant : kept.positive) {
        if (out_.steps == kQueryStepsMax) return;
        ++out_.steps;
        weigh({&way, &grant, &kept, &applicant, closed});
      }
    }
  }

  void weigh(const Candidate& candidate) {
    Contender contender{Outcome::not_established, path_of(candidate), candidate};
    switch (assess(candidate, measure(), false).grade) {
      case Grade::no:
        break;
      case Grade::unknown:
        contender.outcome = Outcome::cannot_tell;
        break;
      case Grade::yes:
        contender.outcome = candidate.applicant->for_another || candidate.way->effect == kIdentityOnly
                                ? Outcome::partly_recognised
                                : Outcome::recognised;
    }
    if (!best_ || wins(contender, *best_)) best_ = std::move(contender);
  }

  void decide() {
    out_.outcome = best_ ? best_->outcome : Outcome::not_established;
    if (out_.outcome >= Outcome::partly_recognised && level_.trouble == Code(codes::SEARCH_LIMIT)) {
      out_.outcome = Outcome::cannot_tell;
      return add_note(*level_.trouble, level_.sentence);
    }
    if (out_.outcome >= Outcome::partly_recognised) return found();
    if (out_.outcome == Outcome::cannot_tell) {
      out_.notes = assess(best_->candidate, measure(), true).notes;
      return;
    }
    if (something_is_missing()) return;
    explain_no();
  }

  void found() {
    out_.effect = best_->candidate.way->effect;
    if (best_->candidate.applicant->for_another) {
      add_note(codes::MANDATE_MISSING,
               "no statement of an awarding body that is held lets the issuer sign for it");
      add_note(codes::SIGNER_NOT_AWARDING_BODY,
               concat("the award is by ", awarding_bodies(), ", which the issuer is not shown to be"));
    }
    if (out_.effect == kIdentityOnly) add_note(codes::IDENTITY_ONLY);
    look_beside_the_chain();
    if (!unseen_.empty()) return found_in_part();
    if (!out_.notes.empty()) out_.outcome = Outcome::partly_recognised;
    for (Note& warning : assess(best_->candidate, measure(), true).notes)
      out_.notes.push_back(std::move(warning));
    // Who names no publisher of tables has not asked.
    if (level_.trouble && !policy_.referencing_from.empty()) add_note(*level_.trouble, level_.sentence);
    add_doubtful_levels();
    const std::string qualified = qualification();
    if (out_.notes.empty()) {
      add_note(codes::RECOGNISED,
               concat(codes::RECOGNISED.sentence, qualified.empty() ? "" : " ", qualified));
    } else if (!qualified.empty()) {
      out_.notes.back().sentence += concat("; ", qualified);
    }
  }

  // Of an accreditation that is not simply positive, or not by law.
  std::string qualification() const {
    const statement::Accreditation& says = best_->candidate.grant->says();
    if (says.decision == statement::Decision::positive && says.standing == statement::Standing::obligatory)
      return {};
    return concat("The decision of the accreditation is ", name_of(says.decision), ", its standing is ",
                  name_of(says.standing));
  }

  // As the credential's own consistency is reported: a warning, since an award may be of another country.
  void add_doubtful_levels() {
    for (facts::Finding& finding : check_consistency(query_.facts))
      if (finding.code == Code(codes::NQF_OF_ANOTHER_COUNTRY))
        add_note(finding.code, std::move(finding.message));
  }

  // A chain, but something else that decides cannot be seen.
  void found_in_part() {
    out_.outcome = Outcome::cannot_tell;
    out_.effect.clear();
    out_.notes.insert(out_.notes.begin(), unseen_.begin(), unseen_.end());
  }

  // What the policy asks for besides a chain: without it recognition is partial.
  void look_beside_the_chain() {
    if (level_.mismatch) add_note(*level_.mismatch, level_.mismatch_sentence);
    for (const int number : missing_elements(policy_, query_.facts)) {
      const facts::Element& element = query_.facts.element(number);
      add_note(codes::ELEMENT_MISSING,
               concat("element ", number, ", ", element.name, ", is ", facts::state_name(element.state)));
    }
    if (policy_.endorsements_at_least == 0) return;
    const Provider provider = provider_of({std::string(query_.issuer), best_->candidate.applicant->name},
                                          best_->path, world_, query_.at);
    Endorsed endorsed = endorsed_by(policy_.endorsements_from, query_, level_, provider, world_);
    evidence_.insert(endorsed.evidence.begin(), endorsed.evidence.end());
    out_.endorsed_by = std::move(endorsed.by);
    const auto found = static_cast<std::int64_t>(out_.endorsed_by.size());
    const auto unseen = static_cast<std::int64_t>(endorsed.not_seen.size());
    const std::int64_t least = policy_.endorsements_at_least;
    if (found >= least) return;
    for (const std::string& name : endorsed.untied)
      add_note(codes::ENDORSEMENT_UNTIED,
               concat(excerpt(name), " vouches for ", excerpt(query_.facts.achievement),
                      ", and nothing says that it is the issuer's"));
    if (found + unseen < least)
      return add_note(codes::ENDORSEMENTS_TOO_FEW, concat(found, " of the ", least, " asked for vouch"));
    std::string who;
    for (const std::string& name : endorsed.not_seen) who += concat(who.empty() ? "" : ", ", excerpt(name));
    unseen_.push_back(
        {*endorsed.doubt, concat(found, " of the ", least, " asked for are seen to vouch; what ", who,
                                 " says cannot be looked at or relied on")});
  }

  // Whether a chain may be there that cannot be seen: then nobody can say no.
  bool something_is_missing() {
    const Body* nearest = nullptr;
    const Way* way_there = nullptr;
    for (const auto& [name, body] : closure_.bodies()) {
      if (!is_incomplete(body)) continue;
      const auto way = std::find_if(body.ways.begin(), body.ways.end(),
                                    [&](const Way& one) { return could_lead_on(one, measure()); });
      if (way == body.ways.end()) continue;
      if (way_there != nullptr && !goes_before(way->path, way_there->path)) continue;
      nearest = &body;
      way_there = &*way;
    }
    if (nearest != nullptr) {
      say_what_is_missing(*nearest);
      chain_ = way_there->path;
    } else if (closure_.cut_short() || cut_short_ || out_.steps == kQueryStepsMax) {
      add_note(codes::SEARCH_LIMIT,
               concat(closure_.steps(), " statements and ", out_.steps, " chains were read"));
    } else {
      return false;
    }
    best_.reset();
    out_.outcome = Outcome::cannot_tell;
    return true;
  }

  bool is_too_old(const Body& body) const {
    return body.head_time && policy_.head_age_max_seconds &&
           query_.at.seconds() - body.head_time->seconds() > *policy_.head_age_max_seconds;
  }
  bool is_incomplete(const Body& body) const {
    return !body.statements || body.doubts.any() || is_too_old(body);
  }

  void say_what_is_missing(const Body& body) {
    const std::string who = excerpt(body.did);
    if (!body.statements) return add_note(codes::AUTHORITY_NOT_HELD, who);
    for (const Code code : body.doubts.codes()) add_note(code, concat(who, ": ", code.sentence()));
    if (is_too_old(body)) add_note(codes::HEAD_OLD, who);
  }

  // Of a Recognition that was withdrawn: from when on.
  std::string when_ended(const Statement& one) const {
    const Holding* holding = world_.of(one.issuer());
    if (holding == nullptr || one.kind() != Kind::recognition) return {};
    const Life life = life_of(*holding->statements, one);
    for (const Span& span : life.out.all())
      if (span.from <= query_.at && query_.at < span.to)
        return concat(": withdrawn or suspended from ", span.from.to_string(), ", asked about at ",
                      query_.at.to_string());
    return {};
  }

  void explain_no() {
    if (best_) {
      out_.notes = assess(best_->candidate, measure(), true).notes;
      return;
    }
    std::optional<std::size_t> blocked;
    for (const Applicant& applicant : applicants_)
      for (const auto& [name, behind] : closure_.behind())
        if ((!blocked || behind.blocked < *blocked) &&
            !behind.statements->of(Kind::accreditation, applicant.name).empty())
          blocked = behind.blocked;
    if (blocked) {
      const Blocked& edge = closure_.blocked()[*blocked];
      add_note(edge.code, concat(shown(*edge.statement), when_ended(*edge.statement)));
    }
    const Holding* own = world_.of(query_.issuer);
    if (own != nullptr && !own->statements->of(Kind::accreditation, query_.issuer).empty())
      add_note(codes::SELF_ACCREDITATION);
    add_note(own == nullptr && !blocked ? codes::ISSUER_UNKNOWN : codes::NO_CHAIN);
  }

  void finish() {
    if (best_) chain_ = best_->path;
    if (out_.outcome == Outcome::not_established) chain_.clear();
    if (out_.outcome == Outcome::cannot_tell && policy_.unknown_is_no) {
      out_.outcome = Outcome::not_established;
      chain_.clear();
    }
    for (const Statement* statement : chain_) {
      out_.chain.push_back(
          {statement->digest, statement->kind(), statement->issuer_did, statement->subject_id});
      evidence_.insert(statement->digest);
      add_age(statement->issuer());
    }
    evidence_.insert(level_.evidence.begin(), level_.evidence.end());
    out_.evidence.assign(evidence_.begin(), evidence_.end());
    asked_.insert(closure_.read().begin(), closure_.read().end());
    for (const auto* bodies : {&policy_.referencing_from, &policy_.endorsements_from})
      for (const Did& did : *bodies) asked_.emplace(lookup_name_of(did.text()));
    out_.authorities_read.assign(asked_.begin(), asked_.end());
  }

  void add_age(std::string_view name) {
    const Holding* holding = world_.of(name);
    const auto same = [&](const HeadAge& one) { return one.body == name; };
    if (holding == nullptr || !holding->head_time || std::any_of(out_.ages.begin(), out_.ages.end(), same))
      return;
    const std::int64_t age = query_.at.seconds() - holding->head_time->seconds();
    out_.ages.push_back({std::string(name), std::max<std::int64_t>(age, 0)});
  }

  const Closure& closure_;
  const Policy& policy_;
  const Query& query_;
  const World& world_;
  LevelFact level_;
  std::vector<Applicant> applicants_;
  std::deque<Grants> grants_;  // candidates point into it
  bool cut_short_ = false;     // a limit was reached of what is read about the issuer
  std::optional<Contender> best_;
  std::vector<Note> unseen_;
  std::vector<const Statement*> chain_;
  std::set<Sha256Digest> evidence_;
  std::set<std::string, std::less<>> asked_;
  Recognition out_;
};

}  // namespace

std::string_view name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::not_asked:
      return "not-asked";
    case Outcome::not_established:
      return "not-established";
    case Outcome::cannot_tell:
      return "cannot-tell";
    case Outcome::partly_recognised:
      return "partly-recognised";
    case Outcome::recognised:
      break;
  }
  return "recognised";
}

Recognition judge(const Closure& closure, const Levels& levels, const Query& query, const World& world) {
  VCNODE_ASSERT(closure.holds_at(query.at));
  return Judgement(closure, levels, query, world).run();
}

Recognition judge(std::shared_ptr<const Policy> policy, const Query& query, const World& world) {
  const Levels levels(*policy, world);
  return judge(*Closure::of(std::move(policy), world, query.at), levels, query, world);
}

std::vector<int> missing_elements(const Policy& policy, const facts::Facts& facts) {
  std::vector<int> missing;
  for (const int number : policy.elements) {
    const facts::ElementState state = facts.element(number).state;
    if (state == facts::ElementState::absent || state == facts::ElementState::malformed)
      missing.push_back(number);
  }
  return missing;
}

nlohmann::json to_json(const Recognition& recognition) {
  nlohmann::json chain = nlohmann::json::array();
  for (const Link& link : recognition.chain)
    chain.push_back({{"statement", concat("sha256:", hex_encode(link.statement.view()))},
                     {"kind", type_of(link.kind)},
                     {"from", link.from},
                     {"to", link.to}});
  const auto effect =
      recognition.effect.empty() ? nlohmann::json(nullptr) : nlohmann::json(recognition.effect);
  return {{"outcome", name_of(recognition.outcome)}, {"effect", effect}, {"chain", std::move(chain)}};
}

}  // namespace vcnode::recognition
