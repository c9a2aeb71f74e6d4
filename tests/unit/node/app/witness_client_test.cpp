// Who asks witnesses: over a loop and threads as the node has them; the network is the test's.
#include "node/app/witness_client.h"

#include <atomic>
#include <thread>

#include "node/net/codes.h"
#include "tests/unit/node/app/witness_bench.h"

using namespace vcnode;
using namespace vcnode::test;
using node::WitnessClient;

namespace {

struct ClientBench : LoopBench {
  TestFeed feed;
  Witnesses web{3, feed.log_key()};
  std::unique_ptr<WitnessClient> client;
  std::optional<Result<std::string>> done;
  std::atomic<bool> released = false;  // lets slow witnesses go on

  explicit ClientBench(std::int64_t round_ms = 3'000) {
    client = std::make_unique<WitnessClient>(
        WitnessClient::Options{web.policy(2), 1'000, round_ms,
                               [this](const node::FetchOptions& how) { return web.ask(how); }},
        WitnessClient::Ports{loop, clock, metrics, log});
  }
  ~ClientBench() {
    released = true;
    client.reset();
  }
  void grow() { feed.append(TestFeed::other_leaf(static_cast<int>(feed.tree.size()))); }
  Result<std::string> cosign() {
    const feed::Head head = feed.head();
    done.reset();
    loop.post([this, head] {
      client->cosign(
          head.note,
          [this, size = head.tree.size](std::uint64_t old) { return feed.tree.consistency_proof(old, size); },
          [this](Result<std::string> result) { done = std::move(result); });
    });
    run_until([this] { return done.has_value(); });
    return *done;
  }
  std::size_t count(const Result<std::string>& note) {
    REQUIRE_OK(note);
    return web.policy(2).judge(feed::Note::parse(*note).value()).cosignatures.size();
  }
  Witnesses::Act waiting(const std::string& name) {
    return [this, name](const witness::AddCheckpoint& request) {
      while (!released) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return web.cosign(name, request);
    };
  }
};

Result<node::HttpResponse> nobody(const witness::AddCheckpoint&) {
  return fail(codes::HTTP_UNREACHABLE, "nobody is there");
}

}  // namespace

TEST_CASE("a growing log is cosigned, each time from the size before") {
  ClientBench bench;
  bench.grow();
  CHECK(bench.count(bench.cosign()) == 3);
  bench.grow();
  bench.grow();
  CHECK(bench.count(bench.cosign()) == 3);
  CHECK(bench.web.asked("w1") == std::vector<std::uint64_t>{0, 1});
  CHECK(bench.count(bench.cosign()) == 3);  // the same head again
  for (const auto& stand : bench.client->stands()) {
    CHECK(stand.cosigned);
    CHECK_FALSE(stand.why_not);
  }
}

TEST_CASE("whoever forgot what was cosigned is told by the witness") {
  ClientBench bench;
  bench.grow();
  bench.grow();
  CHECK(bench.count(bench.cosign()) == 3);
  ClientBench again;  // the same log, after a restart of its node
  for (int i = 0; i < 3; ++i) again.grow();
  for (const char* name : {"w1", "w2", "w3"})
    again.web.set(name, [&bench, name](const witness::AddCheckpoint& request) {
      return bench.web.cosign(name, request);
    });
  CHECK(again.count(again.cosign()) == 3);
  CHECK(again.web.asked("w2") == std::vector<std::uint64_t>{0, 2});
}

TEST_CASE("a witness that is away or slow holds up nobody, and is asked again with the next head") {
  ClientBench bench;
  bench.grow();
  bench.web.set("w1", bench.waiting("w1"));
  CHECK(bench.count(bench.cosign()) == 2);
  REQUIRE(bench.client->stands()[0].why_not);
  CHECK_FALSE(bench.client->stands()[0].cosigned);
  CHECK(bench.lines.str().find("a witness did not cosign") != std::string::npos);
  // It is still busy with that when it is asked next; its late answer says where the next question begins.
  bench.grow();
  bench.released = true;
  CHECK(bench.count(bench.cosign()) == 3);
  CHECK(bench.web.asked("w1") == std::vector<std::uint64_t>{0, 1});
  bench.web.set("w2", nobody);
  bench.grow();
  CHECK(bench.count(bench.cosign()) == 2);
  CHECK_CODE(Result<void>(Failure{*bench.client->stands()[1].why_not}), codes::HTTP_UNREACHABLE);
}

TEST_CASE("too few witnesses are no quorum, and the next head may have one") {
  ClientBench bench(700);
  bench.grow();
  bench.web.set("w1", nobody);
  bench.web.set("w2", nobody);
  const auto missed = bench.cosign();
  for (const char* part : {"1 of 3", "w1: nobody is there [HTTP_UNREACHABLE]", "w2"})
    CHECK_CODE_NAMES(missed, codes::WITNESS_QUORUM_MISSED, part);
  CHECK(bench.web.asked("w1").size() >= 2);  // it was tried again
  bench.web.set("w1", nullptr);
  bench.grow();
  CHECK(bench.count(bench.cosign()) == 2);
}

TEST_CASE("after stop() nobody is asked and nothing is called back") {
  ClientBench bench;
  bench.grow();
  for (const char* name : {"w1", "w2", "w3"}) bench.web.set(name, bench.waiting(name));
  const feed::Head head = bench.feed.head();
  bench.loop.post([&] {
    bench.client->cosign(
        head.note, [](std::uint64_t) { return std::vector<Sha256Digest>(); },
        [&](Result<std::string> result) { bench.done = std::move(result); });
  });
  bench.run_until([&] { return !bench.web.asked("w1").empty(); });
  bench.loop.post([&] { bench.client->stop(); });
  bench.released = true;
  bool later = false;
  bench.loop.after_ms(200, [&] { later = true; });
  bench.run_until([&] { return later; });
  CHECK_FALSE(bench.done);
}
