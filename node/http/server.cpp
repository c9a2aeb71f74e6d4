#include "node/http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "crypto/base/assert.h"
#include "node/http/connection.h"
#include "node/http/listener.h"
#include "node/net/channel.h"

namespace vcnode::node {
namespace {

// Descriptors that connections leave to everything else: links, the admin socket, store, logs, name lookups.
constexpr std::size_t kDescriptorReserve = 256;

std::size_t connections_the_system_allows() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kConnectionsMax;
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  return all >= 2 * kDescriptorReserve ? all - kDescriptorReserve : all / 2;
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? concat("[", address, "]:", endpoint.port())
                                    : concat(address, ":", endpoint.port());
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(EventLoop& loop, HttpHandler& handler, ServerOptions options)
      : shared(std::make_shared<ServerShared>(loop, handler, std::move(options))),
        drain_timer(shared->executor) {}

  std::shared_ptr<ServerShared> shared;
  std::shared_ptr<TcpListener> tcp;
  std::unique_ptr<AdminSocket> admin;
  std::shared_ptr<SpareDescriptor> spare;
  std::uint16_t port = 0;
  Timer drain_timer;
  std::function<void()> stopped;

  Result<void> start();
  void serve(std::shared_ptr<Channel> channel, Transport transport, std::string remote);
  void on_gone(Transport transport);
  void stop_listening();
  void stop(std::int64_t drain_ms, std::function<void()> done);
  void drop_all();
};

Result<void> HttpServer::State::start() {
  const ServerOptions& options = shared->options;
  VCNODE_ASSERT(options.tls || options.admin_socket);
  shared->options.connections_max = std::min(options.connections_max, connections_the_system_allows());
  shared->on_gone = [this](Transport transport) { on_gone(transport); };
  if (options.tls) {
    VCNODE_TRY(tcp, listen_tcp(shared->executor, options.listen_address, options.port));
    port = tcp->acceptor().local_endpoint().port();
  }
  if (options.admin_socket) {
    auto opened = AdminSocket::open(shared->executor, *options.admin_socket);
    if (!opened) {
      stop_listening();
      return std::move(opened).failure();
    }
    admin = *std::move(opened);
    spare = std::make_shared<SpareDescriptor>();
    admin->listener().start(
        [this](UnixSocket socket, const auto&) {
          serve(plain_channel(std::move(socket)), Transport::admin_socket, "admin socket");
        },
        spare);
  }
  if (tcp) {
    tcp->start(
        [this](TcpSocket socket, const asio::ip::tcp::endpoint& remote) {
          ErrorCode ignored;
          socket.set_option(asio::ip::tcp::no_delay(true), ignored);
          serve(tls_server_channel(std::move(socket), shared->options.tls->native().context), Transport::tls,
                text_of(remote));
        },
        nullptr);
  }
  return {};
}

void HttpServer::State::serve(std::shared_ptr<Channel> channel, Transport transport, std::string remote) {
  const bool is_tls = transport == Transport::tls;
  const bool full = is_tls ? shared->tls_count >= shared->options.connections_max
                           : shared->admin_count >= shared->options.admin_connections_max;
  if (full && shared->turned_away_count >= kTurnedAwayMax) return channel->close();
  const auto kind = full ? Connection::Kind::turned_away : Connection::Kind::served;
  auto connection =
      std::make_shared<Connection>(shared, std::move(channel), transport, std::move(remote), kind);
  shared->connections.insert(connection);
  ++shared->count_of(*connection);
  connection->start();
}

void HttpServer::State::on_gone(Transport transport) {
  if (transport == Transport::admin_socket && spare) spare->take_back();
  if (!shared->connections.empty() || !stopped) return;
  drain_timer.cancel();
  asio::post(shared->executor, std::exchange(stopped, nullptr));
}

void HttpServer::State::stop_listening() {
  if (tcp) tcp->close();
  tcp.reset();
  admin.reset();
  spare.reset();
}

void HttpServer::State::stop(std::int64_t drain_ms, std::function<void()> done) {
  VCNODE_ASSERT(!shared->draining);
  shared->draining = true;
  stop_listening();
  if (shared->connections.empty()) return asio::post(shared->executor, std::move(done));
  stopped = std::move(done);
  drain_timer.expires_after(std::chrono::milliseconds(drain_ms));
  drain_timer.async_wait([weak = weak_from_this()](ErrorCode error) {
    const auto self = weak.lock();
    if (!error && self) self->drop_all();
  });
  const std::vector<std::shared_ptr<Connection>> all(shared->connections.begin(), shared->connections.end());
  for (const auto& connection : all) connection->drain();
}

void HttpServer::State::drop_all() {
  const std::vector<std::shared_ptr<Connection>> all(shared->connections.begin(), shared->connections.end());
  for (const auto& connection : all) connection->abandon();
}

HttpServer::HttpServer(EventLoop& loop, HttpHandler& handler, ServerOptions options)
    : state_(std::make_shared<State>(loop, handler, std::move(options))) {}

HttpServer::~HttpServer() {
  state_->shared->on_gone = nullptr;
  state_->stop_listening();
  state_->drop_all();
}

Result<void> HttpServer::start() {
  return state_->start();
}

std::uint16_t HttpServer::port() const noexcept {
  return state_->port;
}

void HttpServer::stop(std::int64_t drain_ms, std::function<void()> done) {
  state_->stop(drain_ms, std::move(done));
}

}  // namespace vcnode::node
