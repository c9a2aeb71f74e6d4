// Whom a command asks, and what it says of their answers: common to verify, resolve and feed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/collect.h"
#include "node/cli/commands.h"

namespace vcnode::cli {

// The peers at `urls`; without any, the node running in this home, if one is. Errors: CONFIG_VALUE.
[[nodiscard]] Result<std::vector<PeerSource>> peers_to_ask(const Global& global,
                                                           const std::vector<std::string>& urls);

// The same where nothing can be done without anybody. Errors: also USAGE.
[[nodiscard]] Result<std::vector<PeerSource>> peers_that_must_be(const Global& global,
                                                                 const std::vector<std::string>& urls);
// The option --network, if it is given. Errors: those of node::check_network_name.
[[nodiscard]] Result<void> check_network_option(const std::optional<std::string>& network);

[[nodiscard]] nlohmann::json sources_json(const std::vector<SourceReport>& sources);
void print_sources(const std::vector<SourceReport>& sources, Timestamp now);

// Why the peers gave nothing that could be used: none was reached, they are of several networks, or none had
// what verifies. `wanted`: "a history of the issuer".
[[nodiscard]] Error why_nothing(const Collected& collected, std::string_view wanted);

[[nodiscard]] Timestamp clock_now();

}  // namespace vcnode::cli
