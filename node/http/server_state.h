// What the listeners and connections of one HttpServer share. Private to node/http.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "node/http/descriptors.h"
#include "node/http/server.h"
#include "node/net/address_group.h"
#include "node/net/native.h"

namespace vcnode::node {

class Connection;

struct ServerShared {
  ServerShared(EventLoop& loop, HttpHandler& the_handler, ServerOptions the_options)
      : executor(loop.native().executor()),
        gate(loop.native().gate),
        handler(the_handler),
        options(std::move(the_options)) {}

  Executor executor;
  std::shared_ptr<LoopGate> gate;
  HttpHandler& handler;  // used by connections only, and those end with the server
  ServerOptions options;
  bool draining = false;
  std::set<std::shared_ptr<Connection>> connections;
  DescriptorShares shares;  // of start()
  std::size_t tls_count = 0;
  std::size_t admin_count = 0;
  std::size_t turned_away_count = 0;
  GroupCounts groups;                      // of the connections in tls_count
  std::size_t held_bytes = 0;              // bodies and answers of all connections
  std::function<void(Transport)> on_gone;  // one connection less

  void count(const Connection& connection);
  void discount(const Connection& connection);
  void tell(const Shortage& shortage) const {
    if (options.on_shortage) options.on_shortage(shortage);
  }
  [[nodiscard]] bool limits(const AddressGroup& group) const {
    return options.limits_loopback || !group.is_loopback;
  }
};

}  // namespace vcnode::node
