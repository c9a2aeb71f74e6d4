// How fast what peers send becomes durable, beside the signature checks that cannot be saved.
//
// The node's own parts in the node's own threads: the gossip engine on one thread (here also an honest peer
// that serves a feed of statements from memory), peers' signatures on a pool of one, commits on GroupCommit's
// writer into SQLite with a sync per group, on the disk under the build folder. The clock runs from the
// peer's hello until the last statement is durable and shown. Baseline: crypto_sign_verify_detached over 64
// bytes on one thread, before and after each run. Wall clock on both sides, since a disk is waited for.
#include <fcntl.h>
#include <sodium.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/driver.h"
#include "node/net/loop.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/bench/figures.h"
#include "tests/bench/serving_peer.h"

namespace vcnode::bench {
namespace {

constexpr double kAim = 0.8;
constexpr std::chrono::seconds kPatience(30);  // a disk may take its time, a mistake here waits for ever
constexpr double kBaselineSeconds = 0.25;
constexpr long kTmpfsMagic = 0x01021994;
constexpr Timestamp kNow{1'795'355'400};
constexpr gossip::PeerId kPeer(1);

// A folder on the disk that the build folder is on: tmpfs syncs for nothing.
class WorkFolder {
 public:
  WorkFolder()
      : path_(std::filesystem::read_symlink("/proc/self/exe").parent_path() / concat("ingest-", ::getpid())) {
    std::filesystem::create_directory(path_);
    struct statfs facts {};
    require(::statfs(path_.c_str(), &facts) == 0, "statfs");
    require(facts.f_type != kTmpfsMagic, concat(path_.string(), " is in memory, not on a disk"));
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The store, with a watch on its writer.
class TimedStore final : public storage::GroupStore {
 public:
  explicit TimedStore(storage::GroupStore& inner) : inner_(inner) {}
  [[nodiscard]] std::vector<Result<void>> commit_group(
      const std::vector<const StoreBatch*>& batches) override {
    const double start = wall_seconds();
    auto out = inner_.commit_group(batches);
    seconds = seconds + (wall_seconds() - start);
    ++groups;
    return out;
  }
  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& o) const override {
    return inner_.note(o);
  }
  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& o) const override {
    return inner_.leaf_count(o);
  }
  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& o, std::uint64_t first,
                                                  std::uint64_t count) const override {
    return inner_.leaves(o, first, count);
  }
  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& d) const override {
    return inner_.body(d);
  }
  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests() const override {
    return inner_.body_digests();
  }
  [[nodiscard]] Result<std::vector<feed::OriginHash>> origins() const override { return inner_.origins(); }
  [[nodiscard]] Result<std::optional<Allocation>> allocation_of(std::string_view id) const override {
    return inner_.allocation_of(id);
  }
  [[nodiscard]] Result<std::optional<Allocation>> allocation_at(std::string_view list,
                                                                std::uint64_t index) const override {
    return inner_.allocation_at(list, index);
  }
  [[nodiscard]] Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list) const override {
    return inner_.allocated_indexes(list);
  }
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid) const override {
    return inner_.entries(scid);
  }
  [[nodiscard]] Result<std::vector<std::string>> entry_scids() const override { return inner_.entry_scids(); }
  [[nodiscard]] Result<std::optional<WitnessPut>> witness_record(const feed::OriginHash& o) const override {
    return inner_.witness_record(o);
  }
  double seconds = 0;  // read when the writer has ended
  std::size_t groups = 0;

 private:
  storage::GroupStore& inner_;
};

struct Shares {  // of the run's wall time
  double loop = 0;
  double checks = 0;
  double commits = 0;
  double groups = 0;
};

// What node/app's Driver is, without sockets: outputs become work, and what comes back becomes inputs.
class Ingest {
 public:
  Ingest(const StatementFeed& feed, storage::GroupStore& store)
      : feed_(feed),
        store_(store),
        peer_(feed, kNow,
              [this](Bytes bytes) {
                put(gossip::FrameIn{kPeer, std::move(bytes)});
              }),
        node_key_(test::named_key("node measured")),
        engine_(options_for(feed), node_key_, store_, {}) {
    commits_.emplace(store_);
    checks_.emplace(node::kCheckThreads);
  }

