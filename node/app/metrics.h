// Metrics: what /metrics shows, in the Prometheus text format. Counts only: no name, id or address of
// anybody.
//
// Counters are counted where things happen; what other objects already know (peers, feeds, engine counters)
// is read at the moment of the scrape.
// Threading: from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace vcnode::node {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count_request(std::string_view method, std::string_view route, unsigned status);
  void count_verdict(std::string_view outcome);
  void count_issued();
  void count_status_changes(std::size_t changes);
  void count_publication();
  void count_misbehaviour();

  // Read from their owners at the moment of the scrape.
  struct Sample {
    std::map<std::string, std::uint64_t> peers_by_state;
    std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
    std::uint64_t heads_accepted = 0, heads_pending = 0, repairs = 0, repairs_unequal = 0, pushes_sent = 0;
    std::map<std::string, std::uint64_t> refusals_by_code;
    std::uint64_t feeds = 0, feeds_contradicted = 0, bodies_missing = 0;
    std::uint64_t send_queue_bytes = 0, worker_queue = 0;
    bool ready = false, store_failed = false;
  };
  [[nodiscard]] std::string text(const Sample& sample) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::node
