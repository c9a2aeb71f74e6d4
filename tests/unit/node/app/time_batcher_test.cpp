// Time batches as a node makes them: the feed is a memory store, the witnesses and the issuer are the test's.
#include "node/app/time_batcher.h"

#include <atomic>
#include <nlohmann/json.hpp>

#include "node/app/codes.h"
#include "node/net/codes.h"
#include "protocol/batch/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "tests/unit/node/app/witness_bench.h"

using namespace vcnode;
using namespace vcnode::test;
using node::TimeBatcher;
using Outcome = Result<TimeBatcher::Document>;

namespace {

struct BatchBench : LoopBench {
  TestFeed feed;
  Witnesses web{2, feed.log_key()};
  SystemRng rng;
  std::unique_ptr<node::WorkerPool> workers = std::make_unique<node::WorkerPool>(2);
  std::optional<Error> blocked;
  std::vector<feed::NewTimeBatch> published;
  std::unique_ptr<TimeBatcher> batcher;

  explicit BatchBench(std::int64_t cadence_ms = 20) {
    TimeBatcher::Issuer issuer;
    issuer.name = "main";
    issuer.feed = [this]() -> Result<TimeBatcher::Feed> {
      if (blocked) return Failure{*blocked};
      return TimeBatcher::Feed{feed.origin, {}};
    };
    issuer.publish = [this](feed::NewTimeBatch batch,
                            std::function<void(Result<TimeBatcher::Published>)> done) {
      published.push_back(batch);
      feed.append(TestFeed::other_leaf(static_cast<int>(published.size())));
      const feed::Head head = feed.append(batch::leaf_of(batch.number, batch.root));
      loop.post([this, head, done] { done(TimeBatcher::Published{feed.origin, head}); });
    };
    TimeBatcher::Options options;
    options.cadence_ms = cadence_ms;
    options.witnesses.policy = web.policy(2);
    options.witnesses.round_ms_max = 300;
    options.witnesses.fetch = [this](const node::FetchOptions& how) { return web.ask(how); };
    batcher = std::make_unique<TimeBatcher>(
        std::move(options), TimeBatcher::Ports{loop, *workers, *feed.store, clock, metrics, log, rng},
        std::move(issuer));
  }
  ~BatchBench() { workers.reset(); }  // first what works for the batcher
  static TimeBatcher::Document document(const std::string& id) {
    return std::make_shared<const nlohmann::json>(nlohmann::json{{"id", id}});
  }
  // What becomes of these documents.
  std::vector<Outcome> batch(const std::vector<TimeBatcher::Document>& documents) {
    auto out = std::make_shared<std::vector<std::optional<Outcome>>>(documents.size());
    std::size_t left = documents.size();
    loop.post([&] {
      for (std::size_t i = 0; i < documents.size(); ++i)
        batcher->add(documents[i], [out, i, &left](Outcome outcome) {
          (*out)[i] = std::move(outcome);
          --left;
        });
    });
    run_until([&] { return left == 0; });
    std::vector<Outcome> finished;
    for (auto& one : *out) finished.push_back(std::move(*one));
    return finished;
  }
  Outcome batch_one(TimeBatcher::Document document) {
    auto outcomes = batch({std::move(document)});
    return std::move(outcomes.front());
  }
  void start() {
    loop.post([this] { batcher->start(); });
  }
  // Whether the entry proves a time under the witnesses' policy; the number of its batch.
  std::uint64_t proven(const Outcome& outcome) {
    REQUIRE_OK(outcome);
    const auto read = json::Document::parse((*outcome)->dump());
    REQUIRE_OK(read);
    const auto entry = batch::entry_of(read->root());
    REQUIRE_OK(entry);
    REQUIRE(entry->has_value());
    const batch::IssuerFeeds feeds{std::string(feed.did.method_specific_id()),
                                   {{feed.signer.public_key(), std::nullopt}}};
    const auto finding = batch::check_entry(read->root(), **entry, feeds, web.policy(2));
    REQUIRE_OK(finding);
    CHECK(finding->quorum_at);
    return (*entry)->batch;
  }
};

}  // namespace

TEST_CASE("what waits shares the next batch, and each document gets a proof of its own") {
  BatchBench bench;
  bench.start();
  const auto outcomes = bench.batch(
      {BatchBench::document("urn:a"), BatchBench::document("urn:b"), BatchBench::document("urn:c")});
  const std::uint64_t number = bench.proven(outcomes[0]);
  CHECK(number >= 1);
  CHECK(bench.proven(outcomes[1]) == number);
  CHECK(bench.proven(outcomes[2]) == number);
  CHECK(bench.proven(bench.batch_one(BatchBench::document("urn:d"))) > number);
}

