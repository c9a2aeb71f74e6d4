#include "node/net/peer_link.h"

#include <boost/asio/post.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "node/net/channel_stream.h"
#include "node/net/url.h"
#include "protocol/wire/codes.h"

namespace vcnode::node {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

// RFC 6455 section 5.5: a control frame holds 125 bytes, two of them the code.
constexpr std::size_t kCloseReasonBytesMax = 123;
// The only thing read besides frames: the answer to the upgrade.
constexpr std::size_t kReadBufferBytesMax = wire::kFrameBytesMax + 16 * 1024;
// Beast masks outgoing frames in pieces of this size.
constexpr std::size_t kMaskBufferBytes = 64 * 1024;

std::string seconds_limit() {
  return concat("not open within ", kLinkOpenMsMax, " ms");
}

}  // namespace

struct PeerLink::Socket {
  // false: no permessage-deflate, not even compiled in. A compressed signed object is no smaller.
  websocket::stream<ChannelStream, false> stream;
  beast::flat_buffer buffer{kReadBufferBytesMax};
  websocket::response_type response;
  UpgradeRequest request;

  explicit Socket(std::shared_ptr<Channel> channel) : stream(std::move(channel)) {}
};

PeerLink::PeerLink(std::shared_ptr<PeerHub> hub, gossip::PeerId peer, gossip::Role role, std::string address)
    : hub_(std::move(hub)),
      peer_(peer),
      role_(role),
      address_(std::move(address)),
      timer_(hub_->executor()) {}

PeerLink::~PeerLink() = default;

void PeerLink::arm(std::int64_t delay_ms, std::string reason) {
  timer_.expires_after(std::chrono::milliseconds(delay_ms));
  timer_.async_wait(
      [weak = weak_from_this(), armed_in = state_, reason = std::move(reason)](ErrorCode error) {
        const auto self = weak.lock();
        if (!error && self && self->state_ == armed_in) self->gone(reason);
      });
}

void PeerLink::post_gone(std::string reason) {
  asio::post(hub_->executor(),
             [self = shared_from_this(), reason = std::move(reason)] { self->gone(reason); });
}

void PeerLink::dial() {
  const auto url = parse_server_url(address_, "wss");
  if (!url) return post_gone(url.error().message);
  arm(kLinkOpenMsMax, seconds_limit());
  DialTarget target;
  target.host = url->host;
  target.port = url->port;
  target.tls = hub_->client_tls();
  const auto deadline = Clock::now() + std::chrono::milliseconds(kLinkOpenMsMax);
  dialing_ = Dialing::start(
      hub_->executor(), hub_->gate(), std::move(target), deadline,
      [weak = weak_from_this(), authority = url->authority, path = url->target](DialOutcome outcome) {
        const auto self = weak.lock();
        if (!self || self->state_ != State::opening) return;
        self->dialing_.reset();
        if (const auto* failure = std::get_if<DialFailure>(&outcome)) {
          return self->gone(failure->reason);
        }
        self->configure(std::get<std::shared_ptr<Channel>>(std::move(outcome)));
        self->shake_hands(authority, path);
      });
}

void PeerLink::accept(std::shared_ptr<Channel> channel, UpgradeRequest request) {
  arm(kLinkOpenMsMax, seconds_limit());
  configure(std::move(channel));
  socket_->request = std::move(request);
  socket_->stream.async_accept(socket_->request, [self = shared_from_this()](ErrorCode error) {
    if (self->state_ != State::opening) return;
    if (error) return self->gone(concat("the upgrade failed: ", error.message()));
    self->opened();
  });
}

void PeerLink::configure(std::shared_ptr<Channel> channel) {
  channel_ = channel;
  socket_ = std::make_unique<Socket>(std::move(channel));
  auto& stream = socket_->stream;
  stream.binary(true);
  stream.auto_fragment(false);
  stream.write_buffer_bytes(kMaskBufferBytes);
  stream.read_message_max(wire::kFrameBytesMax);
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = std::chrono::milliseconds(kLinkOpenMsMax);
  limits.idle_timeout = websocket::stream_base::none();  // the engine pings
  limits.keep_alive_pings = false;
  stream.set_option(limits);
}

void PeerLink::shake_hands(const std::string& authority, const std::string& target) {
  socket_->stream.async_handshake(
      socket_->response, authority, target, [self = shared_from_this()](ErrorCode error) {
        if (self->state_ != State::opening) return;
        if (error == websocket::error::upgrade_declined) {
          return self->gone(
              concat("the peer declined the link with HTTP status ", self->socket_->response.result_int()));
        }
        if (error) return self->gone(concat("the upgrade failed: ", error.message()));
        self->opened();
      });
}

void PeerLink::opened() {
  const auto exported = channel_->export_key(gossip::kExporterLabel);
  if (!exported) return gone("the TLS library gave no exporter value");
  timer_.cancel();
  state_ = State::open;
  gossip::PeerUp up;
  up.peer = peer_;
  up.our_role = role_;
  up.binding = wire::ChannelBinding(*exported);
  up.address = address_;
  if (auto* handler = hub_->handler()) handler->on_peer_up(std::move(up));
  if (state_ == State::open) read();
}

