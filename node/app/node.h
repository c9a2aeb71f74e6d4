// Node: one running vcnode, without signals: the object graph that run_app() builds, and several of which a
// test can run in one process.
//
// open() does everything that can fail before anything is visible: store, feeds, keys, certificate. run()
// listens, dials, publishes the first status lists, and serves on the calling thread until stop() or a fatal
// fault.
// Threading: open() and run() on one thread; stop() and loop().post() from any.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "node/app/app.h"
#include "node/app/clock.h"
#include "node/app/offload.h"
#include "node/app/startup.h"
#include "node/config/config.h"
#include "node/net/loop.h"
#include "storage/group_commit.h"

namespace vcnode::node {

// What tests replace.
struct NodeOptions {
  using OpenStore = std::function<Result<std::unique_ptr<storage::GroupStore>>(const std::filesystem::path&)>;
  OpenStore open_store;                            // default: SQLite
  std::shared_ptr<const Clock> clock;              // default: the system's
  std::size_t worker_queue_max = kWorkerQueueMax;  // requests waiting for a worker
  std::ostream* log = nullptr;                     // default: standard error
};

class Node {
 public:
  // Errors: those of open_setup, open_sqlite_store and restore_feeds.
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(Config config, NodeOptions options = {});
  // With the setup of this very configuration already open.
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(Config config, Setup setup,
                                                          NodeOptions options = {});
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // `on_ready` is called once, on the loop's thread, when the node answers requests and its issuers' first
  // lists are published (or have to wait: /readyz says why).
  // Errors: LISTEN_FAILED, ADMIN_SOCKET_BUSY, INTERNAL_FAULT.
  [[nodiscard]] Result<void> run(std::function<void(const RunningInfo&)> on_ready);
  // Stops accepting, finishes what runs, closes peers; run() returns within Config::shutdown_ms.
  void stop(const std::string& reason);
  [[nodiscard]] EventLoop& loop() noexcept;

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace vcnode::node
