// Observers against a naive model: what each of them saw is kept as plain rows, and questions are answered by
// looking at every row.
#include "protocol/observe/answers.h"

#include <algorithm>
#include <map>
#include <optional>

#include "protocol/observe/codes.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;

namespace {

const test::WebIssuer kIssuer;
constexpr std::int64_t kHours = 60;  // that a run lasts
constexpr std::uint8_t kListSeed = 4;
constexpr std::uint64_t kBits = 4;  // that are set or clear

Timestamp hour(std::int64_t n) {
  return Timestamp(1'800'000'000 + 3600 * n);
}

struct Row {
  std::int64_t hour = 0;
  int content = 0;  // which of the texts below
  bool held = true;
};

// Seed of "k" in document n: 0 none; the lists' key "l" is in all of them.
constexpr std::array<std::uint8_t, 4> kSeedOf = {0, 1, 2, 1};
const std::string& document(int n) {
  static const auto all = [] {
    std::vector<std::string> out;
    for (const std::uint8_t seed : kSeedOf) {
      std::vector<std::pair<std::string, std::uint8_t>> keys = {{"l", kListSeed}};
      if (seed != 0) keys.insert(keys.begin(), {"k", seed});
      out.push_back(kIssuer.document(keys) + std::string(out.size(), ' '));
    }
    return out;
  }();
  return all[static_cast<std::size_t>(n)];
}

// List n has the bits of n set; those from 8 are signed by a key that nobody saw.
constexpr int kLists = 12;
bool is_good(int n) {
  return n < 8;
}
const std::string& list(int n) {
  static const auto all = [] {
    std::vector<std::string> out;
    for (int i = 0; i < kLists; ++i) {
      std::set<std::uint64_t> bits;
      for (std::uint64_t bit = 0; bit < kBits; ++bit)
        if (((static_cast<unsigned>(i) >> bit) & 1u) != 0) bits.insert(bit);
      out.push_back(kIssuer.list({.set_bits = bits,
                                  .valid_from = hour(-1),
                                  .seed = is_good(i) ? kListSeed : std::uint8_t{9},
                                  .method_name = "l",
                                  .entries = 10'000}));
    }
    return out;
  }();
  return all[static_cast<std::size_t>(n)];
}

struct Watcher {
  std::vector<Row> documents;
  std::vector<Row> lists;
};

std::vector<Row> random_rows(Rng& rng, int contents) {
  std::vector<Row> rows;
  std::int64_t at = static_cast<std::int64_t>(rng.below(20));
  std::map<int, bool> held;  // a body is held or not, wherever it was seen
  for (std::uint64_t left = rng.below(7); left > 0; --left) {
    const int content = static_cast<int>(rng.below(static_cast<std::uint64_t>(contents)));
    const auto known = held.emplace(content, rng.below(5) != 0).first;
    rows.push_back({at, content, known->second});
    at += 1 + static_cast<std::int64_t>(rng.below(10));
  }
  return rows;
}

// Of a list only the newest different bodies are kept.
std::vector<Row> random_lists(Rng& rng) {
  auto rows = random_rows(rng, kLists);
  std::set<int> different;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    different.insert(row->content);
    if (different.size() > feed::kObservedListsMax) row->held = false;
  }
  return rows;
}

observe::Observer observer_of(const Watcher& watcher) {
  test::ObserverFeed feed;
  for (const Row& row : watcher.documents)
    feed.see(kIssuer.document_url(), hour(row.hour), document(row.content), row.held);
  for (const Row& row : watcher.lists)
    feed.see(kIssuer.list_url(), hour(row.hour), list(row.content), row.held);
  return feed.observer();
}

const Row* newest(const std::vector<Row>& rows, std::int64_t at) {
  const Row* found = nullptr;
  for (const Row& row : rows)
    if (row.hour <= at) found = &row;
  return found;
}

// A revocation that any good list showed is for good.
bool ever_set(const std::vector<Row>& lists, std::int64_t at, std::uint64_t bit) {
  return std::any_of(lists.begin(), lists.end(), [&](const Row& row) {
    return row.hour <= at && row.held && is_good(row.content) &&
           ((static_cast<unsigned>(row.content) >> bit) & 1u) != 0;
  });
}

// Voices for each key seed.
std::map<std::uint8_t, std::uint32_t> naive_voices(const std::vector<Watcher>& watchers, std::int64_t at) {
  std::map<std::uint8_t, std::uint32_t> voices;
  for (const Watcher& watcher : watchers) {
    const Row* row = newest(watcher.documents, at);
    if (row == nullptr || !row->held) continue;
    const std::uint8_t seed = kSeedOf[static_cast<std::size_t>(row->content)];
    if (seed != 0) ++voices[seed];
  }
  return voices;
}

// The hours at which the key with `seed` was seen first and last by those who vote for it.
observe::Seen naive_seen(const std::vector<Watcher>& watchers, std::uint8_t seed, std::int64_t signed_at,
                         std::int64_t at) {
  observe::Seen seen;
  std::int64_t first = kHours * 10;
  std::int64_t last = -1;
  for (const Watcher& watcher : watchers) {
    const Row* row = newest(watcher.documents, signed_at);
    if (row == nullptr || !row->held || kSeedOf[static_cast<std::size_t>(row->content)] != seed) continue;
    ++seen.observers;
    for (std::size_t i = 0; i < watcher.documents.size(); ++i) {
      const Row& one = watcher.documents[i];
      if (one.hour > at || !one.held || kSeedOf[static_cast<std::size_t>(one.content)] != seed) continue;
      first = std::min(first, one.hour);
      // The same bytes again after `at` show that they were there at `at`.
      const bool goes_on = i + 1 < watcher.documents.size() &&
                           watcher.documents[i + 1].content == one.content &&
                           watcher.documents[i + 1].hour > at;
      last = std::max(last, goes_on ? at : one.hour);
    }
  }
  seen.first = hour(first);
  seen.last = hour(last);
  return seen;
}

}  // namespace

TEST_CASE("a key is what a look at every row says") {
  CHECK_PROPERTY("key_of against naive", [](std::uint64_t random) {
    SeededRng rng(random);
    std::vector<Watcher> watchers(1 + rng.below(4));
    std::vector<observe::Observer> feeds;
    for (Watcher& watcher : watchers) {
      watcher.documents = random_rows(rng, static_cast<int>(kSeedOf.size()));
      feeds.push_back(observer_of(watcher));
    }
    const auto quorum = static_cast<std::uint32_t>(1 + rng.below(3));
    const observe::Observers observers(std::move(feeds), quorum);
    for (int i = 0; i < 10; ++i) {
      const auto at = static_cast<std::int64_t>(rng.below(kHours));
      const auto signed_at = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(at) + 1));
      const auto voices = naive_voices(watchers, signed_at);
      std::vector<std::uint8_t> agreed;
      for (const auto& [seed, count] : voices)
        if (count >= quorum) agreed.push_back(seed);
      const auto answer = observers.key_of(kIssuer.method(), {hour(signed_at), hour(at)});
      if (voices.empty()) {
        RC_ASSERT(!answer && answer.error().code == codes::KEY_NOT_OBSERVED);
      } else if (agreed.size() != 1) {
        RC_ASSERT(!answer && answer.error().code == codes::OBSERVERS_DIFFER);
      } else {
        RC_ASSERT(answer.has_value());
        RC_ASSERT(answer->key == test::key_of_seed(agreed.front()).public_key());
        RC_ASSERT(answer->seen == naive_seen(watchers, agreed.front(), signed_at, at));
      }
    }
  });
}

TEST_CASE("a bit is what a look at every row says") {
  CHECK_PROPERTY("bit_of against naive", [](std::uint64_t random) {
    SeededRng rng(random);
    std::vector<Watcher> watchers(1 + rng.below(3));
    std::vector<observe::Observer> feeds;
    for (Watcher& watcher : watchers) {
      watcher.documents = {{-2, 0, true}};  // the lists' key
      watcher.lists = random_lists(rng);
      feeds.push_back(observer_of(watcher));
    }
    const auto quorum = static_cast<std::uint32_t>(1 + rng.below(watchers.size()));
    const observe::Observers observers(std::move(feeds), quorum);
    for (int i = 0; i < 3; ++i) {
      const auto at = static_cast<std::int64_t>(rng.below(kHours));
      const std::uint64_t bit = rng.below(kBits);
      std::uint32_t set = 0;
      std::uint32_t clear = 0;
      for (const Watcher& watcher : watchers) {
        if (ever_set(watcher.lists, at, bit)) {
          ++set;
          continue;
        }
        const Row* row = newest(watcher.lists, at);
        if (row != nullptr && row->held && is_good(row->content)) ++clear;
      }
      const auto answer =
          observers.bit_of({status::Purpose::revocation, kIssuer.list_url(), status::StatusIndex(bit)},
                           kIssuer.did(), hour(at));
      if (set > 0) {
        RC_ASSERT(answer.has_value());
        RC_ASSERT(answer->set);
        RC_ASSERT(answer->seen.observers == set);
      } else if (clear == 0) {
        RC_ASSERT(!answer && answer.error().code == codes::STATUS_NOT_OBSERVED);
      } else if (clear < quorum) {
        RC_ASSERT(!answer && answer.error().code == codes::OBSERVERS_DIFFER);
      } else {
        RC_ASSERT(answer.has_value());
        RC_ASSERT(!answer->set);
        RC_ASSERT(answer->seen.observers == clear);
      }
    }
  });
}
