// FeedTable: the newest snapshot of every feed this node holds; the node's verify::View.
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

#include "protocol/verify/verify.h"

namespace vcnode::node {

class FeedTable final : public verify::View {
 public:
  void put(std::shared_ptr<const feed::FeedSnapshot> snapshot);

  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view issuer_did) const override;
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;
  // nullptr if no such feed is held.
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> by_origin(const feed::OriginHash& origin) const;
  [[nodiscard]] std::vector<std::shared_ptr<const feed::FeedSnapshot>> all() const;  // sorted by origin hash

 private:
  mutable std::shared_mutex mutex_;
  std::map<feed::OriginHash, std::shared_ptr<const feed::FeedSnapshot>> by_origin_;
  std::map<std::string, std::shared_ptr<const feed::FeedSnapshot>, std::less<>> by_issuer_;
  SelfResolver resolver_;
};

}  // namespace vcnode::node
