// TimeBatcher: makes the time batches of one hosted issuer (protocol/spec/time-batch.md, "How a node makes
// one").
//
// At a fixed cadence, and one at a time: what waits, possibly nothing, becomes a batch; its leaf is
// published; the witnesses of the issuer's policy are asked to cosign the head; each document gets its entry
// and goes back to be signed. Nothing of a batch is kept: what was not handed back was never promised to
// anybody.
//
// Threading: everything on the loop's thread, callbacks too; trees and digests on a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/rng.h"
#include "node/app/feed_tree.h"
#include "node/app/witness_client.h"
#include "protocol/batch/time_batch.h"
#include "protocol/feed/publisher.h"

namespace vcnode::node {

// Each is an open request with a credential of up to 256 KB.
inline constexpr std::size_t kWaitForBatchMax = 1'000;

class TimeBatcher {
 public:
  using Document = std::shared_ptr<const nlohmann::json>;
  using Done = std::function<void(Result<Document>)>;
  // What is published to, and the epochs before, the newest first.
  struct Feed {
    feed::Origin origin;
    std::vector<feed::Origin> earlier;
  };
  struct Published {
    feed::Origin origin;
    feed::Head head;
  };
  struct Issuer {
    std::string name;
    std::function<Result<Feed>()> feed;  // or why nothing can be published
    std::function<void(feed::NewTimeBatch, std::function<void(Result<Published>)>)> publish;
  };
  struct Options {
    std::int64_t cadence_ms = 0;
    WitnessClient::Options witnesses;
  };
  struct Ports {
    EventLoop& loop;
    WorkerPool& workers;
    const Store& store;
    const Clock& clock;
    Metrics& metrics;
    Log& log;
    Rng& rng;  // thread-safe
  };
  TimeBatcher(Options options, Ports ports, Issuer issuer);
  ~TimeBatcher();

  void start();
  // Who waits is answered with `why`; no batch after this.
  void stop(const Error& why);
  // Into the next batch. `done`: the document with its entry. Errors: WITNESS_QUORUM_MISSED, SERVER_BUSY, why
  // nothing can be published, those of Publisher::prepare, STORE_*, BATCH_DOCUMENT.
  void add(Document document, Done done);

  [[nodiscard]] const std::vector<WitnessClient::Stand>& witnesses() const noexcept {
    return client_.stands();
  }

 private:
  struct Waiting {
    Document document;
    Done done;
    bool was_put_back = false;
  };
  struct Running;
  using RunningPtr = std::shared_ptr<Running>;

  void arm();
  void tick();
  void begin();
  void on_prepared(const RunningPtr& batch, const Result<void>& prepared);
  void on_published(const RunningPtr& batch, Result<Published> published);
  void on_placed(const RunningPtr& batch, const Result<void>& placed);
  void on_cosigned(const RunningPtr& batch, Result<std::string> checkpoint);
  void give_back(const RunningPtr& batch);
  void fail_batch(const RunningPtr& batch, const Error& why);
  [[nodiscard]] bool has_moved_on(const Running& batch) const;
  // Runs `work` on a worker and hands what it says to `then`, on the loop; a fault becomes INTERNAL_FAULT.
  void offload(const RunningPtr& batch, Result<void> (TimeBatcher::*work)(Running&) const,
               void (TimeBatcher::*then)(const RunningPtr&, const Result<void>&));
  Result<void> prepare(Running& batch) const;
  Result<void> place(Running& batch) const;
  Result<void> insert(Running& batch) const;
  void on_inserted(const RunningPtr& batch, const Result<void>& inserted);

  Options options_;
  Ports ports_;
  Issuer issuer_;
  WitnessClient client_;
  std::vector<Waiting> waiting_;
  std::shared_ptr<FeedTree> tree_;  // with the batch that runs, or here
  RunningPtr running_;
  std::optional<EventLoop::TimerId> timer_;
  std::int64_t due_ms_ = 0;  // monotonic
  bool stopped_ = false;
};

}  // namespace vcnode::node
