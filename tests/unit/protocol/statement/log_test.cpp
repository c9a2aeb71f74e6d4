#include "protocol/statement/log.h"

#include <chrono>

#include "tests/unit/protocol/statement/fixtures.h"

using namespace vcnode;
using namespace vcnode::statement;
using statement::test::body_did;
using statement::test::entry_of;
using statement::test::example;
using statement::test::parsed;
using statement::test::statement_of;
using statement::test::withdrawal;

namespace {

std::vector<std::string> ids(const StatementLog::Entries& entries) {
  std::vector<std::string> out;
  for (const Entry* entry : entries) out.push_back(entry->statement->id.substr(9));
  return out;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a log answers in leaf order, whatever the order in which it grew") {
  const auto a = statement_of("a", body_did("x"), Delegation{});
  const auto b = statement_of("b", body_did("x"), Delegation{});
  const auto c = statement_of("c", body_did("y"), Delegation{});
  const auto end = statement_of("end", a.id, withdrawal(a));
  const auto log = StatementLog()
                       .with(std::vector{entry_of(b, {2, 0})})
                       .with(std::vector{entry_of(end, {2, 3}), entry_of(a, {1, 9})})
                       .with(std::vector{entry_of(c, {1, 4})});
  CHECK(log.size() == 4);
  CHECK(ids(log.entries()) == Ids{"c", "a", "b", "end"});
  CHECK(ids(log.of(Kind::delegation, "x")) == Ids{"a", "b"});
  CHECK(ids(log.of(Kind::delegation)) == Ids{"c", "a", "b"});
  CHECK(log.of(Kind::recognition).empty());
  CHECK(log.of(Kind::accreditation, "x").empty());
  CHECK(log.by_id(a.id)->place == Place{1, 9});
  CHECK(log.by_id("urn:uuid:z") == nullptr);
  CHECK(log.by_digest(c.digest)->place == Place{1, 4});
  CHECK(log.by_digest({}) == nullptr);
  CHECK(ids(log.withdrawals_of(a.digest)) == Ids{"end"});
  CHECK(log.withdrawals_of(b.digest).empty());
}

TEST_CASE("a log is not changed by those that grow from it, and its entries stay where they are") {
  const auto one =
      StatementLog().with(std::vector{entry_of(statement_of("a", "did:web:x", Sponsorship{}), {1, 0})});
  const Entry* first = one.by_id("urn:uuid:a");
  StatementLog grown = one;
  for (std::uint64_t i = 1; i <= 50; ++i)
    grown = grown.with(std::vector{entry_of(statement_of(concat(i), "did:web:x", Sponsorship{}), {1, i})});
  CHECK(one.size() == 1);
  CHECK(one.by_id("urn:uuid:a") == first);
  CHECK(grown.size() == 51);
  CHECK(grown.entries().back()->place.index == 50);
  CHECK(grown.of(Kind::sponsorship, "did:web:x").size() == 51);
}

TEST_CASE("gaps go with the log that has them") {
  const auto log = StatementLog().with(Gaps{.missing_count = 1, .missing = {Sha256Digest()}, .bad_count = 2});
  CHECK(log.gaps().missing_count == 1);
  CHECK(log.with(std::vector<Entry>()).gaps() == log.gaps());
  CHECK(StatementLog::none()->size() == 0);
  CHECK(StatementLog::none()->gaps() == Gaps());
}

TEST_CASE("one more statement on top of 100,000 costs little") {
  std::vector<Entry> many;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    many.push_back(entry_of(statement_of(concat(i), body_did(concat("s", i % 1000)), Delegation{}), {1, i}));
  StatementLog log = StatementLog().with(std::move(many));
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < 1000; ++i)
    log = log.with(std::vector{entry_of(statement_of(concat("n", i), body_did("s7"), Delegation{}), {2, i})});
  const auto spent = std::chrono::steady_clock::now() - begin;
  CHECK(log.of(Kind::delegation, "s7").size() == 1100);
  CHECK_MESSAGE(spent < std::chrono::seconds(5), "1,000 statements, one by one");  // about 20 ms unhindered
}

TEST_CASE("an accreditation takes well under a kilobyte") {
  const auto statement = parsed(example(Kind::accreditation));
  const auto heap = [](const std::string& text) { return text.capacity() > 15 ? text.capacity() + 17 : 0; };
  std::size_t bytes =
      sizeof(Statement) + heap(statement.id) + heap(statement.issuer_did) + heap(statement.subject_id);
  const Scope& scope = *scope_of(statement);
  for (const auto* names : {&scope.countries, &scope.isced, &scope.types, &scope.settings}) {
    bytes += (*names)->capacity() * sizeof(std::string) + 16;
    for (const std::string& name : **names) bytes += heap(name);
  }
  MESSAGE("sizeof(Statement) ", sizeof(Statement), ", with its heap ", bytes);
  CHECK(bytes < 1000);
}
