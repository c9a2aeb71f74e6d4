#include "protocol/webvh/fork.h"

#include <nlohmann/json.hpp>

#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using webvh::Relation;

namespace {

webvh::Comparison compared(const LogMaker& a, const LogMaker& b) {
  const auto log_a = a.read();
  const auto log_b = b.read();
  return webvh::compare(log_a.versions(), log_b.versions());
}

}  // namespace

TEST_CASE("a log and its beginning are one history") {
  const auto shorter = LogMaker().add().add();
  auto longer = shorter;
  longer.add();
  CHECK(compared(shorter, shorter).relation == Relation::same);
  const auto prefix = compared(shorter, longer);
  CHECK(prefix.relation == Relation::prefix);
  CHECK(prefix.common == 2);
  CHECK_FALSE(prefix.resigned);
  CHECK(compared(LogMaker(), shorter).relation == Relation::prefix);
}

TEST_CASE("two entries on one parent are a fork, whatever follows") {
  auto a = LogMaker().add().add();
  auto b = a;
  a.add({.parameters = {{"ttl", 1}}}).add();
  b.add({.parameters = {{"ttl", 2}}});
  const auto fork = compared(a, b);
  CHECK(fork.relation == Relation::fork);
  CHECK(fork.common == 2);
}

TEST_CASE("an entry whose proof was made again is the same version") {
  const auto a = LogMaker().add({.parameters = {{"updateKeys", multikeys({1, 2})}}});
  const auto b = LogMaker().add({.parameters = {{"updateKeys", multikeys({1, 2})}}, .signers = {2}});
  const auto comparison = compared(a, b);
  CHECK(comparison.relation == Relation::same);
  CHECK(comparison.resigned);
}

TEST_CASE("logs of two DIDs have nothing in common") {
  CHECK(compared(LogMaker().add(), LogMaker("other.example").add()).relation == Relation::other_log);
}

TEST_CASE("who signed both sides of a fork is named, nobody else") {
  auto a = LogMaker().add(
      {.parameters = {{"updateKeys", multikeys({1, 2})}, {"witness", witness_rule(1, {11, 12})}}});
  a.witness(11).witness(12);
  auto b = a;
  a.add({.parameters = {{"ttl", 1}}, .signers = {1}}).witness(11).witness(12).witness(13);
  b.add({.parameters = {{"ttl", 2}}, .signers = {1}}).witness(12).witness(13);
  const auto log_a = a.read();
  const auto log_b = b.read();
  const auto& left = log_a.versions()[1];
  const auto& right = log_b.versions()[1];
  std::vector<std::string> both = {key(1).did, key(12).did};
  std::sort(both.begin(), both.end());
  CHECK(webvh::equivocators(left, a.proofs(), right, b.proofs()) == both);
  b.proofs()[2].proof = "{}";
  CHECK(webvh::equivocators(left, a.proofs(), right, b.proofs()) == std::vector<std::string>{key(1).did});
  auto by_other = LogMaker().add(
      {.parameters = {{"updateKeys", multikeys({1, 2})}, {"witness", witness_rule(1, {11, 12})}}});
  by_other.witness(11).add({.parameters = {{"ttl", 3}}, .signers = {2}}).witness(11);
  const auto log_c = by_other.read();
  CHECK(webvh::equivocators(left, {}, log_c.versions()[1], {}).empty());
}
