// Whether this store knows all that was issued.
//
// A backup that was put back has forgotten which indexes were given since. That shows in a feed that stands
// further than where this store last published to it (last_published.h), at whatever moment that is seen:
// when peers bring it, or at a later start, if nothing could be signed then. New credentials get a new pair
// of lists; the old one stays for revoking by list and index. What a backup lacks of which no head was ever
// signed, leaves no trace.
#include "node/app/issuer_service.h"
#include "node/app/last_published.h"
#include "protocol/issuer/origins.h"

namespace vcnode::node {

feed::Origin IssuerService::first_origin() const {
  auto first = feed::Origin::of(identity_.network, identity_.did);
  VCNODE_ASSERT(first.has_value());  // a hosted issuer has a feed
  return *std::move(first);
}

// With a publication of the issuer's own, made on top of what is known whole.
void IssuerService::remember(StoreBatch& batch, const feed::Origin& origin, const feed::Head& head) const {
  const LastPublished last{origin.text(), head.tree.size, head.time, pairs_.closed_through()};
  batch.heads.push_back(put_of(first_origin(), last));
}

// What cannot be read is not known.
void IssuerService::recall() {
  const auto last = last_published(ports_.store, first_origin());
  const feed::Origin& origin = in_force()->origin;
  const feed::FeedReplica* replica = ports_.driver.engine().replica(origin.hash());
  if (last && *last) pairs_.close_through((*last)->closed_pairs);
  if (replica == nullptr || !replica->head()) return;
  if (!last || !*last || !(*last)->covers(origin, *replica->head())) close_pairs();
}

// Whether all up to what a publication would stand on was published from here.
bool IssuerService::continues_own(const feed::FeedReplica& replica) const {
  const auto last = last_published(ports_.store, first_origin());
  if (!last || !*last) return replica.origin().epoch() == 1 && !replica.head();
  if (replica.head()) return (*last)->covers(replica.origin(), *replica.head());
  const auto before = issuer::origin_of(identity_.network, identity_.log->scid, replica.origin().epoch() - 1);
  if (!before || (*last)->origin != before->text()) return false;
  const auto count = ports_.store.leaf_count(before->hash());
  return count && *count <= (*last)->size;
}

// The feed holds what this store does not: a backup was restored, and with what it lacks it has forgotten
// which indexes were given. Two credentials on one index would be revoked together, so new ones get a new
// pair.
void IssuerService::close_pairs() {
  if (!pairs_.close(*ports_.driver.engine().replica(in_force()->origin.hash())->snapshot())) return;
  ++pairs_closed_;
  ports_.log.warn("issuer", "the feed is newer than this store; new credentials go to new status lists",
                  {{"issuer", identity_.name}});
  ports_.loop.post([this] { ensure_lists(); });
}

}  // namespace vcnode::node
