// Dialing: from a host name to an open TLS channel, with one deadline.
//
// Addresses are tried in the resolver's order, each with its share of the time that is left, so that one
// address that swallows packets does not use up all of it. Name resolution runs on a thread of its own:
// getaddrinfo cannot be interrupted, and nobody should wait for it past the deadline or at shutdown.
// Threading: the loop's thread; the callback never comes from within start() or cancel().
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "node/net/channel.h"
#include "node/net/native.h"

namespace vcnode::node {

struct DialTarget {
  std::string host;
  std::uint16_t port = 443;
  std::shared_ptr<asio::ssl::context> tls;
  bool verify_certificate = false;
  // If set: what is wrong with an address, empty if nothing is. All addresses of the name are asked about
  // before the first is dialled, and one that is refused refuses the name: what is dialled are the addresses
  // that were looked at.
  std::function<std::string(const asio::ip::address&)> refusal_of = {};
};

struct DialFailure {
  enum class Stage : unsigned char { resolve, refused, connect, tls, certificate, deadline };
  Stage stage = Stage::connect;
  std::string reason;  // "cannot connect to 127.0.0.1:1: Connection refused"
};
using DialOutcome = std::variant<std::shared_ptr<Channel>, DialFailure>;

class Dialing : public std::enable_shared_from_this<Dialing> {
 public:
  using Callback = std::function<void(DialOutcome)>;
  static std::shared_ptr<Dialing> start(const Executor& executor, const std::shared_ptr<LoopGate>& gate,
                                        DialTarget target, Clock::time_point deadline, Callback callback);
  void cancel();  // the callback will not come

 private:
  using Endpoint = asio::ip::tcp::endpoint;
  Dialing(const Executor& executor, DialTarget target, Clock::time_point deadline, Callback callback);
  void resolve(const std::shared_ptr<LoopGate>& gate);
  void begin(std::vector<Endpoint> endpoints);
  void connect_next();
  void on_connected(ErrorCode error);
  void secure();
  void on_secured(ErrorCode error);
  void end(DialOutcome outcome);
  void fail_with(DialFailure::Stage stage, std::string reason);

  DialTarget target_;
  Clock::time_point deadline_;
  Callback callback_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  TcpSocket socket_;
  Timer attempt_timer_;
  Timer deadline_timer_;
  std::shared_ptr<Channel> channel_;
};

}  // namespace vcnode::node
