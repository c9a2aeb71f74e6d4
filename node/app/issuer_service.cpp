#include "node/app/issuer_service.h"

#include <exception>
#include <utility>

#include "node/app/codes.h"
#include "storage/codes.h"

namespace vcnode::node {

IssuerService::IssuerService(Identity identity, Ports ports)
    : identity_(std::move(identity)),
      ports_(ports),
      did_(identity_.did),
      pairs_(identity_.name, identity_.public_url) {
  if (identity_.time_batch) make_batcher(*std::move(identity_.time_batch));
}

void IssuerService::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  if (batcher_) batcher_->start();
  settle();
}

void IssuerService::tell_ready() {
  if (auto ready = std::exchange(ready_, nullptr)) ready();
}

Did IssuerService::did() const {
  const std::lock_guard lock(mutex_);
  return did_;
}

std::shared_ptr<const IssuerService::InForce> IssuerService::in_force() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

std::optional<feed::Origin> IssuerService::origin() const {
  const auto now = in_force();
  return now ? std::optional(now->origin) : std::nullopt;
}

std::optional<feed::Head> IssuerService::head() const {
  return queue_ ? queue_->head() : std::nullopt;
}

bool IssuerService::waits_for_entry() const {
  return change_ || beginning_ || ports_.clock.monotonic_ms() < hold_until_ms_;
}

std::optional<Error> IssuerService::why_not() const {
  if (stopped_) return Error{codes::SHUTTING_DOWN, "the node is stopping"};
  if (queue_) return queue_->why_not();
  return blocked_;  // none: an entry is on its way, and requests wait for it
}

// Without the allocations of a pair nothing may be drawn from it, so a failure keeps that pair unknown.
void IssuerService::learn() {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(in_force()->origin.hash());
  if (replica == nullptr || !replica->head()) return;
  const auto learned = pairs_.learn(*replica->snapshot(), ports_.store);
  if (learned) return;
  ports_.log.error("issuer", "allocations cannot be read",
                   {{"code", std::string(learned.error().code.slug())}, {"reason", learned.error().message}});
  refuse_parked(learned.error());
}

void IssuerService::refuse_parked(const Error& error) {
  for (const auto& request : std::exchange(parked_, {})) request->done(Failure{error});
}

void IssuerService::on_feed_changed(const feed::OriginHash& origin) {
  const auto now = in_force();
  if (!now || now->origin.hash() != origin) return;
  if (draining_ != nullptr) draining_->on_feed_changed();
  if (!queue_) return;
  queue_->on_feed_changed();
  learn();
  serve_parked();
}

void IssuerService::stop() {
  stopped_ = true;
  for (auto* timer : {&timer_, &settle_timer_}) {
    if (*timer) ports_.loop.cancel(**timer);
    timer->reset();
  }
  if (queue_) queue_->stop();
  for (const auto& queue : retired_) queue->stop();
  if (batcher_) batcher_->stop({codes::SHUTTING_DOWN, "the node is stopping"});
  refuse_parked({codes::SHUTTING_DOWN, "the node is stopping"});
  for (auto& waiting : std::exchange(held_, {})) waiting();
}

// Publishes the next pair; while the issuer may not sign it is tried again every second.
void IssuerService::ensure_lists() {
  if (!queue_ || opening_pair_ || pairs_.open_pair() != nullptr) return;
  opening_pair_ = true;
  const ListPair pair = pairs_.next_pair();
  feed::Changes changes;
  for (const auto purpose : {status::Purpose::revocation, status::Purpose::suspension}) {
    changes.new_lists.push_back({pair.uri(purpose), purpose, status::kListEntriesMin});
  }
  queue_->submit(std::move(changes),
                 [this](const Result<feed::Head>& published) { on_lists_published(published); });
}

void IssuerService::on_lists_published(const Result<feed::Head>& published) {
  opening_pair_ = false;
  tell_ready();
  if (published) {
    lists_wait_.clear();
    if (const auto now = in_force()) on_feed_changed(now->origin.hash());
    return;
  }
  const Error& why = published.error();
  if (why.code == codes::SHUTTING_DOWN) return;
  if (lists_wait_.due(why.code.slug(), ports_.clock.monotonic_ms()))
    ports_.log.warn(
        "issuer", "new status lists wait",
        {{"issuer", identity_.name}, {"code", std::string(why.code.slug())}, {"reason", why.message}});
  timer_ = ports_.loop.after_ms(kListsRetryMs, [this] {
    timer_.reset();
    ensure_lists();
  });
  refuse_parked(published.error());
}

void IssuerService::serve_parked() {
  if (waits_for_entry() || pairs_.open_pair() == nullptr) return;
  for (auto& request : std::exchange(parked_, {})) allocate(std::move(request));
}

void IssuerService::issue(Draft draft, std::function<void(Result<std::string>)> done) {
  if (auto blocked = why_not()) return done(Failure{*blocked});
  allocate(std::make_shared<Request>(Request{std::move(draft), std::move(done), 0}));
}

