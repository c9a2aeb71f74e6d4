// What components add up to.
#include "protocol/recognition/stacking.h"

#include "crypto/hash.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::Grade;
using recognition::Outcome;
using recognition::Part;
using recognition::stack;
using recognition::Stack;
using statement::StackRule;

std::string course(std::string_view name) {
  return concat("https://uni.example/mc/", name);
}

Part part(std::string_view name, double ects) {
  Part out;
  out.digest = sha256(as_bytes(name));
  out.id = concat("urn:credential:", name);
  out.issuer = body_did("uni");
  out.facts = micro_credential();
  out.facts.achievement = course(name);
  out.facts.ects = ects;
  out.when = {kAwarded, std::nullopt};
  out.recognition.outcome = Outcome::recognised;
  out.recognition.notes = {{codes::RECOGNISED, ""}};
  return out;
}

// Twelve credits of a and b and one of c or d.
StackRule rule() {
  StackRule out;
  out.target = course("whole");
  out.clauses = {{2, {course("a"), course("b")}}, {1, {course("c"), course("d")}}};
  out.min_ects = 12;
  return out;
}

const recognition::Whole kNew{"", std::nullopt, kJudgedAt};

bool has_code(const Stack& stack, Code code) {
  const auto same = [code](const recognition::Note& note) { return same_code(note.code, code); };
  return std::any_of(stack.notes.begin(), stack.notes.end(), same);
}

TEST_CASE("components that fill every clause and have the credits are the whole") {
  const Stack done = stack(rule(), {part("a", 6), part("b", 3), part("d", 3)}, kNew);
  CHECK(done.outcome == Outcome::recognised);
  CHECK(has_code(done, codes::STACK_COMPLETE));
  CHECK(done.summary() == "12 of 12 ECTS");
}

TEST_CASE("what is not sure is counted apart") {
  std::vector<Part> parts = {part("a", 6), part("b", 3), part("d", 3)};
  parts[2].unknown = recognition::Note{codes::HEAD_OLD, "old"};
  const Stack open = stack(rule(), parts, kNew);
  CHECK(open.outcome == Outcome::cannot_tell);
  CHECK(open.summary() == "9 of 12 ECTS, 3 unknown: HEAD_OLD; 0 of 1 of a clause");
  CHECK(open.ects.unknown == 3);
  CHECK(open.clauses[1].possible == 1);
  parts[2].recognition.outcome = Outcome::not_established;
  const Stack partial = stack(rule(), parts, kNew);
  CHECK(partial.outcome == Outcome::partly_recognised);
  CHECK(has_code(partial, codes::STACK_INCOMPLETE));
  CHECK(partial.ects.rejected == 3);
  CHECK(stack(rule(), {}, kNew).outcome == Outcome::not_established);
}

TEST_CASE("places are filled as well as they can be") {
  StackRule both;
  both.clauses = {{1, {course("a"), course("b")}}, {1, {course("a")}}};
  // Whichever comes first, a has to go where only it fits.
  CHECK(stack(both, {part("a", 3), part("b", 3)}, kNew).outcome == Outcome::recognised);
  CHECK(stack(both, {part("a", 3)}, kNew).outcome == Outcome::partly_recognised);
}

TEST_CASE("a component counts once, however it comes") {
  StackRule any;
  any.min_ects = 12;
  Stack twice = stack(any, {part("a", 6), part("a", 6)}, kNew);
  CHECK(twice.ects.counted == 6);
  CHECK(has_code(twice, codes::STACK_COUNTED_TWICE));
  Part outer = part("whole", 9);
  outer.facts.components = {{"", part("a", 6).digest}, {"urn:credential:b", std::nullopt}};
  twice = stack(any, {part("a", 6), outer, part("b", 3)}, kNew);
  CHECK(twice.ects.counted == 9);
  outer.recognition.outcome = Outcome::not_established;  // then what is inside counts by itself
  CHECK(stack(any, {part("a", 6), outer, part("b", 3)}, kNew).ects.counted == 9);
  Part cycle = part("a", 6);
  cycle.facts.components = {{"urn:credential:b", std::nullopt}};
  Part back = part("b", 6);
  back.facts.components = {{"urn:credential:a", std::nullopt}};
  CHECK(stack(any, {cycle, back}, kNew).ects.counted == 6);
}

TEST_CASE("hours are never added to credits") {
  StackRule any;
  any.min_ects = 6;
  Part hours = part("a", 0);
  hours.facts.ects.reset();
  hours.facts.hours = 300;
  const Stack mixed = stack(any, {hours, part("b", 3)}, kNew);
  CHECK(mixed.ects.counted == 3);
  CHECK(mixed.outcome == Outcome::partly_recognised);
  CHECK(has_code(mixed, codes::STACK_CREDITS_MIXED));
}

TEST_CASE("another learner may be the same person: it cannot be told") {
  StackRule any;
  any.min_ects = 6;
  Part other = part("b", 3);
  other.facts.learner = "did:web:somebody.example";
  const Stack open = stack(any, {part("a", 3), other}, {"did:web:learner.example", std::nullopt, kJudgedAt});
  CHECK(open.outcome == Outcome::cannot_tell);
  CHECK(has_code(open, codes::STACK_LEARNER_UNKNOWN));
}

TEST_CASE("the rule's own limits") {
  StackRule strict;
  strict.min_ects = 3;
  strict.issuers = statement::Names{body_did("vet")};
  CHECK(has_code(stack(strict, {part("a", 3)}, kNew), codes::STACK_ISSUER_NOT_ALLOWED));
  strict.issuers.reset();
  strict.max_age_months = 12;
  CHECK(has_code(stack(strict, {part("a", 3)}, kNew), codes::STACK_COMPONENT_OLD));
  CHECK(stack(strict, {part("a", 3)}, {"", kAwarded, kJudgedAt}).outcome == Outcome::recognised);
  strict.max_age_months.reset();
  strict.min_ects_at_level = StackRule::AtLevel{7, 3};
  const Stack low = stack(strict, {part("a", 3)}, kNew);
  CHECK(low.outcome == Outcome::partly_recognised);
  CHECK(low.ects_at_level.rejected == 3);
  strict.min_ects_at_level.reset();
  strict.overlap = false;
  Part a = part("a", 3);
  Part b = part("b", 6);
  a.facts.skills = {"http://data.europa.eu/esco/skill/1"};
  b.facts.skills = {"http://data.europa.eu/esco/skill/1", "http://data.europa.eu/esco/skill/2"};
  const Stack overlapping = stack(strict, {a, b}, kNew);
  CHECK(overlapping.ects.counted == 6);
  CHECK(has_code(overlapping, codes::STACK_OVERLAP));
}

TEST_CASE("a component revoked after the whole was awarded is a warning") {
  StackRule any;
  any.min_ects = 3;
  Part gone = part("a", 3);
  gone.revoked = true;
  const Stack later = stack(any, {gone}, {"", kAwarded, kJudgedAt});
  CHECK(later.outcome == Outcome::recognised);
  CHECK(has_code(later, codes::STACK_COMPONENT_REVOKED));
  CHECK(stack(any, {gone}, kNew).outcome == Outcome::not_established);
}

}  // namespace
}  // namespace vcnode::test
