// HttpServer: HTTP/1.1 over TLS 1.3 (Boost.Beast) and plain HTTP on the admin Unix socket.
//
// Keep-alive; header at most kHeaderBytesMax; the body limit comes from the handler before the body is read;
// time-outs for handshake, header, body and idle; at most kConnectionsMax connections, of which one network
// (AddressGroup) has at most kConnectionsPerGroupMax, beyond which new ones get 503 and a close. When all are
// taken, a client of a network that has few makes the network that has most give one up. All connections
// together hold at most kHeldBytesMax of bodies and answers. The admin socket has its own reserve. GET /peer
// with an upgrade goes to the PeerTransport. Malformed requests get 400 with a code, never a silent close
// where an answer is possible. The admin socket is created 0600 after removing a stale one (a live one is
// ADMIN_SOCKET_BUSY). Errors of start(): LISTEN_FAILED (address in use, not permitted …), ADMIN_SOCKET_BUSY.
// A handler's answer may come from any thread, also when the connection, the server or the loop is gone by
// then. An exception from a handler is a programming error and leaves EventLoop::run(). Threading: start/stop
// on the loop's thread before/while it runs; destruction there too, or after the loop ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/base/result.h"
#include "node/http/message.h"
#include "node/net/loop.h"
#include "node/net/peer_transport.h"
#include "node/net/tls.h"

namespace vcnode::node {

inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;
inline constexpr std::size_t kConnectionsMax = 1000;
inline constexpr std::size_t kAdminConnectionsMax = 32;
// Some browsers open six each, and an office shares one address; a sixteenth of all is enough for it.
inline constexpr std::size_t kConnectionsPerGroupMax = 64;
// Bodies being received and answers being sent, of all connections together: 32 of the largest bodies. What
// is above is refused with SERVER_BUSY; the admin socket is not, nor what is at most kSmallBytesMax, which
// the number of connections bounds.
inline constexpr std::size_t kHeldBytesMax = 128 * 1024 * 1024;
inline constexpr std::size_t kSmallBytesMax = 16 * 1024;
inline constexpr std::int64_t kHandshakeMsMax = 10'000;
inline constexpr std::int64_t kHeaderMsMax = 10'000;
inline constexpr std::int64_t kBodyMsMax = 30'000;
inline constexpr std::int64_t kIdleMsMax = 60'000;
inline constexpr std::int64_t kWriteMsMax = 60'000;  // a reader slower than this loses the answer
inline constexpr std::int64_t kLingerMsMax = 2'000;  // for the other side to read an answer before the close

// What ran out when somebody was refused, or had to go for another: whoever runs the node sees no client's
// error.
struct Shortage {
  std::string what;       // "connections of one network", "connections", "links of one network", "links",
                          // "admin connections", "file descriptors"
  std::string network;    // whose share it is, or who has most; empty where networks do not count
  std::size_t count = 0;  // that network's, or of all
};

struct ServerOptions {
  std::string listen_address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: chosen by the system; see port()
  std::shared_ptr<TlsServerContext> tls;
  std::optional<std::filesystem::path> admin_socket;
  PeerTransport* peers = nullptr;  // outlives the server
  // Called on the loop's thread, each time: a remote peer decides how often.
  std::function<void(const Shortage&)> on_shortage;

  // For tests, which cannot wait as long or send as much.
  std::size_t connections_max = kConnectionsMax;  // lowered at start() if the process may not open that many
  std::size_t connections_per_group_max = kConnectionsPerGroupMax;  // lowered to a quarter of connections_max
  std::size_t links_per_group_max = kLinksPerGroupMax;
  // Whether this machine counts as a network like any other: not by default, since behind a reverse proxy
  // everybody comes from it.
  bool limits_loopback = false;
  std::size_t held_bytes_max = kHeldBytesMax;
  std::size_t admin_connections_max = kAdminConnectionsMax;
  std::int64_t handshake_ms_max = kHandshakeMsMax;
  std::int64_t header_ms_max = kHeaderMsMax;
  std::int64_t body_ms_max = kBodyMsMax;
  std::int64_t idle_ms_max = kIdleMsMax;
  std::int64_t write_ms_max = kWriteMsMax;
  std::int64_t linger_ms_max = kLingerMsMax;
};

class HttpServer {
 public:
  HttpServer(EventLoop& loop, HttpHandler& handler, ServerOptions options);
  ~HttpServer();
  [[nodiscard]] Result<void> start();
  [[nodiscard]] std::uint16_t port() const noexcept;
  // Stops accepting, lets running requests finish for at most `drain_ms`, then closes; calls `done` once.
  void stop(std::int64_t drain_ms, std::function<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vcnode::node
