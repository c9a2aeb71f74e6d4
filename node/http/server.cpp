#include "node/http/server.h"

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

// Where connections are few, no network may have more than a quarter of them.
constexpr std::size_t kGroupPart = 4;

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
  std::uint64_t last_connection = 0;

  Result<void> start();
  void share_out();
  [[nodiscard]] std::optional<std::string> why_not_serve(const Client& client);
  [[nodiscard]] bool make_room_for(const AddressGroup& group);
  void serve(std::shared_ptr<Channel> channel, Client client);
  void on_gone(Transport transport);
  void stop_listening();
  void stop(std::int64_t drain_ms, std::function<void()> done);
  void drop_all();
};

Result<void> HttpServer::State::start() {
  const ServerOptions& options = shared->options;
  VCNODE_ASSERT(options.tls || options.admin_socket);
  share_out();
  const auto on_shortage = [this] { shared->tell({"file descriptors", "", open_files_max()}); };
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
          serve(plain_channel(std::move(socket)), {Transport::admin_socket, "admin socket", {}});
        },
        spare, on_shortage);
  }
  if (tcp) {
    tcp->start(
        [this](TcpSocket socket, const asio::ip::tcp::endpoint& remote) {
          ErrorCode ignored;
          socket.set_option(asio::ip::tcp::no_delay(true), ignored);
          serve(tls_server_channel(std::move(socket), shared->options.tls->native().context),
                {Transport::tls, text_of(remote), address_group(remote.address().to_string())});
        },
        nullptr, on_shortage);
  }
  return {};
}

void HttpServer::State::share_out() {
  ServerOptions& options = shared->options;
  shared->shares = share_descriptors(open_files_max(), options.connections_max);
  options.connections_max = shared->shares.connections;
  options.connections_per_group_max = std::min(
      options.connections_per_group_max, std::max<std::size_t>(1, options.connections_max / kGroupPart));
}

std::optional<std::string> HttpServer::State::why_not_serve(const Client& client) {
  const ServerOptions& options = shared->options;
  if (client.transport == Transport::admin_socket) {
    if (shared->admin_count < options.admin_connections_max) return std::nullopt;
    shared->tell({"admin connections", "", shared->admin_count});
    return concat("the admin socket already has the ", options.admin_connections_max,
                  " connections it accepts");
  }
  if (shared->limits(client.group) && shared->groups.of(client.group) >= options.connections_per_group_max) {
    shared->tell({"connections of one network", client.group.name, shared->groups.of(client.group)});
    return concat("the server already has the ", options.connections_per_group_max,
                  " connections it accepts from ", client.group.name);
  }
  if (shared->tls_count < options.connections_max || make_room_for(client.group)) return std::nullopt;
  return concat("the server already has the ", options.connections_max, " connections it accepts");
}

// So that whoever takes all connections takes them from himself: the network that has most gives one up, if
// it has more than the newcomer's will.
bool HttpServer::State::make_room_for(const AddressGroup& group) {
  const auto [largest, count] = shared->groups.largest();
  shared->tell({"connections", largest, count});
  if (count <= shared->groups.of(group) + 1) return false;
  std::shared_ptr<Connection> oldest;
  for (const auto& connection : shared->connections) {
    if (connection->client().group.name != largest || !connection->may_be_interrupted()) continue;
    if (!oldest || connection->number() < oldest->number()) oldest = connection;
  }
  if (!oldest) return false;
  oldest->make_room(concat("the connection was ended for a client of another network: ", largest, " had ",
                           count, " of the ", shared->options.connections_max,
                           " connections the server accepts"));
  return true;
}

void HttpServer::State::serve(std::shared_ptr<Channel> channel, Client client) {
  auto refusal = why_not_serve(client);
  if (refusal && shared->turned_away_count >= shared->shares.turned_away) {
    channel->close();
    if (spare) spare->take_back();
    return;
  }
  auto connection = std::make_shared<Connection>(shared, std::move(channel), std::move(client),
                                                 ++last_connection, std::move(refusal));
  shared->connections.insert(connection);
  shared->count(*connection);
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
