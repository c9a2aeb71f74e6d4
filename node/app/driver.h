// Driver: runs the sans-IO gossip engine on real sockets, disk, threads and time.
//
// Everything an engine output asks for happens here: frames to the PeerTransport, batches to GroupCommit,
// signature checks to a worker, the next deadline to a timer; and what comes back becomes an input. Snapshots
// go to the FeedTable. It knows no rule of the protocol.
// Threading: everything on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/app/clock.h"
#include "node/app/feed_table.h"
#include "node/app/health.h"
#include "node/app/log.h"
#include "node/app/metrics.h"
#include "node/net/loop.h"
#include "node/net/peer_transport.h"
#include "protocol/gossip/engine.h"
#include "storage/group_commit.h"

namespace vcnode::node {

// Threads that check what peers send. With one it waits for the loop as long as the loop waits for it: a
// catch-up then runs at 0.6 of the rate of the bare signature checks, with two at 1.07 (bench_ingest).
inline constexpr std::size_t kCheckThreads = 2;

class Driver final : public PeerHandler {
 public:
  struct Ports {
    EventLoop& loop;
    storage::GroupCommit& commits;
    WorkerPool& checks;  // signature checks of what peers send: not the pool that answers requests
    const Clock& clock;
    FeedTable& feeds;
    Metrics& metrics;
    Health& health;
    Log& log;
  };
  Driver(Ports ports, std::unique_ptr<gossip::Engine> engine);

  // Called after a snapshot of any feed was put into the FeedTable.
  void on_feed_changed(std::function<void(const feed::OriginHash&)> callback) {
    feed_changed_ = std::move(callback);
  }
  // Called after the history or the current epoch of a did:webvh issuer changed.
  void on_issuer_changed(std::function<void(const std::string& scid)> callback) {
    issuer_changed_ = std::move(callback);
  }
  // Before start(). Errors: Engine::begin's.
  [[nodiscard]] Result<void> begin() { return engine_->begin(ports_.clock.now()); }
  void start();
  // No step after this; closes the links. Links close in the background: links() tells how many are left.
  void stop();

  void publish(const feed::OriginHash& origin, const feed::Publication& publication);
  // STORE_FAILED, or Engine::why_not_sign; nullopt: the issuer may sign.
  [[nodiscard]] std::optional<Error> why_not_sign(const feed::OriginHash& hosted) const;

  [[nodiscard]] const gossip::Engine& engine() const noexcept { return *engine_; }
  [[nodiscard]] PeerTransport& transport() noexcept { return transport_; }
  [[nodiscard]] std::size_t links() const noexcept { return links_; }

  void on_peer_up(gossip::PeerUp up) override;
  void on_frame(gossip::FrameIn frame) override;
  void on_peer_down(gossip::PeerDown down) override;
  void on_dial_failed(gossip::DialFailed failed) override;
  void on_written(gossip::PeerId peer, std::size_t bytes) override;

 private:
  void step(gossip::Input input);
  void arm(MonotonicTime deadline);
  void apply(gossip::Send& send);
  void apply(gossip::Dial& dial);
  void apply(gossip::Close& close);
  void apply(gossip::Persist& persist);
  void apply(gossip::Verify& verify);
  void apply(gossip::Event& event);
  void seen(const gossip::FeedChanged& event);
  void note_propagation(const feed::FeedSnapshot& snapshot);
  void seen(const gossip::PeerReady& event);
  void seen(const gossip::PeerRefused& event);
  void seen(const gossip::MisbehaviourSeen& event);
  void seen(const gossip::ClockAhead& event);
  void seen(const gossip::RepairDone& event);
  void seen(const gossip::FeedDelayed& event);
  void seen(const gossip::IssuerChanged& event);
  void seen(const gossip::AdmissionChanged& event);

  Ports ports_;
  DidKeyResolver resolver_;
  std::unique_ptr<gossip::Engine> engine_;
  PeerTransport transport_;
  std::function<void(const feed::OriginHash&)> feed_changed_;
  std::function<void(const std::string&)> issuer_changed_;
  std::optional<EventLoop::TimerId> timer_;
  MonotonicTime armed_for_;
  std::set<feed::OriginHash> published_;  // feeds this node publishes: their heads come from nowhere else
  Timestamp started_{0};
  std::size_t links_ = 0;
  bool stopped_ = false;
};

}  // namespace vcnode::node
