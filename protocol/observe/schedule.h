// Schedule: which URL is fetched when, and which of the answers becomes an observation.
//
// Sans-IO. Of every target the next fetch is planned: after a good answer in `interval_seconds`, give or take
// a tenth, so that a thousand targets do not ask in step; after a failure sooner, at first after
// `retry_seconds` and each time after twice as long, until the pause is the usual interval again. A verdict
// never causes a fetch: nothing here is asked by one.
//
// Bytes that differ from the newest observation are a new one. The same bytes are observed again when the
// newest observation is `reassert_seconds` old, so that "last seen" is known and the feed stays small.
//
// A status list that falls back behind one that is held is not taken over (succession.h): what was seen
// before stays the newest observation, and the fetch counts as a failure.
//
// What was observed is read from the observer's own feed and nowhere else: learn() at the start and whenever
// the feed changed. REQUIRES of all: `now` is the wall clock; a clock that steps back delays nothing beyond
// one interval. Threading: not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/base/time.h"
#include "protocol/feed/observations.h"
#include "protocol/observe/target.h"

namespace vcnode::observe {

struct ScheduleOptions {
  std::int64_t interval_seconds = 24 * 3600;
  std::int64_t reassert_seconds = 7 * 24 * 3600;
  std::int64_t retry_seconds = 600;
};

// At a start, what is overdue is spread over this long.
inline constexpr std::int64_t kStartSpreadSeconds = 60;

class Schedule {
 public:
  // Of two targets with one URL the first counts.
  Schedule(const std::vector<Target>& targets, ScheduleOptions options, std::uint64_t seed);

  // What the observer's feed says; nullptr: no observation yet. The first call plans the first fetches, and
  // before it none is due.
  void learn(std::shared_ptr<const feed::ObservedUrls> observed, Timestamp now);

  // The targets to be fetched now, at most `count_max`; each is under way until its fetched() or failed().
  [[nodiscard]] std::vector<Target> take_due(Timestamp now, std::size_t count_max);
  // Of the targets that are not under way; nullopt if there is none.
  [[nodiscard]] std::optional<Timestamp> next_due() const;
  [[nodiscard]] std::size_t under_way() const noexcept;
  [[nodiscard]] Timestamp due_of(const std::string& url) const;  // REQUIRES: a target

  // REQUIRES: `url` is under way. The body that came from it, checked here. What is returned, if anything,
  // has to be published, and then published() called. Errors, after which the target is as after failed():
  // those of Target::check and check_succession.
  [[nodiscard]] Result<std::optional<feed::NewObservation>> fetched(const std::string& url,
                                                                    std::string_view body, Timestamp now);
  // REQUIRES: `url` is under way. Returns when it is tried again.
  Timestamp failed(const std::string& url, Timestamp now);
  // An observation of `url` is in the feed, or (`ok` false) could not be put there: then it is made again.
  void published(const std::string& url, bool ok, Timestamp now);

 private:
  struct State {
    Target target;
    Timestamp due;
    bool under_way = false;
    std::optional<feed::ObservationLeafKey> publishing = {};
    Sha256Digest publishing_digest;
    int failures = 0;  // in a row
    std::uint64_t leaves = 0;
    std::optional<Sha256Digest> digest;  // of the newest observation
    Timestamp last_seen;
  };
  [[nodiscard]] Timestamp after(Timestamp now, std::int64_t seconds);
  State& state_of(const std::string& url);

  ScheduleOptions options_;
  SeededRng rng_;
  std::map<std::string, State, std::less<>> states_;
  std::shared_ptr<const feed::ObservedUrls> observed_;
  bool planned_ = false;
};

}  // namespace vcnode::observe
