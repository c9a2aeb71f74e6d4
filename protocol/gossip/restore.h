// From what a store holds to what is held in memory: the first thing a node does with a feed or an issuer,
// and a simulated one too. The CLI does it over a memory store, filled with what it fetched.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/feed/replica.h"
#include "protocol/gossip/admitted.h"
#include "protocol/issuer/history.h"
#include "protocol/ports.h"

namespace vcnode::gossip {

// What `archive` holds of the feeds of `admitted`, in that order; a feed of which it holds nothing is left
// out. A contradiction that was marked stays one, also of a feed of which nothing else is held. Errors,
// naming the feed: those of the archive, a body that cannot be read included; those of FeedReplica::restore;
// LEAF_COUNT for leaves without a head.
[[nodiscard]] Result<std::vector<feed::FeedReplica>> restore_feeds(std::span<const AdmittedIssuer> admitted,
                                                                   const FeedArchive& archive,
                                                                   const Resolver& resolver);

// The feed of an epoch of which everything up to its seal is held; served for ever, changed by nothing but
// the leaf that closes it.
struct SealedFeed {
  feed::Origin origin;
  merkle::TreeHead seal;
  merkle::Frontier tree;  // at the seal
  bool closed = false;    // the `webvh` leaf of the entry that opens the next epoch stands at the seal
};

struct RestoredIssuer {
  issuer::EntrySet entries;
  issuer::History history;
  // Of the lowest epoch that is not complete up to its seal; none while no version names a feed.
  std::optional<feed::FeedReplica> feed;
  std::vector<SealedFeed> sealed;  // the epochs before it, from 1
  // What is stored of that feed contradicts its seal, or no head covers it: `feed` is empty, and what is
  // stored is to be dropped with the first leaves that are stored of it again.
  bool astray = false;
};

// What `archive` holds of the issuer on `network`. Entries and leaves that would not be accepted now count as
// not there, except that the current feed must be as its head says. Errors, naming the feed: as above.
[[nodiscard]] Result<RestoredIssuer> restore_issuer(const AdmittedHistory& admitted, std::string_view network,
                                                    const FeedArchive& archive, Timestamp now);
// The same with these entries in place of the stored ones; in any order.
[[nodiscard]] Result<RestoredIssuer> restore_issuer(const AdmittedHistory& admitted, std::string_view network,
                                                    const FeedArchive& archive, Timestamp now,
                                                    std::span<const issuer::EntryBody> log);
// What somebody says that the feed of one epoch was: its leaves are stored up to this size and no further.
// That the issuer signed them is for the caller to know.
struct SaidState {
  feed::OriginHash origin;
  feed::Head head;  // without a note
};
// The issuer as it was then.
[[nodiscard]] Result<RestoredIssuer> restore_issuer(const AdmittedHistory& admitted, std::string_view network,
                                                    const FeedArchive& archive, Timestamp now,
                                                    std::span<const issuer::EntryBody> log,
                                                    const SaidState& said);
// A log of an epoch that is not the stored one; its note is verified, and the leaves lead to it.
struct FeedBranch {
  std::uint64_t epoch = 0;
  std::string note;
  std::span<const Bytes> leaves;
};
struct Trial {
  issuer::History history;
  std::uint64_t complete = 0;  // epochs of which everything up to their seal is there
};
// The history of these entries if `branch` were all that is stored of its epoch and of later ones.
[[nodiscard]] Result<Trial> try_branch(const AdmittedHistory& admitted, std::string_view network,
                                       const FeedArchive& archive, Timestamp now,
                                       std::span<const issuer::EntryBody> log, const FeedBranch& branch);
// A head that this key did not even claim to sign. A version that does not count, or not any more, may have
// opened the epoch with another key, and what that key signed goes by the same origin.
[[nodiscard]] bool of_another_key(std::string_view note, const Ed25519PublicKey& key);
// The leaf that closes the epoch before the one that this version opens.
[[nodiscard]] Bytes closing_leaf(const webvh::VersionId& opener);

}  // namespace vcnode::gossip
