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
  CHECK(open.ects.unknown.number() == 3);
  CHECK(open.clauses[1].possible == 1);
  parts[2].recognition.outcome = Outcome::not_established;
  const Stack partial = stack(rule(), parts, kNew);
  CHECK(partial.outcome == Outcome::partly_recognised);
  CHECK(has_code(partial, codes::STACK_INCOMPLETE));
  CHECK(partial.ects.rejected.number() == 3);
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
  CHECK(twice.ects.counted.number() == 6);
  CHECK(has_code(twice, codes::STACK_COUNTED_TWICE));
  Part outer = part("whole", 9);
  outer.facts.components = {{"", part("a", 6).digest}, {"urn:credential:b", std::nullopt}};
  twice = stack(any, {part("a", 6), outer, part("b", 3)}, kNew);
  CHECK(twice.ects.counted.number() == 9);
  outer.recognition.outcome = Outcome::not_established;  // then what is inside counts by itself
  CHECK(stack(any, {part("a", 6), outer, part("b", 3)}, kNew).ects.counted.number() == 9);
  Part cycle = part("a", 6);
  cycle.facts.components = {{"urn:credential:b", std::nullopt}};
  Part back = part("b", 6);
  back.facts.components = {{"urn:credential:a", std::nullopt}};
  CHECK(stack(any, {cycle, back}, kNew).ects.counted.number() == 6);
}

TEST_CASE("hours are never added to credits") {
  StackRule any;
  any.min_ects = 6;
  Part hours = part("a", 0);
  hours.facts.ects.reset();
  hours.facts.hours = 300;
  const Stack mixed = stack(any, {hours, part("b", 3)}, kNew);
  CHECK(mixed.ects.counted.number() == 3);
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
  CHECK(low.ects_at_level.rejected.number() == 3);
  strict.min_ects_at_level.reset();
  strict.overlap = false;
  Part a = part("a", 3);
  Part b = part("b", 6);
  a.facts.skills = {"http://data.europa.eu/esco/skill/1"};
  b.facts.skills = {"http://data.europa.eu/esco/skill/1", "http://data.europa.eu/esco/skill/2"};
  const Stack overlapping = stack(strict, {a, b}, kNew);
  CHECK(overlapping.ects.counted.number() == 6);
  CHECK(has_code(overlapping, codes::STACK_OVERLAP));
}

TEST_CASE("credits are exact decimals") {
  StackRule any;
  any.min_ects = 9.9;
  const Stack done = stack(any, {part("a", 3.3), part("b", 3.3), part("c", 3.3)}, kNew);
  CHECK(done.outcome == Outcome::recognised);
  CHECK(done.summary() == "9.9 of 9.9 ECTS");
  CHECK(done.ects.counted.number() == 9.9);
  any.min_ects = 0.3;
  CHECK(stack(any, {part("a", 0.1), part("b", 0.1), part("c", 0.1)}, kNew).outcome == Outcome::recognised);
  any.min_ects = 10;
  CHECK(stack(any, {part("a", 3.33), part("b", 3.33), part("c", 3.33)}, kNew).summary() == "9.99 of 10 ECTS");
  // Finer than a millionth: never more than was stated.
  any.min_ects = 1;
  CHECK(stack(any, {part("a", 0.9999999)}, kNew).summary() == "0.999999 of 1 ECTS");
  any.min_ects = 3.0000001;
  CHECK(stack(any, {part("a", 3)}, kNew).summary() == "3 of 3.000001 ECTS");
  any.min_ects = 1'000'000;
  CHECK(stack(any, {part("a", 1'000'000)}, kNew).outcome == Outcome::recognised);
}

TEST_CASE("an achievement that was certified again is the same one") {
  StackRule three;
  three.clauses = {{3, {course("a"), course("b"), course("c")}}};
  three.min_ects = 9;
  Part again = part("b again", 3);
  again.facts.achievement = course("b");
  const Stack two = stack(three, {part("a", 3), part("b", 3), again}, kNew);
  CHECK(two.outcome == Outcome::partly_recognised);
  CHECK(two.summary() == "6 of 9 ECTS; 2 of 3 of a clause");
  CHECK(has_code(two, codes::STACK_COUNTED_TWICE));
  CHECK(stack(three, {part("a", 3), part("b", 3), again, part("c", 3)}, kNew).outcome == Outcome::recognised);
  // The one that counts for more.
  again.facts.ects = 4;
  CHECK(stack(three, {part("b", 3), again}, kNew).ects.counted.number() == 4);
}

