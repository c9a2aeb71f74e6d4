// What the listeners and connections of one HttpServer share. Private to node/http.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "node/http/server.h"
#include "node/net/native.h"

namespace vcnode::node {

class Connection;

// Connections beyond the cap that are being told so at one time; further ones are closed without a word,
// since a TLS handshake only to say "full" costs more than the request would.
inline constexpr std::size_t kTurnedAwayMax = 64;

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
  std::size_t tls_count = 0;
  std::size_t admin_count = 0;
  std::size_t turned_away_count = 0;
  std::function<void(Transport)> on_gone;  // one connection less

  [[nodiscard]] std::size_t& count_of(const Connection& connection);
};

}  // namespace vcnode::node