void IssuerService::allocate(std::shared_ptr<Request> request) {
  const ListPair* pair = waits_for_entry() ? nullptr : pairs_.open_pair();
  if (pair == nullptr) {
    if (parked_.size() >= kParkedIssuesMax) {
      return request->done(
          fail(codes::SERVER_BUSY, parked_.size(),
               " requests wait for a new status list or an entry of the issuer's log, the limit is ",
               kParkedIssuesMax));
    }
    parked_.push_back(std::move(request));
    return ensure_lists();
  }
  const auto index = pairs_.reserve(ports_.rng);
  if (!index) return request->done(index.failure());
  const Allotted allotted{*pair, *index};
  if (batcher_) return batch(request, allotted);
  store_allocation(request, allotted);
}

void IssuerService::store_allocation(const std::shared_ptr<Request>& request, const Allotted& allotted) {
  StoreBatch batch;
  batch.allocations.push_back(
      {allotted.pair.name, allotted.index.value(), request->draft.id, ports_.clock.now().wall});
  ports_.commits.submit(std::move(batch), [this, request, allotted](const Result<void>& stored) {
    ports_.loop.post([this, request, allotted, stored] { on_allocated(request, allotted, stored); });
  });
}

void IssuerService::on_allocated(const std::shared_ptr<Request>& request, const Allotted& allotted,
                                 const Result<void>& stored) {
  if (stored) return sign(request, allotted);
  const Error& error = stored.error();
  if (ends_storing(error)) ports_.health.store_failed = error;
  if (error.code != codes::STORE_CONFLICT) {
    pairs_.release(allotted.pair.name, allotted.index);
    return request->done(Failure{error});
  }
  if (const auto used = why_id_is_used(request->draft.id)) {
    pairs_.release(allotted.pair.name, allotted.index);
    return request->done(Failure{*used});
  }
  // Then it was the index: it stays taken and another is drawn.
  if (++request->attempts >= kAllocateAttemptsMax) return request->done(Failure{error});
  allocate(request);
}

std::optional<Error> IssuerService::why_id_is_used(const std::string& id) const {
  const auto earlier = ports_.store.allocation_of(id);
  if (!earlier || !*earlier) return std::nullopt;
  return fail(codes::CREDENTIAL_ID_USED, "a credential with this id was issued at ",
              (*earlier)->issued_at.to_string(), "; leave the id out to get a random one")
      .error;
}

// Signed by what is in force at this moment, and dated by it: an entry that comes later is dated later.
void IssuerService::sign(const std::shared_ptr<Request>& request, const Allotted& allotted) {
  if (stopped_) return request->done(fail(codes::SHUTTING_DOWN, "the node is stopping"));
  const auto by = in_force();
  if (waits_for_entry() || !by) {
    held_.emplace_back([this, request, allotted] { sign(request, allotted); });
    return;
  }
  const Timestamp now = ports_.clock.now().wall;
  last_signed_ = std::max(last_signed_, now);
  ports_.workers.post(
      [this, request, allotted, now, by] { request->done(signed_text(*request, allotted, now, *by)); });
}

Result<std::string> IssuerService::signed_text(const Request& request, const Allotted& allotted,
                                               Timestamp now, const InForce& by) {
  try {
    auto text = request.document != nullptr
                    ? sign_document(*request.document, by.verification_method, now, *by.assertion)
                    : sign_draft(request.draft, allotted, by.verification_method, now, *by.assertion);
    if (text) ports_.metrics.count_issued();
    return text;
  } catch (const std::exception& fault) {
    ports_.log.limited(LogLevel::error, "issuer", "internal fault", {{"what", fault.what()}});
    return fail(codes::INTERNAL_FAULT, "the credential could not be signed; the node's log says why");
  }
}

std::optional<bool> IssuerService::is_revoked(const Allocation& allocation) const {
  const ListPair* pair = pairs_.find(allocation.list);
  if (pair == nullptr) return std::nullopt;
  return queue_ ? queue_->bit(pair->revocation, status::StatusIndex(allocation.index)) : std::nullopt;
}

void IssuerService::change_status(const Allocation& allocation, const std::vector<PurposeChange>& changes,
                                  std::function<void(Result<feed::Head>)> done) {
  if (auto blocked = why_not()) return done(Failure{*blocked});
  if (!queue_) {
    if (held_.size() >= kParkedIssuesMax)
      return done(fail(codes::SERVER_BUSY, held_.size(),
                       " status changes wait for an entry of the issuer's log, the limit is ",
                       kParkedIssuesMax));
    held_.emplace_back([this, allocation, changes, done] { change_status(allocation, changes, done); });
    return;
  }
  const ListPair* pair = pairs_.find(allocation.list);
  VCNODE_ASSERT(pair != nullptr);
  feed::Changes publication;
  for (const PurposeChange& change : changes) {
    publication.status.push_back(
        {pair->uri(change.purpose), status::StatusIndex(allocation.index), change.value});
  }
  queue_->submit(std::move(publication),
                 [this, count = changes.size(), done = std::move(done)](Result<feed::Head> head) {
                   if (head) ports_.metrics.count_status_changes(count);
                   done(std::move(head));
                 });
}

void IssuerService::observe(feed::NewObservation observation, std::function<void(const Result<void>&)> done) {
  if (auto blocked = why_not()) return done(Failure{*blocked});
  if (!queue_) return done(fail(codes::SERVER_BUSY, "an entry of the issuer's log is on its way; try again"));
  feed::Changes publication;
  publication.observations.push_back(std::move(observation));
  queue_->submit(std::move(publication), [done = std::move(done)](const Result<feed::Head>& head) {
    if (head) return done({});
    done(head.failure());
  });
}

}  // namespace vcnode::node
