// RawConnection: bytes to and from a server or client, for tests that break the rules of TLS or HTTP on
// purpose.
//
// Blocking POSIX sockets and OpenSSL, nothing of what is tested. Every wait is bounded; a wait that runs out
// fails the test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>

struct ssl_st;
struct ssl_ctx_st;

namespace vcnode::test {

struct RawResponse {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
};

// A TCP socket bound to this address of loopback, for to_port().
[[nodiscard]] int socket_from(const std::string& address);

class RawConnection {
 public:
  explicit RawConnection(int socket) : socket_(socket) {}
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;
  RawConnection(const RawConnection&) = delete;
  ~RawConnection();

  // `socket`: one made earlier, for when no further descriptor is to be had.
  [[nodiscard]] static RawConnection to_port(std::uint16_t port, int socket = -1);
  [[nodiscard]] static RawConnection to_socket(const std::filesystem::path& path, int socket = -1);

  // False if the other side refuses.
  bool start_tls_as_client(int version_max = 0);
  bool start_tls_as_server(ssl_ctx_st* context);
  [[nodiscard]] std::string export_key(const std::string& label) const;

  // False once the other side has gone.
  bool send(const std::string& bytes);
  void send_slowly(const std::string& bytes,
                   int pause_ms);  // one write per byte, until the other side has gone
  // Up to the end or until `enough` says so; what came stays available to the next read.
  std::string read_until(const std::function<bool(const std::string&)>& enough);
  std::string read_to_end();
  // One answer with Content-Length; `to_head`: without its body.
  RawResponse read_response(bool to_head = false);
  [[nodiscard]] bool ended();  // nothing more comes: the other side said goodbye
  void half_close();           // TLS close_notify and FIN; reading goes on
  void hold_back();            // a receive window as small as the system allows

  [[nodiscard]] int socket() const noexcept { return socket_; }

 private:
  std::string read_some();

  int socket_;
  ssl_st* ssl_ = nullptr;
  ssl_ctx_st* own_context_ = nullptr;
  std::string input_;
  bool ended_ = false;
};

// A TLS server on 127.0.0.1 that runs `script` on each connection, one after the other.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(RawConnection&)> script, bool with_tls = true);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/") const;

 private:
  void run();
  std::function<void(RawConnection&)> script_;
  bool with_tls_;
  ssl_ctx_st* context_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace vcnode::test
