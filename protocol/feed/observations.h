// Observations: what a feed's `observation` leaves say was seen on the web, and when
// (protocol/spec/observation.md).
//
// k = URL "#" sequence "#" seen-time, d = sha256 of the bytes. The leaves of one URL count 1, 2, 3 … in leaf
// order; a leaf whose sequence is not its count, or whose time is not later than that of the last one that
// counts, is void. Leaves with the bytes of the one before say again that they are there: they make the same
// observation last. A body is checked by its digest and nothing else; what the bytes mean is the reader's to
// judge.
//
// A feed is somebody else's, so what is kept of it has bounds that are functions of its leaves alone: two
// holders of the same leaves keep the same. Errors: LEAF_MALFORMED. Threading: not thread-safe; what shown()
// gives is immutable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/feed/leaf.h"

namespace vcnode::feed {

// More issuers than one node visits every day; leaves of URLs beyond act on nothing.
inline constexpr std::size_t kObservedUrlsMax = 1'024;
// Of one URL, of different bytes one after the other; older ones are forgotten, and what only they answer is
// unknown again.
inline constexpr std::size_t kObservationsMax = 256;
// Old keys are asked for as long as credentials live, old lists only for a past moment. Bodies beyond are not
// needed.
inline constexpr std::size_t kObservedDocumentsMax = 16;
inline constexpr std::size_t kObservedListsMax = 4;
// Of one feed, the newest: every URL's newest and a good deal of history.
inline constexpr std::size_t kObservedBodiesMax = 1'024;

struct ObservationLeafKey {
  std::string url;             // absolute, https, no fragment
  std::uint64_t sequence = 0;  // the first observation of a URL has sequence 1
  Timestamp seen;
  [[nodiscard]] static Result<ObservationLeafKey> parse(std::string_view key);
  [[nodiscard]] std::string text() const;
};

// The same bytes, from when they were first seen until they were last seen without others in between.
struct Observation {
  LeafPlace place;
  std::uint64_t sequence = 0;
  Timestamp seen;
  Timestamp last_seen;
  Sha256Digest digest;
  std::shared_ptr<const Bytes> bytes;  // none: not needed, or not held
};
struct ObservedUrl {
  std::uint64_t leaves = 0;               // void ones included
  std::vector<Observation> observations;  // oldest first
};
using ObservedUrls = std::map<std::string, ObservedUrl, std::less<>>;

// What an observer wants to publish.
struct NewObservation {
  std::string key;  // of the leaf
  Bytes body;
};

class Observations {
 public:
  // In leaf order. `digest`: of the bytes that were seen.
  void append(const ObservationLeafKey& key, const Sha256Digest& digest, const LeafPlace& place);

  struct Need {
    std::string key;  // of the first leaf with these bytes
    Sha256Digest digest;
    LeafPlace place;  // of that leaf
  };
  // Bodies that are needed and not held, newest first, each digest once.
  [[nodiscard]] std::vector<Need> missing() const;
  // REQUIRES: sha256(*bytes) == digest. False if it is not needed.
  bool add_body(const Sha256Digest& digest, std::shared_ptr<const Bytes> bytes);

  [[nodiscard]] bool empty() const noexcept { return urls_.empty(); }
  // nullptr where there are none. The same object until something changes.
  [[nodiscard]] std::shared_ptr<const ObservedUrls> shown() const;

 private:
  [[nodiscard]] std::vector<const Observation*> needed(std::vector<Need>* keys) const;
  void forget_unneeded();

  ObservedUrls urls_;  // without bytes
  std::map<Sha256Digest, std::shared_ptr<const Bytes>> held_;
  mutable std::shared_ptr<const ObservedUrls> shown_;
};

}  // namespace vcnode::feed
