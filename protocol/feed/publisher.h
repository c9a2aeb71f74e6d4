// Publisher: the issuer's side of a feed: turns changes into signed lists, leaves and one head.
//
// Sans-IO and two-phase: `prepare` signs a Publication from the durable state plus the changes and changes
// nothing; the caller makes it durable and then calls `commit`; if the store refused, it drops the
// Publication and nothing was released. At most one head per second: T is max(now, last T + 1), and
// `earliest_next` says when the next may be made so that T does not run ahead of the clock.
//
// One call of prepare makes at most one new version of each list, and one head over all new leaves: seal,
// versions of the DID, a state leaf where one is due, delegations, lists by URI, statements, observations,
// time batches, close; each in the order given. What leaves every bit of a list as it is makes no version of
// it.
//
// State leaves are made for did:webvh issuers only: after the seal that begins an epoch, and about every
// kStatePeriodLeaves. Nothing is published after a close.
//
// A revocation bit never clears: asking for it is STATUS_REVOCATION_FINAL. Threading: not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/signer.h"
#include "protocol/feed/observations.h"
#include "protocol/feed/replica.h"

namespace vcnode::feed {

struct StatusChange {
  std::string list_uri;
  status::StatusIndex index;
  bool value = false;
};

struct NewList {
  std::string uri;
  status::Purpose purpose = status::Purpose::revocation;
  std::uint64_t entries = status::kListEntriesMin;
};

struct NewStatement {
  std::string id;
  Bytes signed_text;
};

// A version of the issuer's DID that the feed commits to.
struct NewEntry {
  std::uint64_t number = 0;
  std::string version_id;
  Bytes body;  // issuer::EntryBody; kept by (SCID, versionId), not by digest
};

// How the epoch before ends: the first leaf of an epoch above 1.
struct NewSeal {
  std::string old_origin;
  Sha256Digest root;
};

struct NewListKey {
  std::string id;
  Bytes signed_text;  // of list_delegation.h; empty: the delegation ends
};

struct NewTimeBatch {
  std::uint64_t number = 0;
  Sha256Digest root;
};

struct Changes {
  std::vector<NewList> new_lists = {};
  std::vector<StatusChange> status = {};
  std::vector<NewStatement> statements = {};
  std::optional<NewSeal> seal = std::nullopt;
  std::vector<NewEntry> entries = {};
  std::vector<NewListKey> list_keys = {};
  std::vector<NewTimeBatch> time_batches = {};
  std::vector<NewObservation> observations = {};
  std::optional<NewStatement> close = std::nullopt;  // id: the date

  [[nodiscard]] bool empty() const;
};

// One list as a publication leaves it.
struct PublishedList {
  status::Purpose purpose = status::Purpose::revocation;
  Timestamp valid_from;
  std::uint64_t leaves = 0;                      // of this URI, void ones included
  std::shared_ptr<const status::Bitmap> bitmap;  // none while every leaf was void
};
using PublishedLists = std::map<std::string, PublishedList, std::less<>>;

struct Publication {
  std::uint64_t first_index = 0;
  std::vector<Bytes> leaves;
  std::vector<Bytes> bodies;  // of the leaves that have one kept by its digest, in leaf order
  Head head;
  PublishedLists lists;  // the lists that changed; commit() takes them over
  std::vector<NewEntry> entries;
};

class Publisher {
 public:
  struct Options {
    Origin origin;
    Did issuer;
    std::string verification_method;
    Signer* assertion_signer = nullptr;  // outlives the Publisher
    Signer* feed_signer = nullptr;       // outlives the Publisher; the same key only for did:key issuers
  };
  // `replica`: the issuer's own feed as restored or adopted.
  // Errors: PUBLISHER_STATE_INCOMPLETE (a newest list body is missing or bad, a newer head of the feed is
  // known whose leaves are not held, the feed is contradicted or sealed, or origin, issuer or feed key are
  // not the replica's), FEED_CLOSED.
  [[nodiscard]] static Result<Publisher> open(Options options, const FeedReplica& replica);

  // When nothing changes, the publication has no leaves and the current head; before the first head, the head
  // of the empty tree is made. Errors: STATUS_LIST_UNKNOWN, STATUS_LIST_EXISTS, STATUS_LIST_SIZE (entries not
  // a multiple of 8 within the limits, or a signed list too large to be a body), STATUS_INDEX_RANGE,
  // STATUS_REVOCATION_FINAL, STATEMENT_INVALID and LIST_KEY_INVALID (their form; the proofs are not verified
  // here), SEAL_MISPLACED (an epoch above 1 begins with the seal of the one before, and nothing else has
  // one), FEED_CLOSED, LEAF_MALFORMED (a key or digest that no leaf can hold), HEAD_INVALID (now before
  // 1970), and those of the signers.
  [[nodiscard]] Result<Publication> prepare(const Changes& changes, Timestamp now) const;
  // Re-assertion of the same tree at T = the last second ≡ offset mod 3,600 (nullopt when none is due):
  // before a head is 24 h old, every hour while a suspension bit is set.
  [[nodiscard]] Result<std::optional<Publication>> prepare_reassert(Timestamp now) const;
  // REQUIRES: made by this Publisher, and nothing committed since.
  void commit(const Publication& publication);

  // Timestamp() before the first head.
  [[nodiscard]] Timestamp earliest_next() const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] const std::optional<Head>& head() const noexcept;
  // Errors: STATUS_LIST_UNKNOWN, STATUS_INDEX_RANGE.
  [[nodiscard]] Result<bool> bit(std::string_view list_uri, status::StatusIndex index) const;
  [[nodiscard]] bool has_list(std::string_view list_uri) const;
  [[nodiscard]] std::optional<status::Purpose> purpose_of(std::string_view list_uri) const;

  Publisher(Publisher&&) noexcept;
  Publisher& operator=(Publisher&&) noexcept;
  ~Publisher();

 private:
  struct State;
  explicit Publisher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::feed
