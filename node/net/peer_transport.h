// PeerTransport: WebSocket over TLS 1.3 links to other nodes, seen from the engine's driver.
//
// Outgoing links by dial(); incoming ones arrive through the HTTP server's /peer upgrade
// (ServerOptions.peers). Each link: one binary message = one frame, at most wire::kFrameBytesMax; larger or
// text messages close it. The TLS exporter value (gossip::kExporterLabel, no context, 32 bytes) is read from
// both kinds of link. Certificates are not checked on peer links: the hello binds node keys to this very
// channel. Writes are queued per link in order; the engine bounds the queue by credits and its own limit, and
// `queued_bytes` lets it see; a link whose queue exceeds kLinkQueueBytesMax is closed (slow reader).
// Time-outs: connect + TLS + upgrade within kLinkOpenMsMax.
// Threading: everything on the EventLoop's thread, callbacks too. Handler methods are never called
// re-entrantly from within dial/send/close.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "crypto/base/bytes.h"
#include "node/net/loop.h"
#include "protocol/gossip/engine.h"

namespace vcnode::node {

inline constexpr std::int64_t kLinkOpenMsMax = 10'000;
inline constexpr std::size_t kLinkQueueBytesMax = 16 * 1024 * 1024;
// Twice the engine's peers_max: room for links whose hello is still to come, and no more. Further ones get
// 503.
inline constexpr std::size_t kIncomingLinksMax = 128;

// Of those, what one network (/24 of IPv4, /48 of IPv6) may have; this machine may have more.
inline constexpr std::size_t kLinksPerGroupMax = 8;

class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  virtual void on_peer_up(gossip::PeerUp up) = 0;
  virtual void on_frame(gossip::FrameIn frame) = 0;
  virtual void on_peer_down(gossip::PeerDown down) = 0;  // exactly once per peer_up
  virtual void on_dial_failed(gossip::DialFailed failed) = 0;
  virtual void on_written(gossip::PeerId peer, std::size_t bytes) = 0;  // frame bytes left for the kernel
};

class PeerTransport {
 public:
  PeerTransport(EventLoop& loop, PeerHandler& handler);
  ~PeerTransport();
  void dial(const std::string& url);  // wss://host:port/path; a malformed URL reports on_dial_failed
  void send(gossip::PeerId peer, Bytes frame);
  void close(gossip::PeerId peer, const std::string& reason);  // flushes what is queued for at most a second
  void close_all(const std::string& reason);
  [[nodiscard]] std::size_t queued_bytes(gossip::PeerId peer) const;  // 0 for a link that is gone

  struct Native;  // lets the HTTP server hand over upgraded streams; node/net and node/http only
  [[nodiscard]] Native& native() noexcept { return *native_; }

 private:
  std::unique_ptr<Native> native_;
};

}  // namespace vcnode::node
