// policy check: what a policy means, and what in it can never be met.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/commands.h"
#include "node/cli/held_feeds.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/cli/policy_words.h"
#include "protocol/did/lookup_name.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/examine.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using recognition::Policy;

// A body that the policy names, and what for.
struct NamedBody {
  std::string did;
  std::vector<std::string> as;
};

// By lookup name: two DIDs of one SCID are one body.
std::map<std::string, NamedBody> bodies_of(const Policy& policy) {
  std::map<std::string, NamedBody> bodies;
  const auto add = [&bodies](const std::string& did, const char* as) {
    NamedBody& body = bodies[std::string(lookup_name_of(did))];
    if (body.did.empty()) body.did = did;
    if (body.as.empty() || body.as.back() != as) body.as.emplace_back(as);
  };
  for (const auto& anchor : policy.anchors) add(anchor.did, "anchors");
  for (const Did& did : policy.referencing_from) add(did.text(), "referencingFrom");
  for (const Did& did : policy.endorsements_from) add(did.text(), "endorsement");
  for (const Did& did : policy.observers) add(did.text(), "observers");
  return bodies;
}

Json held_json(const Policy& policy, const ListedFeeds& listed) {
  Json rows = Json::array();
  for (const auto& [name, body] : bodies_of(policy)) {
    const auto found = listed.by_name.find(name);
    const ListedFeed* feed = found == listed.by_name.end() ? nullptr : &found->second;
    rows.push_back({{"did", body.did},
                    {"as", body.as},
                    {"held", feed != nullptr},
                    {"time", feed != nullptr && feed->time ? Json(feed->time->to_string()) : Json()},
                    {"contradicted", feed != nullptr && feed->contradicted}});
  }
  return rows;
}

std::vector<Error> warnings_of(const Policy& policy, const ListedFeeds& listed, const Json& held) {
  std::vector<Error> out;
  for (auto& note : recognition::examine(policy)) out.push_back({note.code, std::move(note.sentence)});
  for (const auto& [peer, error] : listed.silent)
    out.push_back(
        {error.code, concat("the peer ", printable(peer), " gave no list of feeds: ", error.message)});
  for (const Json& row : held) {
    const auto& did = row.at("did").get_ref<const std::string&>();
    if (!row.at("held").get<bool>())
      out.push_back({codes::AUTHORITY_NOT_HELD, concat("no peer that was asked holds a feed of ", did)});
    if (row.at("contradicted").get<bool>())
      out.push_back(
          {codes::EQUIVOCATION_SEEN, concat(did, " has told two histories: nothing it says counts")});
  }
  return out;
}

void print_policy(const Policy& policy, const Json& held) {
  print_line(concat("Policy ", policy.id.empty() ? "without id" : printable(policy.id),
                    policy.country ? concat(", for ", *policy.country) : std::string(), ": SHA-256 ",
                    hex_encode(policy.digest().view())));
  for (const std::string& sentence : meaning_of(policy)) print_line(concat("  ", printable(sentence)));
  if (held.is_null()) return;
  for (const Json& row : held)
    print_line(concat("  ", printable(row.at("did").get_ref<const std::string&>()), ": ",
                      !row.at("held").get<bool>() ? std::string("no feed is held")
                      : row.at("time").is_null()  ? std::string("its feed is held")
                                                  : concat("its feed is held, head of ",
                                                           row.at("time").get_ref<const std::string&>())));
}

}  // namespace

int policy_check(const Global& global, const PolicyOptions& options) {
  const auto text = read_input(options.input, recognition::kPolicyBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto policy = Policy::parse(*text);
  if (!policy) return report(global, policy.error(), kExitUsage);
  const auto peers = peers_to_ask(global, options.peers);
  if (!peers) return report(global, peers.error(), kExitUsage);
  const ListedFeeds listed = list_feeds(*peers);
  const bool answered = !peers->empty() && listed.silent.size() < peers->size();
  const Json held = answered ? held_json(*policy, listed) : Json();
  const auto warnings = warnings_of(*policy, listed, held.is_null() ? Json::array() : held);
  if (global.json) {
    print_json({{"digest", concat("sha256:", hex_encode(policy->digest().view()))},
                {"policy", Json::parse(policy->canonical())},
                {"means", meaning_of(*policy)},
                {"quorum", quorum_json(*policy)},
                {"bodies", held},
                {"warnings", warnings_json(warnings)}});
  } else {
    print_policy(*policy, held);
    for (const Error& warning : warnings)
      print_line(concat("  warning: ", printable(warning.message), " [", warning.code.slug(), "]"));
  }
  return kExitOk;
}

}  // namespace vcnode::cli
