#include "protocol/verify/read_view.h"

#include "protocol/issuer/history.h"
#include "protocol/verify/issuer_identity.h"

namespace vcnode::verify {
namespace {

ViewHead row_of(const feed::FeedSnapshot& feed, const issuer::History* history) {
  ViewHead row;
  row.origin = feed.origin.text();
  row.size = feed.head.tree.size;
  row.root = feed.head.tree.root;
  row.time = feed.head.time;
  row.contradicted = feed.contradicted || feed.hearsay.contradicted;
  if (history != nullptr) {
    row.tip = history->versions.back().state.version_id().text();
    row.contradicted = row.contradicted || history->dispute.has_value();
  }
  if (feed.pending)
    row.pending = {feed.pending->tree.size, feed.pending->tree.root, feed.pending->time};
  else if (feed.hearsay.pending_size)
    row.pending = {*feed.hearsay.pending_size, std::nullopt, std::nullopt};
  row.missing_bodies = feed.missing_bodies;
  return row;
}

ViewHead row_of(const std::string& scid, const issuer::History& history) {
  ViewHead row;
  row.origin = scid;
  row.without_feed = true;
  row.tip = history.versions.back().state.version_id().text();
  row.contradicted = history.dispute.has_value();
  return row;
}

}  // namespace

ReadView::Read& ReadView::read(std::string_view did) const {
  const auto name = lookup_name_of(did);
  const auto known = read_.find(name);
  return known != read_.end() ? known->second : read_.emplace(name, Read{}).first->second;
}

std::shared_ptr<const feed::FeedSnapshot> ReadView::feed_of(std::string_view issuer_did) const {
  auto& feed = read(issuer_did).feed;
  if (!feed) feed = view_.feed_of(issuer_did);
  return *feed;
}

std::shared_ptr<const issuer::History> ReadView::history_of(std::string_view did) const {
  auto& history = read(did).history;
  if (!history) history = view_.history_of(did);
  return *history;
}

// The history stands in the feed, so who read one of them rests on both.
std::vector<ViewHead> ReadView::rows() const {
  std::vector<ViewHead> out;
  for (const auto& [name, seen] : read_) {
    const bool found = (seen.feed && *seen.feed) || (seen.history && *seen.history);
    if (!found) continue;
    const auto feed = feed_of(name);
    const auto history = history_of(name);
    const bool has_versions = history != nullptr && !history->versions.empty();
    if (feed != nullptr)
      out.push_back(row_of(*feed, has_versions ? history.get() : nullptr));
    else if (has_versions)
      out.push_back(row_of(name, *history));
  }
  return out;
}

}  // namespace vcnode::verify
