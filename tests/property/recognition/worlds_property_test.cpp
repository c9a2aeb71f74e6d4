// What must hold of recognition in any world. Every case looks at kWorldsPerCase worlds: the 100 cases of a
// plain run are 1,000 worlds, RC_PARAMS="max_success=2000" makes 20,000 of each property.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/property/recognition/exhaustive.h"
#include "tests/property/recognition/random_world.h"
#include "tests/support/property.h"

namespace vcnode::test {
namespace {

using recognition::Outcome;
using recognition::Recognition;

constexpr std::uint64_t kWorldsPerCase = 10;

// `holds` says whether the property holds in the world of a seed.
template <class Holds>
void check_worlds(const char* text, Holds holds) {
  CHECK_PROPERTY(text, [&] {
    const auto first = *rc::gen::arbitrary<std::uint64_t>();
    for (std::uint64_t i = 0; i < kWorldsPerCase; ++i) {
      RC_LOG(concat("world of seed ", first + i));
      RC_ASSERT(holds(first + i));
    }
  });
}

// Everything that leaves the judge.
std::string all_of(const Recognition& answer) {
  std::string text = to_json(answer).dump();
  for (const recognition::Note& note : answer.notes)
    text += concat("\n", note.code.slug(), " ", note.sentence);
  for (const std::string& name : answer.authorities_read) text += concat("\n", name);
  return text;
}

void shuffle(RecognitionWorld& world, Rng& rng) {
  for (auto& [did, body] : world.bodies())
    for (std::size_t i = body.entries.size(); i > 1; --i)
      std::swap(body.entries[i - 1], body.entries[rng.below(i)]);
}

bool is_refused(RecognitionWorld& world) {
  const auto refuses = [](const statement::Entry& entry) {
    const auto* says = entry.statement->as<statement::Accreditation>();
    return says != nullptr && says->decision == statement::Decision::negative;
  };
  const auto has_one = [&](const auto& body) {
    return std::any_of(body.second.entries.begin(), body.second.entries.end(), refuses);
  };
  return std::any_of(world.bodies().begin(), world.bodies().end(), has_one);
}

// Properties that hold because nothing ever happens are worth nothing.
TEST_CASE("random worlds have every outcome, chains of every length, and doubts") {
  std::map<Outcome, int> outcomes;
  std::map<std::size_t, int> lengths;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const Recognition answer = RandomWorld(seed).answer();
    ++outcomes[answer.outcome];
    ++lengths[answer.chain.size()];
  }
  for (const Outcome outcome :
       {Outcome::not_established, Outcome::cannot_tell, Outcome::partly_recognised, Outcome::recognised})
    CHECK_MESSAGE(outcomes[outcome] >= 20, name_of(outcome), ": ", outcomes[outcome]);
  for (std::size_t length = 1; length <= 4; ++length)
    CHECK_MESSAGE(lengths[length] >= (length == 4 ? 2 : 10), length, ": ", lengths[length]);
}

TEST_CASE("the order of statements never matters") {
  check_worlds("order", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const std::string before = all_of(random.answer());
    shuffle(random.world, random.rng());
    return all_of(random.answer()) == before;
  });
}

TEST_CASE("two nodes with one view give the same bytes, however what they hold arrived") {
  check_worlds("views", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const std::string whole = all_of(random.answer());
    recognition::MapWorld pieces;
    for (auto& [did, body] : random.world.bodies()) {
      std::vector<statement::Entry> entries = body.entries;
      for (std::size_t i = 0; i < entries.size(); ++i) entries[i].place = {1, i};
      statement::StatementLog log;
      while (!entries.empty()) {  // the newest first, one by one
        log = log.with({entries.back()});
        entries.pop_back();
      }
      statement::Gaps gaps;
      gaps.missing_count = body.missing;
      pieces.put(did, {std::make_shared<const statement::StatementLog>(log.with(gaps)), body.contradicted,
                       body.newer_known, body.head_time});
    }
    const std::string issuer = body_did(random.asked.issuer);
    const recognition::Query query{random.asked.facts, issuer, random.asked.when, random.asked.at};
    const auto policy = std::make_shared<const recognition::Policy>(random.policy);
    return all_of(judge(policy, query, pieces)) == whole;
  });
}

TEST_CASE("the search finds what an exhaustive one finds") {
  check_worlds("exhaustive", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const Recognition answer = random.answer();
    const Recognition naive = exhaustive(random);
    RC_LOG(all_of(answer));
    RC_LOG(all_of(naive));
    return naive.outcome == answer.outcome && naive.chain == answer.chain && naive.effect == answer.effect;
  });
}

