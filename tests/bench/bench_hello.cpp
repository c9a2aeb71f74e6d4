// A bare Beast server: what an answer over HTTP costs at least. The same TLS settings as the node's, one
// thread, keep-alive, and one prebuilt answer for whatever is asked.
//
// Usage: bench_hello CERTIFICATE KEY BODY_FILE PADDING
// PADDING bytes of a header field make the answer as long as the one it is compared with. Prints its port,
// then answers until it is killed.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "node/net/native.h"

namespace vcnode::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using node::ErrorCode;
using Answer = http::response<http::span_body<char>>;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(node::TcpSocket socket, asio::ssl::context& context, Answer& answer)
      : stream_(std::move(socket), context), answer_(answer) {}

  void start() {
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](ErrorCode error) {
      if (!error) self->read();
    });
  }

 private:
  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_, [self = shared_from_this()](ErrorCode error, std::size_t) {
      if (!error) self->write();
    });
  }
  void write() {
    http::async_write(stream_, answer_, [self = shared_from_this()](ErrorCode error, std::size_t) {
      if (!error) self->read();
    });
  }

  asio::ssl::stream<node::TcpSocket> stream_;
  Answer& answer_;
  boost::beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
};

class Hello {
 public:
  Hello(asio::ssl::context& context, Answer answer)
      : context_(context),
        answer_(std::move(answer)),
        acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {}

  void run() {
    std::printf("%u\n", unsigned{acceptor_.local_endpoint().port()});
    std::fflush(stdout);
    accept();
    io_.run();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](ErrorCode error, node::TcpSocket socket) {
      if (error) std::exit(1);
      socket.set_option(asio::ip::tcp::no_delay(true));
      std::make_shared<Session>(std::move(socket), context_, answer_)->start();
      accept();
    });
  }

  asio::io_context io_{1};
  asio::ssl::context& context_;
  Answer answer_;
  asio::basic_socket_acceptor<asio::ip::tcp, node::Executor> acceptor_;
};

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode;
  if (argc != 5) {
    std::fprintf(stderr, "Usage: %s CERTIFICATE KEY BODY_FILE PADDING\n", argv[0]);
    return 64;
  }
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  node::restrict_to_tls13(context);
  context.use_certificate_chain_file(argv[1]);
  context.use_private_key_file(argv[2], boost::asio::ssl::context::pem);
  std::ifstream file(argv[3], std::ios::binary);
  std::string body{std::istreambuf_iterator<char>(file), {}};
  bench::Answer answer(boost::beast::http::status::ok, 11);
  answer.set(boost::beast::http::field::content_type, "application/octet-stream");
  const int padding = std::atoi(argv[4]);
  if (padding > 0) answer.set("X-Padding", std::string(static_cast<std::size_t>(padding), 'p'));
  answer.body() = boost::beast::span<char>(body.data(), body.size());
  answer.prepare_payload();
  bench::Hello(context, std::move(answer)).run();
  return 0;
}
