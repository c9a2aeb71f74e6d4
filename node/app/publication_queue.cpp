#include "node/app/publication_queue.h"

#include <memory>
#include <utility>

#include "node/app/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/publication_batch.h"
#include "storage/codes.h"

namespace vcnode::node {

namespace {

const std::optional<feed::Head> kNoHead;

}  // namespace

PublicationQueue::PublicationQueue(feed::Publisher::Options options, Ports ports, std::string scid)
    : empty_(options.origin, options.issuer, options.feed_signer->public_key()),
      scid_(std::move(scid)),
      ports_(ports),
      queue_(std::move(options), *this) {}

PublicationQueue::~PublicationQueue() = default;

void PublicationQueue::stop() {
  queue_.stop({codes::SHUTTING_DOWN, "the node is stopping"});
  for (const EventLoop::TimerId timer : std::exchange(timers_, {})) ports_.loop.cancel(timer);
}

void PublicationQueue::submit(feed::Changes changes, Done done) {
  if (queue_.queued() < kQueuedChangesMax) return queue_.submit(std::move(changes), std::move(done));
  post([done = std::move(done)] {
    done(fail(codes::SERVER_BUSY, kQueuedChangesMax, " changes wait to be published, which is the limit"));
  });
}

const std::optional<feed::Head>& PublicationQueue::head() const noexcept {
  return queue_.publisher() != nullptr ? queue_.publisher()->head() : kNoHead;
}

std::optional<bool> PublicationQueue::bit(std::string_view list_uri, status::StatusIndex index) const {
  if (queue_.publisher() == nullptr) return std::nullopt;
  const auto value = queue_.publisher()->bit(list_uri, index);
  return value ? std::optional(*value) : std::nullopt;
}

const feed::FeedReplica& PublicationQueue::replica() const {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(origin());
  return replica != nullptr ? *replica : empty_;
}

std::optional<Error> PublicationQueue::why_not_sign() const {
  if (ports_.driver.engine().replica(origin()) == nullptr)
    return Error{
        codes::PUBLISHER_STATE_INCOMPLETE,
        concat("epoch ", empty_.origin().epoch(), " of this feed is over; the issuer has a newer one")};
  return ports_.driver.why_not_sign(origin());
}

void PublicationQueue::after_ms(std::int64_t delay, std::function<void()> task) {
  const auto own = std::make_shared<EventLoop::TimerId>();
  *own = ports_.loop.after_ms(delay, [this, own, task = std::move(task)] {
    timers_.erase(*own);
    task();
  });
  timers_.insert(*own);
}

void PublicationQueue::store(const feed::Publication& publication, Stored done) {
  const auto finish = [this, done = std::move(done)](const Result<void>& stored) {
    if (stored) return done(Fate::durable, stored);
    if (stored.error().code == codes::STORE_CONFLICT) return done(Fate::conflict, stored);
    if (ends_storing(stored.error())) ports_.health.store_failed = stored.error();
    say(LogLevel::error, "a publication was not stored", stored.error());
    done(Fate::failed, stored);
  };
  StoreBatch batch = batch_of(origin(), publication, scid_);
  if (add_) add_(batch, publication.head);
  ports_.commits.submit(std::move(batch), [this, finish](const Result<void>& stored) {
    ports_.loop.post([finish, stored] { finish(stored); });
  });
}

void PublicationQueue::show(const feed::Publication& publication) {
  ports_.metrics.count_publication();
  ports_.driver.publish(origin(), publication);
}

void PublicationQueue::overtaken() {
  if (overtaken_) overtaken_();
}

void PublicationQueue::not_continued(const Error& reason) {
  say(LogLevel::warn, "the feed cannot be continued yet", reason);
}

void PublicationQueue::not_reasserted(const Error& reason) {
  say(LogLevel::error, "a head could not be re-asserted", reason);
}

void PublicationQueue::say(LogLevel level, std::string_view event, const Error& reason) {
  ports_.log.limited(level, "issuer", event,
                     {{"code", std::string(reason.code.slug())}, {"reason", reason.message}});
}

}  // namespace vcnode::node
