// Random histories against a naive model, and damaged ones, which never validate beyond the damage.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/webvh/codes.h"
#include "protocol/webvh/fork.h"
#include "protocol/webvh/key_history.h"
#include "protocol/webvh/resolution.h"
#include "tests/property/webvh/history.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using test::webvh::History;
using webvh::DidWebvh;
using webvh::Instant;
using webvh::Log;

namespace {

constexpr std::int64_t kDay = 86'400;

History any_history() {
  return *test::webvh::histories();
}
std::size_t any_index(std::size_t bound) {
  return *rc::gen::inRange<std::size_t>(0, bound);
}
Instant any_time(const History& history) {
  const auto& noted = history.noted[any_index(history.noted.size())];
  return Instant(
      noted.time.plus_seconds(*rc::gen::elementOf(std::vector<std::int64_t>{-kDay, -1, 0, 1, kDay})));
}
Log read(const std::vector<std::string>& lines, const History& history) {
  History damaged = history;
  damaged.lines = lines;
  return damaged.read();
}

// The version in force: the last that is not later.
std::optional<std::size_t> in_force(const History& history, Instant time) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < history.noted.size(); ++i)
    if (Instant(history.noted[i].time) <= time) found = i;
  return found;
}

}  // namespace

TEST_CASE("histories") {
  CHECK_PROPERTY("what the author makes is valid, and reading gives it back", [] {
    const auto history = any_history();
    const auto log = history.read();
    RC_ASSERT(!log.fault());
    RC_ASSERT(log.text() == history.text());
    RC_ASSERT(log.versions().size() == history.noted.size());
    for (std::size_t i = 0; i < history.noted.size(); ++i) {
      RC_ASSERT(log.versions()[i].did().text() == history.noted[i].did);
      RC_ASSERT(log.versions()[i].parameters().ttl_seconds == history.noted[i].ttl_seconds);
    }
  });
  CHECK_PROPERTY("a version is found by time as by looking at all", [] {
    const auto history = any_history();
    const auto time = any_time(history);
    const auto did = DidWebvh::parse(history.noted[any_index(history.noted.size())].did).value();
    const auto found = resolve(history.read(), did, {.version_time = time});
    const auto expected = in_force(history, time);
    RC_ASSERT(found.has_value() == expected.has_value());
    if (!found) RC_ASSERT(found.error().code == Code(codes::WEBVH_NOT_FOUND));
    if (found) RC_ASSERT(found->version.version_id().text() == history.noted[*expected].version_id);
  });
  CHECK_PROPERTY("a key was an assertion key then if the version in force says so", [] {
    const auto history = any_history();
    const auto log = history.read();
    const auto time = any_time(history);
    const std::string method = history.noted[any_index(history.noted.size())].did + "#sig1";
    std::optional<Ed25519PublicKey> answer;
    for (const auto& interval : key_intervals(log.versions(), method))
      if (interval.holds(time)) answer = interval.key;
    const auto expected = in_force(history, time);
    std::optional<Ed25519PublicKey> key;
    if (expected && history.noted[*expected].did + "#sig1" == method &&
        history.noted[*expected].assertion_key)
      key = test::webvh::key(*history.noted[*expected].assertion_key).signer.public_key();
    RC_ASSERT(answer == key);
  });
}

TEST_CASE("damaged histories") {
  CHECK_PROPERTY("a beginning of a history is a history", [] {
    const auto history = any_history();
    auto lines = history.lines;
    lines.resize(1 + any_index(lines.size()));
    const auto log = read(lines, history);
    RC_ASSERT(!log.fault());
    RC_ASSERT(log.versions().size() == lines.size());
    const auto relation = compare(log.versions(), history.read().versions()).relation;
    RC_ASSERT(relation ==
              (lines.size() == history.lines.size() ? webvh::Relation::same : webvh::Relation::prefix));
  });
  CHECK_PROPERTY("a bit that flips ends the log at its line", [] {
    const auto history = any_history();
    auto lines = history.lines;
    const auto at = any_index(lines.size());
    auto& byte = lines[at][any_index(lines[at].size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << any_index(8)));
    const auto log = read(lines, history);
    RC_ASSERT(log.fault().has_value());
    RC_ASSERT(log.versions().size() == at);
  });
  CHECK_PROPERTY("a line that is missing, twice there or elsewhere ends the log", [] {
    const auto history = any_history();
    const auto at = any_index(history.lines.size());
    auto missing = history.lines;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(at));
    RC_ASSERT(missing.empty() || read(missing, history).versions().size() == at);
    auto twice = history.lines;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(at), twice[at]);
    RC_ASSERT(read(twice, history).versions().size() == at + 1);
    auto swapped = history.lines;
    const auto other = any_index(swapped.size());
    std::swap(swapped[at], swapped[other]);
    const auto kept = read(swapped, history).versions().size();
    RC_ASSERT(kept == (at == other ? swapped.size() : std::min(at, other)));
  });
  CHECK_PROPERTY("an end that is cut anywhere leaves whole lines", [] {
    const auto history = any_history();
    const std::string text = history.text();
    const auto bytes = 1 + any_index(text.size());
    const auto log = Log::read(std::string_view(text).substr(0, bytes),
                               webvh::write_witness_file(history.proofs), test::webvh::rules());
    std::size_t whole = 0;
    for (std::size_t end = 0; whole < history.lines.size(); ++whole) {
      end += history.lines[whole].size() + 1;
      if (bytes + 1 < end) break;
    }
    RC_ASSERT(log.versions().size() == whole);
  });
  CHECK_PROPERTY("witness proofs in any order, twice, pruned: the same answer", [] {
    const auto history = any_history();
    History shuffled = history;
    std::reverse(shuffled.proofs.begin(), shuffled.proofs.end());
    shuffled.proofs.insert(shuffled.proofs.end(), history.proofs.begin(), history.proofs.end());
    RC_ASSERT(!shuffled.read().fault());
    shuffled.proofs = webvh::pruned(history.read().versions(), shuffled.proofs);
    RC_ASSERT(shuffled.proofs.size() <= 3);
    RC_ASSERT(!shuffled.read().fault());
  });
}
