// Asio behind the public headers: for node/net and node/http only.
//
// One executor type throughout (no any_io_executor) keeps the instantiations few.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "crypto/base/result.h"
#include "node/net/loop.h"
#include "node/net/tls.h"

namespace vcnode::node {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using UnixSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

// The way into an io_context for threads and callbacks that may outlive it. What is posted after the loop is
// gone is dropped, on the caller's thread: so tasks capture weak pointers to whatever owns sockets or timers.
class LoopGate {
 public:
  explicit LoopGate(asio::io_context& context) : context_(&context) {}
  void post(std::function<void()> task);
  [[nodiscard]] bool is_on_loop();  // called by something that the loop runs
  void shut();                      // the io_context is about to go

 private:
  std::mutex mutex_;
  asio::io_context* context_;
};

[[nodiscard]] inline std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? concat("[", address, "]:", endpoint.port())
                                    : concat(address, ":", endpoint.port());
}

struct EventLoop::Native {
  asio::io_context context{1};
  std::shared_ptr<LoopGate> gate = std::make_shared<LoopGate>(context);
  asio::executor_work_guard<Executor> work{context.get_executor()};
  std::map<TimerId, std::unique_ptr<Timer>> timers;
  TimerId last_timer = 0;
  std::unique_ptr<asio::signal_set> signals;

  Native() = default;
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  ~Native() { gate->shut(); }
  [[nodiscard]] Executor executor() { return context.get_executor(); }
};

struct TlsServerContext::Native {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

// TLS 1.3 only, no session tickets (every link has a fresh exporter value, and none is resumed).
void restrict_to_tls13(asio::ssl::context& context);

}  // namespace vcnode::node
