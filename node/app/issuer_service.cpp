#include "node/app/issuer_service.h"

#include <exception>
#include <utility>

#include "node/app/codes.h"
#include "storage/codes.h"

namespace vcnode::node {

namespace {

feed::Publisher::Options publisher_options(const IssuerService::Identity& identity) {
  return {identity.origin, identity.did, identity.verification_method, identity.signer.get(),
          identity.signer.get()};
}

PublicationQueue::Ports queue_ports(const IssuerService::Ports& p) {
  return {p.loop, p.commits, p.driver, p.clock, p.metrics, p.health, p.log};
}

}  // namespace

IssuerService::IssuerService(Identity identity, Ports ports)
    : identity_(std::move(identity)),
      ports_(ports),
      queue_(publisher_options(identity_), queue_ports(ports)),
      pairs_(identity_.name, identity_.public_url) {}

void IssuerService::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  queue_.on_overtaken([this] { close_pairs(); });
  queue_.start();
  learn();
  if (pairs_.open_pair() != nullptr) return tell_ready();
  ensure_lists();
}

void IssuerService::tell_ready() {
  if (auto ready = std::exchange(ready_, nullptr)) ready();
}

// Without the allocations of a pair nothing may be drawn from it, so a failure keeps that pair unknown.
void IssuerService::learn() {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(identity_.origin.hash());
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

void IssuerService::on_feed_changed() {
  queue_.on_feed_changed();
  learn();
  serve_parked();
}

// The feed holds what this store does not: a backup was restored, and with what it lacks it has forgotten
// which indexes were given. Two credentials on one index would be revoked together, so new ones get a new
// pair.
void IssuerService::close_pairs() {
  pairs_.close(*ports_.driver.engine().replica(identity_.origin.hash())->snapshot());
  ports_.log.warn("issuer", "the feed is newer than this store; new credentials go to new status lists",
                  {{"issuer", identity_.name}});
  ports_.loop.post([this] { ensure_lists(); });
}

void IssuerService::stop() {
  if (timer_) ports_.loop.cancel(*timer_);
  timer_.reset();
  queue_.stop();
  refuse_parked({codes::SHUTTING_DOWN, "the node is stopping"});
}

// Publishes the next pair; while the issuer may not sign it is tried again every second.
void IssuerService::ensure_lists() {
  if (opening_pair_ || pairs_.open_pair() != nullptr) return;
  opening_pair_ = true;
  const ListPair pair = pairs_.next_pair();
  feed::Changes changes;
  for (const auto purpose : {status::Purpose::revocation, status::Purpose::suspension}) {
    changes.new_lists.push_back({pair.uri(purpose), purpose, status::kListEntriesMin});
  }
  queue_.submit(std::move(changes),
                [this](const Result<feed::Head>& published) { on_lists_published(published); });
}

void IssuerService::on_lists_published(const Result<feed::Head>& published) {
  opening_pair_ = false;
  tell_ready();
  if (published) {
    lists_wait_.clear();
    return on_feed_changed();
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
  if (pairs_.open_pair() == nullptr) return;
  for (auto& request : std::exchange(parked_, {})) allocate(std::move(request));
}

void IssuerService::issue(Draft draft, std::function<void(Result<std::string>)> done) {
  if (auto blocked = why_not()) return done(Failure{*blocked});
  allocate(std::make_shared<Request>(Request{std::move(draft), std::move(done), 0}));
}

void IssuerService::allocate(std::shared_ptr<Request> request) {
  const ListPair* pair = pairs_.open_pair();
  if (pair == nullptr) {
    if (parked_.size() >= kParkedIssuesMax) {
      return request->done(fail(codes::SERVER_BUSY, parked_.size(),
                                " requests wait for a new status list, the limit is ", kParkedIssuesMax));
    }
    parked_.push_back(std::move(request));
    return ensure_lists();
  }
  const auto index = pairs_.reserve(ports_.rng);
  if (!index) return request->done(index.failure());
  const Allotted allotted{*pair, *index};
  StoreBatch batch;
  batch.allocations.push_back({pair->name, index->value(), request->draft.id, ports_.clock.now().wall});
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
  const auto earlier = ports_.store.allocation_of(request->draft.id);
  if (earlier && *earlier) {
    pairs_.release(allotted.pair.name, allotted.index);
    return request->done(fail(codes::CREDENTIAL_ID_USED, "a credential with this id was issued at ",
                              (*earlier)->issued_at.to_string(), "; leave the id out to get a random one"));
  }
  // Then it was the index: it stays taken and another is drawn.
  if (++request->attempts >= kAllocateAttemptsMax) return request->done(Failure{error});
  allocate(request);
}

void IssuerService::sign(const std::shared_ptr<Request>& request, const Allotted& allotted) {
  const Timestamp now = ports_.clock.now().wall;
  ports_.workers.post(
      [this, request, allotted, now] { request->done(signed_text(request->draft, allotted, now)); });
}

Result<std::string> IssuerService::signed_text(const Draft& draft, const Allotted& allotted, Timestamp now) {
  try {
    auto text = sign_draft(draft, allotted, identity_.verification_method, now, *identity_.signer);
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
  return queue_.bit(pair->revocation, status::StatusIndex(allocation.index));
}

void IssuerService::change_status(const Allocation& allocation, const std::vector<PurposeChange>& changes,
                                  std::function<void(Result<feed::Head>)> done) {
  if (auto blocked = queue_.why_not()) return done(Failure{*blocked});
  const ListPair* pair = pairs_.find(allocation.list);
  VCNODE_ASSERT(pair != nullptr);
  feed::Changes publication;
  for (const PurposeChange& change : changes) {
    publication.status.push_back(
        {pair->uri(change.purpose), status::StatusIndex(allocation.index), change.value});
  }
  queue_.submit(std::move(publication),
                [this, count = changes.size(), done = std::move(done)](Result<feed::Head> head) {
                  if (head) ports_.metrics.count_status_changes(count);
                  done(std::move(head));
                });
}

}  // namespace vcnode::node
