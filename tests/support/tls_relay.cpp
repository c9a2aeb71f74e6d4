#include "tests/support/tls_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace vcnode::test {
namespace {

constexpr int kPollMs = 20;  // how soon a stop is noticed
constexpr std::size_t kPendingBytesMax = 256 * 1024;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("tls_relay: " + what);
}

int connect_to(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) return -1;
  int socket = -1;
  for (const addrinfo* entry = list; entry != nullptr && socket < 0; entry = entry->ai_next) {
    socket = ::socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket >= 0 && ::connect(socket, entry->ai_addr, entry->ai_addrlen) != 0)
      ::close(std::exchange(socket, -1));
  }
  ::freeaddrinfo(list);
  return socket;
}

int listen_on(std::uint16_t port, std::uint16_t& chosen) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, generic, size) != 0 || ::listen(socket, 64) != 0 ||
      ::getsockname(socket, generic, &size) != 0) {
    ::close(socket);
    give_up("cannot listen on port " + std::to_string(port));
  }
  chosen = ntohs(address.sin_port);
  return socket;
}

}  // namespace

struct RelaySide {
  RelaySide(int the_socket, SSL_CTX* context) : socket(the_socket), ssl(SSL_new(context)) {
    SSL_set_fd(ssl, socket);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  RelaySide(const RelaySide&) = delete;
  RelaySide& operator=(const RelaySide&) = delete;
  ~RelaySide() {
    SSL_shutdown(ssl);
    SSL_free(ssl);
    ::close(socket);
  }
  void go_non_blocking() const { ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK); }

  int socket;
  SSL* ssl;
  std::string pending;  // to be written here
  bool ended = false;   // the other process has said goodbye

  // True if something came.
  bool pull(std::string& into) {
    if (ended || into.size() > kPendingBytesMax) return false;
    std::array<char, 16 * 1024> chunk;
    const int size = SSL_read(ssl, chunk.data(), static_cast<int>(chunk.size()));
    if (size > 0) {
      into.append(chunk.data(), static_cast<std::size_t>(size));
      return true;
    }
    const int error = SSL_get_error(ssl, size);
    ended = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
    return ended;
  }
  // Bytes written.
  std::size_t push() {
    if (pending.empty()) return 0;
    const int size = SSL_write(ssl, pending.data(), static_cast<int>(pending.size()));
    if (size > 0) {
      pending.erase(0, static_cast<std::size_t>(size));
      return static_cast<std::size_t>(size);
    }
    const int error = SSL_get_error(ssl, size);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      pending.clear();
      ended = true;
    }
    return 0;
  }
};

struct TlsRelay::Context {
  SSL_CTX* server = SSL_CTX_new(TLS_server_method());
  SSL_CTX* client = SSL_CTX_new(TLS_client_method());
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() {
    SSL_CTX_free(server);
    SSL_CTX_free(client);
  }
};

TlsRelay::TlsRelay(TlsRelayOptions options)
    : options_(std::move(options)), context_(std::make_unique<Context>()) {
  if (SSL_CTX_use_certificate_chain_file(context_->server, options_.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_->server, options_.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    give_up("cannot use " + options_.certificate.string() + " and " + options_.key.string());
  }
  listener_ = listen_on(options_.listen_port, port_);
  acceptor_ = std::thread(&TlsRelay::accept_loop, this);
}

TlsRelay::~TlsRelay() {
  stopping_ = true;
  acceptor_.join();
  for (auto& worker : workers_) worker.join();
  ::close(listener_);
}

void TlsRelay::accept_loop() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) workers_.emplace_back(&TlsRelay::serve, this, accepted);
  }
}

void TlsRelay::serve(int accepted) {
  sigset_t pipe;  // OpenSSL writes without MSG_NOSIGNAL
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const timeval patience{5, 0};  // for the handshakes, which block
  ::setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  RelaySide near(accepted, context_->server);
  if (SSL_accept(near.ssl) != 1) return;
  const int socket = connect_to(options_.target_host, options_.target_port);
  if (socket < 0) return;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  RelaySide far(socket, context_->client);
  if (SSL_connect(far.ssl) != 1) return;
  near.go_non_blocking();
  far.go_non_blocking();
  ++connections_;
  copy(near, far);
}

void TlsRelay::copy(RelaySide& near, RelaySide& far) {
  while (!stopping_) {
    bool moved = near.pull(far.pending);
    moved = far.pull(near.pending) || moved;
    const std::size_t written = far.push() + near.push();
    bytes_copied_ += written;
    if ((near.ended && far.pending.empty()) || (far.ended && near.pending.empty())) return;
    if (moved || written != 0) continue;
    const auto interest = [](const RelaySide& side) {
      return static_cast<short>(side.pending.empty() ? POLLIN : POLLIN | POLLOUT);
    };
    std::array<pollfd, 2> waiting{pollfd{near.socket, interest(near), 0},
                                  pollfd{far.socket, interest(far), 0}};
    ::poll(waiting.data(), waiting.size(), kPollMs);
  }
}

}  // namespace vcnode::test
