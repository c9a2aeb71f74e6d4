#include "node/http/connection.h"

#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <utility>

#include "crypto/base/assert.h"
#include "node/net/codes.h"
#include "node/net/peer_hub.h"

namespace vcnode::node {
namespace {

constexpr std::string_view kPeerPath = "/peer";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr const char* kRetryAfterSeconds = "5";  // idle connections end within a minute, busy ones sooner

}  // namespace

void ServerShared::count(const Connection& connection) {
  if (!connection.is_served()) {
    ++turned_away_count;
  } else if (connection.client().transport == Transport::admin_socket) {
    ++admin_count;
  } else {
    ++tls_count;
    groups.add(connection.client().group);
  }
}

void ServerShared::discount(const Connection& connection) {
  if (!connection.is_served()) {
    --turned_away_count;
  } else if (connection.client().transport == Transport::admin_socket) {
    --admin_count;
  } else {
    --tls_count;
    groups.remove(connection.client().group);
  }
}

// The other end of a Respond. Holds nothing that may die only on the loop's thread.
class PendingAnswer {
 public:
  PendingAnswer(std::weak_ptr<Connection> connection, std::shared_ptr<LoopGate> gate,
                std::uint64_t request_number)
      : connection_(std::move(connection)), gate_(std::move(gate)), request_number_(request_number) {}
  PendingAnswer(const PendingAnswer&) = delete;
  PendingAnswer& operator=(const PendingAnswer&) = delete;
  // A handler's task may be dropped with its queue at shutdown; the client then sees the connection end.
  ~PendingAnswer() {
    if (!given_.load()) post(std::nullopt);
  }

  void give(HttpResponse response) {
    const bool given_before = given_.exchange(true);
    VCNODE_ASSERT(!given_before);
    if (gate_->is_on_loop()) return finish(connection_, request_number_, std::move(response));
    post(std::move(response));
  }

 private:
  static void finish(const std::weak_ptr<Connection>& weak, std::uint64_t number,
                     std::optional<HttpResponse> response) {
    const auto connection = weak.lock();
    if (!connection || connection->phase_ != Connection::Phase::handling) return;
    if (connection->request_number_ != number) return;
    if (!response) return connection->abandon();
    connection->answer(*std::move(response),
                       connection->reader_->keep_alive() && !connection->shared_->draining);
  }
  void post(std::optional<HttpResponse> response) {
    gate_->post([weak = connection_, number = request_number_, response = std::move(response)]() mutable {
      finish(weak, number, std::move(response));
    });
  }

  std::weak_ptr<Connection> connection_;
  std::shared_ptr<LoopGate> gate_;
  std::uint64_t request_number_;
  std::atomic<bool> given_{false};
};

Connection::Connection(std::shared_ptr<ServerShared> shared, std::shared_ptr<Channel> channel, Client client,
                       std::uint64_t number, std::optional<std::string> turned_away)
    : shared_(std::move(shared)),
      channel_(std::move(channel)),
      client_(std::move(client)),
      number_(number),
      turned_away_(std::move(turned_away)),
      timer_(shared_->executor) {}

void Connection::enter(Phase phase, std::int64_t limit_ms) {
  phase_ = phase;
  deadline_ = Clock::now() + std::chrono::milliseconds(limit_ms);
  if (!armed_for_ || *deadline_ < *armed_for_) arm();
}

// A request passes five phases in microseconds and their limits are seconds: moving the timer each time would
// cost more than the phases. It stays armed, and looks at the deadline when it fires.
void Connection::arm() {
  armed_for_ = deadline_;
  timer_.expires_at(*armed_for_);
  timer_.async_wait([weak = weak_from_this()](ErrorCode error) {
    const auto self = weak.lock();
    if (!error && self) self->on_timer();
  });
}

void Connection::on_timer() {
  armed_for_.reset();
  if (!deadline_ || phase_ == Phase::gone) return;
  if (Clock::now() < *deadline_) return arm();
  on_time_out();
}

void Connection::on_time_out() {
  const auto& options = shared_->options;
  switch (phase_) {
    case Phase::header:
      return refuse(408, codes::HTTP_REQUEST_TIMEOUT,
                    concat("the header was not complete within ", options.header_ms_max, " ms"));
    case Phase::body:
      return refuse(408, codes::HTTP_REQUEST_TIMEOUT,
                    concat("the body was not complete within ", options.body_ms_max, " ms"));
    case Phase::idle:
      return finish();
    default:
      return abandon();
  }
}

void Connection::start() {
  enter(Phase::handshake, shared_->options.handshake_ms_max);
  channel_->handshake([self = shared_from_this()](ErrorCode error) {
    if (self->phase_ == Phase::handshake) self->on_handshake(error);
  });
}

void Connection::on_handshake(ErrorCode error) {
  if (auto plain = error ? channel_->plain_twin() : nullptr) {
    channel_ = std::move(plain);
    return refuse(400, codes::HTTP_TLS_REQUIRED,
                  "this port speaks https only; the request came as plain http");
  }
  if (error) return finish();  // OpenSSL has sent its alert
  if (turned_away_) return refuse(503, codes::HTTP_CONNECTIONS_FULL, *turned_away_);
  next_request();
}

void Connection::next_request() {
  hold(0);
  if (shared_->draining) return finish();
  reader_.emplace(kHeaderBytesMax);
  to_head_ = false;
  enter(Phase::idle, shared_->options.idle_ms_max);
  if (input_.empty()) return read_more();
  advance();
}

void Connection::read_more() {
  channel_->read_some(asio::buffer(chunk_), [self = shared_from_this()](ErrorCode error, std::size_t size) {
    self->on_read(error, size);
  });
}

void Connection::on_read(ErrorCode error, std::size_t size) {
  if (phase_ == Phase::idle && error) return finish();
  if (phase_ != Phase::idle && phase_ != Phase::header && phase_ != Phase::body) return;  // refused meanwhile
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return refuse(400, codes::HTTP_REQUEST_MALFORMED,
                  "the connection was closed in the middle of the request");
  }
  if (error) return abandon();
  input_.append(chunk_.data(), size);
  advance();
}

