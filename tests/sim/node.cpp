#include "tests/sim/node.h"

#include <algorithm>
#include <utility>

#include "protocol/gossip/restore.h"
#include "storage/codes.h"
#include "tests/sim/desk.h"

namespace vcnode::sim {
namespace {

// The engine's invariants cost more than a step: every step of a small network, a sample of a large one.
constexpr std::uint64_t kInvariantsEvery = 32;
constexpr std::int64_t kDiskMsMin = 1, kDiskMsMax = 8;
constexpr std::int64_t kCheckMsMin = 1, kCheckMsMax = 3;
constexpr std::int64_t kStepSettledMs = 60'000;

}  // namespace

Node::Node(World& world, Network& network, Watch& watch, std::vector<Issuer>& issuers, std::size_t number)
    : world_(world),
      network_(network),
      watch_(watch),
      issuers_(issuers),
      number_(number),
      key_(named_key(concat("node ", number))),
      pace_(stream(world.seed, "pace", number)),
      disk_(world.arena) {}

Node::~Node() = default;

// Smaller than the defaults where that lets a few nodes reach a limit.
gossip::Limits Node::limits() {
  gossip::Limits limits;
  limits.verify_queue_max = 16;
  limits.send_queue_bytes_max = 4 * 1024 * 1024;
  return limits;
}

void Node::set_clock_offset(std::int64_t seconds) {
  const bool settled = world_.now_ms() - stepped_at_ms_ > kStepSettledMs;
  earlier_offset_seconds_ =
      settled ? clock_offset_seconds_ : std::max(clock_offset_seconds_, earlier_offset_seconds_);
  stepped_at_ms_ = world_.now_ms();
  clock_offset_seconds_ = seconds;
}

Timestamp Node::latest_wall() const {
  const bool settled = world_.now_ms() - stepped_at_ms_ > kStepSettledMs;
  return settled ? wall() : std::max(wall(), world_.wall().plus_seconds(earlier_offset_seconds_));
}

// ---- life

gossip::Options Node::options() const {
  gossip::Options options;
  options.network = kNetworkName;
  options.limits = limits();
  options.waive_start_check = waived_;
  options.seed = derive_seed(world_.seed, "engine", number_ * 1'000'003 + life_);
  for (const Issuer& issuer : issuers_)
    if (!issuer.sponsored || plan_.hosts == &issuer) options.admitted.push_back(issuer.admitted());
  if (world_.scenario.sponsored > 0) options.admitted.front().quota = statement::kQuotaMax;
  if (plan_.hosts != nullptr) {
    const feed::OriginHash& own = plan_.hosts->hash();
    const bool has_signed = *disk_.note(own) || *disk_.note(feed::new_store_mark(own));
    options.hosted.push_back({plan_.hosts->origin, has_signed});
  }
  for (const Network::Place place : plan_.dials)
    options.peers.push_back({Network::address_of(place), std::nullopt});
  return options;
}

void Node::boot() {
  VCNODE_ASSERT(!runs());
  ++life_;
  waived_ = std::exchange(waives_next_, false);
  disk_.reopen();
  gossip::Options own = options();
  store_.reset();
  worn_disk_.emplace(disk_);
  auto replicas = gossip::restore_feeds(own.admitted, *worn_disk_, world_.signatures.resolver());
  boot_failed_ = false;
  if (!replicas) return boot_fails(replicas.error());
  store_.emplace(*worn_disk_, [this](const Error& found) {
    world_.say(concat("node ", number_, " found its disk damaged"));
    if (!store_failed_) store_failed_ = found;
  });
  engine_ = std::make_unique<gossip::Engine>(std::move(own), key_, *store_, *std::move(replicas));
  if (const auto begun = engine_->begin({MonotonicTime(world_.now_ms()), wall()}); !begun) {
    engine_.reset();
    return boot_fails(begun.error());
  }
  armed_for_ = -1;
  watch_.each([&](Checker& checker) { checker.on_start(*this); });
  if (plan_.hosts != nullptr) desk_ = std::make_unique<Desk>(world_, watch_, *this, *plan_.hosts);
  step(gossip::Tick{});
  if (desk_) desk_->start();
}

void Node::boot_fails(const Error& error) {
  boot_failed_ = true;
  store_failed_.reset();
  if (error.code != codes::STORE_CORRUPT)
    world_.violate("start", concat("node ", number_, " cannot start from its own disk: ", error.message));
}

void Node::kill() {
  ++life_;
  engine_.reset();
  desk_.reset();
  stored_.clear();
  store_failed_.reset();
  checks_under_way_ = 0;
  disk_busy_until_ = 0;
  network_.drop_all(static_cast<Network::Place>(number_), "the process ended");
}

const feed::FeedReplica* Node::replica(const feed::OriginHash& origin) const {
  return engine_ ? engine_->replica(origin) : nullptr;
}

void Node::after(std::int64_t delay_ms, std::function<void()> task) {
  world_.after(delay_ms, [this, life = life_, task = std::move(task)] {
    if (runs() && life_ == life) task();
  });
}

// ---- the engine

void Node::step(gossip::Input input) {
  if (!runs() || world_.violation) return;
  gossip::Outputs outputs = engine_->step(std::move(input), {MonotonicTime(world_.now_ms()), wall()});
  if (issuers_.size() * world_.scenario.nodes < 1000 || ++steps_ % kInvariantsEvery == 0)
    engine_->check_invariants();
  world_.trace.add(static_cast<std::uint64_t>(world_.now_ms()) << 20 | number_);
  for (gossip::Output& output : outputs.list) {
    world_.trace.add(output.index());
    std::visit([this](auto& concrete) { apply(concrete); }, output);
  }
  arm(outputs.next_deadline);
  watch_.each([&](Checker& checker) { checker.on_step(*this); });
}

void Node::frame(gossip::PeerId peer, Bytes bytes) {
  if (!runs()) return;
  watch_.each([&](Checker& checker) { checker.on_frame(*this, peer, bytes); });
  step(gossip::FrameIn{peer, std::move(bytes)});
}

void Node::arm(MonotonicTime deadline) {
  const std::int64_t due = deadline.milliseconds();
  if (armed_for_ >= 0 && armed_for_ <= due) return;
  armed_for_ = due;
  world_.wheel.at(due, {Event::Kind::tick, static_cast<std::uint32_t>(number_), life_, 0});
}

void Node::on_tick(std::uint32_t life) {
  if (life != life_ || !runs() || armed_for_ != world_.now_ms()) return;
  armed_for_ = -1;
  step(gossip::Tick{});
}

void Node::apply(gossip::Send& send) {
  world_.trace.add(send.bytes);
  bytes_sent_ += send.bytes.size();
  frames_sent_ += 1;
  watch_.each([&](Checker& checker) { checker.on_sent(*this, send.peer, send.bytes); });
  network_.send(send.peer, std::move(send.bytes));
}

void Node::apply(gossip::Dial& dial) {
  network_.dial(static_cast<Network::Place>(number_), dial.address);
}

void Node::apply(gossip::Close& close) {
  network_.hang_up(close.peer);
}

void Node::apply(gossip::Persist& persist) {
  store(std::move(persist.batch), [this, token = persist.token](const Result<void>& result) {
    std::optional<Error> error;
    if (!result) error = result.error();
    step(gossip::Persisted{token, error});
  });
}

void Node::apply(gossip::Verify& verify) {
  ++checks_under_way_;
  const std::uint32_t item = checking_.put({std::move(verify)});
  world_.wheel.at(world_.now_ms() + between(pace_, kCheckMsMin, kCheckMsMax),
                  {Event::Kind::verified, static_cast<std::uint32_t>(number_), life_, item});
}

void Node::on_verified(std::uint32_t life, std::uint32_t item) {
  const Checking checking = checking_.take(item);
  if (life != life_ || !runs()) return;
  --checks_under_way_;
  step(world_.signatures.run(checking.job));
}

void Node::apply(gossip::Event& event) {
  world_.trace.add(event.index());
  watch_.each([&](Checker& checker) { checker.on_event(*this, event); });
  if (const auto* changed = std::get_if<gossip::FeedChanged>(&event)) {
    watch_.each([&](Checker& checker) { checker.on_accepted(*this, *changed->snapshot); });
    if (desk_ && changed->origin == plan_.hosts->hash()) after(0, [this] { desk_->on_feed_changed(); });
  }
}

// ---- the disk: one writer, in order

void Node::store(StoreBatch batch, Stored done) {
  if (const auto call = std::exchange(on_next_store_, nullptr)) call();
  disk_.write(std::move(batch));
  stored_.push_back(std::move(done));
  disk_busy_until_ = std::max(world_.now_ms(), disk_busy_until_) + between(pace_, kDiskMsMin, kDiskMsMax);
  world_.wheel.at(disk_busy_until_, {Event::Kind::synced, static_cast<std::uint32_t>(number_), life_, 0});
}

void Node::on_synced(std::uint32_t life) {
  if (life != life_ || !runs()) return;
  const auto result = store_->commit(disk_.take_written());
  const Stored done = std::move(stored_.front());
  stored_.pop_front();
  const bool ends = !result && result.error().code != codes::STORE_CONFLICT;
  if (ends && !store_failed_) store_failed_ = result.error();
  done(result);
}

void Node::publish(const feed::OriginHash& origin, const feed::Publication& publication) {
  step(gossip::Publish{origin, publication});
}

std::optional<Error> Node::why_not_sign(const feed::OriginHash& origin) const {
  if (store_failed_) return store_failed_;
  return engine_->why_not_sign(origin);
}

}  // namespace vcnode::sim
