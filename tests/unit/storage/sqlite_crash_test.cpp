// A writer killed at any moment loses nothing it acknowledged and leaves no batch half done.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "tests/contract/store_fixture.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

constexpr int kRounds = 20;
constexpr std::uint8_t kFeeds = 4;

// Step n of a feed: leaf, note, body, allocation, entry and witness record n. Every seventh body fills many
// pages.
StoreBatch step(std::uint8_t feed, std::uint64_t n) {
  const auto name = concat("feed ", feed, " step ", n);
  return joined({leaves_batch(feed, n, {name}), head_batch(feed, name),
                 body_batch(n % 7 == 0 ? name + std::string(200'000, 'x') : name),
                 allocation_batch(concat(feed), n, concat("urn:", feed, ":", n)),
                 entry_batch(concat(feed), concat(n + 1, "-x"), name),
                 witness_batch(witness_put(feed, n + 1, name, static_cast<std::int64_t>(n)))});
}

struct Acknowledged {
  std::uint8_t feed;
  std::uint64_t step;
};

// Commits until killed; writes what was acknowledged, in one write each, so that the pipe holds whole
// records.
[[noreturn]] void write_until_killed(const std::filesystem::path& file, int acknowledgements) {
  auto store = storage::open_sqlite_store(file);
  if (!store.has_value()) ::_exit(1);
  std::uint64_t next[kFeeds];
  for (std::uint8_t feed = 0; feed < kFeeds; ++feed) next[feed] = (*store)->leaf_count(origin(feed)).value();
  storage::GroupCommit commits(**store);
  while (true) {
    for (std::uint8_t feed = 0; feed < kFeeds; ++feed) {
      const Acknowledged record{feed, next[feed]++};
      commits.submit(step(record.feed, record.step), [record, acknowledgements](Result<void> outcome) {
        if (!outcome.has_value() || ::write(acknowledgements, &record, sizeof record) != sizeof record)
          ::_exit(1);
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Kills the writer `delay` after its first acknowledgement and returns per feed how many steps it
// acknowledged in all, starting from `acknowledged`.
void run_and_kill(const std::filesystem::path& file, std::chrono::microseconds delay,
                  std::vector<std::uint64_t>& acknowledged) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) write_until_killed(file, pipe_ends[1]);
  ::close(pipe_ends[1]);
  bool first = true;
  Acknowledged record{};
  while (::read(pipe_ends[0], &record, sizeof record) == sizeof record) {
    acknowledged[record.feed] = std::max(acknowledged[record.feed], record.step + 1);
    if (std::exchange(first, false)) {
      std::this_thread::sleep_for(delay);
      REQUIRE(::kill(child, SIGKILL) == 0);
    }
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  ::close(pipe_ends[0]);
}

// Every step held is whole; returns how many there are.
std::uint64_t check_feed(const Store& store, std::uint8_t feed) {
  const auto count = store.leaf_count(origin(feed)).value();
  const auto texts = leaf_texts(store, feed);
  REQUIRE(texts.size() == count);
  CHECK(store.allocated_indexes(concat(feed)).value().size() == count);
  const auto entries = store.entries(concat(feed)).value();
  REQUIRE(entries.size() == count);
  CHECK(store.witness_record(origin(feed)).value().has_value() == (count > 0));
  for (std::uint64_t n = 0; n < count; ++n) {
    const auto expected = step(feed, n);
    CHECK(texts[n] == to_text(expected.leaves[0].leaves[0]));
    CHECK(store.body(expected.bodies[0].digest).value() == expected.bodies[0].bytes);
    CHECK(store.allocation_at(concat(feed), n).value()->credential_id ==
          expected.allocations[0].credential_id);
    CHECK(entries[n].version_id == expected.entries[0].version_id);
    CHECK(entries[n].body == expected.entries[0].body);
  }
  if (count > 0) {
    const auto last = step(feed, count - 1);
    CHECK(store.note(origin(feed)).value() == last.heads[0].note);
    CHECK(store.witness_record(origin(feed)).value() == last.witnessed[0]);
  }
  CHECK_FALSE(store.body(step(feed, count).bodies[0].digest).value().has_value());
  return count;
}

}  // namespace

TEST_CASE("a writer killed at random moments keeps all it acknowledged, whole") {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "store.db";
  std::mt19937 random(20261122);
  std::vector<std::uint64_t> acknowledged(kFeeds);
  for (int round = 0; round < kRounds; ++round) {
    const auto before = acknowledged;
    run_and_kill(file, std::chrono::microseconds(random() % 30'000), acknowledged);
    CHECK(acknowledged != before);
    const auto store = open_or_fail(file);
    for (std::uint8_t feed = 0; feed < kFeeds; ++feed) {
      const auto held = check_feed(*store, feed);
      CHECK_MESSAGE(held >= acknowledged[feed], "round ", round, " feed ", feed);
      acknowledged[feed] = held;
    }
  }
}
