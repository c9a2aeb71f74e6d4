// Random histories with rotations, thefts, gaps, deactivations and disputes; random credentials with and
// without time batches; and a naive model of "was this key the issuer's at the time?" (design/network.md,
// rules 1 to 6).
#include <algorithm>
#include <set>

#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/verify/organisation.h"

namespace vcnode::verify {
namespace {

using namespace world;

constexpr std::int64_t kDay = 86'400;

// One version, as the model has it.
struct Model {
  Timestamp time;
  std::string name;      // of the one assertion method; empty: none
  std::uint8_t key = 0;  // its key
  bool deactivated = false;
  std::vector<std::pair<std::uint8_t, Timestamp>> stolen;  // that this version declares
};

struct Branch {
  Organisation made;
  std::vector<Model> versions = {{day(0), "#sig1", kFirstAssertionKey, false, {}}};

  void grow() {
    Model next = versions.back();
    next.time = day(static_cast<std::int64_t>(versions.size()));
    next.stolen.clear();
    const int what = *rc::gen::inRange(0, 8);
    if (what < 3) {
      next.name = concat("#sig", *rc::gen::inRange(1, 4));
      next.key = *rc::gen::inRange<std::uint8_t>(101, 105);
      made.rotate(next.name, next.key);
    } else if (what < 5) {
      const auto key = *rc::gen::inRange<std::uint8_t>(101, 105);
      const Timestamp since = day(*rc::gen::inRange(-1, 8), *rc::gen::inRange(0, 3) * kDay / 3);
      next.stolen.emplace_back(key, since);
      made.compromise(key, since);
    } else if (what == 5) {
      next.name.clear();
      made.add([](Json& document) { document["assertionMethod"] = Json::array(); });
    } else {
      made.add({}, {{"ttl", *rc::gen::inRange(1, 1000)}});
    }
    versions.push_back(std::move(next));
  }
};

struct World {
  Branch branch;                  // of which a dispute leaves what stands before `parted`
  std::optional<Branch> other;    // the other side
  std::size_t parted = SIZE_MAX;  // versions that count
  History history;

