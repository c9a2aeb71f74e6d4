// Metrics: what /metrics shows, in the Prometheus text format; protocol/spec/operations.md lists every one.
// Issuers are named by their DIDs, as in /feeds, and nobody else is. The values of every label come from a
// fixed list (states, outcomes, codes, routes) or are the admitted issuers, wire::kHelloOriginsMax at most:
// no stranger can add a time series.
//
// Counters are counted where things happen; what other objects already know (peers, feeds, engine counters)
// is read at the moment of the scrape.
// Threading: from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Histogram;
}  // namespace prometheus

namespace vcnode::node {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count_request(std::string_view method, std::string_view route, unsigned status);
  void observe_propagation(double seconds);
  void count_verdict(std::string_view outcome);
  void count_issued();
  void count_status_changes(std::size_t changes);
  void count_publication();
  void count_misbehaviour();
  // "observed": an observation came of it; "unchanged", "failed".
  void count_observation(std::string_view outcome);
  // "proven": the quorum cosigned it; "missed": it did not; "failed": it was not published.
  void count_time_batch(std::string_view outcome);
  // What came of asking a witness: "cosigned", "refused" (any other answer), "unreachable".
  void count_witness_ask(std::string_view outcome);

  // The time series of one route, found by their labels once instead of for every answer. They begin with the
  // first answer, as any other.
  class RouteSeries {
   public:
    RouteSeries(Metrics& metrics, std::string method, std::string route);
    void answered(unsigned status, std::chrono::nanoseconds took);

   private:
    Metrics& metrics_;
    std::string method_;
    std::string route_;
    std::mutex mutex_;
    std::map<unsigned, prometheus::Counter*> by_status_;
    prometheus::Histogram* seconds_ = nullptr;
  };

  struct IssuerSample {
    std::string did;
    std::optional<std::int64_t> head_age_seconds;  // none: no head is held, or it is the last one
    std::uint64_t entries_behind = 0;              // of a verified head whose leaves are not all here
    std::uint64_t peers = 0;
    std::optional<bool> may_sign;  // of hosted issuers that have not ended
  };
  // Read from their owners at the moment of the scrape.
  struct Sample {
    std::map<std::string, std::uint64_t> peers_by_state;
    std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
    std::uint64_t heads_accepted = 0, heads_pending = 0, repairs = 0, repairs_unequal = 0, pushes_sent = 0;
    std::map<std::string, std::uint64_t> refusals_by_code;
    std::uint64_t feeds = 0, feeds_contradicted = 0, feeds_ended = 0, bodies_missing = 0;
    std::uint64_t send_queue_bytes = 0, worker_queue = 0;
    std::vector<IssuerSample> issuers;  // all admitted ones, hosted ones included
    std::uint64_t issuers_refused = 0;  // sponsored ones for whom there is no room
    std::uint64_t clock_difference_seconds = 0;
    std::optional<std::uint64_t> disk_free_bytes;  // none: the file system does not say
    bool ready = false, store_failed = false;
  };
  [[nodiscard]] std::string text(const Sample& sample) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::node