  // Seconds until everything is held.
  double run() {
    const double start = wall_seconds();
    const double cpu_start = thread_cpu_seconds();
    started_ = start;
    peer_.say_hello();
    step(gossip::PeerUp{kPeer, gossip::Role::acceptor, ServingPeer::binding(), "peer:1"});
    while (!complete_) step(take());
    const double took = wall_seconds() - start;
    shares_.loop = (thread_cpu_seconds() - cpu_start) / took;
    checks_.reset();
    commits_.reset();
    shares_.checks = check_seconds_.load() / took / node::kCheckThreads;
    shares_.commits = store_.seconds / took;
    shares_.groups = static_cast<double>(store_.groups);
    return took;
  }
  [[nodiscard]] const Shares& shares() const { return shares_; }

 private:
  static gossip::Options options_for(const StatementFeed& feed) {
    gossip::Options out;
    out.network = std::string(ServingPeer::kNetwork);
    out.admitted = {feed.issuer.admitted()};
    return out;
  }

  void step(gossip::Input input) {
    const auto ms = static_cast<std::int64_t>((wall_seconds() - started_) * 1e3);
    gossip::Outputs outputs = engine_.step(std::move(input), {MonotonicTime(ms), kNow});
    for (gossip::Output& output : outputs.list) std::visit([this](auto& kind) { apply(kind); }, output);
  }
  void apply(gossip::Send& send) { peer_.on_frame(send.bytes); }
  void apply(gossip::Dial&) {}
  void apply(gossip::Close& close) { require(false, concat("the link was closed: ", close.reason.message)); }
  void apply(gossip::Persist& persist) {
    commits_->submit(std::move(persist.batch), [this, token = persist.token](const Result<void>& result) {
      require(result.has_value(), "a commit succeeds");
      put(gossip::Persisted{token, std::nullopt});
    });
  }
  void apply(gossip::Verify& verify) {
    checks_->post([this, job = std::move(verify)] {
      const double start = thread_cpu_seconds();
      auto verified = gossip::run_verify(job, resolver_);
      if (const auto* body = std::get_if<feed::CheckedBody>(&verified.outcome))
        require(!body->bad, "every statement verifies");
      check_seconds_.fetch_add(thread_cpu_seconds() - start);
      put(std::move(verified));
    });
  }
  void apply(gossip::Event& event) {
    if (const auto* seen = std::get_if<gossip::MisbehaviourSeen>(&event))
      require(false, concat("an honest peer was blamed: ", seen->reason.message));
    const auto* changed = std::get_if<gossip::FeedChanged>(&event);
    if (changed == nullptr) return;
    complete_ =
        changed->snapshot->head.tree.size == feed_.leaves.size() && changed->snapshot->missing_count == 0;
  }

  void put(gossip::Input input) {
    {
      const std::lock_guard lock(mutex_);
      inputs_.push_back(std::move(input));
    }
    arrived_.notify_one();
  }
  gossip::Input take() {
    std::unique_lock lock(mutex_);
    require(arrived_.wait_for(lock, kPatience, [this] { return !inputs_.empty(); }), "the engine goes on");
    gossip::Input out = std::move(inputs_.front());
    inputs_.pop_front();
    return out;
  }

  const StatementFeed& feed_;
  TimedStore store_;
  ServingPeer peer_;
  KeyPairSigner node_key_;
  DidKeyResolver resolver_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<gossip::Input> inputs_;
  gossip::Engine engine_;
  std::optional<storage::GroupCommit> commits_;
  std::optional<node::WorkerPool> checks_;
  std::atomic<double> check_seconds_{0};
  double started_ = 0;
  bool complete_ = false;
  Shares shares_;
};

// crypto_sign_verify_detached per second, wall clock, one thread.
class RawChecks {
 public:
  explicit RawChecks(const test::NetIssuer& issuer) : key_(issuer.signer.public_key()) {
    KeyPairSigner signer = test::named_key("issuer bench");
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      messages_[i].fill(static_cast<std::uint8_t>(i));
      signatures_[i] = *signer.sign(messages_[i]);
    }
  }
  [[nodiscard]] double per_second() const {
    const double start = wall_seconds();
    std::uint64_t calls = 0;
    double now = start;
    for (; now - start < kBaselineSeconds; now = wall_seconds()) {
      for (std::size_t i = 0; i < messages_.size(); ++i, ++calls) {
        const bool good = crypto_sign_verify_detached(signatures_[i].data(), messages_[i].data(),
                                                      messages_[i].size(), key_.data()) == 0;
        require(good, "a raw signature verifies");
      }
    }
    return static_cast<double>(calls) / (now - start);
  }

 private:
  std::array<std::array<std::uint8_t, 64>, 32> messages_{};
  std::array<Ed25519Signature, 32> signatures_{};
  Ed25519PublicKey key_;
};

