// Node: one honest node: the production engine, a simulated disk, and between them what node/app does.
//
// The order is the real shell's: signed → durable → visible → acknowledged. Everything here belongs to one
// life of the process; kill() forgets it, boot() starts the next from the disk.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/watched_store.h"
#include "tests/sim/checkers.h"
#include "tests/sim/disk.h"
#include "tests/sim/network.h"
#include "tests/sim/worn_disk.h"

namespace vcnode::sim {

class Desk;

struct NodePlan {
  std::vector<Network::Place> dials;
  Issuer* hosts = nullptr;
};

class Node final : public Endpoint {
 public:
  using Stored = std::function<void(const Result<void>&)>;
  Node(World& world, Network& network, Watch& watch, std::vector<Issuer>& issuers, std::size_t number);
  ~Node() override;

  // ---- life
  void set_plan(NodePlan plan) { plan_ = std::move(plan); }
  void boot();
  void kill();
  [[nodiscard]] bool runs() const noexcept { return engine_ != nullptr; }
  [[nodiscard]] bool boot_failed() const noexcept { return boot_failed_; }
  // The operator answers for the next start: no start check.
  void waive_start_check() noexcept { waives_next_ = true; }
  [[nodiscard]] bool start_check_waived() const noexcept { return waived_; }  // in this life
  [[nodiscard]] bool store_failed() const noexcept { return store_failed_.has_value(); }
  void set_clock_offset(std::int64_t seconds);
  [[nodiscard]] std::int64_t clock_offset() const noexcept { return clock_offset_seconds_; }
  [[nodiscard]] Timestamp wall() const { return world_.wall().plus_seconds(clock_offset_seconds_); }
  // The latest this clock has shown within the last minute: a head may be judged before and stored after a
  // step.
  [[nodiscard]] Timestamp latest_wall() const;
  [[nodiscard]] static gossip::Limits limits();

  // ---- who and what
  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  [[nodiscard]] const NodePlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const gossip::Engine& engine() const { return *engine_; }
  [[nodiscard]] const feed::FeedReplica* replica(const feed::OriginHash& origin) const;
  [[nodiscard]] Disk& disk() noexcept { return disk_; }
  [[nodiscard]] const Disk& disk() const noexcept { return disk_; }
  [[nodiscard]] const WornDisk& worn_disk() const { return *worn_disk_; }  // REQUIRES: runs()
  [[nodiscard]] Desk* desk() noexcept { return desk_.get(); }  // none: hosts nobody, or does not run
  [[nodiscard]] std::size_t checks_under_way() const noexcept { return checks_under_way_; }
  [[nodiscard]] std::size_t stores_under_way() const noexcept { return stored_.size(); }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }
  [[nodiscard]] std::uint64_t frames_sent() const noexcept { return frames_sent_; }

  // ---- what the desk asks of its node
  void store(StoreBatch batch, Stored done);
  void publish(const feed::OriginHash& origin, const feed::Publication& publication);
  [[nodiscard]] std::optional<Error> why_not_sign(const feed::OriginHash& origin) const;
  void after(std::int64_t delay_ms, std::function<void()> task);                        // in this life
  void on_next_store(std::function<void()> call) { on_next_store_ = std::move(call); }  // once

  // ---- Endpoint
  [[nodiscard]] bool listens() const override { return runs(); }
  void link_up(gossip::PeerUp up) override { step(std::move(up)); }
  void frame(gossip::PeerId peer, Bytes bytes) override;
  void link_down(gossip::PeerId peer, const std::string& reason) override {
    step(gossip::PeerDown{peer, reason});
  }
  void dial_failed(const std::string& address, const std::string& reason) override {
    step(gossip::DialFailed{address, reason});
  }

  // ---- events of the wheel
  void on_tick(std::uint32_t life);
  void on_synced(std::uint32_t life);
  void on_verified(std::uint32_t life, std::uint32_t item);

 private:
  struct Checking {
    gossip::Verify job;
  };
  void boot_fails(const Error& error);
  void step(gossip::Input input);
  void apply(gossip::Send& send);
  void apply(gossip::Dial& dial);
  void apply(gossip::Close& close);
  void apply(gossip::Persist& persist);
  void apply(gossip::Verify& verify);
  void apply(gossip::Event& event);
  void arm(MonotonicTime deadline);
  [[nodiscard]] gossip::Options options() const;

  World& world_;
  Network& network_;
  Watch& watch_;
  std::vector<Issuer>& issuers_;
  const std::size_t number_;
  KeyPairSigner key_;
  NodePlan plan_;
  SeededRng pace_;  // how long its disk and its processor take
  Disk disk_;
  std::int64_t clock_offset_seconds_ = 0;
  std::int64_t earlier_offset_seconds_ = 0;
  std::int64_t stepped_at_ms_ = 0;

  std::uint32_t life_ = 0;
  std::optional<WornDisk> worn_disk_;
  std::optional<storage::WatchedStore> store_;  // around worn_disk_
  std::unique_ptr<gossip::Engine> engine_;
  std::unique_ptr<Desk> desk_;
  bool boot_failed_ = false;
  bool waives_next_ = false;
  bool waived_ = false;
  std::optional<Error> store_failed_;
  std::int64_t armed_for_ = -1;
  std::int64_t disk_busy_until_ = 0;
  std::deque<Stored> stored_;
  std::function<void()> on_next_store_;
  Pool<Checking> checking_;
  std::size_t checks_under_way_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t frames_sent_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace vcnode::sim
