// Channel: one byte stream to one other process: TLS over TCP, plain TCP or a Unix socket.
//
// HTTP and WebSocket code is written against this one interface, so that the TLS streams of Asio are
// instantiated in one file only. Operations in flight keep the channel alive. At most one read and one write
// at a time; buffers must live until `done`. `done` is never called from within the call itself. Threading:
// the loop's thread.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/net/native.h"

namespace vcnode::node {

using IoDone = std::function<void(ErrorCode, std::size_t)>;
using Done = std::function<void(ErrorCode)>;

// A polite close reads and drops what the other side still sends, up to this many bytes, so that the answer
// is not lost to a TCP reset while it is still sending a body that was refused.
inline constexpr std::size_t kDrainBytesMax = 4 * 1024 * 1024;

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() = default;

  // TLS; at once without it. Fails with asio::ssl::error or the system's; spoke_plain() then tells why.
  virtual void handshake(Done done) = 0;
  virtual void read_some(asio::mutable_buffer into, IoDone done) = 0;
  // All of both, one after the other: a head, and a body that is sent from where it is.
  using Output = std::array<asio::const_buffer, 2>;
  virtual void write(Output from, IoDone done) = 0;
  // Says goodbye (TLS close_notify, FIN), then drains until the other side closes or kDrainBytesMax.
  // No write may be in flight. The caller sets the time limit and calls close().
  virtual void finish(std::function<void()> done) = 0;
  virtual void close() noexcept = 0;  // at once; what is in flight fails
  [[nodiscard]] virtual Executor executor() = 0;

  // RFC 8446 section 7.5 exporter value without context; nullopt without TLS.
  using ExportedKey = std::array<std::uint8_t, 32>;
  [[nodiscard]] virtual std::optional<ExportedKey> export_key(std::string_view label) = 0;
  // After a failed handshake of a server: the client sent plain text, and this channel answers it in plain
  // text. nullptr otherwise. The TLS channel is of no use afterwards.
  [[nodiscard]] virtual std::shared_ptr<Channel> plain_twin() = 0;
  // Why a client did not accept the server's certificate; empty if it did, or was not asked to look.
  [[nodiscard]] virtual std::string certificate_error() = 0;
};

[[nodiscard]] std::shared_ptr<Channel> plain_channel(TcpSocket socket);
[[nodiscard]] std::shared_ptr<Channel> plain_channel(UnixSocket socket);
[[nodiscard]] std::shared_ptr<Channel> tls_server_channel(TcpSocket socket, asio::ssl::context& context);
// Sends `host` as SNI if it is a name; checks chain and host only if `verify`.
[[nodiscard]] std::shared_ptr<Channel> tls_client_channel(TcpSocket socket, asio::ssl::context& context,
                                                          const std::string& host, bool verify);

}  // namespace vcnode::node