  [[nodiscard]] std::vector<Model> counting() const {
    const auto count = std::min(parted, branch.versions.size());
    return {branch.versions.begin(), branch.versions.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  [[nodiscard]] std::vector<Model> siblings() const {
    if (!other) return {};
    return {branch.versions.back(), other->versions.back()};
  }
};

World random_world() {
  World world;
  const int count = *rc::gen::inRange(0, 7);
  for (int i = 0; i < count; ++i) world.branch.grow();
  const int ending = *rc::gen::inRange(0, 4);
  if (ending == 0) {
    Model last = world.branch.versions.back();
    last.time = day(static_cast<std::int64_t>(world.branch.versions.size()));
    last.deactivated = true;
    last.stolen.clear();
    world.branch.made.deactivate();
    world.branch.versions.push_back(last);
  } else if (ending == 1) {
    world.other = world.branch;
    world.parted = world.branch.versions.size();
    world.branch.grow();
    world.other->grow();
    if (world.branch.made.tip() == world.other->made.tip()) {  // the same entry twice is no dispute
      world.other.reset();
      world.parted = SIZE_MAX;
    }
  }
  world.history =
      world.other ? world.branch.made.history_with({&world.other->made}) : world.branch.made.history();
  RC_ASSERT(world.history->dispute.has_value() == world.other.has_value());
  return world;
}

struct Query {
  std::string name;
  std::uint8_t key = 0;  // that really signs
  Timestamp created;
  std::optional<Timestamp> cosigned;
};

// Witnesses who saw the feed of an issuer before there was one prove nothing.
std::optional<Timestamp> proven_by(const Query& query) {
  return query.cosigned && *query.cosigned >= day(0, -300) ? query.cosigned : std::nullopt;
}

struct Expected {
  Outcome outcome = Outcome::valid;
  std::optional<Code> code;
};

bool declared_stolen(const std::vector<Model>& versions, std::uint8_t key, std::optional<Timestamp> proven) {
  return std::any_of(versions.begin(), versions.end(), [&](const Model& version) {
    return std::any_of(version.stolen.begin(), version.stolen.end(), [&](const auto& theft) {
      return theft.first == key && !(proven && *proven < theft.second);
    });
  });
}

void add_keys(std::set<std::uint8_t>& keys, const std::vector<Model>& versions, const std::string& name) {
  for (const Model& version : versions)
    if (version.name == name) keys.insert(version.key);
}

Expected expected_of(const World& world, const Query& query) {
  const auto versions = world.counting();
  const auto siblings = world.siblings();
  std::set<std::uint8_t> named, named_at_all;
  add_keys(named, versions, query.name);
  named_at_all = named;
  add_keys(named_at_all, siblings, query.name);
  // A signature that the one key which the name can mean did not make is an alteration before anything else.
  const auto answer = [&](Outcome outcome, Code code, const std::set<std::uint8_t>& meant) {
    if (meant.size() == 1 && !meant.contains(query.key))
      return Expected{Outcome::not_valid, codes::PROOF_SIGNATURE};
    return Expected{outcome, code};
  };
  if (!siblings.empty() && query.created >= siblings[0].time)
    return answer(Outcome::cannot_tell, codes::DID_DISPUTED, named_at_all);
  if (named.empty()) return {Outcome::not_valid, codes::VERIFICATION_METHOD_UNKNOWN};
  const Model* in_force = nullptr;
  for (const Model& version : versions)
    if (version.time <= query.created) in_force = &version;
  if (in_force == nullptr || in_force->name != query.name || in_force->deactivated)
    return answer(Outcome::not_valid, codes::KEY_NOT_IN_FORCE, named);
  const std::set<std::uint8_t> own = {in_force->key};
  if (declared_stolen(versions, in_force->key, proven_by(query)))
    return answer(Outcome::not_valid, codes::KEY_COMPROMISED, own);
  if (declared_stolen(siblings, in_force->key, proven_by(query)))
    return answer(Outcome::cannot_tell, codes::DID_DISPUTED, named_at_all);
  if (query.key != in_force->key) return {Outcome::not_valid, codes::PROOF_SIGNATURE};
  return {};
}

Query random_query(const World& world) {
  Query query;
  query.name = concat("#sig", *rc::gen::inRange(1, 5));
  query.created = day(*rc::gen::inRange(-1, 9), *rc::gen::element<std::int64_t>(0, 1, kDay - 1));
  query.key = *rc::gen::inRange<std::uint8_t>(101, 105);
  // Mostly what an honest or a thieving holder would do: a method of its time with the key it meant.
  if (*rc::gen::inRange(0, 4) != 0) {
    const Model& version = *rc::gen::elementOf(world.branch.versions);
    if (!version.name.empty()) {
      query.name = version.name;
      query.key = version.key;
    }
  }
  if (*rc::gen::arbitrary<bool>())
    query.cosigned = day(*rc::gen::inRange(-1, 9), *rc::gen::inRange(0, 3) * kDay / 3);
  return query;
}

std::string text_of(const World& world, const Query& query) {
  const Organisation& issuer = world.branch.made;
  Json document = issuer.unsigned_badge();
  if (query.cosigned) document = batched(issuer, document, {*query.cosigned});
  return Organisation::signed_by(issuer.did() + query.name, query.key, query.created, document);
}

TEST_CASE("whose key it was is what the model says, and equal views give equal bytes") {
  CHECK_PROPERTY("keys over time", [] {
    const World world = random_world();
    const Organisation& issuer = world.branch.made;
    const Policy policy = with_quorum(issuer.trusting().values(), 1);
    for (int i = 0; i < 6; ++i) {
      const Query query = random_query(world);
      const std::string text = text_of(world, query);
      const auto verdict =
          verify_credential(text, issuer.view(world.history, issuer.feed()), policy, kNow).value();
      const Expected expected = expected_of(world, query);
      RC_LOG(concat(query.name, " by ", query.key, " at ", query.created.to_string(), ", proven ",
                    query.cosigned ? query.cosigned->to_string() : std::string("never"), "\n",
                    describe(verdict)));
      RC_ASSERT(verdict.outcome == expected.outcome);
      RC_ASSERT(verdict.code == expected.code);
      if (verdict.outcome == Outcome::valid)
        RC_ASSERT(verdict.issued_at == proven_by(query).value_or(query.created));
      const auto again =
          verify_credential(text, issuer.view(world.history, issuer.feed()), policy, kNow).value();
      RC_ASSERT(again.to_jcs() == verdict.to_jcs());
    }
  });
}

TEST_CASE("a time batch never makes an answer worse, and a bad one changes nothing but a warning") {
  CHECK_PROPERTY("batches", [] {
    const World world = random_world();
    const Organisation& issuer = world.branch.made;
    const Policy policy = with_quorum(issuer.trusting().values(), 1);
    const auto verdict_of = [&](const std::string& text) {
      return verify_credential(text, issuer.view(world.history, issuer.feed()), policy, kNow).value();
    };
    Query query = random_query(world);
    query.cosigned = day(*rc::gen::inRange(-1, 9));
    const Verdict with = verdict_of(text_of(world, query));
    Json bad = Json::parse(text_of(world, query));
    bad.erase("proof");
    auto& path = bad["evidence"][0]["salt"];
    path = base64url_encode(Bytes(32, *rc::gen::arbitrary<std::uint8_t>()));
    const Verdict with_bad =
        verdict_of(Organisation::signed_by(issuer.did() + query.name, query.key, query.created, bad));
    query.cosigned.reset();
    const Verdict without = verdict_of(text_of(world, query));
    RC_ASSERT(with_bad.outcome == without.outcome);
    RC_ASSERT(with_bad.code == without.code);
    if (without.outcome == Outcome::valid) RC_ASSERT(with.outcome == Outcome::valid);
  });
}

}  // namespace
}  // namespace vcnode::verify
