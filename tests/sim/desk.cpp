#include "tests/sim/desk.h"

#include <algorithm>

#include "protocol/feed/codes.h"
#include "protocol/publication_batch.h"
#include "storage/codes.h"

namespace vcnode::sim {
Desk::Desk(World& world, Watch& watch, Node& node, Issuer& issuer)
    : world_(world),
      watch_(watch),
      node_(node),
      issuer_(issuer),
      draws_(stream(world.seed, "indexes",
                    issuer.number * 1'000'003 + static_cast<std::uint64_t>(world.now_ms()))),
      queue_({issuer.origin, issuer.did, issuer.method, &issuer.signer, &issuer.signer}, *this) {}

void Desk::start() {
  queue_.start();
  learn();
}

void Desk::on_feed_changed() {
  learn();
  queue_.on_feed_changed();
}

// See ListPairs::learn. A set bit takes its index, whatever the store remembers: an old backup must not give
// it away again.
void Desk::learn() {
  if (!replica().head()) return;
  const auto snapshot = replica().snapshot();
  const auto& lists = snapshot->status_lists;
  for (std::size_t pair = 1; lists.contains(issuer_.list_uri(pair, status::Purpose::revocation)); ++pair) {
    const auto [held, added] = taken_.try_emplace(pair);
    if (added) {
      const auto allocated = node_.disk().allocated_indexes(list_name(pair));
      held->second.insert(allocated->begin(), allocated->end());
    }
    for (const auto purpose : {status::Purpose::revocation, status::Purpose::suspension}) {
      const auto state = lists.find(issuer_.list_uri(pair, purpose));
      if (state == lists.end() || !state->second.list) continue;
      for (std::uint64_t index = 0; index < kIndexesInUse; ++index)
        if (*state->second.list->bitmap.get(status::StatusIndex(index))) held->second.insert(index);
    }
  }
}

// See IssuerService::close_pairs: what an older store lacks, it has forgotten to whom it belongs.
void Desk::overtaken() {
  learn();
  if (!taken_.empty()) closed_through_ = taken_.rbegin()->first;
}

std::size_t Desk::open_pair() const {
  if (queue_.publisher() == nullptr || taken_.empty()) return 0;
  const auto& [pair, taken] = *taken_.rbegin();
  if (pair <= closed_through_ || !status::check_fill(kIndexesInUse, taken.size())) return 0;
  return queue_.publisher()->has_list(issuer_.list_uri(pair, status::Purpose::revocation)) ? pair : 0;
}

std::size_t Desk::next_pair() const {
  return std::max(closed_through_, taken_.empty() ? 0 : taken_.rbegin()->first) + 1;
}

void Desk::issue(const std::string& credential_id, Issued done) {
  if (const auto blocked = why_not()) return done(Failure{*blocked});
  const std::size_t pair = open_pair();
  if (pair == 0) return done(fail(codes::STATUS_LIST_UNKNOWN, "the issuer has no list with room yet"));
  std::set<std::uint64_t>& taken = taken_[pair];
  const auto drawn = status::draw_index(kIndexesInUse, taken.size(), draws_,
                                        [&](status::StatusIndex at) { return taken.contains(at.value()); });
  if (!drawn) return done(drawn.failure());
  const Place place{pair, drawn->value()};
  taken.insert(place.index);
  StoreBatch batch;
  batch.allocations.push_back({list_name(place.pair), place.index, credential_id, node_.wall()});
  node_.store(std::move(batch), [this, place, done = std::move(done)](const auto& stored) {
    if (!stored) taken_[place.pair].erase(place.index);
    done(stored ? Result<Place>(place) : Result<Place>(stored.failure()));
  });
}

// ---- the queue's shell

std::optional<Error> Desk::why_not_sign() const {
  return node_.why_not_sign(issuer_.hash());
}

void Desk::store(const feed::Publication& publication, Stored done) {
  node_.store(batch_of(issuer_.hash(), publication), [done = std::move(done)](const auto& stored) {
    const bool conflict = !stored && stored.error().code == codes::STORE_CONFLICT;
    done(stored ? Fate::durable : conflict ? Fate::conflict : Fate::failed, stored);
  });
}

void Desk::show(const feed::Publication& publication) {
  watch_.each([&](Checker& checker) { checker.on_released(node_, issuer_, publication); });
  node_.publish(issuer_.hash(), publication);
}

}  // namespace vcnode::sim