TEST_CASE("a credential is known by each of its names") {
  StackRule any;
  any.min_ects = 12;
  const auto reformatted = [] {
    Part out = part("a", 6);
    out.digest = sha256(as_bytes("other white space"));
    out.other_digests = {part("a", 6).digest};
    return out;
  };
  const auto twice = [&any](Part one, Part other) {
    one.facts.achievement = course("1");
    other.facts.achievement = course("2");
    const Stack stacked = stack(any, {std::move(one), std::move(other)}, kNew);
    return has_code(stacked, codes::STACK_COUNTED_TWICE) && stacked.ects.counted.number() == 6;
  };
  Part nameless = reformatted();
  nameless.id.clear();
  CHECK(twice(part("a", 6), nameless));  // by the digest of its JCS form
  nameless.other_digests.clear();
  CHECK_FALSE(twice(part("a", 6), nameless));
  Part resigned = part("b", 6);
  resigned.id = part("a", 6).id;
  CHECK(twice(part("a", 6), resigned));  // by issuer and id
  resigned.issuer = body_did("vet");
  CHECK_FALSE(twice(part("a", 6), resigned));
  Part outer = part("whole", 6);
  outer.facts.components = {{"", part("a", 6).digest}};
  CHECK(twice(outer, reformatted()));
  outer.facts.components = {{part("a", 6).id, sha256(as_bytes("the bytes before"))}};
  CHECK(twice(outer, reformatted()));
}

TEST_CASE("what two components both contain counts once") {
  StackRule both;
  both.clauses = {{1, {course("a")}}, {1, {course("b")}}};
  both.min_ects = 12;
  Part a = part("a", 6);
  Part b = part("b", 6);
  const Part inner = part("inner", 6);
  a.facts.components = b.facts.components = {{inner.id, inner.digest}};
  for (const std::vector<Part>& parts : {std::vector<Part>{a, b}, std::vector<Part>{a, b, inner}}) {
    const Stack shared = stack(both, parts, kNew);
    CHECK(shared.outcome == Outcome::partly_recognised);
    CHECK(shared.ects.counted.number() == 6);
    CHECK(has_code(shared, codes::STACK_COUNTED_TWICE));
  }
}

TEST_CASE("what is not at hand may be any other component") {
  StackRule both;
  both.clauses = {{1, {course("a")}}, {1, {course("b")}}};
  both.min_ects = 12;
  const Part inner = part("a", 3);
  Part middle = part("middle", 3);
  middle.facts.components = {{inner.id, inner.digest}};
  Part outer = part("b", 9);
  outer.facts.components = {{middle.id, middle.digest}};
  const Stack all = stack(both, {inner, middle, outer}, kNew);
  CHECK(all.summary() == "9 of 12 ECTS; 0 of 1 of a clause");
  CHECK(has_code(all, codes::STACK_COUNTED_TWICE));
  const Stack withheld = stack(both, {inner, outer}, kNew);
  CHECK(withheld.outcome == Outcome::cannot_tell);
  CHECK(withheld.ects.counted.number() == 3);
  CHECK(has_code(withheld, codes::STACK_PARTS_NOT_AT_HAND));
  CHECK(withheld.summary() == "3 of 12 ECTS, 9 unknown: STACK_PARTS_NOT_AT_HAND; 0 of 1 of a clause");
  StackRule nine;
  nine.min_ects = 9;
  CHECK(stack(nine, {outer}, kNew).outcome == Outcome::recognised);  // it stands alone
  // Anybody can write an id: a file that nobody stands behind is not the middle one.
  Part forged = middle;
  forged.digest = sha256(as_bytes("forged"));
  forged.facts.components.clear();
  forged.recognition.outcome = Outcome::not_established;
  CHECK(stack(both, {inner, forged, outer}, kNew).outcome == Outcome::cannot_tell);
  // Nor is one whose own components cannot be read.
  Part unreadable = middle;
  unreadable.facts.components.clear();
  unreadable.facts.elements[14].state = facts::ElementState::malformed;
  CHECK(stack(both, {inner, unreadable, outer}, kNew).outcome == Outcome::cannot_tell);
  unreadable.facts.elements[14].state = facts::ElementState::present;
  unreadable.readable = false;
  CHECK(stack(both, {inner, unreadable, outer}, kNew).outcome == Outcome::cannot_tell);
  Part nameless = part("b", 9);
  nameless.facts.components = {{"", std::nullopt}};
  CHECK(stack(both, {inner, nameless}, kNew).outcome == Outcome::cannot_tell);
}

