#include "node/app/app.h"

#include <utility>

#include "node/app/node.h"

namespace vcnode::node {

Result<void> run_app(Config config, Setup setup, std::function<void(const RunningInfo&)> on_ready) {
  VCNODE_TRY(const auto node, Node::open(std::move(config), std::move(setup)));
  node->loop().on_shutdown_signal([&node](int signal) { node->stop(concat("signal ", signal)); });
  return node->run(std::move(on_ready));
}

}  // namespace vcnode::node
