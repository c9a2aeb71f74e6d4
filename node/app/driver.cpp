#include "node/app/driver.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "protocol/gossip/codes.h"
#include "storage/codes.h"

namespace vcnode::node {

Driver::Driver(Ports ports, std::unique_ptr<gossip::Engine> engine)
    : ports_(ports), engine_(std::move(engine)), transport_(ports.loop, *this) {}

void Driver::start() {
  started_ = ports_.clock.now().wall;
  step(gossip::Tick{});
}

void Driver::stop() {
  stopped_ = true;
  if (timer_) ports_.loop.cancel(*timer_);
  timer_.reset();
  transport_.close_all("the node is stopping");
}

void Driver::step(gossip::Input input) {
  if (stopped_) return;
  gossip::Outputs outputs = engine_->step(std::move(input), ports_.clock.now());
  for (gossip::Output& output : outputs.list) {
    std::visit([this](auto& concrete) { apply(concrete); }, output);
  }
  arm(outputs.next_deadline);
}

// A tick that comes too early is harmless, so a later deadline leaves the armed timer alone.
void Driver::arm(MonotonicTime deadline) {
  if (stopped_) return;
  if (timer_) {
    if (armed_for_ <= deadline) return;
    ports_.loop.cancel(*timer_);
  }
  armed_for_ = deadline;
  const std::int64_t delay = deadline.milliseconds() - ports_.clock.monotonic_ms();
  timer_ = ports_.loop.after_ms(std::max<std::int64_t>(delay, 0), [this] {
    timer_.reset();
    step(gossip::Tick{});
  });
}

void Driver::apply(gossip::Send& send) {
  transport_.send(send.peer, std::move(send.bytes));
}

void Driver::apply(gossip::Dial& dial) {
  transport_.dial(dial.address);
}

void Driver::apply(gossip::Close& close) {
  transport_.close(close.peer, concat(close.reason.code.slug(), ": ", close.reason.message));
}

void Driver::apply(gossip::Persist& persist) {
  const gossip::Token token = persist.token;
  ports_.commits.submit(std::move(persist.batch), [this, token](const Result<void>& result) {
    std::optional<Error> error;
    if (!result) error = result.error();
    ports_.loop.post([this, token, error = std::move(error)] {
      if (error && ends_storing(*error)) ports_.health.store_failed = error;
      step(gossip::Persisted{token, error});
    });
  });
}

void Driver::apply(gossip::Verify& verify) {
  ports_.checks.post([this, job = std::move(verify)] {
    auto verified = std::make_shared<gossip::Verified>(gossip::run_verify(job, resolver_));
    ports_.loop.post([this, verified] { step(std::move(*verified)); });
  });
}

void Driver::apply(gossip::Event& event) {
  std::visit([this](const auto& concrete) { seen(concrete); }, event);
}

void Driver::seen(const gossip::FeedChanged& event) {
  if (!published_.contains(event.origin)) note_propagation(*event.snapshot);
  ports_.feeds.put(event.snapshot);
  if (feed_changed_) feed_changed_(event.origin);
}

// Only of heads that add entries and were made while this node ran: a re-assertion is made some seconds after
// its T, and what a node catches up with at its start tells how long it was away.
void Driver::note_propagation(const feed::FeedSnapshot& snapshot) {
  const auto before = ports_.feeds.by_origin(snapshot.origin.hash());
  if (before && before->head.tree.size >= snapshot.head.tree.size) return;
  if (snapshot.head.time < started_) return;
  const std::int64_t ms = ports_.clock.wall_ms() - snapshot.head.time.seconds() * 1000;
  ports_.metrics.observe_propagation(static_cast<double>(ms) / 1000);
}

void Driver::seen(const gossip::PeerReady& event) {
  ports_.log.limited(LogLevel::info, "peer", "peer ready", {{"node_key", multikey_encode(event.node_key)}});
}

void Driver::seen(const gossip::PeerRefused& event) {
  ports_.log.limited(LogLevel::info, "peer", "peer lost or refused",
                     {{"code", std::string(event.reason.code.slug())}, {"reason", event.reason.message}});
}

void Driver::seen(const gossip::MisbehaviourSeen& event) {
  ports_.metrics.count_misbehaviour();
  ports_.log.limited(LogLevel::warn, "peer", "peer misbehaved",
                     {{"code", std::string(event.reason.code.slug())},
                      {"reason", event.reason.message},
                      {"standing", std::to_string(event.standing)}});
}

void Driver::seen(const gossip::ClockAhead& event) {
  ports_.log.limited(LogLevel::error, "clock", "clock ahead of peers",
                     {{"seconds", std::to_string(event.seconds)}});
}

void Driver::seen(const gossip::RepairDone& event) {
  if (event.paused)
    ports_.log.limited(LogLevel::warn, "peer", "repair paused", {{"reason", event.paused->message}});
}

void Driver::seen(const gossip::FeedDelayed& event) {
  const LogLevel level = event.reason.code == codes::FEED_CONTRADICTED ? LogLevel::error : LogLevel::debug;
  ports_.log.limited(level, "feed", level == LogLevel::error ? "feed contradicted" : "feed delayed",
                     {{"origin", hex_encode(event.origin.view())},
                      {"code", std::string(event.reason.code.slug())},
                      {"reason", event.reason.message}});
}

void Driver::seen(const gossip::IssuerChanged& event) {
  ports_.feeds.put_history(event.scid, event.history);
  const auto& versions = event.history->versions;
  ports_.log.limited(
      event.history->dispute ? LogLevel::error : LogLevel::info, "issuer",
      event.history->dispute ? "the log of an issuer is disputed" : "the log of an issuer changed",
      {{"scid", event.scid},
       {"version", versions.empty() ? "" : versions.back().state.version_id().text()},
       {"epoch", event.current ? std::to_string(event.current->epoch()) : ""}});
  if (issuer_changed_) issuer_changed_(event.scid);
}

void Driver::seen(const gossip::AdmissionChanged& event) {
  for (const std::string& did : event.admitted)
    ports_.log.limited(LogLevel::info, "admission", "a sponsored issuer is admitted", {{"did", did}});
  for (const std::string& name : event.left)
    ports_.log.limited(LogLevel::warn, "admission", "an issuer is not admitted any more", {{"issuer", name}});
  if (event.refused)
    ports_.log.limited(
        LogLevel::warn, "admission", "sponsored issuers are not held",
        {{"code", std::string(event.refused->code.slug())}, {"reason", event.refused->message}});
}

void Driver::publish(const feed::OriginHash& origin, const feed::Publication& publication) {
  published_.insert(origin);
  step(gossip::Publish{origin, publication});
}

std::optional<Error> Driver::why_not_sign(const feed::OriginHash& hosted) const {
  if (ports_.health.store_failed) return ports_.health.store_failed;
  auto why = engine_->why_not_sign(hosted);
  // The engine knows the rule, not the command line that waives it.
  if (why && why->code == codes::START_CHECK_PENDING)
    why->message +=
        "; connect the configured peers, or, if no newer copy of this feed exists anywhere, start with "
        "`vcnode run --waive-start-check`";
  return why;
}

void Driver::on_peer_up(gossip::PeerUp up) {
  ++links_;
  step(std::move(up));
}

void Driver::on_frame(gossip::FrameIn frame) {
  step(std::move(frame));
}

void Driver::on_peer_down(gossip::PeerDown down) {
  --links_;
  step(std::move(down));
}

void Driver::on_dial_failed(gossip::DialFailed failed) {
  step(std::move(failed));
}

// The transport closes a link whose queue outgrows kLinkQueueBytesMax; an honest peer's credits keep it far
// below.
void Driver::on_written(gossip::PeerId, std::size_t) {}

}  // namespace vcnode::node