TEST_CASE("withdrawing a positive statement never raises an outcome") {
  check_worlds("withdrawing", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const StatementPtr one = random.some_positive();
    if (!random.world.bodies().contains(one->issuer_did)) return true;
    const Outcome before = random.answer().outcome;
    const auto how = static_cast<statement::Ending>(random.rng().below(3));
    random.world.withdraw(one, how, year(2021 + int(random.rng().below(6))));
    return random.answer().outcome <= before;
  });
}

TEST_CASE("narrowing a positive statement never raises an outcome") {
  check_worlds("narrowing", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const StatementPtr one = random.some_positive();
    const Outcome before = random.answer().outcome;
    auto narrowed = std::make_shared<statement::Statement>(*one);
    const statement::Scope narrower = random.scope();
    const auto narrow = [&](statement::Scope& scope) { scope = statement::meet(scope, narrower); };
    if (auto* says = std::get_if<statement::Recognition>(&narrowed->says)) narrow(says->scope);
    if (auto* says = std::get_if<statement::Delegation>(&narrowed->says)) narrow(says->scope);
    if (auto* says = std::get_if<statement::Accreditation>(&narrowed->says)) narrow(says->scope);
    if (random.one_in(2))
      narrowed->until = std::min(narrowed->until.value_or(recognition::kNever), year(2025));
    change_statements(random.world, [&](const StatementPtr& other) {
      return other == one ? StatementPtr(narrowed) : other;
    });
    return random.answer().outcome <= before;
  });
}

TEST_CASE("adding a positive statement never lowers an outcome") {
  check_worlds("adding", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const Outcome before = random.answer().outcome;
    const std::size_t held = random.world.bodies().size();
    random.positive();
    if (random.world.bodies().size() != held) return true;  // another body is held: another world
    return random.answer().outcome >= before;
  });
}

TEST_CASE("what is unknown is never good news, and never bad news") {
  check_worlds("doubting", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const Outcome before = random.answer().outcome;
    auto& bodies = random.world.bodies();
    if (bodies.empty()) return true;
    auto found = bodies.begin();
    std::advance(found, static_cast<std::ptrdiff_t>(random.rng().below(bodies.size())));
    found->second.contradicted = true;
    const Outcome after = random.answer().outcome;
    if (before == Outcome::not_established) return after == before || after == Outcome::cannot_tell;
    return after <= before && after != Outcome::not_established;
  });
}

TEST_CASE(
    "a credential of which less is understood is never better off, nor is one that says it less plainly") {
  check_worlds("understanding", [](std::uint64_t seed) {
    RandomWorld random(seed);
    if (is_refused(random.world)) return true;  // a refusal that is understood less takes back less for sure
    facts::Facts& facts = random.asked.facts;
    facts.issuer = {body_did(random.asked.issuer), "Uni", "EE"};
    const Outcome before = random.answer().outcome;
    const facts::Facts plain = facts;
    const auto worse = [&](const auto& change) {
      facts = plain;
      change();
      const Outcome after =
          random.answer().outcome;  // of a refusal too it may not be known whether it applies
      return after <= before || (before == Outcome::not_established && after == Outcome::cannot_tell);
    };
    const auto awarded_by = [&](const char* id) {
      facts.awarding_bodies = {{id, "University of Zed", "EE"}};
      return random.answer().outcome;
    };
    if (!worse([&] { facts.several = true; }) || !worse([&] { facts.unread.fields = true; }) ||
        !worse([&] { facts.unread.countries = true; }) || !worse([&] { facts.unread.types = true; }) ||
        !worse([&] { facts.types.emplace_back("Degree"); }))
      return false;
    facts = plain;
    const Outcome by_did = awarded_by("did:web:zed.example");
    return by_did <= before && awarded_by("") <= by_did && awarded_by("https://zed.example") <= by_did;
  });
}

TEST_CASE("statements of strangers change neither the answer nor its cost") {
  check_worlds("junk", [](std::uint64_t seed) {
    RandomWorld random(seed);
    const Recognition before = random.answer();
    for (int i = 0; i < 20; ++i) {
      const std::string stranger = concat("stranger", random.rng().below(6));
      random.world.accredit(stranger, "uni", random.scope());
      random.world.delegate(stranger, concat("b", random.rng().below(kWorldBodies)), {}, 8);
      random.world.recognise(stranger, concat("b", random.rng().below(kWorldBodies)), "level-automatic", {},
                             true);
    }
    const Recognition after = random.answer();
    return all_of(after) == all_of(before) && after.steps == before.steps;
  });
}

}  // namespace
}  // namespace vcnode::test
