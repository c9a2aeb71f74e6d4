#include "node/net/peer_transport.h"

#include <utility>

#include "node/net/peer_hub.h"
#include "node/net/peer_link.h"

namespace vcnode::node {

PeerHub::PeerHub(EventLoop::Native& loop, PeerHandler& handler)
    : executor_(loop.executor()),
      gate_(loop.gate),
      handler_(&handler),
      client_tls_(std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client)) {
  restrict_to_tls13(*client_tls_);
  client_tls_->set_verify_mode(asio::ssl::verify_none);
}

std::shared_ptr<PeerLink> PeerHub::add(gossip::Role role, std::string address) {
  const gossip::PeerId id(++last_id_);
  auto link = std::make_shared<PeerLink>(shared_from_this(), id, role, std::move(address));
  links_.emplace(id, link);
  return link;
}

void PeerHub::dial(const std::string& url) {
  add(gossip::Role::dialer, url)->dial();
}

void PeerHub::accept(std::shared_ptr<Channel> channel, UpgradeRequest request, Caller caller) {
  const auto link = add(gossip::Role::acceptor, std::move(caller.remote));
  groups_.add(caller.group);
  incoming_.emplace(link->peer(), std::move(caller.group));
  link->accept(std::move(channel), std::move(request));
}

std::shared_ptr<PeerLink> PeerHub::find(gossip::PeerId peer) const {
  const auto found = links_.find(peer);
  return found == links_.end() ? nullptr : found->second;
}

void PeerHub::close_all(const std::string& reason) {
  for (const auto& [id, link] : links_) link->close(reason);
}

void PeerHub::forget(const PeerLink& link) {
  if (const auto found = incoming_.find(link.peer()); found != incoming_.end()) {
    groups_.remove(found->second);
    incoming_.erase(found);
  }
  links_.erase(link.peer());
}

void PeerHub::shut() {
  handler_ = nullptr;
  for (const auto& [id, link] : links_) link->drop();
  links_.clear();
  incoming_.clear();
  groups_ = {};
}

PeerTransport::PeerTransport(EventLoop& loop, PeerHandler& handler)
    : native_(std::make_unique<Native>(Native{std::make_shared<PeerHub>(loop.native(), handler)})) {}

PeerTransport::~PeerTransport() {
  native_->hub->shut();
}

void PeerTransport::dial(const std::string& url) {
  native_->hub->dial(url);
}

void PeerTransport::send(gossip::PeerId peer, Bytes frame) {
  if (const auto link = native_->hub->find(peer)) link->send(std::move(frame));
}

void PeerTransport::close(gossip::PeerId peer, const std::string& reason) {
  if (const auto link = native_->hub->find(peer)) link->close(reason);
}

void PeerTransport::close_all(const std::string& reason) {
  native_->hub->close_all(reason);
}

std::size_t PeerTransport::queued_bytes(gossip::PeerId peer) const {
  const auto link = native_->hub->find(peer);
  return link ? link->queued_bytes() : 0;
}

}  // namespace vcnode::node
