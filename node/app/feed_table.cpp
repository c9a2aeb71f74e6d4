#include "node/app/feed_table.h"

#include <mutex>

namespace vcnode::node {

void FeedTable::put(std::shared_ptr<const feed::FeedSnapshot> snapshot) {
  const std::unique_lock lock(mutex_);
  by_issuer_.insert_or_assign(snapshot->issuer.text(), snapshot);
  const feed::OriginHash origin = snapshot->origin.hash();
  by_origin_.insert_or_assign(origin, std::move(snapshot));
}

std::shared_ptr<const feed::FeedSnapshot> FeedTable::feed_of(std::string_view issuer_did) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_issuer_.find(issuer_did);
  return found == by_issuer_.end() ? nullptr : found->second;
}

Result<ResolvedMethod> FeedTable::resolve_method(const DidUrl& method, std::optional<Timestamp> at) const {
  return resolver_.resolve_method(method, at);
}

std::shared_ptr<const feed::FeedSnapshot> FeedTable::by_origin(const feed::OriginHash& origin) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_origin_.find(origin);
  return found == by_origin_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const feed::FeedSnapshot>> FeedTable::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const feed::FeedSnapshot>> out;
  out.reserve(by_origin_.size());
  for (const auto& [origin, snapshot] : by_origin_) out.push_back(snapshot);
  return out;
}

}  // namespace vcnode::node
