// How a hosted issuer with proven times issues: through its time batches.
//
// The index of a credential is part of what the batch covers, so it is reserved before the batch and made
// durable after the quorum has cosigned, just before the signature: a batch that came to nothing has spent no
// index and no id. A reservation is lost with the process; so is the document that had it, which nobody
// signed.
#include <nlohmann/json.hpp>

#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "node/net/codes.h"
#include "protocol/issuer/origins.h"

namespace vcnode::node {

void IssuerService::make_batcher(TimeBatcher::Options options) {
  TimeBatcher::Issuer issuer;
  issuer.name = identity_.name;
  issuer.feed = [this] { return batch_feed(); };
  issuer.publish = [this](feed::NewTimeBatch batch,
                          std::function<void(Result<TimeBatcher::Published>)> done) {
    publish_batch(batch, std::move(done));
  };
  batcher_ =
      std::make_unique<TimeBatcher>(std::move(options),
                                    TimeBatcher::Ports{ports_.loop, ports_.workers, ports_.store,
                                                       ports_.clock, ports_.metrics, ports_.log, ports_.rng},
                                    std::move(issuer));
}

std::vector<WitnessClient::Stand> IssuerService::witnesses() const {
  return batcher_ ? batcher_->witnesses() : std::vector<WitnessClient::Stand>();
}

Result<TimeBatcher::Feed> IssuerService::batch_feed() const {
  if (const auto blocked = why_not()) return Failure{*blocked};
  const auto now = in_force();
  if (!queue_ || !now || waits_for_entry())
    return fail(codes::SERVER_BUSY, "an entry of the issuer's log is on its way; try again");
  TimeBatcher::Feed out{now->origin, {}};
  for (std::uint64_t epoch = now->origin.epoch(); identity_.log && epoch > 1; --epoch)
    if (auto before = issuer::origin_of(identity_.network, identity_.log->scid, epoch - 1))
      out.earlier.push_back(*std::move(before));
  return out;
}

void IssuerService::publish_batch(feed::NewTimeBatch batch,
                                  std::function<void(Result<TimeBatcher::Published>)> done) {
  auto feed = batch_feed();
  if (!feed) return done(feed.failure());
  feed::Changes changes;
  changes.time_batches.push_back(batch);
  queue_->submit(std::move(changes),
                 [origin = std::move(feed->origin), done = std::move(done)](const Result<feed::Head>& head) {
                   if (!head) return done(head.failure());
                   done(TimeBatcher::Published{origin, *head});
                 });
}

void IssuerService::batch(const std::shared_ptr<Request>& request, const Allotted& allotted) {
  const auto refuse = [&](const Error& why) {
    pairs_.release(allotted.pair.name, allotted.index);
    request->done(Failure{why});
  };
  if (const auto used = why_id_is_used(request->draft.id)) return refuse(*used);
  auto document = with_status_for_batch(request->draft, allotted);
  if (!document) return refuse(document.error());
  batcher_->add(
      std::make_shared<const nlohmann::json>(*std::move(document)),
      [this, request, allotted, closed = pairs_closed_](const Result<TimeBatcher::Document>& finished) {
        on_batched(request, allotted, closed, finished);
      });
}

void IssuerService::on_batched(const std::shared_ptr<Request>& request, const Allotted& allotted,
                               std::uint64_t pairs_closed, const Result<TimeBatcher::Document>& document) {
  auto why = document ? why_not() : std::optional(document.error());  // it may have ended meanwhile
  if (why) {
    pairs_.release(allotted.pair.name, allotted.index);
    return request->done(Failure{*std::move(why)});
  }
  // The feed turned out to be newer than the store: the index may be somebody else's.
  if (pairs_closed != pairs_closed_) return allocate(request);
  request->document = *document;
  store_allocation(request, allotted);
}

}  // namespace vcnode::node
