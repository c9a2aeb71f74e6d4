// App: the composition root of `vcnode run`. The only place that builds the object graph.
//
// Order of life: open setup (tokens, certificate, key files) → open store → restore feeds → engine →
// transport and HTTP server → first publication of new lists → ready. Shutdown: stop accepting, finish
// running requests and commits, close peers, close store, within Config::shutdown_ms. A fault that was not
// foreseen ends in a clean stop with a sentence.
//
// run() blocks until a shutdown signal or a fatal fault and returns the error in the latter case.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "crypto/base/result.h"
#include "node/app/startup.h"
#include "node/config/config.h"

namespace vcnode::node {

struct RunningInfo {
  std::string url;       // https://address:port
  std::string peer_url;  // wss://address:port/peer
  std::string node_key;
};

// `setup` is that of open_setup(config). Calls `on_ready` once, on the loop's thread, when the node answers
// requests. Errors: those of open_sqlite_store, restore_feeds and Node::run: none is the configuration's
// fault.
[[nodiscard]] Result<void> run_app(Config config, Setup setup,
                                   std::function<void(const RunningInfo&)> on_ready);

}  // namespace vcnode::node
