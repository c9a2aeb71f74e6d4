#include "node/cli/collect_rows.h"

#include <algorithm>
#include <set>

#include "crypto/base/encoding.h"
#include "node/cli/feed_source.h"
#include "node/cli/history_peer.h"
#include "node/codes/cli_codes.h"
#include "protocol/evidence/replay.h"

namespace vcnode::cli {
namespace {

using evidence::Bundle;
using evidence::Lack;

// One peer, and what it has been asked for.
struct RowPeer {
  PeerLine line;
  RowSource source;
  std::set<std::string> asked;
};

class RowCollector {
 public:
  RowCollector(Bundle& bundle, Timestamp now) : bundle_(bundle), now_(now) {}

  // Whether anything came.
  bool ask(RowPeer& peer, const evidence::Wanted& wanted) {
    const std::size_t before = peer.source.given;
    // What is needed may be thousands of statements; earlier lists are a help.
    std::vector<WantedBody> bodies;
    for (const Sha256Digest& digest : wanted.helpful) bodies.push_back({digest});
    for (const Lack& lack : wanted.lacking) {
      if (peer.line.broken()) break;
      if (lack.kind == Lack::Kind::body)
        bodies.push_back({lack.digest, true});
      else
        ask_once(peer, lack);
    }
    if (!peer.line.broken()) ask_bodies(peer, bodies);
    return peer.source.given > before;
  }

 private:
  void ask_once(RowPeer& peer, const Lack& lack) {
    const bool history = lack.kind == Lack::Kind::history;
    if (!peer.asked.insert(history ? lack.issuer : lack.name()).second) return;
    const auto asked = history ? ask_log(peer, lack) : ask_feed(peer, lack);
    if (!asked) peer.source.error = asked.error();
  }

  Result<void> ask_log(RowPeer& peer, const Lack& lack) {
    HistoryPeer one(std::move(peer.line));
    const auto network = lack.origin ? std::optional(network_of(*lack.origin)) : std::nullopt;
    const auto asked = ask_history(one, lack.issuer, network);
    peer.line = std::move(one.line);
    VCNODE_CHECK(asked);
    evidence::History history{lack.issuer, one.network, {}};
    for (auto& [version, text] : one.given) history.entries.push_back(std::move(text));
    bundle_.histories.push_back(std::move(history));
    ++peer.source.given;
    return {};
  }

  // With a head if there is one over these leaves; an epoch that is over needs none.
  Result<void> ask_feed(RowPeer& peer, const Lack& lack) {
    Result<feed::Head> head = fail(codes::PEER_WITHHOLDS, "whose head it is, is not known");
    if (lack.feed_key) head = fetch_head(peer.line, *lack.origin, *lack.feed_key, now_);
    if (head && head->tree.size >= lack.size) {
      auto leaves = fetch_leaves(peer.line, *lack.origin, head->tree.size);
      if (leaves) {
        add({*lack.origin, head->note, *std::move(leaves)}, peer);
        return {};
      }
    }
    VCNODE_TRY(auto leaves, fetch_leaves(peer.line, *lack.origin, lack.size));
    add({*lack.origin, std::nullopt, std::move(leaves)}, peer);
    return {};
  }

  void add(evidence::Feed feed, RowPeer& peer) {
    bundle_.feeds.push_back(std::move(feed));
    ++peer.source.given;
  }

  void ask_bodies(RowPeer& peer, std::vector<WantedBody> wanted) {
    std::erase_if(wanted, [&](const WantedBody& one) {
      return bundle_.bodies.contains(one.digest) ||
             !peer.asked.insert(evidence::digest_text(one.digest)).second;
    });
    BodyPool pool;
    std::set<Sha256Digest> not_given;
    const auto asked = fetch_bodies(peer.line, wanted, pool, not_given);
    if (!asked) peer.source.error = asked.error();
    if (auto withheld = withheld_of(wanted, not_given)) peer.source.error = *std::move(withheld);
    for (const auto& [digest, text] : pool) bundle_.add_body(to_bytes(text));
    peer.source.given += pool.size();
  }

  Bundle& bundle_;
  Timestamp now_;
};

}  // namespace

std::vector<RowSource> collect_rows(const evidence::StatedVerdict& stated,
                                    const std::vector<PeerSource>& sources, Timestamp now, Bundle& bundle,
                                    const CollectOptions& options) {
  std::vector<RowPeer> peers;
  for (const PeerSource& source : sources)
    peers.push_back({PeerLine(options.connect_to(source), options.clock_ms), {source.name}, {}});
  RowCollector collector(bundle, now);
  for (std::size_t round = 0; round < kRowRoundsMax; ++round) {
    bool more = false;
    // What one peer gave the next is not asked for.
    for (RowPeer& peer : peers) {
      const auto wanted = evidence::wanted(stated, bundle, now);
      if (wanted.lacking.empty() && wanted.helpful.empty()) break;
      more = collector.ask(peer, wanted) || more;
    }
    if (!more) break;
  }
  std::vector<RowSource> out;
  for (RowPeer& peer : peers) out.push_back(std::move(peer.source));
  return out;
}

std::vector<RowSource> collect_all_rows(const std::vector<evidence::StatedVerdict>& verdicts,
                                        const std::vector<PeerSource>& sources, Timestamp now, Bundle& bundle,
                                        const CollectOptions& options) {
  std::vector<RowSource> out;
  for (const PeerSource& source : sources) out.push_back({source.name});
  for (const evidence::StatedVerdict& stated : verdicts) {
    const auto given = collect_rows(stated, sources, now, bundle, options);
    for (std::size_t i = 0; i < given.size(); ++i) {
      out[i].given += given[i].given;
      if (given[i].error) out[i].error = given[i].error;
    }
  }
  return out;
}

}  // namespace vcnode::cli
