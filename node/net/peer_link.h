// PeerLink: one WebSocket over TLS, from dial or upgrade to the last handler.
//
// opening → open → closing → gone; opening and open may go straight to gone. on_peer_up comes with open,
// on_peer_down or on_dial_failed with gone; a link that is gone calls nobody. Every public call that ends a
// link does so from a posted task, so that no handler runs inside it.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream_base.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "node/net/dial.h"
#include "node/net/peer_hub.h"

namespace vcnode::node {

// How long close() keeps writing what is queued and waits for the other side's goodbye.
inline constexpr std::int64_t kLinkCloseMsMax = 1'000;

class PeerLink : public std::enable_shared_from_this<PeerLink> {
 public:
  PeerLink(std::shared_ptr<PeerHub> hub, gossip::PeerId peer, gossip::Role role, std::string address);
  ~PeerLink();

  void dial();  // address is the URL
  void accept(std::shared_ptr<Channel> channel, UpgradeRequest request);
  void send(Bytes frame);
  void close(const std::string& reason);
  void drop();  // at once and without a word to the handler

  [[nodiscard]] gossip::PeerId peer() const noexcept { return peer_; }
  [[nodiscard]] gossip::Role role() const noexcept { return role_; }
  [[nodiscard]] std::size_t queued_bytes() const noexcept { return queued_bytes_; }

 private:
  enum class State : unsigned char { opening, open, closing, gone };
  struct Socket;  // Beast's websocket::stream, in the .cpp file only

  void arm(std::int64_t delay_ms, std::string reason);
  void post_gone(std::string reason);
  void configure(std::shared_ptr<Channel> channel);
  void shake_hands(const std::string& authority, const std::string& target);
  void opened();
  void read();
  void on_read(ErrorCode error);
  void deliver();
  void advance_writes();
  void write();
  void on_written(ErrorCode error);
  void accuse(Code code, std::string what);
  void close_with(std::uint16_t code, std::string reason);
  void say_goodbye();
  void gone(std::string reason);
  [[nodiscard]] std::string describe(ErrorCode error) const;

  std::shared_ptr<PeerHub> hub_;
  gossip::PeerId peer_;
  gossip::Role role_;
  std::string address_;
  State state_ = State::opening;
  Timer timer_;
  std::shared_ptr<Dialing> dialing_;
  std::shared_ptr<Channel> channel_;
  std::unique_ptr<Socket> socket_;
  std::deque<Bytes> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool goodbye_said_ = false;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
  std::optional<Error> fault_;  // what the peer did that ends the link
};

}  // namespace vcnode::node
