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

void Offload::run(Respond respond, std::function<void(Respond)> work) {
  const std::size_t waiting = workers_.queued();
  if (waiting >= queue_max_) {
    return respond(problem(
        Error{codes::SERVER_BUSY, concat(waiting, " requests are waiting, the limit is ", queue_max_)}));
  }
  workers_.post([this, respond = std::move(respond), work = std::move(work)] {
    try {
      work(respond);
    } catch (const std::exception& fault) {
      respond(internal_fault(log_, fault.what()));
    }
  });
}

void Offload::answer(Respond respond, std::function<HttpResponse()> work) {
  run(std::move(respond), [work = std::move(work)](const Respond& answer) { answer(work()); });
}

}  // namespace vcnode::node
