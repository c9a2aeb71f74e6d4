// What the tests of node/net and node/http share: a loop on its own thread, a certificate, a server.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "node/http/server.h"
#include "node/net/loop.h"
#include "node/net/tls.h"
#include "tests/unit/node/net/raw_connection.h"

namespace vcnode::test {

struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};
// For "localhost", 127.0.0.1 and ::1; made once per process.
[[nodiscard]] const CertificateFiles& test_certificate();
[[nodiscard]] std::shared_ptr<node::TlsServerContext> test_tls();

// An EventLoop running on a thread until destruction.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread();
  void call(const std::function<void()>& task);  // on the loop's thread; returns when it has run
  [[nodiscard]] node::EventLoop& loop() noexcept { return loop_; }

 private:
  node::EventLoop loop_;
  std::thread thread_;
};

// Polls until `condition` holds; false after thirty seconds.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

// POST /echo (at most kEchoBytesMax) and GET answer with what came; see handle() for the other paths.
class TestHandler final : public node::HttpHandler {
 public:
  static constexpr std::size_t kEchoBytesMax = 1000;
  static constexpr std::size_t kUploadBytesMax = 100'000;
  static constexpr std::size_t kLargeBytes = 64 * 1024 * 1024;

  [[nodiscard]] std::size_t body_bytes_max(std::string_view method, std::string_view path) const override;
  void handle(node::HttpRequest request, node::Respond respond) override;
  [[nodiscard]] node::HttpResponse refuse(unsigned status, std::string_view code,
                                          std::string_view sentence) const override;

  // The request as last seen, and the answers that /hold is still owed.
  [[nodiscard]] node::HttpRequest last() const;
  [[nodiscard]] std::size_t handled() const;
  [[nodiscard]] std::vector<node::Respond> take_held();
  [[nodiscard]] std::size_t held() const;

 private:
  mutable std::mutex mutex_;
  node::HttpRequest last_;
  std::size_t handled_ = 0;
  std::vector<node::Respond> held_;
};

// A server on 127.0.0.1 with a loop of its own.
class TestServer {
 public:
  explicit TestServer(const std::function<void(node::ServerOptions&)>& adjust = nullptr);
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/") const;
  [[nodiscard]] TestHandler& handler() noexcept { return handler_; }
  [[nodiscard]] LoopThread& thread() noexcept { return thread_; }
  [[nodiscard]] node::HttpServer& server() noexcept { return *server_; }
  void destroy();  // the HttpServer only

 private:
  TestHandler handler_;
  LoopThread thread_;
  std::unique_ptr<node::HttpServer> server_;
  std::uint16_t port_ = 0;
};

// A client inside TLS.
[[nodiscard]] RawConnection secure(const TestServer& server);

}  // namespace vcnode::test
