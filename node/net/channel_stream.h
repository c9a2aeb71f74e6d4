// ChannelStream: a Channel as the AsyncStream that Beast's websocket::stream is built on.
#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "node/net/channel.h"

namespace vcnode::node {

// A frame's header and the start of its payload leave in one TLS record and one packet.
inline constexpr std::size_t kGatherBytesMax = 16 * 1024;

// For the other side to close after our goodbye; one that broke the rules is not waited for any longer.
inline constexpr std::int64_t kTeardownMsMax = 1'000;

class ChannelStream {
 public:
  using executor_type = Executor;

  explicit ChannelStream(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  [[nodiscard]] executor_type get_executor() const { return channel_->executor(); }
  [[nodiscard]] Channel& channel() const noexcept { return *channel_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [](auto handler, Channel* channel, asio::mutable_buffer into) {
          channel->read_some(into, share(std::move(handler)));
        },
        token, channel_.get(), first_of<asio::mutable_buffer>(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    const auto first = first_of<asio::const_buffer>(buffers);
    const bool whole = first.size() == asio::buffer_size(buffers);
    auto gathered = std::make_shared<std::string>();
    if (!whole) {
      gathered->resize(std::min(asio::buffer_size(buffers), kGatherBytesMax));
      asio::buffer_copy(asio::buffer(*gathered), buffers);
    }
    const asio::const_buffer from = whole ? first : asio::const_buffer(gathered->data(), gathered->size());
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [](auto handler, Channel* channel, asio::const_buffer bytes, std::shared_ptr<std::string> kept) {
          channel->write({bytes, {}}, share(std::move(handler), std::move(kept)));
        },
        token, channel_.get(), from, std::move(gathered));
  }

 private:
  // The first buffer that is not empty.
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto i = asio::buffer_sequence_begin(buffers); i != end; ++i) {
      if (Buffer candidate(*i); candidate.size() != 0) return candidate;
    }
    return Buffer();
  }

  // Beast's handlers only move; std::function copies. `kept` lives as long as the operation.
  template <class Handler>
  static IoDone share(Handler handler, std::shared_ptr<std::string> kept = nullptr) {
    return [shared = std::make_shared<Handler>(std::move(handler)), kept = std::move(kept)](
               ErrorCode error, std::size_t size) { (*shared)(error, size); };
  }

  std::shared_ptr<Channel> channel_;
};

// Beast's customisation points, found by argument-dependent lookup.
inline void beast_close_socket(ChannelStream& stream) {
  stream.channel().close();
}

template <class Handler>
void async_teardown(boost::beast::role_type, ChannelStream& stream, Handler&& handler) {
  auto shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
  auto limit = std::make_shared<Timer>(stream.get_executor(), std::chrono::milliseconds(kTeardownMsMax));
  limit->async_wait([channel = stream.channel().weak_from_this()](ErrorCode error) {
    const auto open = channel.lock();
    if (!error && open) open->close();
  });
  stream.channel().finish([shared, limit] {
    limit->cancel();
    (*shared)(ErrorCode());
  });
}
inline void teardown(boost::beast::role_type, ChannelStream& stream, ErrorCode& error) {
  stream.channel().close();
  error = {};
}

}  // namespace vcnode::node
