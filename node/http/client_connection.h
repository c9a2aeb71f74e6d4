// ClientConnection: one HTTP/1.1 connection used by one blocking caller. Private to node/http.
//
// Its io_context runs only inside these calls and never past the deadline. After any error the connection is
// closed.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "crypto/base/result.h"
#include "node/http/message.h"
#include "node/net/channel.h"
#include "node/net/dial.h"
#include "node/net/native.h"
#include "node/net/url.h"

namespace vcnode::node {

struct Deadline {
  Clock::time_point at;
  std::int64_t limit_ms = 0;                   // for the message
  const std::atomic<bool>* stopped = nullptr;  // if set: true ends the waiting as the deadline would

  static Deadline in_ms(std::int64_t ms) { return {Clock::now() + std::chrono::milliseconds(ms), ms}; }
};

struct ClientRequest {
  std::string text;  // header and body as sent
  bool is_head = false;
  bool only_200 = false;  // an answer of any other status ends with its header
  std::size_t body_bytes_max = 0;
};

// Whose certificates are taken: anybody's, or, with `verify`, those of the system's authorities or of
// `ca_file`.
struct ServerTrust {
  bool verify = false;
  std::optional<std::filesystem::path> ca_file = {};
};

class ClientConnection {
 public:
  ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;
  ~ClientConnection();

  [[nodiscard]] Result<void> open(const ServerUrl& server, const ServerTrust& trust, Deadline deadline);
  [[nodiscard]] Result<void> open(const std::filesystem::path& socket);
  // As open(), to a target of the caller's making that messages call `name`; nullopt: it is open.
  [[nodiscard]] std::optional<DialFailure> dial(DialTarget target, std::string name, Deadline deadline);
  [[nodiscard]] Result<HttpResponse> exchange(const ClientRequest& request, Deadline deadline);
  void close();

  [[nodiscard]] bool is_open() const noexcept { return channel_ != nullptr; }
  // The last exchange failed because the server had closed before a byte of its answer: harmless to repeat on
  // a connection that had served before.
  [[nodiscard]] bool was_stale() const noexcept { return was_stale_; }

 private:
  struct Operation;
  class ResponseReader;
  [[nodiscard]] Result<void> finish(const Operation& operation, Deadline deadline);
  [[nodiscard]] Result<void> send(const std::string& text, Deadline deadline);
  [[nodiscard]] Result<HttpResponse> receive(const ClientRequest& request, Deadline deadline);
  [[nodiscard]] Result<std::shared_ptr<asio::ssl::context>> tls_context(const ServerTrust& trust) const;
  template <class... Parts>
  [[nodiscard]] Failure broken(Code code, const Parts&... parts);

  asio::io_context context_{1};
  std::shared_ptr<LoopGate> gate_;
  asio::executor_work_guard<Executor> work_;
  std::shared_ptr<Channel> channel_;
  std::string server_name_;
  bool was_stale_ = false;
};

}  // namespace vcnode::node
