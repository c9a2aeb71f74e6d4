#include "tests/unit/node/net/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include "tests/support/doctest.h"
#include "tests/unit/node/net/fixture.h"

namespace vcnode::test {
namespace {

constexpr int kPatienceMs = 30'000;  // a shared machine stops a process for seconds

// OpenSSL writes without MSG_NOSIGNAL. The signal is held back here, around its calls only: what is under
// test must itself never raise it, and dies of it if it does.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
  ~NoBrokenPipe() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

int connected(int socket, const sockaddr* address, socklen_t size) {
  REQUIRE(socket >= 0);
  REQUIRE(::connect(socket, address, size) == 0);
  return socket;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

int socket_from(const std::string& address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in from = loopback(0);
  REQUIRE(::inet_pton(AF_INET, address.c_str(), &from.sin_addr) == 1);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0);
  return socket;
}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      own_context_(std::exchange(other.own_context_, nullptr)),
      input_(std::move(other.input_)),
      ended_(other.ended_) {}

RawConnection::~RawConnection() {
  SSL_free(ssl_);
  SSL_CTX_free(own_context_);
  if (socket_ >= 0) ::close(socket_);
}

RawConnection RawConnection::to_port(std::uint16_t port, int socket) {
  const sockaddr_in address = loopback(port);
  if (socket < 0) socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return RawConnection(connected(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

RawConnection RawConnection::to_socket(const std::filesystem::path& path, int socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (socket < 0) socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return RawConnection(connected(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

bool RawConnection::start_tls_as_client(int version_max) {
  const timeval patience{kPatienceMs / 1000, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  own_context_ = SSL_CTX_new(TLS_client_method());
  if (version_max != 0) SSL_CTX_set_max_proto_version(own_context_, version_max);
  ssl_ = SSL_new(own_context_);
  SSL_set_fd(ssl_, socket_);
  const NoBrokenPipe guard;
  return SSL_connect(ssl_) == 1;
}

bool RawConnection::start_tls_as_server(ssl_ctx_st* context) {
  const timeval patience{kPatienceMs / 1000, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, socket_);
  const NoBrokenPipe guard;
  return SSL_accept(ssl_) == 1;
}

std::string RawConnection::export_key(const std::string& label) const {
  std::string out(32, '\0');
  REQUIRE(SSL_export_keying_material(ssl_, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                     label.data(), label.size(), nullptr, 0, 0) == 1);
  return out;
}

bool RawConnection::send(const std::string& bytes) {
  const NoBrokenPipe guard;
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto left = bytes.size() - sent;
    const auto size = ssl_ != nullptr
                          ? static_cast<ssize_t>(SSL_write(ssl_, bytes.data() + sent, static_cast<int>(left)))
                          : ::send(socket_, bytes.data() + sent, left, MSG_NOSIGNAL);
    if (size <= 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

void RawConnection::send_slowly(const std::string& bytes, int pause_ms) {
  for (const char c : bytes) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, pause_ms) > 0) return;  // an answer or the end
    if (!send(std::string(1, c))) return;
  }
}

std::string RawConnection::read_some() {
  const NoBrokenPipe guard;
  std::array<char, 16 * 1024> chunk;
  if (ssl_ == nullptr || SSL_pending(ssl_) == 0) {
    pollfd waiting{socket_, POLLIN, 0};
    REQUIRE_MESSAGE(::poll(&waiting, 1, kPatienceMs) > 0, "nothing came in time");
  }
  const auto size = ssl_ != nullptr
                        ? static_cast<ssize_t>(SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size())))
                        : ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (size <= 0) {
    ended_ = true;
    return {};
  }
  return std::string(chunk.data(), static_cast<std::size_t>(size));
}

std::string RawConnection::read_until(const std::function<bool(const std::string&)>& enough) {
  while (!ended_ && !enough(input_)) input_ += read_some();
  return input_;
}

std::string RawConnection::read_to_end() {
  read_until([](const std::string&) { return false; });
  return std::exchange(input_, {});
}

RawResponse RawConnection::read_response(bool to_head) {
  RawResponse out;
  read_until([](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; });
  const auto head_end = input_.find("\r\n\r\n");
  REQUIRE_MESSAGE(head_end != std::string::npos, "no HTTP answer, but: ", input_);
  const std::string head = input_.substr(0, head_end + 2);
  out.status = static_cast<unsigned>(std::stoi(head.substr(9, 3)));
  for (auto line = head.find("\r\n") + 2; line < head.size(); line = head.find("\r\n", line) + 2) {
    const auto colon = head.find(':', line);
    const auto end = head.find("\r\n", line);
    out.headers[lower(head.substr(line, colon - line))] = head.substr(colon + 2, end - colon - 2);
  }
  const auto length = out.headers.find("content-length");
  const std::size_t size = to_head || length == out.headers.end() ? 0 : std::stoul(length->second);
  const std::size_t whole = head_end + 4 + size;
  read_until([whole](const std::string& text) { return text.size() >= whole; });
  REQUIRE(input_.size() >= whole);
  out.body = input_.substr(head_end + 4, size);
  input_.erase(0, whole);
  return out;
}

bool RawConnection::ended() {
  read_until([](const std::string& text) { return !text.empty(); });
  return ended_ && input_.empty();
}

void RawConnection::half_close() {
  const NoBrokenPipe guard;
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(socket_, SHUT_WR);
}

void RawConnection::hold_back() {
  const int bytes = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

ScriptedServer::ScriptedServer(std::function<void(RawConnection&)> script, bool with_tls)
    : script_(std::move(script)), with_tls_(with_tls), context_(SSL_CTX_new(TLS_server_method())) {
  const auto& files = test_certificate();
  REQUIRE(SSL_CTX_use_certificate_chain_file(context_, files.certificate.c_str()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey_file(context_, files.key.c_str(), SSL_FILETYPE_PEM) == 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener_, generic, size) == 0);
  REQUIRE(::listen(listener_, 16) == 0);
  REQUIRE(::getsockname(listener_, generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread(&ScriptedServer::run, this);
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
  SSL_CTX_free(context_);
}

void ScriptedServer::run() {
  for (;;) {
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return;
    RawConnection connection(accepted);
    if (!with_tls_ || connection.start_tls_as_server(context_)) script_(connection);
  }
}

std::string ScriptedServer::url(const std::string& path) const {
  return "https://127.0.0.1:" + std::to_string(port_) + path;
}

}  // namespace vcnode::test
