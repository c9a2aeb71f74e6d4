// Rebuilding what one row of a verdict states: the feed as it was at that size, and the DID's history up to
// that version, out of objects that may be much newer (protocol/spec/replay.md).
//
// The leaves up to the stated size must have the stated root, and a signature of the issuer must cover them:
// its head of that size, a later head whose leaves begin with them, or the seal of the next epoch. The
// versions of the DID are those that the tip's hash chain leads back to. Time, pending head, contradiction
// and missing bodies are what the row says: nothing can show now what somebody did not hold then.
//
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/evidence/bundle.h"
#include "protocol/evidence/stated.h"
#include "protocol/feed/replica.h"
#include "protocol/issuer/history.h"

namespace vcnode::evidence {

// Something that a row needs and the bundle does not have.
struct Lack {
  enum class Kind : std::uint8_t { history, feed, body };
  Kind kind = Kind::body;
  std::string issuer;                                       // lookup name
  std::string version = {};                                 // history: the version that is not there
  std::optional<feed::Origin> origin = std::nullopt;        // feed, body
  std::uint64_t size = 0;                                   // feed: leaves up to here, and what signs them
  std::optional<Ed25519PublicKey> feed_key = std::nullopt;  // feed: where it is known
  Sha256Digest digest = {};                                 // body

  [[nodiscard]] std::string name() const;  // "the body sha256:… of the feed …"
};

// What a row leaves open, so that each way is tried.
struct Reading {
  // What "contradicted" was: a head that somebody held, a peer's word, or versions of the DID.
  enum class Contradiction : std::uint8_t { head, word, versions };
  Contradiction contradiction = Contradiction::head;
  bool earlier_lists = true;  // the lists before the newest were held
};

// What stands behind the stated time of a head.
enum class TimeSource : std::uint8_t {
  signed_head,  // the issuer's signature at that size and root
  bounded,      // a later head: the stated time is not after its own
  stated        // nothing but the verdict
};
[[nodiscard]] std::string_view name_of(TimeSource source) noexcept;  // "signed", "bounded", "stated"

struct Rebuilt {
  std::shared_ptr<const feed::FeedSnapshot> snapshot;  // nullptr: none, or something is lacking
  std::shared_ptr<const issuer::History> history;      // as above
  TimeSource time = TimeSource::stated;
  std::vector<Lack> lacking;
  std::vector<Sha256Digest> helpful;  // earlier lists that the bundle does not have: they may judge nothing
  std::optional<Error> refuted;       // REPLAY_ROW_FALSE
  // Whether it can be judged by; bodies may be lacking.
  [[nodiscard]] bool usable() const { return snapshot != nullptr || (history != nullptr && lacking.empty()); }
};

[[nodiscard]] Rebuilt rebuild(const StatedRow& row, const Bundle& bundle, Timestamp now,
                              const Reading& reading = {});

}  // namespace vcnode::evidence
