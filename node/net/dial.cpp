#include "node/net/dial.h"

#include <netdb.h>
#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "crypto/base/result.h"

namespace vcnode::node {
namespace {

// Hosts have a handful of addresses; there is no time to try more.
constexpr std::size_t kAddressesMax = 8;
// Resolver threads at one time: a dead name server must not pile them up.
constexpr int kLookupsMax = 16;
std::atomic<int> lookups_running{0};

using Endpoint = asio::ip::tcp::endpoint;

struct Lookup {
  std::vector<Endpoint> endpoints;
  std::string error;
};

Lookup look_up(const std::string& host, std::uint16_t port) {
  Lookup out;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code != 0) {
    out.error = concat("the name ", host, " cannot be resolved: ", ::gai_strerror(code));
    return out;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    Endpoint endpoint;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    endpoint.port(port);
    out.endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(list);
  if (out.endpoints.empty()) out.error = concat("the name ", host, " has no address");
  return out;
}

std::string_view oldest_tls(asio::ssl::context& context) {
  return SSL_CTX_get_min_proto_version(context.native_handle()) == TLS1_3_VERSION ? "no TLS 1.3"
                                                                                  : "no TLS 1.2 or newer";
}

// Runs `answer` on the loop unless that is gone by then. False if no thread is to be had.
bool look_up_aside(const std::string& host, std::uint16_t port, std::shared_ptr<LoopGate> gate,
                   std::function<void(Lookup)> answer) {
  if (lookups_running.fetch_add(1) >= kLookupsMax) {
    lookups_running.fetch_sub(1);
    return false;
  }
  try {
    std::thread([host, port, gate = std::move(gate), answer = std::move(answer)] {
      Lookup found = look_up(host, port);
      lookups_running.fetch_sub(1);
      gate->post([answer, found = std::move(found)] { answer(found); });
    }).detach();
  } catch (const std::system_error&) {
    lookups_running.fetch_sub(1);
    return false;
  }
  return true;
}

}  // namespace

std::shared_ptr<Dialing> Dialing::start(const Executor& executor, const std::shared_ptr<LoopGate>& gate,
                                        DialTarget target, Clock::time_point deadline, Callback callback) {
  std::shared_ptr<Dialing> dialing(new Dialing(executor, std::move(target), deadline, std::move(callback)));
  dialing->deadline_timer_.expires_at(deadline);
  dialing->deadline_timer_.async_wait([weak = dialing->weak_from_this()](ErrorCode error) {
    const auto self = weak.lock();
    if (!error && self) self->fail_with(DialFailure::Stage::deadline, "no answer in time");
  });
  dialing->resolve(gate);
  return dialing;
}

Dialing::Dialing(const Executor& executor, DialTarget target, Clock::time_point deadline, Callback callback)
    : target_(std::move(target)),
      deadline_(deadline),
      callback_(std::move(callback)),
      socket_(executor),
      attempt_timer_(executor),
      deadline_timer_(executor) {}

void Dialing::resolve(const std::shared_ptr<LoopGate>& gate) {
  ErrorCode not_an_address;
  const auto address = asio::ip::make_address(target_.host, not_an_address);
  if (!not_an_address) {
    asio::post(socket_.get_executor(), [self = shared_from_this(), address] {
      self->begin({Endpoint(address, self->target_.port)});
    });
    return;
  }
  // Weak: the answer may be dropped on the resolver's thread, and sockets must not die there.
  const bool started =
      look_up_aside(target_.host, target_.port, gate, [weak = weak_from_this()](Lookup found) {
        const auto self = weak.lock();
        if (!self || !self->callback_) return;
        if (!found.error.empty()) return self->fail_with(DialFailure::Stage::resolve, std::move(found.error));
        self->begin(std::move(found.endpoints));
      });
  if (!started) {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      self->fail_with(DialFailure::Stage::resolve,
                      concat("the name ", self->target_.host, " cannot be resolved: ", kLookupsMax,
                             " other lookups are still waiting"));
    });
  }
}

void Dialing::begin(std::vector<Endpoint> endpoints) {
  if (!callback_) return;
  for (const Endpoint& endpoint : endpoints) {
    const std::string refusal = target_.refusal_of ? target_.refusal_of(endpoint.address()) : std::string();
    if (refusal.empty()) continue;
    return fail_with(DialFailure::Stage::refused, concat("the name ", target_.host, " leads to ",
                                                         endpoint.address().to_string(), ", ", refusal));
  }
  endpoints_ = std::move(endpoints);
  if (endpoints_.size() > kAddressesMax) endpoints_.resize(kAddressesMax);
  connect_next();
}

void Dialing::connect_next() {
  if (!callback_) return;
  const auto left = static_cast<Clock::duration::rep>(endpoints_.size() - next_);
  attempt_timer_.expires_at(Clock::now() + (deadline_ - Clock::now()) / left);
  attempt_timer_.async_wait([weak = weak_from_this()](ErrorCode error) {
    const auto self = weak.lock();
    ErrorCode ignored;
    if (!error && self) self->socket_.close(ignored);
  });
  socket_.async_connect(endpoints_[next_],
                        [self = shared_from_this()](ErrorCode error) { self->on_connected(error); });
}

void Dialing::on_connected(ErrorCode error) {
  if (!callback_) return;
  attempt_timer_.cancel();
  if (!error && socket_.is_open()) return secure();
  const bool timed_out = !error || error == asio::error::operation_aborted;
  const std::string reason = concat("cannot connect to ", text_of(endpoints_[next_]), ": ",
                                    timed_out ? std::string("no answer in time") : error.message());
  ErrorCode ignored;
  socket_.close(ignored);
  if (++next_ < endpoints_.size()) return connect_next();
  fail_with(DialFailure::Stage::connect, reason);
}

void Dialing::secure() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  channel_ = tls_client_channel(std::move(socket_), *target_.tls, target_.host, target_.verify_certificate);
  channel_->handshake([self = shared_from_this()](ErrorCode error) { self->on_secured(error); });
}

void Dialing::on_secured(ErrorCode error) {
  if (!callback_) return;
  if (!error) return end(std::exchange(channel_, nullptr));
  const std::string place = text_of(endpoints_[next_]);
  const std::string doubt = channel_->certificate_error();
  if (!doubt.empty()) {
    return fail_with(DialFailure::Stage::certificate,
                     concat("the certificate of ", target_.host, " is not trusted: ", doubt));
  }
  fail_with(DialFailure::Stage::tls,
            concat(oldest_tls(*target_.tls), " with ", place, ": ", error.message()));
}

void Dialing::fail_with(DialFailure::Stage stage, std::string reason) {
  if (callback_) end(DialFailure{stage, std::move(reason)});
}

void Dialing::end(DialOutcome outcome) {
  const Callback callback = std::exchange(callback_, nullptr);
  cancel();
  callback(std::move(outcome));
}

void Dialing::cancel() {
  callback_ = nullptr;
  attempt_timer_.cancel();
  deadline_timer_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
  if (channel_) channel_->close();
}

}  // namespace vcnode::node
