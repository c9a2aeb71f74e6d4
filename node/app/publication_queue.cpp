#include "node/app/publication_queue.h"

#include <algorithm>
#include <limits>

#include "crypto/hash.h"
#include "node/app/codes.h"
#include "protocol/feed/codes.h"
#include "storage/codes.h"

namespace vcnode::node {

namespace {

// However far the clock stepped back, one head per second stays possible: T is then last + 1.
constexpr std::int64_t kHeadIntervalMsMax = 1'000;

StoreBatch batch_of(const feed::OriginHash& origin, const feed::Publication& publication) {
  StoreBatch batch;
  // Without leaves too: a head may only be stored over the leaves that it signs.
  batch.leaves.push_back({origin, publication.first_index, publication.leaves});
  batch.heads.push_back({origin, publication.head.note});
  for (const Bytes& body : publication.bodies) batch.bodies.push_back({sha256(body), body});
  return batch;
}

const std::optional<feed::Head> kNoHead;

}  // namespace

PublicationQueue::PublicationQueue(feed::Publisher::Options options, Ports ports)
    : options_(std::move(options)), ports_(ports) {}

PublicationQueue::~PublicationQueue() = default;

void PublicationQueue::start() {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(options_.origin.hash());
  if (replica != nullptr) own_size_ = replica->size();
  open_publisher();
  reassert();
}

void PublicationQueue::open_publisher() {
  publisher_.reset();
  const feed::FeedReplica* replica = ports_.driver.engine().replica(options_.origin.hash());
  VCNODE_ASSERT(replica != nullptr);  // hosted issuers are admitted
  auto opened = feed::Publisher::open(options_, *replica);
  if (!opened) {
    closed_ = opened.error();
    ports_.log.limited(LogLevel::warn, "issuer", "the feed cannot be continued yet",
                       {{"code", std::string(closed_->code.slug())}, {"reason", closed_->message}});
    return;
  }
  closed_.reset();
  publisher_.emplace(*std::move(opened));
  hold_back();
}

void PublicationQueue::on_feed_changed() {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(options_.origin.hash());
  if (replica == nullptr || !replica->head()) return;
  answer_shown(replica->head()->tree.size);
  if (storing_) return;  // the running publication meets its fate first
  adopt();
  pump();
}

// The engine shows our own publications a little later than they were made. Only a log that ours leads to, or
// that cannot be ours, is a reason to open the Publisher anew: going back would sign a second head for a
// tree.
void PublicationQueue::adopt() {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(options_.origin.hash());
  if (replica != nullptr && replica->size() > own_size_) {
    own_size_ = replica->size();
    if (overtaken_) overtaken_();
  }
  if (publisher_ && publisher_->head() && replica != nullptr && replica->head()) {
    const feed::Head& ours = *publisher_->head();
    const feed::Head& shown = *replica->head();
    if (shown.tree.size < ours.tree.size) return;
    if (shown.tree.size == ours.tree.size && shown.tree.root == ours.tree.root && shown.time <= ours.time)
      return;
  }
  open_publisher();
}

// Whoever was told "revoked" must not find the old list at this very node: what is durable is answered once
// the engine shows it, or after kShownMsMax, because durable it is.
void PublicationQueue::answer_when_shown(const feed::Head& head, std::vector<Entry> entries) {
  if (entries.empty()) return;
  unshown_.push_back({head, std::move(entries)});
  ports_.loop.after_ms(kShownMsMax, [this, size = head.tree.size] { answer_shown(size); });
}

void PublicationQueue::answer_shown(std::uint64_t size) {
  while (!unshown_.empty() && unshown_.front().head.tree.size <= size) {
    answer_all(std::move(unshown_.front().entries), unshown_.front().head);
    unshown_.pop_front();
  }
}

void PublicationQueue::stop() {
  stopped_ = true;
  answer_shown(std::numeric_limits<std::uint64_t>::max());
  for (auto* timer : {&timer_, &reassert_timer_}) {
    if (*timer) ports_.loop.cancel(**timer);
    timer->reset();
  }
  auto waiting = std::exchange(queue_, {});
  for (Entry& entry : waiting) answer(std::move(entry), fail(codes::SHUTTING_DOWN, "the node is stopping"));
}

std::optional<Error> PublicationQueue::why_not() const {
  if (stopped_) return Error{codes::SHUTTING_DOWN, "the node is stopping"};
  if (auto blocked = ports_.driver.why_not_sign(options_.origin.hash())) return blocked;
  return closed_;
}

const std::optional<feed::Head>& PublicationQueue::head() const noexcept {
  return publisher_ ? publisher_->head() : kNoHead;
}

std::optional<bool> PublicationQueue::bit(std::string_view list_uri, status::StatusIndex index) const {
  if (!publisher_) return std::nullopt;
  const auto value = publisher_->bit(list_uri, index);
  return value ? std::optional(*value) : std::nullopt;
}

void PublicationQueue::submit(feed::Changes changes, Done done) {
  if (queue_.size() >= kQueuedChangesMax) {
    return answer({{}, std::move(done)},
                  fail(codes::SERVER_BUSY, queue_.size(), " changes wait to be published, the limit is ",
                       kQueuedChangesMax));
  }
  queue_.push_back({std::move(changes), std::move(done)});
  pump();
}

// Posted, so that a callback that submits again finds this object at rest.
void PublicationQueue::answer(Entry entry, Result<feed::Head> result) {
  ports_.loop.post([done = std::move(entry.done), result = std::move(result)] { done(result); });
}

void PublicationQueue::answer_all(std::vector<Entry> entries, const Result<feed::Head>& result) {
  for (Entry& entry : entries) answer(std::move(entry), result);
}

void PublicationQueue::wait_ms(std::int64_t delay) {
  if (timer_) return;
  timer_ = ports_.loop.after_ms(delay, [this] {
    timer_.reset();
    pump();
  });
}

bool PublicationQueue::is_revocation_list(const std::string& uri) const {
  const auto snapshot = ports_.driver.engine().replica(options_.origin.hash())->snapshot();
  const auto found = snapshot->status_lists.find(uri);
  return found != snapshot->status_lists.end() && found->second.list &&
         found->second.list->purpose == status::Purpose::revocation;
}

// Applies one entry's changes to `bits`, all or none.
Result<void> PublicationQueue::merge(const feed::Changes& changes, Bits& bits, feed::Changes& merged) const {
  Bits next = bits;
  for (const feed::StatusChange& change : changes.status) {
    const auto key = std::make_pair(change.list_uri, change.index);
    VCNODE_TRY(const bool published, publisher_->bit(change.list_uri, change.index));
    const auto earlier = next.find(key);
    const bool current = earlier == next.end() ? published : earlier->second;
    if (current && !change.value && is_revocation_list(change.list_uri)) {
      return fail(codes::STATUS_REVOCATION_FINAL, "the credential is revoked, and a revocation is final");
    }
    next[key] = change.value;
  }
  bits = std::move(next);
  merged.new_lists.insert(merged.new_lists.end(), changes.new_lists.begin(), changes.new_lists.end());
  merged.statements.insert(merged.statements.end(), changes.statements.begin(), changes.statements.end());
  return {};
}

std::pair<feed::Changes, std::vector<PublicationQueue::Entry>> PublicationQueue::take_batch() {
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
    if (fits) {
      accepted.push_back(std::move(entry));
    } else {
      answer(std::move(entry), fits.failure());
    }
  }
  for (const auto& [key, value] : bits) {
    if (*publisher_->bit(key.first, key.second) != value)
      merged.status.push_back({key.first, key.second, value});
  }
  return {std::move(merged), std::move(accepted)};
}

