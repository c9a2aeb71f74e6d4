// A year of random servers: whatever they do, no target is asked too often or forgotten, and the feed says
// what was there.
#include "protocol/observe/schedule.h"

#include <map>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using observe::Schedule;
using observe::Target;

namespace {

constexpr std::int64_t kDay = 24 * 3600;
const Timestamp kStart(1'800'000'000);

struct Site {
  test::WebIssuer issuer;
  Target target;
  std::uint8_t seed = 1;
  Timestamp fetched_at = kStart;
  Timestamp good_at = kStart;
  bool good_before = false;

  explicit Site(int n)
      : issuer(concat("uni", n, ".example")), target(Target::of_did(issuer.did().text()).value()) {}
};

}  // namespace

TEST_CASE("targets are asked in time, not too often, and the feed says what was there") {
  CHECK_PROPERTY("schedule", [](std::uint64_t random) {
    SeededRng rng(random);
    std::vector<Site> sites;
    std::vector<Target> targets;
    for (int n = 0; n < 4; ++n) targets.push_back(sites.emplace_back(n).target);
    feed::Observations feed;
    std::map<std::string, std::uint8_t> newest;  // as published
    auto schedule = std::make_unique<Schedule>(targets, observe::ScheduleOptions{}, random);
    Timestamp now = kStart;
    schedule->learn(nullptr, now);
    for (int step = 0; step < 150; ++step) {
      const auto due = schedule->next_due();
      RC_ASSERT(due.has_value());
      RC_ASSERT(due->seconds() - now.seconds() <= kDay + kDay / 10);
      now = std::max(now, *due);
      if (rng.below(20) == 0) {  // a restart
        schedule = std::make_unique<Schedule>(targets, observe::ScheduleOptions{}, random + 1);
        schedule->learn(feed.shown(), now);
        for (Site& site : sites) site.good_before = false;
        continue;
      }
      for (const Target& target : schedule->take_due(now, 1 + rng.below(4))) {
        Site& site =
            *std::find_if(sites.begin(), sites.end(), [&](const Site& one) { return one.target == target; });
        if (site.good_before) RC_ASSERT(now.seconds() - site.good_at.seconds() >= kDay - kDay / 10);
        if (rng.below(4) == 0) {
          const Timestamp again = schedule->failed(target.url, now);
          RC_ASSERT(again.seconds() - now.seconds() >= 540);
          site.good_before = false;
          continue;
        }
        if (rng.below(5) == 0) site.seed = static_cast<std::uint8_t>(1 + rng.below(3));
        const std::string body = site.issuer.document({{"k", site.seed}});
        const auto made = schedule->fetched(target.url, body, now);
        RC_ASSERT(made.has_value());
        const bool changed = !newest.contains(target.url) || newest[target.url] != site.seed;
        if (changed) RC_ASSERT(made->has_value());
        site.good_at = now;
        site.good_before = true;
        if (!made->has_value()) continue;
        const bool stored = rng.below(10) != 0;
        if (stored) {
          const auto key = feed::ObservationLeafKey::parse((*made)->key);
          RC_ASSERT(key.has_value());
          feed.append(*key, sha256((*made)->body), {1, static_cast<std::uint64_t>(step)});
          newest[target.url] = site.seed;
          schedule->learn(feed.shown(), now);
        } else {
          site.good_before = false;
        }
        schedule->published(target.url, stored, now);
      }
    }
    // No leaf was void, and the newest of every URL is what was there.
    const auto shown = feed.shown();
    for (const Site& site : sites) {
      const auto found =
          shown == nullptr ? feed::ObservedUrls::const_iterator() : shown->find(site.target.url);
      if (shown == nullptr || found == shown->end()) continue;
      const auto& last = found->second.observations.back();
      RC_ASSERT(last.digest == sha256(as_bytes(site.issuer.document({{"k", newest[site.target.url]}}))));
      std::uint64_t runs = found->second.observations.size();
      RC_ASSERT(runs <= found->second.leaves);
      RC_ASSERT(last.sequence <= found->second.leaves);
    }
  });
}
