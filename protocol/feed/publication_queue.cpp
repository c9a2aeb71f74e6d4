#include "protocol/feed/publication_queue.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "protocol/feed/codes.h"

namespace vcnode::feed {
namespace {

// However far the clock stepped back, one head per second stays possible: T is then last + 1.
constexpr std::int64_t kHeadIntervalMsMax = 1'000;

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

PublicationQueue::PublicationQueue(Publisher::Options options, PublicationShell& shell)
    : options_(std::move(options)), shell_(shell) {}

void PublicationQueue::start() {
  own_size_ = shell_.replica().size();
  open_publisher();
  reassert();
}

void PublicationQueue::open_publisher() {
  publisher_.reset();
  auto opened = Publisher::open(options_, shell_.replica());
  if (!opened) {
    closed_ = opened.error();
    return shell_.not_continued(*closed_);
  }
  closed_.reset();
  publisher_.emplace(*std::move(opened));
  hold_back();
}

void PublicationQueue::on_feed_changed() {
  const FeedReplica& replica = shell_.replica();
  if (!replica.head()) return;
  answer_shown(replica.head()->tree.size);
  if (running_) return;  // the running publication meets its fate first
  adopt();
  pump();
}

// Our own publications are shown a little later than they were made. Only a log that ours leads to, or that
// cannot be ours, is a reason to open the Publisher anew: going back would sign a second head for a tree.
void PublicationQueue::adopt() {
  const FeedReplica& replica = shell_.replica();
  const bool later = publisher_ && publisher_->head() && replica.head() &&
                     replica.head()->tree == publisher_->head()->tree &&
                     replica.head()->time > publisher_->head()->time;
  if (replica.size() > own_size_ || later) {
    own_size_ = std::max(own_size_, replica.size());
    shell_.overtaken();
  }
  if (publisher_ && publisher_->head() && replica.head()) {
    const Head& ours = *publisher_->head();
    const Head& shown = *replica.head();
    if (shown.tree.size < ours.tree.size) return;
    if (shown.tree.size == ours.tree.size && shown.tree.root == ours.tree.root && shown.time <= ours.time)
      return;
  }
  open_publisher();
}

// Whoever was told "revoked" must not find the old list at this very node: what is durable is answered once
// it is shown, or after kShownMsMax, because durable it is.
void PublicationQueue::answer_when_shown(const Head& head, std::vector<Entry> entries) {
  if (entries.empty()) return;
  unshown_.push_back({head, std::move(entries)});
  shell_.after_ms(kShownMsMax, [this, size = head.tree.size] { answer_shown(size); });
}

void PublicationQueue::answer_shown(std::uint64_t size) {
  while (!unshown_.empty() && unshown_.front().head.tree.size <= size) {
    answer_all(std::move(unshown_.front().entries), unshown_.front().head);
    unshown_.pop_front();
  }
}

void PublicationQueue::stop(Error reason) {
  stopped_ = std::move(reason);
  answer_shown(std::numeric_limits<std::uint64_t>::max());
  for (Entry& entry : std::exchange(queue_, {})) answer(std::move(entry), Failure{*stopped_});
}

std::optional<Error> PublicationQueue::why_not() const {
  if (stopped_) return stopped_;
  if (auto blocked = shell_.why_not_sign()) return blocked;
  // Whatever came after a close could never be taken back.
  if (shell_.replica().closed())
    return fail(codes::FEED_CLOSED, "the feed ", shell_.replica().origin().text(), " is closed for good")
        .error;
  return closed_;
}

void PublicationQueue::submit(Changes changes, Done done) {
  if (stopped_) return answer({{}, std::move(done)}, Failure{*stopped_});
  queue_.push_back({std::move(changes), std::move(done)});
  pump();
}

// Posted, so that a callback that submits again finds this object at rest.
void PublicationQueue::answer(Entry entry, Result<Head> result) {
  shell_.post([done = std::move(entry.done), result = std::move(result)] { done(result); });
}

void PublicationQueue::answer_all(std::vector<Entry> entries, const Result<Head>& result) {
  for (Entry& entry : entries) answer(std::move(entry), result);
}

void PublicationQueue::put_back(std::vector<Entry> entries) {
  queue_.insert(queue_.begin(), std::make_move_iterator(entries.begin()),
                std::make_move_iterator(entries.end()));
}

void PublicationQueue::wait_ms(std::int64_t delay) {
  if (std::exchange(waits_, true)) return;
  shell_.after_ms(delay, [this] {
    waits_ = false;
    pump();
  });
}

// Applies one entry's changes to `bits`, all or none.
Result<void> PublicationQueue::merge(const Changes& changes, Bits& bits, Changes& merged) const {
  Bits next = bits;
  for (const StatusChange& change : changes.status) {
    const auto key = std::make_pair(change.list_uri, change.index);
    VCNODE_TRY(const bool published, publisher_->bit(change.list_uri, change.index));
    const auto earlier = next.find(key);
    const bool current = earlier == next.end() ? published : earlier->second;
    if (current && !change.value && publisher_->purpose_of(change.list_uri) == status::Purpose::revocation)
      return fail(codes::STATUS_REVOCATION_FINAL, "the credential is revoked, and a revocation is final");
    next[key] = change.value;
  }
  if (merged.close && !changes.empty())
    return fail(codes::FEED_CLOSED, "the feed ", options_.origin.text(), " is being closed: nothing follows");
  if (merged.seal && changes.seal)
    return fail(codes::SEAL_MISPLACED, "the feed ", options_.origin.text(),
                " is being begun with a seal already");
  bits = std::move(next);
  append(merged.new_lists, changes.new_lists);
  append(merged.statements, changes.statements);
  append(merged.entries, changes.entries);
  append(merged.list_keys, changes.list_keys);
  append(merged.time_batches, changes.time_batches);
  append(merged.observations, changes.observations);
  if (changes.seal) merged.seal = changes.seal;
  if (changes.close) merged.close = changes.close;
  return {};
}

std::pair<Changes, std::vector<PublicationQueue::Entry>> PublicationQueue::take_batch() {
  Changes merged;
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
      answer(std::move(entry), fits.failure());
  }
  for (const auto& [key, value] : bits)
    if (*publisher_->bit(key.first, key.second) != value)
      merged.status.push_back({key.first, key.second, value});
  return {std::move(merged), std::move(accepted)};
}

void PublicationQueue::pump() {
  if (running_ || queue_.empty() || stopped_) return;
  if (const auto blocked = why_not()) {
    for (Entry& entry : std::exchange(queue_, {})) answer(std::move(entry), Failure{*blocked});
    return;
  }
  const std::int64_t delay = not_before_ms_ - shell_.monotonic_ms();
  if (delay > 0) return wait_ms(delay);
  auto [changes, entries] = take_batch();
  if (changes.empty() && (entries.empty() || publisher_->head())) {
    if (!entries.empty()) answer_all(std::move(entries), *publisher_->head());
  } else {
    auto publication = publisher_->prepare(changes, wall());
    if (publication) return publish(*std::move(publication), std::move(entries));
    give_up(std::move(entries), publication.failure());
  }
  if (!queue_.empty()) wait_ms(0);
}

// If one of several is at fault, only that one is to be told so.
void PublicationQueue::give_up(std::vector<Entry> entries, const Failure& reason) {
  if (entries.size() == 1) return answer(std::move(entries.front()), reason);
  one_by_one_ = entries.size();
  put_back(std::move(entries));
}

void PublicationQueue::publish(Publication publication, std::vector<Entry> entries) {
  running_.emplace(Running{std::move(publication), std::move(entries)});
  shell_.store(running_->publication,
               [this](PublicationShell::Fate fate, const Result<void>& stored) { on_stored(fate, stored); });
}

void PublicationQueue::on_stored(PublicationShell::Fate fate, const Result<void>& stored) {
  Running done = *std::exchange(running_, std::nullopt);
  if (!stored) {
    if (fate == PublicationShell::Fate::conflict && !stopped_)
      return retry_later(std::move(done.entries), stored.error());
    answer_all(std::move(done.entries), stored.failure());
    return pump();  // who came meanwhile is published, or told why not
  }
  conflicts_ = 0;
  publisher_->commit(done.publication);
  own_size_ = done.publication.head.tree.size;
  hold_back();
  answer_when_shown(done.publication.head, std::move(done.entries));
  shell_.show(done.publication);
  adopt();
  pump();
}

// The next head may be made when its T is not ahead of the clock.
void PublicationQueue::hold_back() {
  const std::int64_t due_ms = publisher_->earliest_next().seconds() * 1000 - shell_.wall_ms();
  not_before_ms_ = shell_.monotonic_ms() + std::clamp<std::int64_t>(due_ms, 0, kHeadIntervalMsMax);
}

// Another log of ours reached the store first: the engine is adopting it.
void PublicationQueue::retry_later(std::vector<Entry> entries, const Error& conflict) {
  if (++conflicts_ > kConflictRetriesMax) {
    conflicts_ = 0;
    return answer_all(std::move(entries), Failure{conflict});
  }
  put_back(std::move(entries));
  adopt();
  not_before_ms_ = shell_.monotonic_ms() + kConflictRetryMs;
  pump();
}

void PublicationQueue::reassert() {
  if (stopped_) return;
  shell_.after_ms(kReassertCheckMs, [this] { reassert(); });
  if (running_ || !publisher_ || !queue_.empty() || why_not()) return;
  auto publication = publisher_->prepare_reassert(wall());
  if (!publication)
    shell_.not_reasserted(publication.error());
  else if (*publication)
    publish(**std::move(publication), {});
}

}  // namespace vcnode::feed
