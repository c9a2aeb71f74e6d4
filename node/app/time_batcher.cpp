#include "node/app/time_batcher.h"

#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/assert.h"
#include "node/app/codes.h"
#include "node/net/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/witness/codes.h"

namespace vcnode::node {

namespace {

// An entry of the issuer's log is on its way: what waits goes into a batch after it.
bool is_for_a_moment(const Error& why) {
  return why.code == codes::SERVER_BUSY;
}

}  // namespace

// A batch on its way. What is in it belongs to one thread at a time.
struct TimeBatcher::Running {
  Feed feed;
  std::vector<Waiting> entries;
  std::shared_ptr<FeedTree> tree;
  std::optional<batch::TimeBatch> made;
  std::uint64_t number = 0;
  std::optional<Published> published;
  witness::TlogProof proof;
  std::vector<Result<Document>> finished;  // by entry
};

TimeBatcher::TimeBatcher(Options options, Ports ports, Issuer issuer)
    : options_(std::move(options)),
      ports_(ports),
      issuer_(std::move(issuer)),
      client_(options_.witnesses, {ports.loop, ports.clock, ports.metrics, ports.log}) {}

TimeBatcher::~TimeBatcher() = default;

void TimeBatcher::start() {
  due_ms_ = ports_.clock.monotonic_ms() + options_.cadence_ms;
  arm();
}

void TimeBatcher::stop(const Error& why) {
  if (std::exchange(stopped_, true)) return;
  if (timer_) ports_.loop.cancel(*std::exchange(timer_, std::nullopt));
  client_.stop();
  auto left = std::exchange(waiting_, {});
  if (const auto running = std::exchange(running_, nullptr))
    left.insert(left.end(), running->entries.begin(), running->entries.end());
  for (Waiting& one : left) one.done(Failure{why});
}

void TimeBatcher::add(Document document, Done done) {
  if (stopped_) return done(fail(codes::SHUTTING_DOWN, "the node is stopping"));
  if (waiting_.size() >= kWaitForBatchMax)
    return done(fail(codes::SERVER_BUSY, waiting_.size(),
                     " credentials wait for the next time batch, the limit is ", kWaitForBatchMax));
  waiting_.push_back({std::move(document), std::move(done)});
}

void TimeBatcher::arm() {
  const std::int64_t wait_ms = due_ms_ - ports_.clock.monotonic_ms();
  timer_ = ports_.loop.after_ms(std::max<std::int64_t>(wait_ms, 0), [this] {
    timer_.reset();
    tick();
  });
}

// A batch that takes longer than the cadence costs the ticks it takes.
void TimeBatcher::tick() {
  if (running_ == nullptr) begin();
  const std::int64_t now = ports_.clock.monotonic_ms();
  while (due_ms_ <= now) due_ms_ += options_.cadence_ms;
  arm();
}

void TimeBatcher::begin() {
  auto feed = issuer_.feed();
  if (!feed && is_for_a_moment(feed.error())) return;
  auto entries = std::exchange(waiting_, {});
  if (!feed) {
    for (Waiting& one : entries) one.done(feed.failure());
    return;
  }
  running_ = std::make_shared<Running>(
      Running{*std::move(feed), std::move(entries), std::exchange(tree_, nullptr), {}, 0, {}, {}, {}});
  offload(running_, &TimeBatcher::prepare, &TimeBatcher::on_prepared);
}

void TimeBatcher::offload(const RunningPtr& batch, Result<void> (TimeBatcher::*work)(Running&) const,
                          void (TimeBatcher::*then)(const RunningPtr&, const Result<void>&)) {
  ports_.workers.post([this, batch, work, then] {
    Result<void> done;
    try {
      done = (this->*work)(*batch);
    } catch (const std::exception& fault) {
      ports_.log.limited(LogLevel::error, "time-batch", "internal fault", {{"what", fault.what()}});
      done = fail(codes::INTERNAL_FAULT, "the time batch could not be made; the node's log says why");
    }
    ports_.loop.post([this, batch, then, done = std::move(done)] {
      if (running_ == batch) (this->*then)(batch, done);
    });
  });
}

// ---- batch

Result<void> TimeBatcher::prepare(Running& batch) const {
  if (batch.tree == nullptr || !(batch.tree->origin() == batch.feed.origin)) {
    VCNODE_TRY(auto tree, FeedTree::open(ports_.store, batch.feed.origin, batch.feed.earlier));
    batch.tree = std::make_shared<FeedTree>(std::move(tree));
  } else {
    VCNODE_CHECK(batch.tree->grow(ports_.store));
  }
  std::vector<nlohmann::json> documents;
  for (const Waiting& one : batch.entries) documents.push_back(*one.document);
  VCNODE_TRY(batch.made, batch::TimeBatch::of(documents, ports_.rng));
  batch.number = batch.tree->last_number() + 1;
  return {};
}

void TimeBatcher::on_prepared(const RunningPtr& batch, const Result<void>& prepared) {
  if (!prepared) return fail_batch(batch, prepared.error());
  issuer_.publish({batch->number, batch->made->root()}, [this, batch](Result<Published> published) {
    if (running_ == batch) on_published(batch, std::move(published));
  });
}

// ---- quorum

void TimeBatcher::on_published(const RunningPtr& batch, Result<Published> published) {
  if (!published) return fail_batch(batch, published.error());
  batch->published = *std::move(published);
  offload(batch, &TimeBatcher::place, &TimeBatcher::on_placed);
}

// Where the leaf stands, and how the head's tree is made.
Result<void> TimeBatcher::place(Running& batch) const {
  const feed::Head& head = batch.published->head;
  if (!(batch.tree->origin() == batch.published->origin)) {  // another epoch began
    VCNODE_TRY(auto tree, FeedTree::open(ports_.store, batch.published->origin, {}));
    batch.tree = std::make_shared<FeedTree>(std::move(tree));
  } else {
    VCNODE_CHECK(batch.tree->grow(ports_.store));
  }
  const auto index = batch.tree->last_index();
  const auto& tree = batch.tree->tree();
  if (!index || *index >= head.tree.size || tree.size() < head.tree.size ||
      tree.root(head.tree.size) != head.tree.root || batch.tree->last_number() != batch.number)
    return fail(codes::PUBLISHER_STATE_INCOMPLETE, "the leaves of ", batch.published->origin.text(),
                " do not lead to its head of size ", head.tree.size);
  batch.proof.index = *index;
  batch.proof.path = tree.inclusion_proof(*index, head.tree.size);
  return {};
}

void TimeBatcher::on_placed(const RunningPtr& batch, const Result<void>& placed) {
  if (!placed) return fail_batch(batch, placed.error());
  const feed::Head& head = batch->published->head;
  client_.cosign(
      head.note,
      [tree = batch->tree, size = head.tree.size](std::uint64_t old_size) {
        return tree->tree().consistency_proof(old_size, size);
      },
      [this, batch](Result<std::string> checkpoint) {
        if (running_ == batch) on_cosigned(batch, std::move(checkpoint));
      });
}

void TimeBatcher::on_cosigned(const RunningPtr& batch, Result<std::string> checkpoint) {
  if (!checkpoint) return fail_batch(batch, checkpoint.error());
  batch->proof.checkpoint = *std::move(checkpoint);
  offload(batch, &TimeBatcher::insert, &TimeBatcher::on_inserted);
}

// ---- insert

Result<void> TimeBatcher::insert(Running& batch) const {
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    auto document = batch.made->with_entry(*batch.entries[i].document, i, batch.number, batch.proof);
    if (document)
      batch.finished.emplace_back(std::make_shared<const nlohmann::json>(*std::move(document)));
    else
      batch.finished.emplace_back(document.failure());
  }
  return {};
}

