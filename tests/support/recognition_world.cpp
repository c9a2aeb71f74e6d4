#include "tests/support/recognition_world.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"

namespace vcnode::test {

using statement::Says;

std::string body_did(std::string_view word_or_did) {
  if (word_or_did.find(':') != std::string_view::npos) return std::string(word_or_did);
  return concat("did:web:", word_or_did, ".example");
}

StatementPtr RecognitionWorld::say(std::string_view who, std::string_view about, Says says, Lasting when) {
  statement::Statement one;
  one.id = concat("urn:example:", ++number_);
  one.issuer_did = body_did(who);
  one.subject_id = body_did(about);
  one.digest = sha256(as_bytes(concat(one.issuer_did, one.subject_id, says.index(), one.id)));
  one.from = when.from;
  one.until = when.until;
  one.says = std::move(says);
  auto shared = std::make_shared<const statement::Statement>(std::move(one));
  Body& speaker = body(who);
  speaker.entries.push_back({shared, {1, speaker.entries.size()}});
  return shared;
}

StatementPtr RecognitionWorld::accredit(std::string_view who, std::string_view whom, statement::Scope scope,
                                        Lasting when) {
  return say(who, whom, statement::Accreditation{std::move(scope)}, when);
}

StatementPtr RecognitionWorld::delegate(std::string_view who, std::string_view whom, statement::Scope scope,
                                        int path_length, Lasting when) {
  return say(who, whom, statement::Delegation{std::move(scope), path_length}, when);
}

StatementPtr RecognitionWorld::recognise(std::string_view who, std::string_view whom, std::string effect,
                                         statement::Scope scope, bool transitive, Lasting when) {
  return say(who, whom, statement::Recognition{std::move(scope), std::move(effect), transitive}, when);
}

StatementPtr RecognitionWorld::withdraw(const StatementPtr& one, statement::Ending how, Timestamp from) {
  statement::Withdrawal withdrawal;
  withdrawal.digest = one->digest;
  withdrawal.effect = how;
  withdrawal.effective_from = from;
  return say(one->issuer_did, one->id, std::move(withdrawal), {from, std::nullopt});
}

recognition::MapWorld RecognitionWorld::world() const {
  recognition::MapWorld out;
  for (const auto& [name, body] : bodies_) {
    statement::Gaps gaps;
    gaps.missing_count = body.missing;
    std::vector<statement::Entry> entries = body.entries;
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].place = {1, i};
    auto log = std::make_shared<const statement::StatementLog>(
        statement::StatementLog().with(std::move(entries)).with(std::move(gaps)));
    out.put(name, {std::move(log), body.contradicted, body.newer_known, body.head_time});
  }
  return out;
}

Says agreed(std::string_view agreement, std::string effect) {
  statement::Recognition says{{}, std::move(effect), false};
  says.agreement = std::make_shared<const statement::Agreement>(
      statement::Agreement{concat("urn:agreement:", agreement), sha256(as_bytes(agreement))});
  return says;
}

recognition::Policy anchored(std::string_view word, int recognitions, int delegations) {
  recognition::Policy policy;
  policy.anchors.push_back({body_did(word), {}, recognitions, delegations});
  return policy;
}

facts::Facts micro_credential() {
  facts::Facts facts;
  for (int number = 1; number <= facts::kElementCount; ++number) {
    facts::Element& element = facts.elements[static_cast<std::size_t>(number - 1)];
    element = {number, "an element", number <= facts::kMandatoryElementCount, facts::ElementState::present,
               "/x",   "\"x\""};
  }
  facts.achievement = "https://uni.example/mc/iot";
  facts.countries = {"EE"};
  facts.eqf = 6;
  facts.isced = {"0714"};
  facts.types = {"MicroCredential"};
  facts.setting = "formal";
  facts.ects = 6;
  facts.hours = 160;
  facts.awarded = kAwarded;
  facts.learner = "did:web:learner.example";
  return facts;
}

recognition::Recognition judged(const RecognitionWorld& world, const recognition::Policy& policy,
                                const Asked& asked) {
  const auto map = world.world();
  const std::string issuer(lookup_name_of(body_did(asked.issuer)));
  const recognition::Query query{asked.facts, issuer, asked.when, asked.at};
  return recognition::judge(std::make_shared<const recognition::Policy>(policy), query, map);
}

bool says(const recognition::Recognition& recognition, Code code) {
  return std::any_of(recognition.notes.begin(), recognition.notes.end(),
                     [code](const recognition::Note& note) { return note.code == code; });
}

}  // namespace vcnode::test