void Connection::advance() {
  if (phase_ == Phase::body) return read_body();
  if (phase_ == Phase::idle) enter(Phase::header, shared_->options.header_ms_max);
  const ReadStep step = reader_->read_header(input_);
  if (step.refusal) return refuse(*step.refusal);
  if (!step.ready) return read_more();
  on_header();
}

void Connection::on_header() {
  const HttpRequest& request = reader_->request();
  to_head_ = request.method == "HEAD";
  if (shared_->options.peers != nullptr && request.path == kPeerPath && client_.transport == Transport::tls)
    return upgrade();
  if (!reader_->has_body() && !reader_->expects_continue()) return dispatch();
  if (const auto refusal =
          reader_->limit_body(shared_->handler.body_bytes_max(request.method, request.path))) {
    return refuse(*refusal);
  }
  if (!has_room_for(reader_->announced_bytes())) return refuse_for_bytes(reader_->announced_bytes());
  enter(Phase::body, shared_->options.body_ms_max);
  if (reader_->expects_continue() && input_.empty()) return ask_for_body();
  read_body();
}

void Connection::ask_for_body() {
  send({std::string(kContinue), {}}, [self = shared_from_this()] {
    if (self->phase_ == Phase::body) self->read_body();
  });
}

void Connection::read_body() {
  const ReadStep step = reader_->read_body(input_);
  if (step.refusal) return refuse(*step.refusal);
  if (!has_room_for(reader_->body_bytes())) return refuse_for_bytes(reader_->body_bytes());
  hold(reader_->body_bytes());
  if (!step.ready) return read_more();
  dispatch();
}

void Connection::upgrade() {
  const HttpRequest& request = reader_->request();
  if (request.method != "GET" || !reader_->wants_websocket()) {
    return refuse(426, codes::HTTP_UPGRADE_REQUIRED,
                  concat(kPeerPath, " is only for WebSocket links between nodes"));
  }
  // Browsers always name the page's origin, nodes never do.
  if (request.header("origin")) {
    return refuse(400, codes::HTTP_REQUEST_MALFORMED, "a link between nodes is not opened from a web page");
  }
  if (!input_.empty() || request.header("transfer-encoding") ||
      request.header("content-length").value_or("0") != "0") {
    return refuse(400, codes::HTTP_REQUEST_MALFORMED, "bytes follow the upgrade request before its answer");
  }
  if (shared_->draining) return refuse(503, codes::SHUTTING_DOWN, "the node is stopping");
  PeerHub& hub = *shared_->options.peers->native().hub;
  if (const auto full = why_no_link(hub)) return refuse(503, codes::HTTP_CONNECTIONS_FULL, *full);
  auto channel = std::exchange(channel_, nullptr);
  auto native = reader_->take_native();
  abandon();
  hub.accept(std::move(channel), std::move(native), {client_.remote, client_.group});
}

