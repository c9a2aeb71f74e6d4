// WitnessClient: asks the witnesses of an issuer's policy to cosign its heads (C2SP tlog-witness over https).
//
// What to ask next and when to give up is said by witness::CosignRound. Each witness has a thread of its own,
// so that a slow one holds up nobody, and at most one question at a time. Certificates are not judged: a
// checkpoint is public, and a cosignature proves itself. The addresses are the operator's, from the policy
// file. Threading: everything on the loop's thread, callbacks too.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/app/clock.h"
#include "node/app/log.h"
#include "node/app/metrics.h"
#include "node/http/client.h"
#include "node/net/loop.h"
#include "protocol/witness/cosign_round.h"

namespace vcnode::node {

// A witness writes to its disk before it answers; one that needs longer is as good as away.
inline constexpr std::int64_t kAskMsMax = 5'000;
// Whoever asked to have something issued waits for it.
inline constexpr std::int64_t kRoundMsMax = 15'000;

class WitnessClient {
 public:
  using Fetch = std::function<Result<HttpResponse>(const FetchOptions&)>;
  struct Options {
    witness::WitnessPolicy policy;
    std::int64_t ask_ms_max = kAskMsMax;
    std::int64_t round_ms_max = kRoundMsMax;
    Fetch fetch = http_fetch;
  };
  struct Ports {
    EventLoop& loop;
    const Clock& clock;
    Metrics& metrics;
    Log& log;
  };
  WitnessClient(Options options, Ports ports);
  ~WitnessClient();
  WitnessClient(const WitnessClient&) = delete;
  WitnessClient& operator=(const WitnessClient&) = delete;

  // Of the tree of a checkpoint, from an older size.
  using ProofFrom = std::function<std::vector<Sha256Digest>(std::uint64_t old_size)>;
  // The checkpoint with the quorum's cosignatures, and more. Errors: WITNESS_QUORUM_MISSED, NOTE_MALFORMED.
  using Done = std::function<void(Result<std::string>)>;
  // REQUIRES: no other is under way.
  void cosign(std::string checkpoint, ProofFrom proof_from, Done done);
  // Asks nobody after this; `done` of what is under way is not called.
  void stop();

  // What came of the last round that a witness was asked in.
  struct Stand {
    std::string name;
    std::string url;
    std::optional<Timestamp> cosigned;  // when it last did
    std::optional<Error> why_not;       // it did not in the last round
  };
  [[nodiscard]] const std::vector<Stand>& stands() const noexcept { return stands_; }

 private:
  struct Shared;
  struct Round;
  void pump();
  void send(std::size_t witness, std::uint64_t old_size);
  void on_answer(std::uint64_t round, std::size_t witness, const Result<HttpResponse>& answer);
  void on_late_answer(std::uint64_t round, std::size_t witness, const Result<HttpResponse>& answer);
  void arm();
  void end();
  void remember(const witness::CosignRound& round);

  Options options_;
  Ports ports_;
  std::vector<Stand> stands_;
  std::string origin_;                // of the checkpoint that was asked for last
  std::vector<std::uint64_t> sizes_;  // of that log, by witness
  std::vector<bool> busy_;
  std::vector<std::uint64_t> asked_for_;                // the size that a busy one was asked to cosign
  std::vector<std::optional<std::uint64_t>> deferred_;  // what to ask when it is not busy any more: old size
  std::unique_ptr<Round> round_;
  std::uint64_t rounds_ = 0;
  std::uint64_t first_round_ = 0;  // of `origin_`
  std::optional<EventLoop::TimerId> timer_;
  std::shared_ptr<Shared> shared_;  // with questions that may end after this is gone
  std::unique_ptr<WorkerPool> workers_;
};

}  // namespace vcnode::node
