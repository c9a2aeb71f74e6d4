#include "tests/sim/desk.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "crypto/hash.h"
#include "protocol/feed/codes.h"
#include "storage/codes.h"

namespace vcnode::sim {
namespace {

// As in node/app/publication_queue.h.
constexpr std::int64_t kHeadIntervalMsMax = 1'000;
constexpr std::int64_t kConflictRetryMs = 200;
constexpr int kConflictRetriesMax = 10;
constexpr std::int64_t kShownMsMax = 2'000;
constexpr std::int64_t kReassertCheckMs = 20'000;

StoreBatch batch_of(const feed::OriginHash& origin, const feed::Publication& publication) {
  StoreBatch batch;
  // Without leaves too: a head may only be stored over the leaves that it signs.
  batch.leaves.push_back({origin, publication.first_index, publication.leaves});
  batch.heads.push_back({origin, publication.head.note});
  for (const Bytes& body : publication.bodies) batch.bodies.push_back({sha256(body), body});
  return batch;
}

}  // namespace

Desk::Desk(World& world, Watch& watch, Node& node, Issuer& issuer)
    : world_(world),
      watch_(watch),
      node_(node),
      issuer_(issuer),
      draws_(stream(world.seed, "indexes",
                    issuer.number * 1'000'003 + static_cast<std::uint64_t>(world.now_ms()))) {}

void Desk::start() {
  own_size_ = node_.replica(issuer_.hash())->size();
  open_publisher();
  learn();
  reassert();
}

void Desk::open_publisher() {
  publisher_.reset();
  auto opened =
      feed::Publisher::open({issuer_.origin, issuer_.did, issuer_.method, &issuer_.signer, &issuer_.signer},
                            *node_.replica(issuer_.hash()));
  if (!opened) {
    closed_ = opened.error();
    return;
  }
  closed_.reset();
  publisher_.emplace(*std::move(opened));
  hold_back();
}

void Desk::on_feed_changed() {
  const feed::FeedReplica& replica = *node_.replica(issuer_.hash());
  if (!replica.head()) return;
  answer_shown(replica.head()->tree.size);
  learn();
  if (storing_) return;  // the running publication meets its fate first
  adopt();
  pump();
}

// See PublicationQueue::adopt: only a log that ours leads to, or that cannot be ours, opens it anew.
void Desk::adopt() {
  const feed::FeedReplica& replica = *node_.replica(issuer_.hash());
  if (replica.size() > own_size_) {
    own_size_ = replica.size();
    close_pairs();
  }
  if (publisher_ && publisher_->head() && replica.head()) {
    const feed::Head& ours = *publisher_->head();
    const feed::Head& shown = *replica.head();
    if (shown.tree.size < ours.tree.size) return;
    if (shown.tree.size == ours.tree.size && shown.tree.root == ours.tree.root && shown.time <= ours.time)
      return;
  }
  open_publisher();
}

// See ListPairs::learn. A set bit takes its index, whatever the store remembers: an old backup must not give
// it away again.
void Desk::learn() {
  const feed::FeedReplica& replica = *node_.replica(issuer_.hash());
  if (!replica.head()) return;
  const auto snapshot = replica.snapshot();
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
void Desk::close_pairs() {
  learn();
  if (!taken_.empty()) closed_through_ = taken_.rbegin()->first;
}

std::size_t Desk::open_pair() const {
  if (!publisher_ || taken_.empty()) return 0;
  const auto& [pair, taken] = *taken_.rbegin();
  if (pair <= closed_through_ || !status::check_fill(kIndexesInUse, taken.size())) return 0;
  return publisher_->has_list(issuer_.list_uri(pair, status::Purpose::revocation)) ? pair : 0;
}

std::size_t Desk::next_pair() const {
  return std::max(closed_through_, taken_.empty() ? 0 : taken_.rbegin()->first) + 1;
}

std::optional<Error> Desk::why_not() const {
  if (auto blocked = node_.why_not_sign(issuer_.hash())) return blocked;
  return closed_;
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

void Desk::submit(feed::Changes changes, Done done) {
  queue_.push_back({std::move(changes), std::move(done)});
  pump();
}

void Desk::answer_all(std::vector<Entry> entries, const Result<feed::Head>& result) {
  for (Entry& entry : entries) entry.done(result);
}

bool Desk::is_revocation_list(const std::string& uri) const {
  return uri.ends_with(status::purpose_name(status::Purpose::revocation));
}

Result<void> Desk::merge(const feed::Changes& changes, Bits& bits, feed::Changes& merged) const {
  Bits next = bits;
  for (const feed::StatusChange& change : changes.status) {
    const auto key = std::make_pair(change.list_uri, change.index);
    VCNODE_TRY(const bool published, publisher_->bit(change.list_uri, change.index));
    const auto earlier = next.find(key);
    const bool current = earlier == next.end() ? published : earlier->second;
    if (current && !change.value && is_revocation_list(change.list_uri))
      return fail(codes::STATUS_REVOCATION_FINAL, "the credential is revoked, and a revocation is final");
    next[key] = change.value;
  }
  bits = std::move(next);
  merged.new_lists.insert(merged.new_lists.end(), changes.new_lists.begin(), changes.new_lists.end());
  merged.statements.insert(merged.statements.end(), changes.statements.begin(), changes.statements.end());
  return {};
}

std::pair<feed::Changes, std::vector<Desk::Entry>> Desk::take_batch() {
  feed::Changes merged;
  Bits bits;
  std::vector<Entry> accepted;
  std::deque<Entry> waiting;
  if (one_by_one_ > 0) {
    --one_by_one_;
    waiting.push_back(std::move(queue_.front()));
    queue_.pop_front();
  } else {
    waiting = std::exchange(queue_, {});
  }
  for (Entry& entry : waiting) {
    const auto fits = merge(entry.changes, bits, merged);
    if (fits)
      accepted.push_back(std::move(entry));
    else
      entry.done(fits.failure());
  }
  for (const auto& [key, value] : bits)
    if (*publisher_->bit(key.first, key.second) != value)
      merged.status.push_back({key.first, key.second, value});
  return {std::move(merged), std::move(accepted)};
}

void Desk::pump() {
  if (storing_ || queue_.empty()) return;
  if (const auto blocked = why_not()) {
    auto waiting = std::exchange(queue_, {});
    for (Entry& entry : waiting) entry.done(Failure{*blocked});
    return;
  }
  if (const std::int64_t delay = not_before_ms_ - world_.now_ms(); delay > 0) {
    if (!std::exchange(waits_, true))
      node_.after(delay, [this] {
        waits_ = false;
        pump();
      });
    return;
  }
  auto [changes, entries] = take_batch();
  if (entries.empty()) return;
  if (changes.status.empty() && changes.new_lists.empty() && changes.statements.empty())
    return answer_all(std::move(entries), *publisher_->head());
  auto publication = publisher_->prepare(changes, node_.wall());
  if (publication) return publish(*std::move(publication), std::move(entries));
  if (entries.size() == 1) {
    entries.front().done(publication.failure());
  } else {  // one of them is at fault, and only that one is to be told so
    one_by_one_ = entries.size();
    queue_.insert(queue_.begin(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  }
  node_.after(0, [this] { pump(); });
}

void Desk::publish(feed::Publication publication, std::vector<Entry> entries) {
  storing_ = true;
  StoreBatch batch = batch_of(issuer_.hash(), publication);
  node_.store(std::move(batch),
              [this, publication = std::move(publication), entries = std::move(entries)](
                  const auto& stored) mutable { on_stored(publication, std::move(entries), stored); });
}

void Desk::on_stored(const feed::Publication& publication, std::vector<Entry> entries,
                     const Result<void>& stored) {
  storing_ = false;
  if (!stored) {
    if (stored.error().code == codes::STORE_CONFLICT) return retry_later(std::move(entries), stored.error());
    answer_all(std::move(entries), stored.failure());
    return pump();  // who came meanwhile is published, or told why not
  }
  conflicts_ = 0;
  publisher_->commit(publication);
  own_size_ = publication.head.tree.size;
  hold_back();
  watch_.each([&](Checker& checker) { checker.on_released(node_, issuer_, publication); });
  if (!entries.empty()) {
    unshown_.push_back({publication.head, std::move(entries)});
    node_.after(kShownMsMax, [this, size = publication.head.tree.size] { answer_shown(size); });
  }
  node_.publish(issuer_.hash(), publication);
  adopt();
  pump();
}

void Desk::answer_shown(std::uint64_t size) {
  while (!unshown_.empty() && unshown_.front().head.tree.size <= size) {
    Unshown shown = std::move(unshown_.front());
    unshown_.pop_front();
    answer_all(std::move(shown.entries), shown.head);
  }
}

// The next head may be made when its T is not ahead of the clock.
void Desk::hold_back() {
  const std::int64_t due_ms = (publisher_->earliest_next().seconds() - node_.wall().seconds()) * 1000;
  not_before_ms_ = world_.now_ms() + std::clamp<std::int64_t>(due_ms, 0, kHeadIntervalMsMax);
}

void Desk::retry_later(std::vector<Entry> entries, const Error& conflict) {
  if (++conflicts_ > kConflictRetriesMax) {
    conflicts_ = 0;
    return answer_all(std::move(entries), Failure{conflict});
  }
  queue_.insert(queue_.begin(), std::make_move_iterator(entries.begin()),
                std::make_move_iterator(entries.end()));
  adopt();
  not_before_ms_ = world_.now_ms() + kConflictRetryMs;
  pump();
}

void Desk::reassert() {
  node_.after(kReassertCheckMs, [this] { reassert(); });
  if (storing_ || !publisher_ || !queue_.empty() || why_not()) return;
  auto publication = publisher_->prepare_reassert(node_.wall());
  if (publication && *publication) publish(**std::move(publication), {});
}

}  // namespace vcnode::sim