std::optional<std::string> Connection::why_no_link(const PeerHub& hub) const {
  const std::size_t per_group = shared_->options.links_per_group_max;
  if (shared_->limits(client_.group) && hub.incoming_from(client_.group) >= per_group) {
    shared_->tell({"links of one network", client_.group.name, hub.incoming_from(client_.group)});
    return concat("the node already has the ", per_group, " incoming links it accepts from ",
                  client_.group.name);
  }
  const std::size_t all = shared_->shares.incoming_links;
  if (hub.incoming() < all) return std::nullopt;
  shared_->tell({"links", "", hub.incoming()});
  return concat("the node already has the ", all, " incoming links it accepts");
}

void Connection::dispatch() {
  phase_ = Phase::handling;
  deadline_.reset();
  HttpRequest request = reader_->take_request();
  request.transport = client_.transport;
  request.remote = client_.remote;
  auto pending = std::make_shared<PendingAnswer>(weak_from_this(), shared_->gate, ++request_number_);
  shared_->handler.handle(std::move(request),
                          [pending](HttpResponse response) { pending->give(std::move(response)); });
}

void Connection::refuse(const Refusal& refusal) {
  refuse(refusal.status, refusal.error.code, refusal.error.message);
}

void Connection::refuse(unsigned status, Code code, const std::string& sentence) {
  if (sending_) return abandon();  // the client does not even take the "100 Continue"
  HttpResponse response = shared_->handler.refuse(status, code.slug(), sentence);
  if (status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  if (status == 426) response.headers.emplace_back("Upgrade", "websocket");
  answer(std::move(response), false);
}

void Connection::refuse_for_bytes(std::size_t bytes) {
  refuse(503, codes::SERVER_BUSY,
         concat("the server holds ", shared_->held_bytes, " bytes of requests and answers, and ", bytes,
                " more are over its limit of ", shared_->options.held_bytes_max));
}

bool Connection::has_room_for(std::size_t bytes) const {
  if (client_.transport == Transport::admin_socket || bytes <= kSmallBytesMax) return true;
  return shared_->held_bytes - held_bytes_ + bytes <= shared_->options.held_bytes_max;
}

void Connection::hold(std::size_t bytes) {
  shared_->held_bytes += bytes;
  shared_->held_bytes -= std::exchange(held_bytes_, bytes);
}

void Connection::answer(HttpResponse response, bool keep_alive) {
  if (!has_room_for(response.content().size())) return refuse_for_bytes(response.content().size());
  ResponseContext context;
  context.keep_alive = keep_alive;
  context.to_head = to_head_;
  context.to_http10 = phase_ == Phase::handling && reader_->is_http10();
  enter(Phase::writing, shared_->options.write_ms_max);
  answer_ = std::move(response);
  send(response_text(*answer_, context), [self = shared_from_this(), keep_alive] {
    if (self->phase_ != Phase::writing) return;
    if (keep_alive) return self->next_request();
    self->finish();
  });
}

void Connection::send(ResponseText text, std::function<void()> then) {
  output_ = std::move(text.head);
  hold(output_.size() + text.content.size());
  sending_ = true;
  channel_->write({asio::buffer(output_), asio::buffer(text.content)},
                  [self = shared_from_this(), then = std::move(then)](ErrorCode error, std::size_t) {
                    self->sending_ = false;
                    self->output_ = std::string();  // an idle connection keeps no memory
                    self->answer_.reset();
                    if (error) return self->abandon();
                    then();
                  });
}

void Connection::finish() {
  enter(Phase::closing, shared_->options.linger_ms_max);
  channel_->finish([self = shared_from_this()] { self->abandon(); });
}

bool Connection::may_be_interrupted() const noexcept {
  return is_served() && phase_ != Phase::handling && phase_ != Phase::gone;
}

void Connection::make_room(std::string why) {
  const bool may_be_told = shared_->turned_away_count < shared_->shares.turned_away;
  if (!may_be_told || (phase_ != Phase::header && phase_ != Phase::body)) return abandon();
  shared_->discount(*this);
  turned_away_ = std::move(why);
  shared_->count(*this);
  refuse(503, codes::HTTP_CONNECTIONS_FULL, *turned_away_);
}

void Connection::drain() {
  if (phase_ == Phase::idle) return finish();
  if (phase_ == Phase::handshake) abandon();
}

void Connection::abandon() {
  if (phase_ == Phase::gone) return;
  phase_ = Phase::gone;
  timer_.cancel();
  if (channel_) channel_->close();
  const auto self = shared_from_this();
  hold(0);
  if (shared_->connections.erase(self) == 0) return;
  shared_->discount(*this);
  if (shared_->on_gone) shared_->on_gone(client_.transport);
}

}  // namespace vcnode::node
