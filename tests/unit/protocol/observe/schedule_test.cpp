#include "protocol/observe/schedule.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/did/codes.h"
#include "protocol/feed/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using observe::Schedule;
using observe::Target;

using test::kStart;

namespace {

constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kTenth = kDay / 10;

// A node that observes one issuer and publishes what it sees in a feed of its own.
struct Bench {
  test::WebIssuer issuer;
  Target target = Target::of_did(issuer.did().text()).value();
  feed::Observations feed;
  Schedule schedule{{target}, {}, 7};
  Timestamp now = kStart;
  std::uint64_t index = 0;

  Bench() { learn(); }
  void learn() { schedule.learn(feed.shown(), now); }

  // Waits for the next fetch; how long that took.
  std::int64_t wait() {
    const auto due = schedule.next_due();
    REQUIRE(due.has_value());
    CHECK(schedule.take_due(due->plus_seconds(-1), 10).empty());
    const std::int64_t waited = due->seconds() - now.seconds();
    now = *due;
    const auto taken = schedule.take_due(now, 10);
    REQUIRE(taken.size() == 1);
    CHECK(taken.front() == target);
    CHECK_FALSE(schedule.next_due().has_value());
    CHECK(schedule.take_due(now.plus_seconds(10 * kDay), 10).empty());  // one at a time
    return waited;
  }
  // Whether an observation came of it; it is published.
  bool answer(const std::string& body) {
    auto made = schedule.fetched(target.url, body, now);
    REQUIRE_OK(made);
    if (!made->has_value()) return false;
    const auto key = feed::ObservationLeafKey::parse((*made)->key);
    REQUIRE_OK(key);
    CHECK(key->url == target.url);
    CHECK(key->seen == now);
    CHECK(as_text((*made)->body) == body);
    CHECK_FALSE(schedule.next_due().has_value());  // until it is in the feed
    feed.append(*key, sha256((*made)->body), {1, index++});
    learn();
    schedule.published(target.url, true, now);
    return true;
  }
};

}  // namespace

TEST_CASE("a target is fetched at the start and then once in an interval, give or take a tenth") {
  Bench bench;
  CHECK(bench.wait() == 0);
  CHECK(bench.answer(bench.issuer.document()));
  bool varied = false;
  std::int64_t before = 0;
  for (int i = 0; i < 5; ++i) {
    const std::int64_t waited = bench.wait();
    CHECK(waited >= kDay - kTenth);
    CHECK(waited <= kDay + kTenth);
    varied = varied || (before != 0 && waited != before);
    before = waited;
    CHECK_FALSE(bench.answer(bench.issuer.document()));
  }
  CHECK(varied);
}

TEST_CASE("changed bytes are a new observation, unchanged ones are observed again after a week") {
  Bench bench;
  bench.wait();
  CHECK(bench.answer(bench.issuer.document()));
  int again = 0;
  for (int i = 0; i < 40; ++i) {
    bench.wait();
    if (bench.answer(bench.issuer.document())) ++again;
  }
  CHECK(again >= 4);
  CHECK(again <= 5);
  bench.wait();
  CHECK(bench.answer(bench.issuer.document({{"k", 2}})));
  const auto& url = bench.feed.shown()->at(bench.target.url);
  CHECK(url.leaves == static_cast<std::uint64_t>(again) + 2);
  REQUIRE(url.observations.size() == 2);
  CHECK(url.observations[0].last_seen > kStart.plus_seconds(28 * kDay));
}

TEST_CASE("after failures the pauses grow until they are the interval again, and end with a good answer") {
  Bench bench;
  bench.wait();
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 12; ++i) {
    const Timestamp again = bench.schedule.failed(bench.target.url, bench.now);
    const Timestamp before = bench.now;
    pauses.push_back(bench.wait());
    CHECK(again == before.plus_seconds(pauses.back()));
  }
  CHECK(pauses.front() >= 540);
  CHECK(pauses.front() <= 660);
  for (std::size_t i = 1; i < pauses.size(); ++i) CHECK(pauses[i] * 3 > pauses[i - 1] * 2);
  CHECK(pauses.back() >= kDay - kTenth);
  CHECK(pauses.back() <= kDay + kTenth);
  CHECK(bench.answer(bench.issuer.document()));
  bench.wait();
  (void)bench.schedule.failed(bench.target.url, bench.now);
  CHECK(bench.wait() <= 660);
}

TEST_CASE("what is no document of the DID is a failure and no observation") {
  Bench bench;
  bench.wait();
  CHECK_CODE(bench.schedule.fetched(bench.target.url, "{}", bench.now), codes::DID_DOCUMENT_INVALID);
  CHECK(bench.schedule.under_way() == 0);
  CHECK(bench.wait() <= 660);
}

