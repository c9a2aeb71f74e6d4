// Offload: answers that cost CPU or disk go to the worker pool, up to a queue that is worth waiting for.
//
// Beyond `queue_max` waiting tasks, or kWorkerQueueBytesMax of request bodies waiting with them, a request is
// refused with SERVER_BUSY instead of being answered late; a lone large one never is. A
// fault inside the work is answered with INTERNAL_FAULT and logged without the request.
// Threading: from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "node/app/log.h"
#include "node/app/router.h"
#include "node/http/message.h"
#include "node/net/loop.h"

namespace vcnode::node {

// A full queue of 256 KB credentials is some tens of megabytes and, at about 0.2 ms each, a tenth of a
// second.
inline constexpr std::size_t kWorkerQueueMax = 256;
// 256 requests of the common size, or eight of the largest: a few seconds of work for two cores.
inline constexpr std::size_t kWorkerQueueBytesMax = 32 * 1024 * 1024;

class Offload {
 public:
  Offload(WorkerPool& workers, std::size_t queue_max, Log& log)
      : workers_(workers), queue_max_(queue_max), log_(log) {}

  // Runs `work` on a worker and answers with what it returns. `body_bytes`: what it keeps of the request.
  void answer(Respond respond, std::function<HttpResponse()> work, std::size_t body_bytes = 0);
  // The same for work on the request's body, which is kept for it.
  void answer_body(Call call, std::function<HttpResponse(const std::string& body)> work);
  // Runs `work`, which answers by itself at its time; a fault is answered here, so `work` must not throw
  // after it has handed `respond` on.
  void run(Respond respond, std::function<void(Respond)> work, std::size_t body_bytes = 0);

 private:
  [[nodiscard]] std::optional<Error> why_busy(std::size_t body_bytes) const;

  WorkerPool& workers_;
  std::size_t queue_max_;
  Log& log_;
  std::shared_ptr<std::atomic<std::size_t>> waiting_bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
};

[[nodiscard]] HttpResponse internal_fault(Log& log, const char* what);

}  // namespace vcnode::node