void PublicationQueue::pump() {
  if (storing_ || queue_.empty() || stopped_) return;
  if (const auto blocked = why_not()) {
    auto waiting = std::exchange(queue_, {});
    for (Entry& entry : waiting) answer(std::move(entry), Failure{*blocked});
    return;
  }
  const std::int64_t delay = not_before_ms_ - ports_.clock.monotonic_ms();
  if (delay > 0) return wait_ms(delay);
  auto [changes, entries] = take_batch();
  if (entries.empty()) return;
  if (changes.status.empty() && changes.new_lists.empty() && changes.statements.empty()) {
    return answer_all(std::move(entries), *publisher_->head());
  }
  auto publication = publisher_->prepare(changes, ports_.clock.now().wall);
  if (publication) return publish(*std::move(publication), std::move(entries));
  if (entries.size() == 1) {
    answer(std::move(entries.front()), publication.failure());
  } else {  // one of them is at fault, and only that one is to be told so
    one_by_one_ = entries.size();
    queue_.insert(queue_.begin(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  }
  wait_ms(0);
}

void PublicationQueue::publish(feed::Publication publication, std::vector<Entry> entries) {
  storing_ = true;
  struct Running {
    feed::Publication publication;
    std::vector<Entry> entries;
  };
  auto running = std::make_shared<Running>(Running{std::move(publication), std::move(entries)});
  ports_.commits.submit(batch_of(options_.origin.hash(), running->publication),
                        [this, running](const Result<void>& stored) {
                          ports_.loop.post([this, running, stored] {
                            on_stored(running->publication, std::move(running->entries), stored);
                          });
                        });
}

void PublicationQueue::on_stored(const feed::Publication& publication, std::vector<Entry> entries,
                                 const Result<void>& stored) {
  storing_ = false;
  if (!stored) {
    const Error& error = stored.error();
    if (error.code == codes::STORE_CONFLICT) return retry_later(std::move(entries), error);
    if (ends_storing(error)) ports_.health.store_failed = error;
    ports_.log.limited(LogLevel::error, "issuer", "a publication was not stored",
                       {{"code", std::string(error.code.slug())}, {"reason", error.message}});
    answer_all(std::move(entries), Failure{error});
    return pump();  // who came meanwhile is published, or told why not
  }
  conflicts_ = 0;
  publisher_->commit(publication);
  own_size_ = publication.head.tree.size;
  hold_back();
  ports_.metrics.count_publication();
  answer_when_shown(publication.head, std::move(entries));
  ports_.driver.publish(options_.origin.hash(), publication);
  adopt();
  pump();
}

// The next head may be made when its T is not ahead of the clock.
void PublicationQueue::hold_back() {
  const std::int64_t due_ms = publisher_->earliest_next().seconds() * 1000 - ports_.clock.wall_ms();
  not_before_ms_ = ports_.clock.monotonic_ms() + std::clamp<std::int64_t>(due_ms, 0, kHeadIntervalMsMax);
}

// Another log of ours reached the store first: the engine is adopting it.
void PublicationQueue::retry_later(std::vector<Entry> entries, const Error& conflict) {
  if (++conflicts_ > kConflictRetriesMax) {
    conflicts_ = 0;
    return answer_all(std::move(entries), Failure{conflict});
  }
  queue_.insert(queue_.begin(), std::make_move_iterator(entries.begin()),
                std::make_move_iterator(entries.end()));
  adopt();
  not_before_ms_ = ports_.clock.monotonic_ms() + kConflictRetryMs;
  pump();
}

void PublicationQueue::reassert() {
  if (stopped_) return;
  reassert_timer_ = ports_.loop.after_ms(kReassertCheckMs, [this] { reassert(); });
  if (storing_ || !publisher_ || !queue_.empty() || why_not()) return;
  auto publication = publisher_->prepare_reassert(ports_.clock.now().wall);
  if (!publication) {
    ports_.log.limited(
        LogLevel::error, "issuer", "a head could not be re-asserted",
        {{"code", std::string(publication.error().code.slug())}, {"reason", publication.error().message}});
  } else if (*publication) {
    publish(**std::move(publication), {});
  }
}

}  // namespace vcnode::node
