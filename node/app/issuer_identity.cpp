// How a hosted issuer follows its own log: which keys sign, which feed is published to, and how the next
// entry gets there.
//
// An entry that keeps the feed is one publication: its leaf. One that opens an epoch is two: its leaf, the
// last of the old epoch, and the first leaves of the new one. A node that ends between them finds an epoch
// without leaves and begins it: settle() does what the history asks for, however far an earlier run came.
// Where the old feed key is lost, or somebody else used it, the entry alone is stored, and the new epoch is
// begun in the same way (issuer_recovery.cpp).
#include <algorithm>
#include <utility>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/origins.h"
#include "protocol/publication_batch.h"
#include "storage/codes.h"

namespace vcnode::node {

namespace {

constexpr std::int64_t kPollMs = 20;
constexpr std::int64_t kSettleRetryMs = 1'000;
// Durable within milliseconds, shown by the engine at once unless it is taking something else in.
constexpr std::int64_t kShownMsMax = 10'000;

feed::Publisher::Options publisher_options(const IssuerService::InForce& by,
                                           const feed::FeedReplica& replica) {
  return {by.origin, replica.issuer(), by.verification_method, by.assertion.get(), by.feed.get()};
}

// From which whole second on the version is in force.
Timestamp first_second_of(webvh::Instant time) {
  return time.nanoseconds() == 0 ? time.second() : time.second().plus_seconds(1);
}

feed::NewEntry new_entry(const webvh::VersionId& version, Bytes body) {
  return {version.number(), version.text(), std::move(body)};
}

}  // namespace

// ---- what is in force

Result<IssuerService::InForce> IssuerService::choose() const {
  if (!identity_.log) {
    const OpenKeyFile& only = identity_.keys.assertion.begin()->second;
    VCNODE_TRY(auto origin, feed::Origin::of(identity_.network, identity_.did));
    return InForce{identity_.did,     "",
                   std::move(origin), did_key::verification_method_of(only.signer->public_key()),
                   only.signer,       only.signer};
  }
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  if (!held || held->history->versions.empty())
    return fail(codes::ISSUER_LOG_MISSING, "the log of the issuer ", identity_.name, ", ",
                identity_.did.text(), ", is not held here; its peers are asked for it");
  const issuer::History& history = *held->history;
  if (history.dispute)
    return fail(codes::DID_DISPUTED, "the issuer ", identity_.name, " has ", history.dispute->siblings.size(),
                " entries after version ", history.versions.back().state.version_id().text(),
                " that exclude each other");
  const webvh::State& newest = history.versions.back().state;
  if (history.deactivated())
    return fail(codes::ISSUER_DEACTIVATED, "the issuer ", identity_.name, " was deactivated by version ",
                newest.version_id().text());
  if (history.epochs.empty() || held->feed == nullptr)
    return fail(codes::ISSUER_WITHOUT_FEED, "version ", newest.version_id().text(), " of the issuer ",
                identity_.name, " names no feed in the network '", identity_.network, "'");
  const issuer::Epoch& epoch = history.epochs.back();
  const feed::Origin& origin = held->feed->origin();
  if (origin.epoch() != epoch.feed.epoch)
    return fail(codes::EPOCH_INCOMPLETE, "epoch ", origin.epoch(), " of the issuer ", identity_.name,
                " is not held up to the seal that its log states; peers are asked for it");
  VCNODE_TRY(auto assertion, assertion_key_of(identity_.keys, newest));
  VCNODE_TRY(auto feed_signer, feed_signer_of(identity_.keys, epoch.feed));
  return InForce{newest.did().did(),
                 newest.version_id().text(),
                 origin,
                 std::move(assertion.verification_method),
                 std::move(assertion.signer),
                 std::move(feed_signer),
                 first_second_of(newest.version_time())};
}

void IssuerService::settle_later(const Error& why) {
  blocked_ = why;
  if (settle_wait_.due(why.code.slug(), ports_.clock.monotonic_ms()))
    ports_.log.warn(
        "issuer", "nothing can be signed",
        {{"issuer", identity_.name}, {"code", std::string(why.code.slug())}, {"reason", why.message}});
  tell_ready();
  resume();  // who waits is told so
  if (settle_timer_) return;
  settle_timer_ = ports_.loop.after_ms(kSettleRetryMs, [this] {
    settle_timer_.reset();
    settle();
  });
}

// Never while an earlier queue may still sign: it calls this again when it is idle.
void IssuerService::settle() {
  if (change_ || beginning_ || stopped_ || draining_ != nullptr) return;
  auto next = choose();
  const auto now = in_force();
  if (!next) {
    if (queue_) retire_queue([this] { settle(); });
    return settle_later(next.error());
  }
  if (queue_ && now && *now == *next) return;
  const feed::FeedReplica* replica = ports_.driver.engine().replica(next->origin.hash());
  if (queue_) return retire_queue([this] { settle(); });
  if (identity_.log && (replica == nullptr || !replica->head())) {
    if (const auto why = ports_.driver.why_not_sign(next->origin.hash())) return settle_later(*why);
    return begin_feed(*next);
  }
  install(*std::move(next));
}

void IssuerService::install(InForce next) {
  blocked_.reset();
  settle_wait_.clear();
  {
    const std::lock_guard lock(mutex_);
    did_ = next.did;
    in_force_ = std::make_shared<const InForce>(std::move(next));
  }
  queue_ = std::make_unique<PublicationQueue>(
      publisher_options(*in_force_, *ports_.driver.engine().replica(in_force_->origin.hash())),
      PublicationQueue::Ports{ports_.loop, ports_.commits, ports_.driver, ports_.clock, ports_.metrics,
                              ports_.health, ports_.log},
      identity_.log ? identity_.log->scid : "");
  // Entries of a log are at least a second apart, so the newest may be dated a little ahead.
  if (const std::int64_t ahead_ms = in_force_->since.seconds() * 1000 - ports_.clock.wall_ms(); ahead_ms > 0)
    hold_back(ahead_ms);
  queue_->on_overtaken([this] { close_pairs(); });
  queue_->with_each_batch([this, origin = in_force_->origin](StoreBatch& batch, const feed::Head& head) {
    remember(batch, origin, head);
  });
  recall();
  queue_->start();
  learn();
  resume();
  if (pairs_.open_pair() != nullptr) return tell_ready();
  ensure_lists();
}

void IssuerService::resume() {
  if (waits_for_entry()) return;
  for (auto& waiting : std::exchange(held_, {})) waiting();
  if (queue_) return serve_parked();
  if (blocked_) refuse_parked(*blocked_);
}

void IssuerService::hold_back(std::int64_t ms) {
  hold_until_ms_ = ports_.clock.monotonic_ms() + ms;
  ports_.loop.after_ms(ms, [this] {
    if (!stopped_) resume();
  });
}

// What was submitted is still published; only then may anybody else sign for this feed.
void IssuerService::retire_queue(std::function<void()> idle) {
  draining_ = queue_.get();
  retired_.push_back(std::move(queue_));
  when_idle(*draining_, std::move(idle));
}

void IssuerService::when_idle(PublicationQueue& queue, std::function<void()> idle) {
  if (!queue.idle()) {
    ports_.loop.after_ms(kPollMs, [this, &queue, idle = std::move(idle)]() mutable {
      if (!stopped_) when_idle(queue, std::move(idle));
    });
    return;
  }
  queue.stop();
  draining_ = nullptr;
  ports_.loop.post(std::move(idle));
}

// ---- publications outside the queue

// REQUIRES: nobody else signs for this feed. `replica` is its state.
void IssuerService::publish_once(const InForce& by, const feed::FeedReplica& replica,
                                 const feed::Changes& changes, Shown shown) {
  const Timestamp now = ports_.clock.now().wall;
  auto publisher = feed::Publisher::open(publisher_options(by, replica), replica);
  if (!publisher) return shown(publisher.failure());
  auto prepared = publisher->prepare(changes, now);
  if (!prepared) return shown(prepared.failure());
  const auto publication = std::make_shared<const feed::Publication>(*std::move(prepared));
  const auto finish = [this, publication, origin = by.origin, shown](const Result<void>& stored) {
    if (!stored) {
      if (ends_storing(stored.error())) ports_.health.store_failed = stored.error();
      return shown(stored.failure());
    }
    ports_.metrics.count_publication();
    ports_.driver.publish(origin.hash(), *publication);
    wait_shown(origin, publication->head, ports_.clock.now().wall, shown);
  };
  StoreBatch batch = batch_of(by.origin.hash(), *publication, identity_.log->scid);
  if (continues_own(replica)) remember(batch, by.origin, publication->head);
  ports_.commits.submit(std::move(batch), [this, finish](const Result<void>& stored) {
    ports_.loop.post([finish, stored] { finish(stored); });
  });
}

// Durable it is; until it is shown, the history does not know the entry.
void IssuerService::wait_shown(const feed::Origin& origin, const feed::Head& head, Timestamp since,
                               Shown shown) {
  const feed::FeedReplica* replica = ports_.driver.engine().replica(origin.hash());
  const bool here = replica == nullptr || replica->size() >= head.tree.size;  // no replica: its epoch is over
  if (here || ports_.clock.now().wall > since.plus_seconds(kShownMsMax / 1000)) return shown(head);
  ports_.loop.after_ms(kPollMs, [this, origin, head, since, shown = std::move(shown)]() mutable {
    if (!stopped_) wait_shown(origin, head, since, std::move(shown));
  });
}

// The first leaves of the newest epoch.
feed::Changes IssuerService::beginning_of(const issuer::History& history) const {
  const issuer::Epoch& epoch = history.epochs.back();
  const issuer::Version& opened_by = history.versions[epoch.opened_by];
  feed::Changes out;
  if (epoch.feed.seal) {
    const auto before = issuer::origin_of(identity_.network, identity_.log->scid, epoch.feed.epoch - 1);
    VCNODE_ASSERT(before.has_value());  // the epoch's own origin was made in the same way
    out.seal = feed::NewSeal{before->text(), epoch.feed.seal->root};
  }
  const issuer::EntryBody body{opened_by.state.entry().line(), opened_by.proofs};
  out.entries.push_back(new_entry(opened_by.state.version_id(), to_bytes(body.text())));
  return out;
}

void IssuerService::begin_feed(const InForce& next) {
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  const feed::FeedReplica* replica = ports_.driver.engine().replica(next.origin.hash());
  VCNODE_ASSERT(held && replica != nullptr);  // choose() found them
  beginning_ = true;
  publish_once(next, *replica, beginning_of(*held->history), [this](const Result<feed::Head>& shown) {
    beginning_ = false;
    if (!shown) return settle_later(shown.error());
    settle();
  });
}

// ---- the next entry

Result<IssuerService::Change> IssuerService::check_entry(issuer::EntryBody body) const {
  if (!identity_.log)
    return fail(codes::ISSUER_WITHOUT_LOG, "the issuer ", identity_.name, " is ", identity_.did.text(),
                ", which has no log");
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  if (!held || held->history->versions.empty())
    return fail(codes::ISSUER_LOG_MISSING, "the log of the issuer ", identity_.name, " is not held here");
  const issuer::History& history = *held->history;
  const webvh::State& newest = history.versions.back().state;
  VCNODE_TRY(const auto entry, webvh::Entry::parse(body.line));
  if (history.dispute || entry.version_id().number() != newest.version_id().number() + 1)
    return fail(codes::ENTRY_NOT_NEXT, "the entry is version ", entry.version_id().text(),
                "; the newest version of the issuer ", identity_.name, " is ", newest.version_id().text(),
                history.dispute ? ", after which its log is disputed" : "");
  const webvh::Rules rules{ports_.clock.now().wall, {}};
  issuer::EntrySet with = *held->entries;
  if (const auto added = with.add(body, rules); !added && added.error().code != codes::ENTRY_WITHOUT_WEIGHT)
    return added.failure();  // without weight: until its leaf is in the feed
  VCNODE_TRY(auto state, webvh::apply(&newest, entry, rules));
  VCNODE_TRY(auto named, issuer::feed_service_of(state, identity_.network));
  if (state.version_time().second() <= last_signed_)
    return fail(codes::ENTRY_TIME_PASSED, "the entry is dated ", state.version_time().second().to_string(),
                "; a credential was signed at ", last_signed_.to_string(), ", and it must be later");
  return Change{std::move(state), std::move(body), std::move(named), {}, {}};
}

// A thief who closed the feed does not end the issuer: its next epoch may begin before that.
std::optional<Error> IssuerService::why_closed() const {
  if (!identity_.log) return std::nullopt;
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  if (!held || held->feed == nullptr || !held->feed->closed()) return std::nullopt;
  return fail(codes::FEED_CLOSED, "the issuer ", identity_.name, " has closed the feed ",
              held->feed->origin().text(),
              " for good, so no entry of its log can follow: its keys can neither be changed nor declared "
              "compromised any more; if it was somebody else who closed it, `keys recover --seal … "
              "--take-back` opens an epoch that begins before")
      .error;
}

void IssuerService::take_entry(issuer::EntryBody entry, IssuerKeys keys, Recovery recovery,
                               std::function<void(Result<TakenEntry>)> done) {
  if (stopped_) return done(fail(codes::SHUTTING_DOWN, "the node is stopping"));
  if (change_ || beginning_)
    return done(fail(codes::SERVER_BUSY, "another entry of the issuer ", identity_.name, " is on its way"));
  if (const auto now = in_force(); now && queue_) {
    const auto same = webvh::Entry::parse(entry.line);
    if (same && same->version_id().text() == now->version_id)  // an answer was lost
      return done(TakenEntry{now->version_id, queue_->head()});
  }
  if (const auto closed = why_closed(); closed && !recovery.alone) return done(Failure{*closed});
  auto change = check_entry(std::move(entry));
  if (!change) {
    if (change.error().code == codes::ENTRY_TIME_PASSED) hold_back(kEntryHoldMs);
    return done(change.failure());
  }
  change->recovery = recovery;
  change->done = std::move(done);
  identity_.keys = std::move(keys);
  change_.emplace(*std::move(change));
  if (queue_) return retire_queue([this] { run_change(); });
  run_change();
}

void IssuerService::run_change() {
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  const issuer::History& history = *held->history;
  const bool had_feed = !history.epochs.empty();
  const bool opens = change_->feed && (!had_feed || change_->feed->epoch > history.epochs.back().feed.epoch);
  if (!had_feed)
    return end_change(fail(codes::ISSUER_WITHOUT_FEED, "the issuer ", identity_.name,
                           " has no feed to which this entry could be committed"));
  const auto signer = feed_signer_of(identity_.keys, history.epochs.back().feed);
  const feed::FeedReplica* replica = held->feed;
  if (replica == nullptr || !replica->head())
    return end_change(
        fail(codes::EPOCH_INCOMPLETE, "the feed of the issuer ", identity_.name, " is not held here"));
  const auto why = ports_.driver.why_not_sign(replica->origin().hash());
  const bool lost = !signer || (why && why->code == codes::OWN_FEED_CONTRADICTED);
  if (opens && (lost || change_->recovery.alone)) return recover_epoch();
  if (!signer) return end_change(signer.failure());
  if (why) return end_change(Failure{*why});
  const merkle::TreeHead& tree = replica->head()->tree;
  if (opens && change_->feed->seal != tree) {
    hold_back(kEntryHoldMs);
    return end_change(fail(codes::SEAL_OUTDATED, "the entry seals epoch ", replica->origin().epoch(),
                           " at size ", change_->feed->seal->size, "; its feed has ", tree.size,
                           " leaves and the root ", hex_encode(tree.root.view())));
  }
  publish_entry();
}

// Its leaf is the last of the epoch, if the entry opens the next one.
void IssuerService::publish_entry() {
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  const auto feed_key = feed_signer_of(identity_.keys, held->history->epochs.back().feed);
  // Signs nothing but the head: no list and no statement comes with it.
  const InForce by{
      held->history->versions.back().state.did().did(), "", held->feed->origin(), "", *feed_key, *feed_key};
  feed::Changes changes;
  changes.entries.push_back(new_entry(change_->version.version_id(), to_bytes(change_->body.text())));
  publish_once(by, *held->feed, changes, [this](const Result<feed::Head>& shown) {
    if (!shown) return end_change(shown.failure());
    finish_change();
  });
}

void IssuerService::end_change(Result<TakenEntry> result) {
  auto done = std::move(change_->done);
  change_.reset();
  settle();
  done(std::move(result));
}

// Answered when the keys and the feed that the entry names are in force.
void IssuerService::finish_change() {
  Change change = *std::exchange(change_, std::nullopt);
  hold_until_ms_ = 0;
  settle();
  const std::string version = change.version.version_id().text();
  if (!change.feed || change.version.deactivated()) return change.done(TakenEntry{version, std::nullopt});
  const auto done = [done = std::move(change.done),
                     warnings = std::move(change.warnings)](Result<TakenEntry> taken) {
    if (taken) taken->warnings = warnings;
    done(std::move(taken));
  };
  answer_in_force(version, done, kShownMsMax / kPollMs);
}

void IssuerService::answer_in_force(const std::string& version, std::function<void(Result<TakenEntry>)> done,
                                    std::int64_t tries) {
  const auto now = in_force();
  if (queue_ && now && now->version_id == version) return done(TakenEntry{version, queue_->head()});
  if (stopped_ || tries == 0)
    return done(fail(codes::SERVER_BUSY, "version ", version, " of the issuer ", identity_.name,
                     " is durable; its keys are not in force yet",
                     blocked_ ? concat(": ", blocked_->message) : std::string()));
  ports_.loop.after_ms(kPollMs, [this, version, done = std::move(done), tries]() mutable {
    answer_in_force(version, std::move(done), tries - 1);
  });
}

}  // namespace vcnode::node
