// TlsRelay: a man in the middle: accepts TLS with its own certificate, opens TLS to the target, copies bytes.
//
// What it shows: two nodes behind it see different TLS exporter values, so the hello must fail. Plain POSIX
// and OpenSSL threads, because it must share nothing with what it tests. Threading: constructed and destroyed
// by one thread; serves on its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vcnode::test {

struct TlsRelayOptions {
  std::uint16_t listen_port = 0;  // on 127.0.0.1; 0: chosen by the system
  std::string target_host = "127.0.0.1";
  std::uint16_t target_port = 0;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

class TlsRelay {
 public:
  explicit TlsRelay(TlsRelayOptions options);  // throws std::runtime_error
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;
  ~TlsRelay();  // ends all connections

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::size_t connections() const noexcept { return connections_; }
  [[nodiscard]] std::size_t bytes_copied() const noexcept { return bytes_copied_; }

 private:
  struct Context;
  void accept_loop();
  void serve(int accepted);
  void copy(struct RelaySide& near, struct RelaySide& far);

  TlsRelayOptions options_;
  std::unique_ptr<Context> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> bytes_copied_{0};
  std::vector<std::thread> workers_;  // of the accepting thread only, until it is joined
  std::thread acceptor_;
};

}  // namespace vcnode::test
