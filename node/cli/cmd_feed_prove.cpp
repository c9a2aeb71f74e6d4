// feed prove: a proof that an entry stands in an issuer's feed, which anybody can check without a network
// (C2SP tlog-proof): under the newest head, or of an epoch that is over under the last head of it that a peer
// shows.
#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/app/codes.h"
#include "node/cli/commands.h"
#include "node/cli/feed_look.h"
#include "node/cli/feed_source.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "protocol/witness/tlog_proof.h"

namespace vcnode::cli {
namespace {

// A log and the head that signs it.
struct Provable {
  feed::Origin origin;
  Ed25519PublicKey key;
  std::string note;
  std::vector<Bytes> leaves;  // all that the head covers
};

Result<std::uint64_t> entry_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return fail(codes::USAGE, "LEAF_INDEX '", excerpt(text), "' is not a whole number from 0 on");
}

Result<void> check_index(std::uint64_t index, std::uint64_t size, const feed::Origin& origin) {
  if (index < size) return {};
  return fail(codes::USAGE, "the feed ", origin.text(), " has ", size,
              " entries, numbered from 0; there is no entry ", index);
}

// What this peer's last head of the epoch signs. The next epoch's seal says which entries those are: a head
// that ends before it signs the first of them, one that goes beyond signs more.
Result<Provable> sealed_at(const PeerSource& peer, const SealedEpoch& epoch, const Ed25519PublicKey& key,
                           Timestamp now) {
  PeerLine line(connect(peer), steady_ms);
  VCNODE_TRY(auto head, fetch_head(line, epoch.origin, key, now));
  Provable out{epoch.origin, key, head.note, epoch.leaves};
  if (head.tree.size > out.leaves.size()) {
    VCNODE_TRY(out.leaves, fetch_leaves(line, epoch.origin, head.tree.size));
  }
  out.leaves.resize(head.tree.size);
  if (tree_at(out.leaves, head.tree.size) != head.tree)
    return fail(codes::PEER_EVIDENCE_BAD, "the leaves of ", epoch.origin.text(),
                " do not have the root of its last head");
  const bool agrees = head.tree.size < epoch.seal.size || tree_at(out.leaves, epoch.seal.size) == epoch.seal;
  if (agrees) return out;
  return fail(codes::PEER_CONTRADICTS, "the last head of ", epoch.origin.text(),
              " signs another history than the one that the next epoch sealed");
}

Result<Provable> provable_sealed(const FeedLook& seen, const SealedEpoch& epoch, std::uint64_t index) {
  VCNODE_CHECK(check_index(index, epoch.seal.size, epoch.origin));
  const Ed25519PublicKey& key = seen.collected.history->epochs.at(epoch.origin.epoch() - 1).feed.key;
  std::string why = "no peer was asked";
  for (const PeerSource& peer : seen.peers) {
    auto given = sealed_at(peer, epoch, key, seen.now);
    if (given && given->leaves.size() > index) return given;
    why = given ? concat(peer.name, " shows a head of ", given->leaves.size(), " entries")
                : concat(peer.name, ": ", given.error().message);
  }
  return fail(
      codes::PEER_WITHHOLDS, "none of the peers shows a signed head of ", epoch.origin.text(),
      " that covers entry ", index, " (", why,
      "); the seal of the next epoch says what stands in it, but no proof can be made without a head");
}

Result<Provable> provable(const FeedLook& seen, std::uint64_t index) {
  if (const SealedEpoch* epoch = seen.sealed()) return provable_sealed(seen, *epoch, index);
  const feed::FeedSnapshot& feed = *seen.collected.snapshot;
  VCNODE_CHECK(check_index(index, seen.collected.leaves.size(), feed.origin));
  return Provable{feed.origin, *seen.collected.feed_key, feed.head.note, seen.collected.leaves};
}

// The proof, checked as whoever gets it will check it.
Result<std::string> proof_of(const Provable& log, std::uint64_t index) {
  std::vector<Sha256Digest> hashes;
  for (const Bytes& leaf : log.leaves) hashes.push_back(merkle::leaf_hash(leaf));
  witness::TlogProof proof{std::nullopt, index, merkle::inclusion_proof(hashes, index), log.note};
  std::string text = proof.text();
  const feed::NoteKey key{log.origin.text(), feed::NoteKeyType::ed25519, log.key};
  VCNODE_TRY(const auto policy, witness::WitnessPolicy::parse(concat("log ", key.vkey(), "\nquorum none\n")));
  VCNODE_TRY(const auto read, witness::TlogProof::parse(text));
  VCNODE_CHECK(witness::verify_tlog_proof(read, log.leaves.at(index), policy));
  return text;
}

int write_proof(const Global& global, const FeedOptions& options, const FeedLook& seen, const Provable& log,
                std::uint64_t index, const std::string& proof) {
  if (!options.output) {
    std::cout << proof;
    return kExitOk;
  }
  auto file = OutputFile::open(*options.output, proof.size());
  if (!file) return report(global, file.error(), kExitUsage);
  if (const auto written = file->commit(proof); !written)
    return report(global, written.error(), kExitUnavailable);
  const std::string leaf = to_text(log.leaves.at(index));
  if (global.json) {
    print_json({{"file", *options.output},
                {"origin", log.origin.text()},
                {"index", index},
                {"size", log.leaves.size()},
                {"leaf", leaf},
                {"sources", sources_json(seen.collected.sources)}});
    return kExitOk;
  }
  print_line(concat("entry ", index, " of ", log.origin.text(), " (", log.leaves.size(),
                    " entries): ", printable(leaf)));
  print_sources(seen.collected.sources, seen.now);
  return kExitOk;
}

}  // namespace

int feed_prove(const Global& global, const FeedOptions& options) {
  const auto index = entry_number(options.index);
  if (!index) return report(global, index.error(), kExitUsage);
  const auto seen = look_at_feed(global, options, false);
  if (!seen) return report(global, seen.error(), kExitUsage);
  if (const auto why = why_no_feed(*seen)) return report_no_feed(global, *seen, *why);
  const auto log = provable(*seen, *index);
  if (!log) {
    if (log.error().code == codes::USAGE) return report(global, log.error(), kExitUsage);
    return report_no_feed(global, *seen, log.error());
  }
  const auto proof = proof_of(*log, *index);
  return proof ? write_proof(global, options, *seen, *log, *index, *proof)
               : report(global, proof.error(), kExitInternal);
}

}  // namespace vcnode::cli