void TimeBatcher::on_inserted(const RunningPtr& batch, const Result<void>& inserted) {
  if (!inserted) return fail_batch(batch, inserted.error());
  ports_.metrics.count_time_batch("proven");
  give_back(batch);
  for (std::size_t i = 0; i < batch->entries.size(); ++i)
    batch->entries[i].done(std::move(batch->finished[i]));
}

// ---- the end

void TimeBatcher::give_back(const RunningPtr& batch) {
  tree_ = batch->tree;
  running_.reset();
}

// The feed of the batch is over, or about to be: its witnesses cosign the next one.
bool TimeBatcher::has_moved_on(const Running& batch) const {
  const auto now = issuer_.feed();
  return now ? !(now->origin == batch.feed.origin) : is_for_a_moment(now.error());
}

void TimeBatcher::fail_batch(const RunningPtr& batch, const Error& why) {
  ports_.metrics.count_time_batch(why.code == codes::WITNESS_QUORUM_MISSED ? "missed" : "failed");
  ports_.log.limited(LogLevel::warn, "time-batch", "no time batch",
                     {{"issuer", issuer_.name},
                      {"credentials", std::to_string(batch->entries.size())},
                      {"code", std::string(why.code.slug())},
                      {"reason", why.message}});
  give_back(batch);
  const bool again = has_moved_on(*batch);
  for (Waiting& one : batch->entries) {
    if (again && !std::exchange(one.was_put_back, true))
      waiting_.push_back(std::move(one));
    else
      one.done(Failure{why});
  }
}

}  // namespace vcnode::node
