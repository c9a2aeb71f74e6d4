// FeedTable: the newest snapshot of every feed this node holds, and the histories of its issuers; the node's
// verify::View. Of a did:webvh issuer feed_of has the snapshot put last, of its current epoch.
//
// The driver puts, everybody reads. A reader keeps the snapshot it got for as long as it likes: one verdict
// sees one state of a feed.
// Threading: from any thread.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "node/app/closure_cache.h"
#include "protocol/verify/known_issuer.h"
#include "protocol/verify/verify.h"

namespace vcnode::node {

// Feeds that one question for speakers looks at; most issuers say nothing about others.
inline constexpr std::size_t kFeedsLookedAtMax = 10'000;

class FeedTable final : public verify::View {
 public:
  // Takes the place of what was shown of the issuer, also of a feed of another epoch.
  void put(std::shared_ptr<const feed::FeedSnapshot> snapshot);
  void put_history(std::string_view scid, std::shared_ptr<const issuer::History> history);

  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view issuer_did) const override;
  [[nodiscard]] std::shared_ptr<const issuer::History> history_of(std::string_view did) const override;
  [[nodiscard]] verify::ClosureCache* closures() const override { return &closures_; }
  // nullptr if none is held.
  [[nodiscard]] std::shared_ptr<const issuer::History> history(std::string_view scid) const;
  // nullptr if no such feed is held, or its epoch is over.
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> by_origin(const feed::OriginHash& origin) const;
  [[nodiscard]] std::vector<std::shared_ptr<const feed::FeedSnapshot>> all() const;  // sorted by origin hash
  // The first `count` of the issuers whose lookup name is `name` or comes after it, in order of those names.
  [[nodiscard]] std::vector<std::shared_ptr<const feed::FeedSnapshot>> from(std::string_view name,
                                                                            std::size_t count) const;
  // Every feed that says anything, with its history, as far as so many are looked into.
  [[nodiscard]] verify::Speakers speakers() const;

 private:
  mutable PolicyClosures closures_;
  mutable std::shared_mutex mutex_;
  std::map<feed::OriginHash, std::shared_ptr<const feed::FeedSnapshot>> by_origin_;
  std::map<std::string, std::shared_ptr<const feed::FeedSnapshot>, std::less<>>
      by_issuer_;                                                                         // by lookup_name_of
  std::map<std::string, std::shared_ptr<const issuer::History>, std::less<>> histories_;  // by SCID
};

}  // namespace vcnode::node