TEST_CASE("an observation that could not be published is made again soon") {
  Bench bench;
  bench.wait();
  REQUIRE(bench.schedule.fetched(bench.target.url, bench.issuer.document(), bench.now)->has_value());
  bench.schedule.published(bench.target.url, false, bench.now);
  CHECK(bench.wait() <= 660);
  CHECK(bench.answer(bench.issuer.document()));
}

TEST_CASE("a restart continues from the feed: nothing is fetched before its time, sequences go on") {
  Bench bench;
  bench.wait();
  CHECK(bench.answer(bench.issuer.document()));
  Schedule restarted({bench.target, bench.target}, {}, 8);
  CHECK_FALSE(restarted.next_due().has_value());  // nothing is known yet
  CHECK(restarted.take_due(bench.now, 10).empty());
  const Timestamp hour_later = bench.now.plus_seconds(3600);
  restarted.learn(bench.feed.shown(), hour_later);
  const auto due = restarted.next_due();
  REQUIRE(due.has_value());
  CHECK(*due >= bench.now.plus_seconds(kDay - kTenth));
  CHECK(restarted.take_due(*due, 10).size() == 1);
  CHECK_FALSE(restarted.fetched(bench.target.url, bench.issuer.document(), *due)->has_value());
  (void)restarted.take_due(due->plus_seconds(2 * kDay), 10);
  const auto made =
      restarted.fetched(bench.target.url, bench.issuer.document({}), due->plus_seconds(2 * kDay));
  REQUIRE_OK(made);
  REQUIRE(made->has_value());
  CHECK(feed::ObservationLeafKey::parse((*made)->key)->sequence == 2);
}

TEST_CASE("what is overdue at a start is spread over a minute, and no more are under way than asked for") {
  std::vector<Target> targets;
  feed::Observations feed;
  for (int i = 0; i < 100; ++i) {
    targets.push_back(Target::of_did(concat("did:web:uni", i, ".example")).value());
    feed.append({targets.back().url, 1, kStart}, Sha256Digest(), {1, static_cast<std::uint64_t>(i)});
  }
  Schedule schedule(targets, {}, 9);
  const Timestamp later = kStart.plus_seconds(100 * kDay);
  schedule.learn(feed.shown(), later);
  const auto first = schedule.take_due(later, 100);
  CHECK(first.size() < 30);
  CHECK(schedule.take_due(later.plus_seconds(observe::kStartSpreadSeconds), 7).size() == 7);
  CHECK(schedule.under_way() == first.size() + 7);
  CHECK(schedule.take_due(later.plus_seconds(observe::kStartSpreadSeconds), 1000).size() ==
        100 - first.size() - 7);
}

TEST_CASE("a clock that steps back silences no target and makes no leaf that would be void") {
  Bench bench;
  bench.wait();
  CHECK(bench.answer(bench.issuer.document()));
  bench.now = kStart.plus_seconds(-365 * kDay);
  CHECK(bench.schedule.take_due(bench.now, 10).empty());
  CHECK(bench.wait() <= kDay + kTenth);
  CHECK_FALSE(bench.answer(bench.issuer.document({{"k", 2}})));  // its time would not rise
}

TEST_CASE("a list that falls back is no observation, and is looked at again as after a failure") {
  const test::WebIssuer issuer;
  const auto list = Target::of_list(issuer.list_url()).value();
  test::ObserverFeed feed;
  feed.see(issuer.document_url(), kStart, issuer.document());
  feed.see(list.url, kStart, issuer.list({.set_bits = {7}, .valid_from = kStart}));
  Schedule schedule({list}, {}, 11);
  schedule.learn(feed.observer().urls, kStart);
  const auto look = [&](const test::WebIssuer::List& at_the_server) {
    const Timestamp now = *schedule.next_due();
    REQUIRE(schedule.take_due(now, 1).size() == 1);
    auto made = schedule.fetched(list.url, issuer.list(at_the_server), now);
    return made ? Result<bool>(made->has_value()) : Result<bool>(made.failure());
  };
  const Timestamp first = *schedule.next_due();
  CHECK_CODE(look({.valid_from = kStart.plus_seconds(-60)}), codes::STATUS_LIST_NOT_RISING);
  CHECK(schedule.next_due()->seconds() - first.seconds() < kDay / 2);
  CHECK_CODE(look({.valid_from = kStart.plus_seconds(60)}), codes::STATUS_LIST_CLEARED_REVOCATION);
  const auto same = look({.set_bits = {7}, .valid_from = kStart});
  REQUIRE_OK(same);
  CHECK_FALSE(*same);
  const auto fresh = look({.set_bits = {7, 9}, .valid_from = kStart.plus_seconds(60)});
  REQUIRE_OK(fresh);
  CHECK(*fresh);
}
