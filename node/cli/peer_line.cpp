#include "node/cli/peer_line.h"

#include <algorithm>
#include <chrono>

#include "node/codes/cli_codes.h"
#include "node/net/codes.h"

namespace vcnode::cli {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<node::HttpResponse> PeerLine::get_in_time(const std::string& path) {
  if (broken_) return Failure{*broken_};
  const std::int64_t left_ms = kPeerMsMax - spent_ms_;
  if (left_ms <= 0) {
    broken_ = fail(codes::HTTP_TIMEOUT, "the peer did not give everything within ", kPeerMsMax,
                   " ms, the limit for one peer")
                  .error;
    return Failure{*broken_};
  }
  const std::int64_t started_ms = clock_ms_();
  auto response = get_(path, std::min(kRequestMsMax, left_ms));
  spent_ms_ += clock_ms_() - started_ms;
  if (!response) broken_ = response.error();
  return response;
}

Result<std::string> PeerLine::object(const std::string& path, std::size_t bytes_max, Code absent) {
  VCNODE_TRY(auto response, get_in_time(path));
  if (response.status == 404) return fail(absent, "the peer has nothing at ", path);
  if (response.status != 200)
    return fail(codes::PEER_EVIDENCE_BAD, "the peer answered ", response.status, " for ", path);
  if (response.body.size() > bytes_max) {
    return fail(codes::PEER_EVIDENCE_BAD, "the peer gave ", response.body.size(), " bytes for ", path,
                ", more than the ", bytes_max, " there can be");
  }
  return std::move(response.body);
}

}  // namespace vcnode::cli
