#include "node/app/offload.h"

#include <exception>
#include <utility>

#include "node/app/codes.h"
#include "node/app/problem.h"

namespace vcnode::node {

HttpResponse internal_fault(Log& log, const char* what) {
  log.limited(LogLevel::error, "http", "internal fault", {{"what", what}});
  return problem(Error{codes::INTERNAL_FAULT, "the request could not be answered; the node's log says why"});
}

std::optional<Error> Offload::why_busy(std::size_t body_bytes) const {
  const std::size_t waiting = workers_.queued();
  if (waiting >= queue_max_)
    return Error{codes::SERVER_BUSY, concat(waiting, " requests are waiting, the limit is ", queue_max_)};
  const std::size_t bytes = waiting_bytes_->load();
  if (bytes == 0 || bytes + body_bytes <= kWorkerQueueBytesMax) return std::nullopt;
  return Error{codes::SERVER_BUSY, concat(bytes, " bytes of requests are waiting, ", body_bytes,
                                          " more are over the limit of ", kWorkerQueueBytesMax)};
}

void Offload::run(Respond respond, std::function<void(Respond)> work, std::size_t body_bytes) {
  if (const auto busy = why_busy(body_bytes)) return respond(problem(*busy));
  *waiting_bytes_ += body_bytes;
  // Counted until the task begins, or is dropped with its queue.
  std::shared_ptr<void> waiting(
      nullptr, [bytes = waiting_bytes_, body_bytes](std::nullptr_t) { *bytes -= body_bytes; });
  workers_.post([&log = log_, respond = std::move(respond), work = std::move(work),
                 waiting = std::move(waiting)]() mutable {
    waiting.reset();
    try {
      work(respond);
    } catch (const std::exception& fault) {
      respond(internal_fault(log, fault.what()));
    }
  });
}

void Offload::answer(Respond respond, std::function<HttpResponse()> work, std::size_t body_bytes) {
  run(
      std::move(respond), [work = std::move(work)](const Respond& answer) { answer(work()); }, body_bytes);
}

void Offload::answer_body(Call call, std::function<HttpResponse(const std::string& body)> work) {
  const std::size_t bytes = call.request.body.size();
  answer(
      std::move(call.respond),
      [work = std::move(work), body = std::move(call.request.body)] { return work(body); }, bytes);
}

}  // namespace vcnode::node
