#include "node/app/feed_table.h"

#include <mutex>

#include "protocol/verify/issuer_identity.h"

namespace vcnode::node {

void FeedTable::put(std::shared_ptr<const feed::FeedSnapshot> snapshot) {
  const std::unique_lock lock(mutex_);
  const feed::OriginHash origin = snapshot->origin.hash();
  auto& shown = by_issuer_[std::string(verify::lookup_name_of(snapshot->issuer.text()))];
  if (shown && !(shown->origin == snapshot->origin)) by_origin_.erase(shown->origin.hash());
  shown = snapshot;
  by_origin_.insert_or_assign(origin, std::move(snapshot));
}

std::shared_ptr<const feed::FeedSnapshot> FeedTable::feed_of(std::string_view issuer_did) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_issuer_.find(verify::lookup_name_of(issuer_did));
  return found == by_issuer_.end() ? nullptr : found->second;
}

void FeedTable::put_history(std::string_view scid, std::shared_ptr<const issuer::History> history) {
  const std::unique_lock lock(mutex_);
  histories_.insert_or_assign(std::string(scid), std::move(history));
}

std::shared_ptr<const issuer::History> FeedTable::history_of(std::string_view did) const {
  const std::shared_lock lock(mutex_);
  const auto found = histories_.find(verify::lookup_name_of(did));
  return found == histories_.end() ? nullptr : found->second;
}

std::shared_ptr<const issuer::History> FeedTable::history(std::string_view scid) const {
  const std::shared_lock lock(mutex_);
  const auto found = histories_.find(scid);
  return found == histories_.end() ? nullptr : found->second;
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

std::vector<std::shared_ptr<const feed::FeedSnapshot>> FeedTable::from(std::string_view name,
                                                                       std::size_t count) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const feed::FeedSnapshot>> out;
  for (auto at = by_issuer_.lower_bound(name); at != by_issuer_.end() && out.size() < count; ++at)
    out.push_back(at->second);
  return out;
}

verify::Speakers FeedTable::speakers() const {
  const std::shared_lock lock(mutex_);
  verify::Speakers out;
  std::size_t looked_at = 0;
  for (const auto& [name, snapshot] : by_issuer_) {
    if (looked_at++ == kFeedsLookedAtMax || out.feeds.size() == verify::kSpeakersMax) {
      out.more = true;
      break;
    }
    if (snapshot->statements->size() == 0) continue;
    const auto history = histories_.find(name);
    out.feeds.push_back({snapshot, history == histories_.end() ? nullptr : history->second});
  }
  return out;
}

}  // namespace vcnode::node
