#include "protocol/verify/recognition_check.h"

#include <algorithm>

#include "protocol/verify/status_check.h"

namespace vcnode::verify {

recognition::Holding holding_of(const ViewWorld::Source& source) {
  const feed::FeedSnapshot& feed = *source.feed;
  recognition::Holding out;
  out.statements = feed.statements;
  out.contradicted = feed.contradicted || feed.hearsay.contradicted;
  out.newer_known = feed.pending.has_value() || feed.hearsay.pending_size.has_value();
  if (source.history != nullptr) {
    out.contradicted = out.contradicted || source.history->dispute.has_value();
    out.newer_known = out.newer_known || unseen_epoch(feed, *source.history).has_value();
  }
  if (!is_final({&feed, source.history.get()})) out.head_time = feed.head.time;
  return out;
}

const ViewWorld::Looked& ViewWorld::look(std::string_view lookup_name) const {
  const auto at = looked_.find(lookup_name);
  if (at != looked_.end()) return at->second;
  Looked looked;
  looked.source = {view_.feed_of(lookup_name), view_.history_of(lookup_name)};
  if (looked.source.feed != nullptr) looked.holding = holding_of(looked.source);
  return looked_.emplace(lookup_name, std::move(looked)).first->second;
}

const recognition::Holding* ViewWorld::of(std::string_view lookup_name) const {
  const Looked& looked = look(lookup_name);
  return looked.holding ? &*looked.holding : nullptr;
}

const ViewWorld::Source* ViewWorld::source_of(std::string_view lookup_name) const {
  const auto at = looked_.find(lookup_name);
  return at == looked_.end() || at->second.source.feed == nullptr ? nullptr : &at->second.source;
}

ViewWorld::Sources ViewWorld::sources() const {
  Sources out;
  for (const auto& [name, looked] : looked_) out.emplace_hint(out.end(), name, looked.source);
  return out;
}

bool ViewWorld::still_shows(const Sources& sources) const {
  return std::all_of(sources.begin(), sources.end(),
                     [&](const auto& entry) { return look(entry.first).source == entry.second; });
}

std::shared_ptr<const Prepared> prepare(const Policy& policy, const ViewWorld& world, Timestamp at,
                                        ClosureCache* cache) {
  auto known = cache == nullptr ? nullptr : cache->get(policy.digest());
  if (known != nullptr && known->closure->holds_at(at) && world.still_shows(known->read)) return known;
  const auto& asked = policy.values().recognition;
  auto made = std::make_shared<Prepared>();
  made->closure = recognition::Closure::of(asked, world, at);
  made->levels = std::make_shared<const recognition::Levels>(*asked, world);
  made->read = world.sources();
  if (cache != nullptr) cache->put(policy.digest(), made);
  return made;
}

}  // namespace vcnode::verify
