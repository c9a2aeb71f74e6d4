// PeerLine: what one peer gives, within one time for all of it.
//
// A peer may be hostile: each answer has a size limit of its own, all of them together a time limit, and
// after the first transport error nothing more is asked. Only the time spent waiting for this peer counts.
// Errors: the code given for "absent", PEER_EVIDENCE_BAD, HTTP_…. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "crypto/base/result.h"
#include "node/http/message.h"

namespace vcnode::cli {

// Somebody waits at the terminal; a large feed takes some seconds at a near peer.
inline constexpr std::int64_t kPeerMsMax = 60'000;
inline constexpr std::int64_t kRequestMsMax = 10'000;

// GET of one path at one peer, over one connection.
using Get = std::function<Result<node::HttpResponse>(const std::string& path, std::int64_t timeout_ms)>;
using ClockMs = std::function<std::int64_t()>;  // monotonic
[[nodiscard]] std::int64_t steady_ms();

class PeerLine {
 public:
  PeerLine(Get get, ClockMs clock_ms) : get_(std::move(get)), clock_ms_(std::move(clock_ms)) {}

  // `absent` is what a 404 means there.
  [[nodiscard]] Result<std::string> object(const std::string& path, std::size_t bytes_max, Code absent);
  // The transport error or the end of the time that ended this line.
  [[nodiscard]] const std::optional<Error>& broken() const noexcept { return broken_; }

 private:
  [[nodiscard]] Result<node::HttpResponse> get_in_time(const std::string& path);

  Get get_;
  ClockMs clock_ms_;
  std::int64_t spent_ms_ = 0;
  std::optional<Error> broken_;
};

}  // namespace vcnode::cli
