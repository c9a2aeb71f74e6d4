#include "node/cli/peer_report.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "node/net/codes.h"

namespace vcnode::cli {

Timestamp clock_now() {
  return Timestamp(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Result<std::vector<PeerSource>> peers_to_ask(const Global& global, const std::vector<std::string>& urls) {
  VCNODE_TRY(auto peers, peers_at(urls));
  std::error_code ignored;
  if (peers.empty() && std::filesystem::exists(global.home / "admin.sock", ignored)) {
    peers.push_back({"the node in " + global.home.string(), "https://localhost", global.home / "admin.sock"});
  }
  return peers;
}

Result<std::vector<PeerSource>> peers_that_must_be(const Global& global,
                                                   const std::vector<std::string>& urls) {
  VCNODE_TRY(auto peers, peers_to_ask(global, urls));
  if (peers.empty())
    return fail(codes::USAGE, "there is nobody to ask: no node runs in this home; name one with --peer");
  return peers;
}

Result<void> check_network_option(const std::optional<std::string>& network) {
  if (!network) return {};
  const auto checked = node::check_network_name(*network);
  return checked ? Result<void>() : fail(checked.error().code, "--network ", checked.error().message);
}

nlohmann::json sources_json(const std::vector<SourceReport>& sources) {
  nlohmann::json rows = nlohmann::json::array();
  for (const SourceReport& source : sources) {
    nlohmann::json row{{"peer", source.peer}, {"state", name_of(source.state)}};
    if (source.head)
      row["head"] = {{"network", source.network},
                     {"size", source.head->tree.size},
                     {"time", source.head->time.to_string()}};
    if (source.entries) row["log"] = {{"entries", *source.entries}, {"lacking", source.entries_lacking}};
    if (source.error)
      row["error"] = {{"code", source.error->code.slug()}, {"message", source.error->message}};
    if (source.says_contradicted) row["saysContradicted"] = true;
    if (source.says_pending_size) row["saysPendingSize"] = *source.says_pending_size;
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_sources(const std::vector<SourceReport>& sources, Timestamp now) {
  for (const SourceReport& source : sources) {
    std::string line = concat("  peer ", printable(source.peer), ": ", name_of(source.state));
    if (source.entries) line += concat(", log of ", *source.entries, " entries");
    if (source.entries_lacking > 0)
      line += concat(", ", source.entries_lacking, " of the others' are not in it");
    if (source.head)
      line += concat(", network ", source.network, ", feed of ", source.head->tree.size, " entries, head of ",
                     source.head->time.to_string(), " (",
                     std::max<std::int64_t>(0, now.seconds() - source.head->time.seconds()), " s old)");
    if (source.error) line += concat(" (", printable(source.error->message), ")");
    if (source.says_contradicted) line += ", says that the issuer has told two histories";
    if (source.says_pending_size)
      line += concat(", says that a newer head (size ", *source.says_pending_size, ") has not arrived there");
    print_line(line);
  }
}

Error why_nothing(const Collected& collected, std::string_view wanted) {
  if (!collected.networks.empty())
    return {codes::PEER_NETWORKS_DIFFER,
            concat("the peers hold ", wanted, " in several networks; say with --network which one counts")};
  if (collected.gap) return *collected.gap;
  const auto& sources = collected.sources;
  const bool none_reached = !sources.empty() && std::ranges::all_of(sources, [](const SourceReport& source) {
    return source.state == SourceState::unreachable && source.error;
  });
  if (!none_reached)
    return {codes::PEER_FEED_UNKNOWN, concat("none of the peers gave ", wanted, " that verifies")};
  return {codes::HTTP_UNREACHABLE,
          sources.size() == 1 ? concat("the peer ", sources.front().peer,
                                       " cannot be asked: ", sources.front().error->message)
                              : concat("none of the ", sources.size(), " peers can be asked; the first, ",
                                       sources.front().peer, ": ", sources.front().error->message)};
}

}  // namespace vcnode::cli
