// What the engine remembers of one feed, and of the ways in which it grows; private to protocol/gossip.
#pragma once

#include <deque>
#include <set>

#include "protocol/gossip/engine.h"
#include "protocol/gossip/issuer_state.h"

namespace vcnode::gossip {

using feed::OriginHash;

// Bodies on their way: asked for, arrived and being checked.
struct BodyBasket {
  std::uint64_t id = 0;
  std::vector<feed::BodyNeed> needs;
  std::map<Sha256Digest, Bytes> bodies;  // arrived; the digests match
  std::set<Sha256Digest> not_held;
  std::vector<feed::CheckedBody> checked;
  std::size_t checking = 0;  // Verify outputs under way
  bool asking = false;       // a GetBodies is under way
  bool asked = false;        // one was sent
  std::size_t bytes = 0;     // of `bodies`

  [[nodiscard]] bool settled() const noexcept { return !asking && checking == 0; }
  [[nodiscard]] std::vector<Sha256Digest> open()
      const;  // neither arrived nor refused; sorted, at most one frame's worth
};

// One way a feed is about to grow. One per feed at a time.
struct Adoption {
  std::optional<PeerId> source;                             // none: a hosted issuer's own publication
  bool durable = false;                                     // is on disk already
  std::optional<feed::Head> head;                           // none: bodies only
  std::unique_ptr<feed::FeedReplica::Extension> extension;  // none: the tree stays as it is
  std::uint64_t first_index = 0;
  std::vector<Bytes> leaves;
  BodyBasket basket;
  std::optional<Token> persisting;
  std::shared_ptr<issuer::PlacedKeys>
      keys;  // with the versions that `extension` commits to; none: the issuer's
};

// The leaves of one feed on their way from one peer.
struct Pull {
  PeerId peer;
  std::uint64_t request = 0;
  std::optional<wire::Record> claim;         // what the peer had said about the feed when it was asked
  std::optional<feed::Head> target;          // verified head the leaves must lead to
  std::optional<wire::FeedPart> unverified;  // first answer, while its note is being verified
  std::uint64_t first_index = 0;             // of leaves.front()
  std::uint64_t next_index = 0;              // to be asked for next
  std::vector<Bytes> leaves;
  std::size_t bytes = 0;
  bool complete = false;
  // An audit fetches the log from its beginning: do this peer's leaves lead to the head at all?
  bool audit = false;
  merkle::Frontier audited;
};

// Missing bodies of accepted leaves, asked of one peer, batch by batch.
struct BodyPull {
  PeerId peer;
  BodyBasket basket;
  std::vector<feed::BodyNeed> later;
};

struct Feed {
  Feed(AdmittedIssuer admitted, feed::FeedReplica held)
      : issuer(std::move(admitted)), replica(std::move(held)) {}

  AdmittedIssuer issuer;
  Issuer* history = nullptr;  // of a did:webvh issuer
  bool fresh = false;         // of a new epoch: a few peers are asked whether there is anything of it
  std::set<PeerId> hinted;    // whose log says that they hold leaves of it that are not here
  std::size_t versions_committed = 0;
  feed::FeedReplica replica;
  std::optional<feed::Head> pending;  // verified, larger than what is held; the largest
  std::vector<merkle::TreeHead>
      unproved;  // of verified heads larger than what is held, which it must grow through
  std::optional<feed::Head> held_back;   // verified, dated too far ahead; the earliest
  std::optional<feed::Head> newer_time;  // verified, waits for the slot
  std::vector<PeerId> sources;           // to be asked for the feed, in this order
  std::set<PeerId> asked;                // asked in vain since news last arrived
  std::set<PeerId> audited;              // found by an audit to have shown wrong leaves
  std::optional<Pull> pull;
  std::optional<Adoption> adoption;
  std::deque<feed::Publication> publications;  // of a hosted issuer, waiting for the slot
  std::optional<BodyPull> body_pull;
  std::set<PeerId> bodies_asked;
  int setbacks = 0;  // in a row, of this node's own making: its disk, its memory
  MonotonicTime retry_at;

  [[nodiscard]] const OriginHash& origin() const noexcept { return replica.origin().hash(); }
  [[nodiscard]] BodyBasket* basket(std::uint64_t id);
};

}  // namespace vcnode::gossip
