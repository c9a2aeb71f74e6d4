// Offload: answers that cost CPU or disk go to the worker pool, up to a queue that is worth waiting for.
//
// Beyond `queue_max` waiting tasks a request is refused with SERVER_BUSY instead of being answered late. A
// fault inside the work is answered with INTERNAL_FAULT and logged without the request.
// Threading: from any thread.
#pragma once

#include <cstddef>
#include <functional>

#include "node/app/log.h"
#include "node/http/message.h"
#include "node/net/loop.h"

namespace vcnode::node {

// A full queue of 256 KB credentials is some tens of megabytes and, at about 0.2 ms each, a tenth of a
// second.
inline constexpr std::size_t kWorkerQueueMax = 256;

class Offload {
 public:
  Offload(WorkerPool& workers, std::size_t queue_max, Log& log)
      : workers_(workers), queue_max_(queue_max), log_(log) {}

  // Runs `work` on a worker and answers with what it returns.
  void answer(Respond respond, std::function<HttpResponse()> work);
  // Runs `work`, which answers by itself at its time; a fault is answered here, so `work` must not throw
  // after it has handed `respond` on.
  void run(Respond respond, std::function<void(Respond)> work);

 private:
  WorkerPool& workers_;
  std::size_t queue_max_;
  Log& log_;
};

[[nodiscard]] HttpResponse internal_fault(Log& log, const char* what);

}  // namespace vcnode::node