void check_held(const StatementFeed& feed, const storage::GroupStore& store) {
  const auto note = store.note(feed.issuer.hash());
  require(note.has_value() && *note == feed.head.note, "the head is stored");
  require(store.leaf_count(feed.issuer.hash()).value() == feed.leaves.size(), "all leaves are stored");
  for (const auto& [digest, body] : feed.bodies) {
    const auto held = store.body(digest);
    require(held.has_value() && *held && **held == body, "all statements are stored");
  }
}

// What one sync of this disk costs: the machine's part of every durable figure.
std::vector<double> sync_us(const WorkFolder& folder, int count) {
  const auto path = folder.path() / "probe";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  require(file >= 0, "open");
  const std::array<char, 4096> page{};
  std::vector<double> out;
  for (int i = 0; i < count; ++i) {
    const double start = wall_seconds();
    require(::pwrite(file, page.data(), page.size(), i * 4096L) == 4096 && ::fdatasync(file) == 0,
            "fdatasync");
    out.push_back((wall_seconds() - start) * 1e6);
  }
  ::close(file);
  return out;
}

void run(FigureReport& report, const Command& command) {
  const std::size_t statements = command.once ? 500 : command.quick ? 10'000 : 50'000;
  const int repetitions = command.once ? 1 : command.quick ? 3 : 7;
  const StatementFeed feed(statements, kNow.plus_seconds(-60));
  const RawChecks raw(feed.issuer);
  const WorkFolder folder;
  Figure rate{"durable ingest",
              "1/s",
              {},
              0,
              std::nullopt,
              concat(statements, " signed statements of ", feed.bodies.begin()->second.size(),
                     " B under one head, engine + checks + SQLite")};
  Figure baseline{"  raw crypto_sign_verify_detached, one thread", "1/s", {}, 0};
  Figure ratio{"durable ingest / raw signature checks", "ratio", {}, 0, FigureAim{true, kAim}};
  std::vector<double> loop, checks, commits, groups;
  for (int i = 0; i < repetitions; ++i) {
    const auto path = folder.path() / concat("store-", i);
    auto store = storage::open_sqlite_store(path).value();
    const double before = raw.per_second();
    Ingest ingest(feed, *store);
    const double seconds = ingest.run();
    const double after = raw.per_second();
    check_held(feed, *store);
    rate.values.push_back(static_cast<double>(statements) / seconds);
    baseline.values.push_back((before + after) / 2);
    ratio.values.push_back(rate.values.back() / baseline.values.back());
    for (Figure* figure : {&rate, &baseline, &ratio}) figure->checked += statements;
    loop.push_back(ingest.shares().loop);
    checks.push_back(ingest.shares().checks);
    commits.push_back(ingest.shares().commits);
    groups.push_back(ingest.shares().groups);
    store.reset();
    std::filesystem::remove(path);
  }
  const std::string name = ratio.name;
  rate.note += concat("; ", static_cast<int>(median(groups)), " commits");
  report.add(std::move(rate));
  report.add(std::move(baseline));
  report.add(std::move(ratio));
  const auto syncs = sync_us(folder, command.once ? 10 : 200);
  report.add(Figure{"  4 KB written and synced on the same disk", "us", syncs, syncs.size()});
  report.add(Part{name, "thread of signature checks busy (CPU)", median(checks)});
  report.add(Part{name, "engine thread busy, the serving peer included (CPU)", median(loop)});
  report.add(Part{name, "commit thread busy or waiting for the disk (wall)", median(commits)});
}

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode::bench;
  const Command command = read_command(argc, argv);
  FigureReport report("bench_ingest");
  run(report, command);
  report.print(command.json);
  return 0;
}