TEST_CASE("batches are made of nothing too, numbered on, one after the other") {
  BatchBench bench;
  bench.start();
  bench.run_until([&] { return bench.published.size() >= 4; });
  for (std::size_t i = 0; i < bench.published.size(); ++i) CHECK(bench.published[i].number == i + 1);
}

TEST_CASE("numbers go on after a restart") {
  BatchBench bench;
  bench.feed.append(batch::leaf_of(41, Sha256Digest()));
  bench.start();
  CHECK(bench.proven(bench.batch_one(BatchBench::document("urn:a"))) >= 42);
}

TEST_CASE("without the quorum nothing comes of it, and the next batch may have it") {
  BatchBench bench;
  bench.web.set("w1", [](const witness::AddCheckpoint&) -> Result<node::HttpResponse> {
    return fail(codes::HTTP_UNREACHABLE, "nobody is there");
  });
  bench.start();
  const auto missed = bench.batch_one(BatchBench::document("urn:a"));
  CHECK_CODE_NAMES(missed, codes::WITNESS_QUORUM_MISSED, "nobody is there");
  CHECK(bench.lines.str().find("no time batch") != std::string::npos);
  bench.web.set("w1", nullptr);
  bench.proven(bench.batch_one(BatchBench::document("urn:a")));
}

TEST_CASE("while nothing may be published who asks is told why") {
  BatchBench bench;
  bench.blocked = Error{codes::START_CHECK_PENDING, "peers are asked"};
  bench.start();
  CHECK_CODE(bench.batch_one(BatchBench::document("urn:a")), codes::START_CHECK_PENDING);
  CHECK(bench.published.empty());
  bench.blocked.reset();
  bench.proven(bench.batch_one(BatchBench::document("urn:a")));
}

TEST_CASE("while an entry of the issuer's log is on its way, what was asked for waits") {
  BatchBench bench;
  bench.blocked = Error{codes::SERVER_BUSY, "an entry is on its way"};
  bench.start();
  bench.loop.after_ms(200, [&] { bench.blocked.reset(); });
  bench.proven(bench.batch_one(BatchBench::document("urn:a")));
}

TEST_CASE("what was in a batch when its feed ended goes, once, into one of the next feed") {
  BatchBench bench;
  std::atomic<int> refusals = 0;
  const auto away = [&](const witness::AddCheckpoint&) -> Result<node::HttpResponse> {
    ++refusals;
    return fail(codes::HTTP_UNREACHABLE, "nobody is there");
  };
  bench.web.set("w1", away);
  bench.start();
  bench.loop.after_ms(100, [&] {
    bench.blocked = Error{codes::SERVER_BUSY, "an entry is on its way"};
    bench.loop.after_ms(600, [&] {
      bench.web.set("w1", nullptr);
      bench.blocked.reset();
    });
  });
  bench.proven(bench.batch_one(BatchBench::document("urn:a")));
  CHECK(refusals > 0);
}

TEST_CASE("more than can wait are refused, and all are told when the node stops") {
  BatchBench bench(60'000);
  bench.start();
  std::size_t stopped = 0;
  std::size_t busy = 0;
  bench.loop.post([&] {
    for (std::size_t i = 0; i <= node::kWaitForBatchMax; ++i)
      bench.batcher->add(BatchBench::document(concat("urn:", i)), [&](const Outcome& outcome) {
        REQUIRE_FALSE(outcome.has_value());
        busy += outcome.error().code == codes::SERVER_BUSY ? 1u : 0u;
        stopped += outcome.error().code == codes::SHUTTING_DOWN ? 1u : 0u;
      });
    bench.batcher->stop({codes::SHUTTING_DOWN, "the node is stopping"});
    bench.batcher->add(BatchBench::document("urn:late"), [&](const Outcome& outcome) {
      stopped += outcome.error().code == codes::SHUTTING_DOWN ? 1u : 0u;
    });
  });
  bench.run_until([&] { return stopped + busy == node::kWaitForBatchMax + 2; });
  CHECK(busy == 1);
}

TEST_CASE("a document that no batch takes fails its batch by name") {
  BatchBench bench;
  bench.start();
  const auto signed_already =
      std::make_shared<const nlohmann::json>(nlohmann::json{{"id", "urn:a"}, {"proof", "x"}});
  CHECK_CODE(bench.batch_one(signed_already), codes::BATCH_DOCUMENT);
}
