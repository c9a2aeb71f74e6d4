// feed show, feed prove: an issuer's feed as peers give it, and a proof that an entry stands in it which
// anybody can check without a network (C2SP tlog-proof).
#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/app/codes.h"
#include "node/cli/collect_history.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "protocol/did/did.h"
#include "protocol/feed/leaf.h"
#include "protocol/issuer/origins.h"
#include "protocol/witness/tlog_proof.h"

namespace vcnode::cli {
namespace {

using nlohmann::json;

// Whose feed is meant: a DID, or the issuer's part of an origin.
struct Subject {
  std::optional<Did> did;  // none: a SCID alone
  std::string scid;
  std::optional<std::string> network;  // of an origin
};

Result<Subject> subject_of(const std::string& text) {
  if (text.starts_with("did:")) {
    VCNODE_TRY(auto did, Did::parse(text));
    return Subject{std::move(did), {}, std::nullopt};
  }
  VCNODE_TRY(const auto origin, feed::Origin::parse(text));
  const auto first = text.find('/');
  const std::string name = text.substr(first + 1, text.rfind('/') - first - 1);
  Subject out{std::nullopt, {}, text.substr(0, first)};
  if (webvh::is_multihash(name)) {
    out.scid = name;
  } else {
    VCNODE_TRY(out.did, Did::parse("did:key:" + name));
  }
  return out;
}

struct Seen {
  Collected collected;
  Timestamp now;
};

// Errors: those of the arguments; USAGE when there is nobody to ask; PEER_FEED_UNKNOWN is in `collected`.
Result<Seen> look(const Global& global, const FeedOptions& options, bool bodies) {
  VCNODE_TRY(const auto subject, subject_of(options.subject));
  VCNODE_TRY(const auto peers, peers_to_ask(global, options.peers));
  if (peers.empty())
    return fail(codes::USAGE, "there is nobody to ask: no node runs in this home; name one with --peer");
  CollectOptions how;
  how.network = options.network ? options.network : subject.network;
  how.bodies = bodies;
  if (how.network) {
    if (auto checked = node::check_network_name(*how.network); !checked)
      return fail(checked.error().code, "--network ", checked.error().message);
  }
  const Timestamp now = clock_now();
  return Seen{
      subject.did ? collect(*subject.did, peers, now, how) : collect_history(subject.scid, peers, now, how),
      now};
}

// No answer, as far as anybody can tell from here.
int report_nothing(const Global& global, const Seen& seen) {
  Error error{codes::PEER_FEED_UNKNOWN, "no peer gave a feed of this issuer that verifies"};
  if (!seen.collected.networks.empty())
    error = {codes::PEER_NETWORKS_DIFFER,
             "peers hold feeds of this issuer in several networks; say with --network which one counts"};
  else if (seen.collected.gap)
    error = *seen.collected.gap;
  if (global.json) {
    print_json({{"error", {{"code", error.code.slug()}, {"message", error.message}}},
                {"sources", sources_json(seen.collected.sources)}});
    return kExitCannotTell;
  }
  report(global, error, kExitCannotTell);
  print_sources(seen.collected.sources, seen.now);
  return kExitCannotTell;
}

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

json epochs_json(const std::vector<SealedEpoch>& epochs) {
  json out = json::array();
  for (const SealedEpoch& epoch : epochs)
    out.push_back({{"origin", epoch.origin.text()},
                   {"size", epoch.seal.size},
                   {"root", hex_encode(epoch.seal.root.view())}});
  return out;
}

json feed_json(const Collected& collected) {
  const feed::FeedSnapshot& feed = *collected.snapshot;
  json lists = json::array();
  for (const auto& [uri, list] : feed.status_lists)
    lists.push_back({{"uri", uri},
                     {"sequence", list.sequence},
                     {"sha256", hex_encode(list.digest.view())},
                     {"body", name_of_body(list.body)}});
  json out{{"issuer", feed.issuer.text()},
           {"origin", feed.origin.text()},
           {"originHash", hex_encode(feed.origin.hash().view())},
           {"size", feed.head.tree.size},
           {"root", hex_encode(feed.head.tree.root.view())},
           {"time", feed.head.time.to_string()},
           {"closed", feed.closed},
           {"contradicted", feed.contradicted || feed.hearsay.contradicted},
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

void print_feed(const json& feed) {
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
  if (feed.at("missingBodies") != 0)
    print_line(concat("  missing bodies: ", feed.at("missingBodies").dump()));
}

// The proof, checked as whoever gets it will check it. REQUIRES: index < the feed's size.
Result<std::string> proof_of(const Collected& collected, std::uint64_t index) {
  const feed::FeedSnapshot& feed = *collected.snapshot;
  std::vector<Sha256Digest> hashes;
  for (const Bytes& leaf : collected.leaves) hashes.push_back(merkle::leaf_hash(leaf));
  witness::TlogProof proof{std::nullopt, index, merkle::inclusion_proof(hashes, index), feed.head.note};
  std::string text = proof.text();
  const feed::NoteKey key{feed.origin.text(), feed::NoteKeyType::ed25519, *collected.feed_key};
  VCNODE_TRY(const auto policy, witness::WitnessPolicy::parse(concat("log ", key.vkey(), "\nquorum none\n")));
  VCNODE_TRY(const auto read, witness::TlogProof::parse(text));
  VCNODE_CHECK(witness::verify_tlog_proof(read, collected.leaves.at(index), policy));
  return text;
}

int write_proof(const Global& global, const FeedOptions& options, const Seen& seen,
                const std::string& proof) {
  const feed::FeedSnapshot& feed = *seen.collected.snapshot;
  if (!options.output) {
    std::cout << proof;
    return kExitOk;
  }
  auto file = OutputFile::open(*options.output, proof.size());
  if (!file) return report(global, file.error(), kExitUsage);
  if (const auto written = file->commit(proof); !written)
    return report(global, written.error(), kExitUnavailable);
  const std::string leaf = to_text(seen.collected.leaves.at(options.index));
  if (global.json) {
    print_json({{"file", *options.output},
                {"origin", feed.origin.text()},
                {"index", options.index},
                {"size", feed.head.tree.size},
                {"leaf", leaf},
                {"sources", sources_json(seen.collected.sources)}});
    return kExitOk;
  }
  print_line(concat("entry ", options.index, " of ", feed.origin.text(), " (", feed.head.tree.size,
                    " entries): ", printable(leaf)));
  print_sources(seen.collected.sources, seen.now);
  return kExitOk;
}

}  // namespace

int feed_show(const Global& global, const FeedOptions& options) {
  const auto seen = look(global, options, true);
  if (!seen) return report(global, seen.error(), kExitUsage);
  if (!seen->collected.snapshot) return report_nothing(global, *seen);
  json feed = feed_json(seen->collected);
  if (global.json) {
    feed["sources"] = sources_json(seen->collected.sources);
    print_json(feed);
    return kExitOk;
  }
  print_feed(feed);
  print_sources(seen->collected.sources, seen->now);
  return kExitOk;
}

int feed_prove(const Global& global, const FeedOptions& options) {
  const auto seen = look(global, options, false);
  if (!seen) return report(global, seen.error(), kExitUsage);
  if (!seen->collected.snapshot) return report_nothing(global, *seen);
  const std::size_t size = seen->collected.leaves.size();
  if (options.index >= size)
    return report(global,
                  {codes::USAGE, concat("the feed has ", size,
                                        " entries, numbered from 0; there is no entry ", options.index)},
                  kExitUsage);
  const auto proof = proof_of(seen->collected, options.index);
  return proof ? write_proof(global, options, *seen, *proof) : report(global, proof.error(), kExitInternal);
}

}  // namespace vcnode::cli
