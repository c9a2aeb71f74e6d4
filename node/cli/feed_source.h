// What one peer gives of one issuer's feed, and how several peers' words are compared: the parts that
// collecting by did:key (collect.cpp) and by did:webvh (collect_history.cpp) have in common.
//
// Threading: not thread-safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crypto/base/json.h"
#include "node/cli/collect.h"
#include "node/cli/list_history.h"

namespace vcnode::cli {

// A body that leaves name. Statements have a limit of their own.
struct WantedBody {
  Sha256Digest digest;
  bool is_statement = false;
};
[[nodiscard]] WantedBody wanted_body(const feed::BodyNeed& need);

// One peer's contribution.
struct Candidate {
  bool whole = false;  // `leaves` lead to its verified head
  std::vector<Bytes> leaves;
  std::vector<WantedBody> needed;  // bodies that they ask for
  std::optional<feed::Origin> origin;
  SourceReport report;
  std::set<std::string> networks;  // several, if the peer lists the issuer in several and none was chosen
  std::set<Sha256Digest> not_given;
};

[[nodiscard]] std::string network_of(const feed::Origin& origin);
[[nodiscard]] std::string feed_path(const feed::Origin& origin);
[[nodiscard]] Failure bad_evidence(const Error& error);
// Keeps the error, and the state that follows from its code.
void set_error(SourceReport& report, Error error);

// What a row of /feeds says of the feed and cannot prove.
void read_claims(const json::Value& row, SourceReport& report);
// Errors: those of PeerLine, PEER_EVIDENCE_BAD, PEER_WITHHOLDS.
[[nodiscard]] Result<feed::Head> fetch_head(PeerLine& line, const feed::Origin& origin,
                                            const Ed25519PublicKey& key, Timestamp now);
// The first `size` leaves. Errors: those of PeerLine, PEER_EVIDENCE_BAD, PEER_WITHHOLDS, PEER_FEED_TOO_LARGE.
[[nodiscard]] Result<std::vector<Bytes>> fetch_leaves(PeerLine& line, const feed::Origin& origin,
                                                      std::uint64_t size);
// Puts what this peer has of `wanted` into the pool, and adds to `not_given` what it has not. A body that it
// keeps back or forges is not there: unknown, never an older list. The error is about the peer as a whole.
// What goes beyond the limit on its kind is left out; beyond that on bytes nothing more is asked.
[[nodiscard]] Result<void> fetch_bodies(PeerLine& line, const std::vector<WantedBody>& wanted, BodyPool& pool,
                                        std::set<Sha256Digest>& not_given);

// What the feed needs and then the lists before its newest, except what a peer has given already.
[[nodiscard]] std::vector<WantedBody> wanted_of(const Candidate& candidate, const BodyPool& pool);
// PEER_WITHHOLDS for the first of `owed` that was not given.
[[nodiscard]] std::optional<Error> withheld_of(const std::vector<WantedBody>& owed,
                                               const std::set<Sha256Digest>& not_given);

// One issuer key may speak in a test network and in a real one, honestly in both: neither is the other's
// second history, and neither may answer for the other. True if the verified heads are of one network.
[[nodiscard]] bool of_one_network(std::vector<Candidate>& candidates);
// Between which networks somebody must choose before these peers can give an answer.
[[nodiscard]] std::set<std::string> undecided_networks(const std::vector<Candidate>& candidates);

// REQUIRES: size <= leaves.size().
[[nodiscard]] merkle::TreeHead tree_at(const std::vector<Bytes>& leaves, std::uint64_t size);
// Of one feed: by size, then by the rule of feed::time_supersedes.
[[nodiscard]] bool newer_head(const feed::Head& a, const feed::Head& b, const feed::OriginHash& origin);
// The one with the newest verifying feed; nullptr: none has one.
[[nodiscard]] Candidate* newest_of(std::vector<Candidate>& candidates);

struct Comparison {
  std::optional<feed::PendingHead> pending = std::nullopt;  // a verified head beyond the leaves
  bool contradicted = false;
};
// Compares every verified head of its feed with the chosen log: equal, an older prefix, newer but withheld,
// or another history.
[[nodiscard]] Comparison compare_heads(std::vector<Candidate>& candidates, const Candidate& best);
// What peers say of the feed `origin` of `size` leaves and nobody disputes. A word without a head is about
// nothing that could be compared, and gives no answer that it could make worse.
[[nodiscard]] feed::Hearsay hearsay_of(const std::vector<Candidate>& candidates, const feed::Origin& origin,
                                       std::uint64_t size);

}  // namespace vcnode::cli
