// feed show: an issuer's feed as peers give it, or an epoch of it that is over.
#include <map>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/commands.h"
#include "node/cli/feed_look.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "protocol/feed/leaf.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;

std::string_view name_of_body(feed::BodyState state) {
  switch (state) {
    case feed::BodyState::missing:
      return "missing";
    case feed::BodyState::held:
      return "held";
    case feed::BodyState::bad:
      return "bad";
  }
  return "missing";
}

std::map<std::string, std::size_t> count_types(const std::vector<Bytes>& leaves) {
  std::map<std::string, std::size_t> out;
  for (const Bytes& bytes : leaves)
    if (const auto leaf = feed::Leaf::parse(bytes)) ++out[leaf->type];
  return out;
}

Json epochs_json(const std::vector<SealedEpoch>& epochs) {
  Json out = Json::array();
  for (const SealedEpoch& epoch : epochs)
    out.push_back({{"origin", epoch.origin.text()},
                   {"size", epoch.seal.size},
                   {"root", hex_encode(epoch.seal.root.view())}});
  return out;
}

Json feed_json(const Collected& collected) {
  const feed::FeedSnapshot& feed = *collected.snapshot;
  Json lists = Json::array();
  for (const auto& [uri, list] : feed.status_lists)
    lists.push_back({{"uri", uri},
                     {"sequence", list.sequence},
                     {"sha256", hex_encode(list.digest.view())},
                     {"body", name_of_body(list.body)}});
  Json out{{"issuer", feed.issuer.text()},
           {"origin", feed.origin.text()},
           {"originHash", hex_encode(feed.origin.hash().view())},
           {"size", feed.head.tree.size},
           {"root", hex_encode(feed.head.tree.root.view())},
           {"time", feed.head.time.to_string()},
           {"closed", feed.closed},
           {"contradicted", feed.contradicted || feed.hearsay.contradicted},
           {"falseState", feed.false_state},
           {"missingBodies", feed.missing_count},
           {"leaves", count_types(collected.leaves)},
           {"lists", std::move(lists)},
           {"sealed", epochs_json(collected.sealed)}};
  if (collected.history) {
    out["versions"] = collected.history->versions.size();
    out["disputed"] = collected.history->dispute.has_value();
  }
  return out;
}

void print_feed(const Json& feed) {
  const auto text = [&feed](const char* name) {
    return printable(feed.at(name).get_ref<const std::string&>());
  };
  print_line(concat("feed ", text("origin")));
  print_line(concat("  issuer ", text("issuer")));
  print_line(concat("  head: ", feed.at("size").dump(), " entries, root ", text("root"), ", ", text("time"),
                    feed.at("closed").get<bool>() ? ", closed" : "",
                    feed.at("contradicted").get<bool>() ? ", CONTRADICTED" : ""));
  for (const auto& epoch : feed.at("sealed"))
    print_line(concat("  sealed: ", printable(epoch.at("origin").get_ref<const std::string&>()), ", ",
                      epoch.at("size").dump(), " entries"));
  if (feed.contains("versions"))
    print_line(concat("  DID: ", feed.at("versions").dump(), " versions",
                      feed.at("disputed").get<bool>() ? ", DISPUTED after the last" : ""));
  for (const auto& [type, count] : feed.at("leaves").items())
    print_line(concat("  ", printable(type), ": ", count.dump()));
  for (const auto& list : feed.at("lists"))
    print_line(concat("  list ", printable(list.at("uri").get_ref<const std::string&>()), " #",
                      list.at("sequence").dump(), " (", list.at("body").get_ref<const std::string&>(), ")"));
  if (feed.at("falseState").get<bool>())
    print_line("  FALSE STATE: its newest state leaf is not the root of what the feed says");
  if (feed.at("missingBodies") != 0)
    print_line(concat("  missing bodies: ", feed.at("missingBodies").dump()));
}

// An epoch that is over: what the next one sealed of it.
Json sealed_json(const FeedLook& seen, const SealedEpoch& epoch) {
  const std::vector<Bytes> leaves(epoch.leaves.begin(),
                                  epoch.leaves.begin() + static_cast<std::ptrdiff_t>(epoch.seal.size));
  Json out{{"issuer", nullptr},
           {"origin", epoch.origin.text()},
           {"originHash", hex_encode(epoch.origin.hash().view())},
           {"size", epoch.seal.size},
           {"root", hex_encode(epoch.seal.root.view())},
           {"over", true},
           {"leaves", count_types(leaves)}};
  if (seen.collected.history && !seen.collected.history->versions.empty())
    out["issuer"] = seen.collected.history->versions.back().state.did().text();
  return out;
}

void print_sealed(const Json& feed) {
  print_line(concat("feed ", printable(feed.at("origin").get_ref<const std::string&>())));
  print_line(concat("  over: sealed by the next epoch at ", feed.at("size").dump(), " entries, root ",
                    feed.at("root").get_ref<const std::string&>()));
  for (const auto& [type, count] : feed.at("leaves").items())
    print_line(concat("  ", printable(type), ": ", count.dump()));
}

}  // namespace

int feed_show(const Global& global, const FeedOptions& options) {
  const auto seen = look_at_feed(global, options, true);
  if (!seen) return report(global, seen.error(), kExitUsage);
  if (const auto why = why_no_feed(*seen)) return report_no_feed(global, *seen, *why);
  const SealedEpoch* sealed = seen->sealed();
  Json feed = sealed != nullptr ? sealed_json(*seen, *sealed) : feed_json(seen->collected);
  if (global.json) {
    feed["sources"] = sources_json(seen->collected.sources);
    print_json(feed);
    return kExitOk;
  }
  sealed != nullptr ? print_sealed(feed) : print_feed(feed);
  print_sources(seen->collected.sources, seen->now);
  return kExitOk;
}

}  // namespace vcnode::cli
