#include "node/net/channel.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <vector>

#include "crypto/base/assert.h"

namespace vcnode::node {
namespace {

// First byte of a TLS record that starts a handshake (RFC 8446 section 5.1).
constexpr unsigned char kTlsHandshakeRecord = 0x16;

// Reads and drops until the other side closes, kDrainBytesMax, or the caller closes the socket.
template <class Socket>
class Drain : public std::enable_shared_from_this<Drain<Socket>> {
 public:
  Drain(std::shared_ptr<Channel> owner, Socket& socket, std::function<void()> done)
      : owner_(std::move(owner)), socket_(socket), done_(std::move(done)) {}

  void read() {
    socket_.async_read_some(asio::buffer(scratch_),
                            [self = this->shared_from_this()](ErrorCode error, std::size_t size) {
                              self->dropped_ += size;
                              if (error || self->dropped_ > kDrainBytesMax) return self->done_();
                              self->read();
                            });
  }

 private:
  std::shared_ptr<Channel> owner_;
  Socket& socket_;
  std::function<void()> done_;
  std::array<char, 4096> scratch_;
  std::size_t dropped_ = 0;
};

template <class Socket>
void shut_and_drain(std::shared_ptr<Channel> owner, Socket& socket, std::function<void()> done) {
  ErrorCode ignored;
  socket.shutdown(Socket::shutdown_send, ignored);
  std::make_shared<Drain<Socket>>(std::move(owner), socket, std::move(done))->read();
}

template <class Socket>
class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(Socket socket) : socket_(std::move(socket)) {}

  void handshake(Done done) override {
    asio::post(socket_.get_executor(), [done = std::move(done)] { done({}); });
  }
  void read_some(asio::mutable_buffer into, IoDone done) override {
    socket_.async_read_some(into, [self = shared_from_this(), done = std::move(done)](
                                      ErrorCode error, std::size_t size) { done(error, size); });
  }
  void write(Output from, IoDone done) override {
    asio::async_write(socket_, from,
                      [self = shared_from_this(), done = std::move(done)](ErrorCode error, std::size_t size) {
                        done(error, size);
                      });
  }
  void finish(std::function<void()> done) override {
    shut_and_drain(shared_from_this(), socket_, std::move(done));
  }
  void close() noexcept override {
    ErrorCode ignored;
    socket_.close(ignored);
  }
  Executor executor() override { return socket_.get_executor(); }
  std::optional<ExportedKey> export_key(std::string_view) override { return std::nullopt; }
  std::shared_ptr<Channel> plain_twin() override { return nullptr; }
  std::string certificate_error() override { return {}; }

 private:
  Socket socket_;
};

class TlsChannel final : public Channel {
 public:
  using Side = asio::ssl::stream_base::handshake_type;

  TlsChannel(TcpSocket socket, asio::ssl::context& context, Side side)
      : stream_(std::move(socket), context), side_(side) {}

  void handshake(Done done) override {
    if (side_ == Side::client) return start_tls(std::move(done));
    stream_.next_layer().async_wait(TcpSocket::wait_read,
                                    [self = self_as_tls(), done = std::move(done)](ErrorCode error) mutable {
                                      if (error) return done(error);
                                      self->look_at_first_byte(std::move(done));
                                    });
  }
  void read_some(asio::mutable_buffer into, IoDone done) override {
    stream_.async_read_some(into, [self = shared_from_this(), done = std::move(done)](
                                      ErrorCode error, std::size_t size) { done(error, size); });
  }
  void write(Output from, IoDone done) override {
    asio::async_write(stream_, from,
                      [self = shared_from_this(), done = std::move(done)](ErrorCode error, std::size_t size) {
                        done(error, size);
                      });
  }
  void finish(std::function<void()> done) override {
    // Our close_notify is enough; waiting for the other side's is the drain's business.
    SSL_set_shutdown(ssl(), SSL_get_shutdown(ssl()) | SSL_RECEIVED_SHUTDOWN);
    stream_.async_shutdown([self = self_as_tls(), done = std::move(done)](ErrorCode) mutable {
      auto& socket = self->stream_.next_layer();
      shut_and_drain(std::move(self), socket, std::move(done));
    });
  }
  void close() noexcept override {
    ErrorCode ignored;
    stream_.next_layer().close(ignored);
  }
  Executor executor() override { return stream_.get_executor(); }

  std::optional<ExportedKey> export_key(std::string_view label) override {
    ExportedKey out;
    if (SSL_export_keying_material(ssl(), out.data(), out.size(), label.data(), label.size(), nullptr, 0,
                                   0) != 1) {
      return std::nullopt;
    }
    return out;
  }
  std::shared_ptr<Channel> plain_twin() override {
    if (!spoke_plain_) return nullptr;
    return plain_channel(std::move(stream_.next_layer()));
  }
  std::string certificate_error() override {
    if (SSL_get_verify_mode(ssl()) == SSL_VERIFY_NONE) return {};
    const long outcome = SSL_get_verify_result(ssl());
    return outcome == X509_V_OK ? std::string() : X509_verify_cert_error_string(outcome);
  }

  void expect_server(const std::string& host, bool verify) {
    ErrorCode not_an_address;
    asio::ip::make_address(host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(ssl(), host.c_str());
    if (!verify) return;
    SSL_set_verify(ssl(), SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM* rules = SSL_get0_param(ssl());
    const int set = not_an_address ? X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size())
                                   : X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str());
    VCNODE_ASSERT(set == 1);
  }

 private:
  SSL* ssl() { return stream_.native_handle(); }
  std::shared_ptr<TlsChannel> self_as_tls() {
    return std::static_pointer_cast<TlsChannel>(shared_from_this());
  }

  void look_at_first_byte(Done done) {
    unsigned char first = kTlsHandshakeRecord;
    ErrorCode error;
    stream_.next_layer().non_blocking(true, error);
    const std::size_t size =
        stream_.next_layer().receive(asio::buffer(&first, 1), TcpSocket::message_peek, error);
    if (!error && size == 0) error = asio::error::eof;
    if (error && error != asio::error::would_block) return done(error);
    // Methods are upper-case letters; anything else that is not TLS gets OpenSSL's alert.
    spoke_plain_ = first >= 'A' && first <= 'Z';
    if (spoke_plain_) return done(asio::ssl::error::unexpected_result);
    start_tls(std::move(done));
  }
  void start_tls(Done done) {
    stream_.async_handshake(
        side_, [self = shared_from_this(), done = std::move(done)](ErrorCode error) { done(error); });
  }

  asio::ssl::stream<TcpSocket> stream_;
  Side side_;
  bool spoke_plain_ = false;
};

}  // namespace

std::shared_ptr<Channel> plain_channel(TcpSocket socket) {
  return std::make_shared<PlainChannel<TcpSocket>>(std::move(socket));
}

std::shared_ptr<Channel> plain_channel(UnixSocket socket) {
  return std::make_shared<PlainChannel<UnixSocket>>(std::move(socket));
}

std::shared_ptr<Channel> tls_server_channel(TcpSocket socket, asio::ssl::context& context) {
  return std::make_shared<TlsChannel>(std::move(socket), context, asio::ssl::stream_base::server);
}

std::shared_ptr<Channel> tls_client_channel(TcpSocket socket, asio::ssl::context& context,
                                            const std::string& host, bool verify) {
  auto channel = std::make_shared<TlsChannel>(std::move(socket), context, asio::ssl::stream_base::client);
  channel->expect_server(host, verify);
  return channel;
}

}  // namespace vcnode::node
