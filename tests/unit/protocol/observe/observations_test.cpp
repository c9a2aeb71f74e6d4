#include "protocol/feed/observations.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/feed/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using feed::ObservationLeafKey;
using feed::Observations;

namespace {

constexpr std::string_view kUrl = "https://uni.example/.well-known/did.json";
constexpr std::string_view kListUrl = "https://uni.example/status/1";

Timestamp hour(std::int64_t n) {
  return Timestamp(1'800'000'000 + 3600 * n);
}

Sha256Digest digest_of(std::string_view text) {
  return sha256(as_bytes(text));
}

std::shared_ptr<const Bytes> body(std::string_view text) {
  return std::make_shared<const Bytes>(to_bytes(text));
}

}  // namespace

TEST_CASE("the key of an observation leaf is URL, sequence and time, in one form") {
  const auto key = ObservationLeafKey::parse("https://uni.example/status/1#17#2026-11-23T04:50:00Z");
  REQUIRE_OK(key);
  CHECK(key->url == kListUrl);
  CHECK(key->sequence == 17);
  CHECK(key->seen == Timestamp::parse("2026-11-23T04:50:00Z").value());
  CHECK(key->text() == "https://uni.example/status/1#17#2026-11-23T04:50:00Z");
  for (const std::string_view bad :
       {"", "https://uni.example/status/1", "https://uni.example/status/1#17", "#1#2026-11-23T04:50:00Z",
        "https://uni.example/a#0#2026-11-23T04:50:00Z", "https://uni.example/a#01#2026-11-23T04:50:00Z",
        "https://uni.example/a#x#2026-11-23T04:50:00Z", "https://uni.example/a#1#2026-11-23T04:50:00.0Z",
        "https://uni.example/a#1#2026-11-23T04:50:00+00:00", "https://uni.example/a#1#yesterday",
        "http://uni.example/a#1#2026-11-23T04:50:00Z", "https://uni.example/a#b#1#2026-11-23T04:50:00Z",
        "urn:a#1#2026-11-23T04:50:00Z"}) {
    CAPTURE(bad);
    CHECK_CODE(ObservationLeafKey::parse(bad), codes::LEAF_MALFORMED);
  }
}

TEST_CASE("the same bytes seen again make an observation last, others begin a new one") {
  test::ObserverFeed feed;
  feed.see(std::string(kUrl), hour(1), "a");
  feed.see(std::string(kUrl), hour(2), "a");
  feed.see(std::string(kUrl), hour(3), "b");
  feed.see(std::string(kUrl), hour(4), "a");
  const auto shown = feed.observations().shown();
  REQUIRE(shown != nullptr);
  const auto& url = shown->at(std::string(kUrl));
  CHECK(url.leaves == 4);
  REQUIRE(url.observations.size() == 3);
  CHECK(url.observations[0].seen == hour(1));
  CHECK(url.observations[0].last_seen == hour(2));
  CHECK(url.observations[0].sequence == 1);
  CHECK(url.observations[1].sequence == 3);
  CHECK(url.observations[2].digest == digest_of("a"));
  CHECK(url.observations[2].bytes != nullptr);
  CHECK(feed.observations().shown() == shown);  // nothing changed
}

TEST_CASE("a leaf out of sequence or not later than the last is void, and counts") {
  Observations all;
  CHECK(all.shown() == nullptr);
  all.append({std::string(kUrl), 1, hour(5)}, digest_of("a"), {1, 1});
  all.append({std::string(kUrl), 3, hour(6)}, digest_of("b"), {1, 2});  // the second
  all.append({std::string(kUrl), 3, hour(5)}, digest_of("c"), {1, 3});  // not later
  all.append({std::string(kUrl), 4, hour(4)}, digest_of("c"), {1, 4});  // earlier
  all.append({std::string(kUrl), 5, hour(7)}, digest_of("d"), {1, 5});
  const auto& url = all.shown()->at(std::string(kUrl));
  CHECK(url.leaves == 5);
  REQUIRE(url.observations.size() == 2);
  CHECK(url.observations[0].last_seen == hour(5));
  CHECK(url.observations[1].digest == digest_of("d"));
}

TEST_CASE("bodies are asked for once, newest first, and taken by their digest") {
  Observations all;
  all.append({std::string(kUrl), 1, hour(1)}, digest_of("a"), {1, 6});
  all.append({std::string(kListUrl), 1, hour(2)}, digest_of("a"), {1, 7});
  all.append({std::string(kUrl), 2, hour(3)}, digest_of("b"), {1, 8});
  const auto missing = all.missing();
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].digest == digest_of("b"));
  CHECK(missing[0].key == concat(kUrl, "#2#", hour(3).to_string()));
  CHECK(missing[1].key == concat(kListUrl, "#1#", hour(2).to_string()));
  CHECK_FALSE(all.add_body(digest_of("c"), body("c")));
  CHECK(all.add_body(digest_of("a"), body("a")));
  CHECK_FALSE(all.add_body(digest_of("a"), body("a")));
  const auto shown = all.shown();
  CHECK(shown->at(std::string(kUrl)).observations[0].bytes != nullptr);
  CHECK(shown->at(std::string(kListUrl)).observations[0].bytes != nullptr);
  CHECK(shown->at(std::string(kUrl)).observations[1].bytes == nullptr);
  CHECK(all.missing().size() == 1);
}

TEST_CASE("what is kept of a feed is bounded, by its leaves alone") {
  test::ObserverFeed feed;
  for (std::int64_t n = 0; n < 20; ++n) {
    feed.see(std::string(kUrl), hour(n), concat("document ", n));
    feed.see(std::string(kListUrl), hour(n), concat("list ", n));
  }
  const auto held = [&](std::string_view url) {
    const auto shown = feed.observations().shown();
    const auto& all = shown->at(std::string(url)).observations;
    CHECK(all.size() == 20);
    CHECK(all.back().bytes != nullptr);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const auto& one) { return one.bytes != nullptr; }));
  };
  CHECK(held(kUrl) == feed::kObservedDocumentsMax);
  CHECK(held(kListUrl) == feed::kObservedListsMax);
  CHECK(feed.observations().missing().empty());

  Observations many;
  for (std::size_t n = 0; n <= feed::kObservationsMax; ++n)
    many.append({std::string(kUrl), n + 1, hour(static_cast<std::int64_t>(n))}, digest_of(concat(n)), {1, n});
  CHECK(many.shown()->at(std::string(kUrl)).observations.size() == feed::kObservationsMax);
  CHECK(many.shown()->at(std::string(kUrl)).observations.front().seen == hour(1));
  for (std::size_t n = 0; n <= feed::kObservedUrlsMax; ++n)
    many.append({concat("https://uni.example/", n), 1, hour(1)}, digest_of(concat("url ", n)), {2, n});
  CHECK(many.shown()->size() == feed::kObservedUrlsMax);
  CHECK(many.missing().size() == feed::kObservedBodiesMax);
}