TEST_CASE("outcomes in words overlap like skills") {
  StackRule strict;
  strict.min_ects = 6;
  strict.overlap = false;
  const auto taught = [](std::string_view name, std::string_view outcomes) {
    Part out = part(name, 3);
    out.facts.elements[5].value = outcomes;
    return out;
  };
  const Stack same = stack(strict,
                           {taught("a", R"([{"text":{"en":"Welds a joint"}}])"),
                            taught("b", R"([{"text":{"de":"Schweißt","en":" welds  a joint"}}])")},
                           kNew);
  CHECK(same.ects.counted.number() == 3);
  CHECK(has_code(same, codes::STACK_OVERLAP));
  const Part welding = taught("a", R"([{"text":{"en":"Welds a joint"}}])");
  CHECK(stack(strict, {welding, taught("b", R"([{"text":{"en":"Cuts a sheet"}}])")}, kNew).outcome ==
        Outcome::recognised);
  const Stack silent = stack(strict, {welding, taught("b", "null")}, kNew);
  CHECK(silent.outcome == Outcome::cannot_tell);
  CHECK(has_code(silent, codes::FACT_MISSING));
}

TEST_CASE("what is missing at the level is said") {
  StackRule high;
  high.min_ects = 6;
  high.min_ects_at_level = StackRule::AtLevel{6, 4};
  Part low = part("a", 3);
  low.facts.eqf = 5;
  CHECK(stack(high, {low, part("b", 3)}, kNew).summary() ==
        "6 of 6 ECTS; 3 of 4 ECTS at EQF level 6 or above");
}

TEST_CASE("a revocation counts from the list in which it stands; before, it cannot be told") {
  StackRule any;
  any.min_ects = 3;
  Part gone = part("a", 3);
  gone.revoked = true;
  CHECK(stack(any, {gone}, kNew).outcome == Outcome::not_established);
  const recognition::Whole awarded{"", kAwarded.plus_seconds(100), kJudgedAt};
  const auto when = [&](std::optional<Timestamp> list) {
    gone.revoked_by = list;
    return stack(any, {gone}, awarded);
  };
  const Stack before = when(awarded.awarded);
  CHECK(before.outcome == Outcome::not_established);
  CHECK(has_code(before, codes::STACK_COMPONENT_REVOKED));
  for (const auto& list : {std::optional(awarded.awarded->plus_seconds(1)), std::optional<Timestamp>()}) {
    const Stack open = when(list);
    CHECK(open.outcome == Outcome::cannot_tell);
    CHECK(has_code(open, codes::STACK_REVOCATION_UNDATED));
  }
}

TEST_CASE("nothing is awarded out of what was issued later") {
  StackRule any;
  any.min_ects = 3;
  const Stack later = stack(any, {part("a", 3)}, {"", kAwarded.plus_seconds(-1), kJudgedAt});
  CHECK(later.outcome == Outcome::not_established);
  CHECK(has_code(later, codes::STACK_COMPONENT_LATER));
  CHECK(stack(any, {part("a", 3)}, {"", kAwarded, kJudgedAt}).outcome == Outcome::recognised);
  Part undated = part("a", 3);
  undated.when = {};
  const Stack open = stack(any, {undated}, {"", kAwarded, kJudgedAt});
  CHECK(open.outcome == Outcome::cannot_tell);
  CHECK(has_code(open, codes::FACT_MISSING));
}

TEST_CASE("under a rule that does not count nothing adds up") {
  Stack done = stack(rule(), {part("a", 6), part("b", 3), part("d", 3)}, kNew);
  done.refuse({codes::NOT_IN_FORCE, "ended"});
  CHECK(done.outcome == Outcome::not_established);
  CHECK(done.summary() == "0 of 12 ECTS; 0 of 2 of a clause; 0 of 1 of a clause");
  CHECK(done.ects.rejected.number() == 12);
  CHECK(done.notes.size() == 1);
  for (const auto& one : done.parts) CHECK(one.grade == Grade::no);
}

}  // namespace
}  // namespace vcnode::test
