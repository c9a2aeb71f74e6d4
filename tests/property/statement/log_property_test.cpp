#include "protocol/statement/log.h"

#include <algorithm>
#include <map>

#include "tests/support/property.h"
#include "tests/unit/protocol/statement/fixtures.h"

using namespace vcnode;
using statement::Entry;
using statement::Kind;
using statement::Place;
using statement::Statement;
using statement::StatementLog;

namespace {

// Some of each kind of answer: delegations, sponsorships and withdrawals of those.
std::vector<Entry> any_entries() {
  std::vector<Entry> out;
  const int count = *rc::gen::inRange(0, 60);
  for (int i = 0; i < count; ++i) {
    const std::string subject = statement::test::body_did(*rc::gen::element<std::string>("x", "y", "z"));
    const Place place{static_cast<std::uint64_t>(1 + i / 20), static_cast<std::uint64_t>(i)};
    Statement made;
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        made = statement::test::statement_of(concat(i), subject, statement::Delegation{});
        break;
      case 1:
        made = statement::test::statement_of(concat(i), subject, statement::Sponsorship{});
        break;
      default: {
        const auto of = statement::test::statement_of(concat(*rc::gen::inRange(0, 60)), subject,
                                                      statement::Sponsorship{});
        made = statement::test::statement_of(concat(i), of.id, statement::test::withdrawal(of));
      }
    }
    out.push_back(statement::test::entry_of(std::move(made), place));
  }
  return out;
}

StatementLog in_any_order(std::vector<Entry> entries) {
  StatementLog log;
  while (!entries.empty()) {
    std::vector<Entry> some;
    const auto count = *rc::gen::inRange<std::size_t>(1, std::min<std::size_t>(entries.size(), 8) + 1);
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, entries.size()));
      some.push_back(entries[static_cast<std::size_t>(at)]);
      entries.erase(entries.begin() + at);
    }
    log = log.with(std::move(some));
  }
  return log;
}

template <class Wanted>
std::vector<const Statement*> walked(const std::vector<Entry>& entries, Wanted wanted) {
  std::vector<const Statement*> out;
  for (const Entry& entry : entries)
    if (wanted(*entry.statement)) out.push_back(entry.statement.get());
  return out;
}

std::vector<const Statement*> answered(const StatementLog::Entries& entries) {
  std::vector<const Statement*> out;
  for (const Entry* entry : entries) out.push_back(entry->statement.get());
  return out;
}

}  // namespace

TEST_CASE("a log answers as a walk over all entries does, in whatever order they came") {
  CHECK_PROPERTY("indexes == walk", [] {
    const auto entries = any_entries();
    const StatementLog log = in_any_order(entries);
    RC_ASSERT(answered(log.entries()) == walked(entries, [](const Statement&) { return true; }));
    for (const Kind kind : {Kind::delegation, Kind::sponsorship, Kind::withdrawal, Kind::identity}) {
      RC_ASSERT(answered(log.of(kind)) ==
                walked(entries, [&](const Statement& s) { return s.kind() == kind; }));
      for (const std::string subject : {"x", "y", "urn:uuid:7"})
        RC_ASSERT(answered(log.of(kind, subject)) == walked(entries, [&](const Statement& s) {
                    return s.kind() == kind && s.subject() == subject;
                  }));
    }
    for (const Entry& entry : entries) {
      const Statement& one = *entry.statement;
      RC_ASSERT(log.by_id(one.id)->statement == entry.statement);
      RC_ASSERT(log.by_digest(one.digest)->statement == entry.statement);
      RC_ASSERT(answered(log.withdrawals_of(one.digest)) == walked(entries, [&](const Statement& s) {
                  const auto* withdrawal = s.as<statement::Withdrawal>();
                  return withdrawal != nullptr && withdrawal->digest == one.digest;
                }));
    }
  });
}
