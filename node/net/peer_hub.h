// PeerHub: the links of one PeerTransport, and where the HTTP server hands over upgraded connections.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <map>
#include <memory>
#include <string>

#include "node/net/address_group.h"
#include "node/net/channel.h"
#include "node/net/native.h"
#include "node/net/peer_transport.h"

namespace vcnode::node {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

class PeerLink;

class PeerHub : public std::enable_shared_from_this<PeerHub> {
 public:
  PeerHub(EventLoop::Native& loop, PeerHandler& handler);

  void dial(const std::string& url);
  struct Caller {
    std::string remote;  // address:port
    AddressGroup group;
  };
  // A connection on which `request` asks for an upgrade. Whether there is room for it is the caller's
  // question.
  void accept(std::shared_ptr<Channel> channel, UpgradeRequest request, Caller caller);
  [[nodiscard]] std::size_t incoming() const noexcept { return incoming_.size(); }
  [[nodiscard]] std::size_t incoming_from(const AddressGroup& group) const { return groups_.of(group); }
  [[nodiscard]] std::shared_ptr<PeerLink> find(gossip::PeerId peer) const;
  void close_all(const std::string& reason);
  void shut();  // no handler from now on; every link is dropped

  // For links. nullptr once the transport is gone.
  [[nodiscard]] PeerHandler* handler() const noexcept { return handler_; }
  [[nodiscard]] Executor executor() const noexcept { return executor_; }
  [[nodiscard]] const std::shared_ptr<LoopGate>& gate() const noexcept { return gate_; }
  [[nodiscard]] const std::shared_ptr<asio::ssl::context>& client_tls() const noexcept { return client_tls_; }
  void forget(const PeerLink& link);

 private:
  std::shared_ptr<PeerLink> add(gossip::Role role, std::string address);

  Executor executor_;
  std::shared_ptr<LoopGate> gate_;
  PeerHandler* handler_;
  std::shared_ptr<asio::ssl::context> client_tls_;
  std::map<gossip::PeerId, std::shared_ptr<PeerLink>> links_;
  std::map<gossip::PeerId, AddressGroup> incoming_;
  GroupCounts groups_;
  std::uint64_t last_id_ = 0;
};

struct PeerTransport::Native {
  std::shared_ptr<PeerHub> hub;
};

}  // namespace vcnode::node