void PeerLink::read() {
  socket_->stream.async_read(
      socket_->buffer, [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_read(error); });
}

void PeerLink::on_read(ErrorCode error) {
  if (state_ != State::open) return;  // while closing, our own goodbye tells when it is over
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    accuse(codes::FRAME_TOO_LARGE,
           concat("the peer sent a frame longer than the limit of ", wire::kFrameBytesMax, " bytes"));
    return gone(fault_->message);
  }
  if (error == websocket::condition::protocol_violation) {
    accuse(codes::FRAME_MALFORMED, concat("the peer broke the WebSocket protocol: ", error.message()));
    return gone(fault_->message);
  }
  if (error) return gone(describe(error));
  deliver();
  if (state_ == State::open) read();
}

void PeerLink::accuse(Code code, std::string what) {
  fault_ = Error{code, std::move(what)};
}

void PeerLink::deliver() {
  if (socket_->stream.got_text()) {
    accuse(codes::FRAME_MALFORMED, "the peer sent a text message; frames are binary messages");
    return close_with(websocket::close_code::unknown_data, fault_->message);
  }
  const auto data = socket_->buffer.cdata();
  const auto* bytes = static_cast<const std::uint8_t*>(data.data());
  gossip::FrameIn frame{peer_, Bytes(bytes, bytes + data.size())};
  socket_->buffer.consume(data.size());
  if (auto* handler = hub_->handler()) handler->on_frame(std::move(frame));
}

void PeerLink::send(Bytes frame) {
  VCNODE_ASSERT(frame.size() <= wire::kFrameBytesMax);
  if (state_ != State::open) return;
  queued_bytes_ += frame.size();
  queue_.push_back(std::move(frame));
  if (queued_bytes_ > kLinkQueueBytesMax) {
    state_ = State::closing;
    close_reason_ =
        concat("slow reader: ", queued_bytes_, " bytes are queued, the limit is ", kLinkQueueBytesMax);
    return post_gone(close_reason_);
  }
  advance_writes();
}

void PeerLink::advance_writes() {
  if (writing_ || state_ == State::gone) return;
  if (!queue_.empty()) return write();
  if (state_ == State::closing && !goodbye_said_) say_goodbye();
}

void PeerLink::write() {
  writing_ = true;
  socket_->stream.async_write(
      asio::buffer(queue_.front()),
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_written(error); });
}

void PeerLink::on_written(ErrorCode error) {
  writing_ = false;
  if (state_ == State::gone) return;
  if (error) return gone(state_ == State::closing ? close_reason_ : describe(error));
  const std::size_t size = queue_.front().size();
  queue_.pop_front();
  queued_bytes_ -= size;
  if (auto* handler = hub_->handler()) handler->on_written(peer_, size);
  advance_writes();
}

void PeerLink::close(const std::string& reason) {
  if (state_ == State::opening) return post_gone(reason);
  if (state_ == State::open) close_with(websocket::close_code::normal, reason);
}

void PeerLink::close_with(std::uint16_t code, std::string reason) {
  state_ = State::closing;
  close_code_ = code;
  close_reason_ = std::move(reason);
  arm(kLinkCloseMsMax, close_reason_);
  advance_writes();
}

void PeerLink::say_goodbye() {
  goodbye_said_ = true;
  websocket::close_reason last_words(close_code_);
  const std::string shown = excerpt(close_reason_, kCloseReasonBytesMax - 3);  // excerpt may add "..."
  last_words.reason.assign(shown.data(), shown.size());
  socket_->stream.async_close(last_words,
                              [self = shared_from_this()](ErrorCode) { self->gone(self->close_reason_); });
}

void PeerLink::drop() {
  state_ = State::gone;
  timer_.cancel();
  if (dialing_) dialing_->cancel();
  if (channel_) channel_->close();
}

void PeerLink::gone(std::string reason) {
  if (state_ == State::gone) return;
  const bool was_up = state_ != State::opening;
  const auto self = shared_from_this();
  drop();
  hub_->forget(*this);
  auto* handler = hub_->handler();
  if (handler == nullptr) return;
  if (was_up) {
    handler->on_peer_down(gossip::PeerDown{peer_, std::move(reason), std::move(fault_)});
  } else if (role_ == gossip::Role::dialer) {
    handler->on_dial_failed(gossip::DialFailed{address_, std::move(reason)});
  }
}

std::string PeerLink::describe(ErrorCode error) const {
  if (error != websocket::error::closed) return concat("the link broke: ", error.message());
  const auto& last_words = socket_->stream.reason();
  const std::string text = excerpt(std::string_view(last_words.reason.data(), last_words.reason.size()));
  return text.empty() ? std::string("the peer closed the link") : concat("the peer closed the link: ", text);
}

}  // namespace vcnode::node
