// The witness role: what it signs is durable first, one request of a log at a time.
#include <condition_variable>
#include <mutex>

#include "node/app/codes.h"
#include "node/net/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/cosigner.h"
#include "storage/codes.h"
#include "tests/unit/node/serving/bench.h"

using namespace vcnode;
using namespace vcnode::test;
using namespace vcnode::test::serving;
namespace world = vcnode::verify::world;

namespace {

class StillClock final : public node::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return seconds * 1000; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return seconds * 1000; }
  std::atomic<std::int64_t> seconds = world::kNow.seconds();
};

// A store whose commits wait until they are let through, or fail.
class SlowStore final : public storage::GroupStore {
 public:
  explicit SlowStore(storage::GroupStore& store) : store_(store) {}
  [[nodiscard]] std::vector<Result<void>> commit_group(
      const std::vector<const StoreBatch*>& batches) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
    if (failing_)
      return std::vector<Result<void>>(batches.size(), fail(codes::STORE_FAILED, "the disk is full"));
    return store_.commit_group(batches);
  }
  void let(bool open, bool failing = false) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    failing_ = failing;
    changed_.notify_all();
  }
  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& o) const override {
    return store_.note(o);
  }
  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& o) const override {
    return store_.leaf_count(o);
  }
  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& o, std::uint64_t first,
                                                  std::uint64_t count) const override {
    return store_.leaves(o, first, count);
  }
  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& digest) const override {
    return store_.body(digest);
  }
  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests() const override {
    return store_.body_digests();
  }
  [[nodiscard]] Result<std::vector<feed::OriginHash>> origins() const override { return store_.origins(); }
  [[nodiscard]] Result<std::optional<Allocation>> allocation_of(std::string_view id) const override {
    return store_.allocation_of(id);
  }
  [[nodiscard]] Result<std::optional<Allocation>> allocation_at(std::string_view list,
                                                                std::uint64_t index) const override {
    return store_.allocation_at(list, index);
  }
  [[nodiscard]] Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list) const override {
    return store_.allocated_indexes(list);
  }
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid) const override {
    return store_.entries(scid);
  }
  [[nodiscard]] Result<std::vector<std::string>> entry_scids() const override { return store_.entry_scids(); }
  [[nodiscard]] Result<std::optional<WitnessPut>> witness_record(const feed::OriginHash& o) const override {
    return store_.witness_record(o);
  }

 private:
  storage::GroupStore& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool failing_ = false;
};

// A witness that admits one did:key issuer, and whatever did:webvh issuers are held.
struct Witness : Bench {
  world::Issuer log_issuer{7};
  feed::Origin origin = feed::Origin::of(kNetwork, log_issuer.did()).value();
  KeyPairSigner signer{Ed25519KeyPair::from_seed(Bytes(32, 9)).value()};
  feed::NoteKey key{"witness.example/w", feed::NoteKeyType::cosignature_v1, signer.public_key()};
  StillClock clock;
  SlowStore slow{*store};
  std::unique_ptr<storage::GroupCommit> commits = std::make_unique<storage::GroupCommit>(slow);
  std::vector<Sha256Digest> hashes;

  Witness() {
    node::add_witness_routes(router, {loop,
                                      offload,
                                      *commits,
                                      slow,
                                      feeds,
                                      {{log_issuer.did(), origin, log_issuer.signer().public_key()}},
                                      kNetwork,
                                      clock,
                                      key,
                                      signer});
    for (std::uint64_t i = 0; i < 8; ++i) hashes.push_back(merkle::leaf_hash(as_bytes(std::to_string(i))));
  }
  ~Witness() {
    slow.let(true);
    workers.reset();
    commits.reset();
  }
  [[nodiscard]] std::string checkpoint(std::size_t size) const {
    const merkle::TreeHead tree{size, merkle::root_of(std::span(hashes).first(size))};
    return feed::sign_head(origin, tree, world::kHeadAt, log_issuer.signer()).value().note;
  }
  [[nodiscard]] std::string request(std::size_t old_size, std::size_t size) const {
    witness::AddCheckpoint out{old_size, {}, checkpoint(size)};
    if (old_size > 0 && old_size < size)
      out.proof = merkle::consistency_proof(std::span(hashes).first(size), old_size);
    return out.text();
  }
  HttpResponse add(const std::string& body) { return post("/witness/add-checkpoint", {}, body); }
  // The time of the cosignature in an answer.
  Timestamp cosigned(const HttpResponse& response, const std::string& note) {
    REQUIRE(response.status == 200);
    const auto signed_note = feed::Note::parse(note + text_of(response));
    REQUIRE_OK(signed_note);
    const auto cosignature = feed::verify_cosignature(*signed_note, key);
    REQUIRE_OK(cosignature);
    return cosignature->time;
  }
};

}  // namespace

TEST_CASE("a head is cosigned, and what was cosigned is on record before the answer") {
  Witness witness;
  CHECK(text_of(witness.get("/witness/key")) == witness.key.vkey() + "\n");
  CHECK(witness.cosigned(witness.add(witness.request(0, 3)), witness.checkpoint(3)) == world::kNow);
  auto record = witness.store->witness_record(witness.origin.hash()).value();
  REQUIRE(record);
  CHECK(record->size == 3);
  witness.clock.seconds += 10;
  CHECK(witness.cosigned(witness.add(witness.request(3, 5)), witness.checkpoint(5)) ==
        world::kNow.plus_seconds(10));
  CHECK(witness.store->witness_record(witness.origin.hash()).value()->size == 5);
  witness.clock.seconds -= 3600;  // a clock that steps back
  CHECK(witness.cosigned(witness.add(witness.request(5, 5)), witness.checkpoint(5)) ==
        world::kNow.plus_seconds(11));
}

TEST_CASE("every refusal has its status and its code") {
  Witness witness;
  REQUIRE(witness.add(witness.request(0, 3)).status == 200);
  check_problem(witness.add("new 3\n"), 400, codes::WITNESS_REQUEST_MALFORMED);
  check_problem(witness.add("old 3\n\nnonsense"), 400, codes::NOTE_MALFORMED);
  check_problem(witness.add(witness.request(5, 4)), 400, codes::WITNESS_REQUEST_MALFORMED, "larger");

  const auto conflict = witness.add(witness.request(2, 5));
  CHECK(conflict.status == 409);
  CHECK(conflict.content_type == "text/x.tlog.size");
  CHECK(text_of(conflict) == "3\n");
  record_code(codes::WITNESS_SIZE_CONFLICT.slug);

  auto wrong_proof = witness::AddCheckpoint::parse(witness.request(3, 5)).value();
  wrong_proof.proof.pop_back();
  check_problem(witness.add(wrong_proof.text()), 422, codes::MERKLE_PROOF_INVALID);

  std::swap(witness.hashes[0], witness.hashes[1]);
  check_problem(witness.add(witness.request(3, 3)), 409, codes::WITNESS_ROOT_CONFLICT);

  world::Issuer stranger(8);
  const merkle::TreeHead tree{3, merkle::root_of(std::span(witness.hashes).first(3))};
  const std::string forged =
      feed::sign_head(witness.origin, tree, world::kHeadAt, stranger.signer()).value().note;
  check_problem(witness.add(witness::AddCheckpoint{3, {}, forged}.text()), 403, codes::NOTE_UNSIGNED);
  std::string damaged = witness.checkpoint(3);
  const auto sign = damaged.find("— ");
  damaged[damaged.find('\n', sign) - 4] ^= 1;
  const auto bad = witness.add(witness::AddCheckpoint{3, {}, damaged}.text());
  CHECK((bad.status == 403 || bad.status == 400));

  const auto unknown = feed::Origin::of(kNetwork, stranger.did()).value();
  const std::string other = feed::sign_head(unknown, tree, world::kHeadAt, stranger.signer()).value().note;
  check_problem(witness.add(witness::AddCheckpoint{0, {}, other}.text()), 404, codes::NOT_FOUND,
                stranger.did().text().substr(8));
  CHECK(witness.store->witness_record(witness.origin.hash()).value()->size == 3);
}

TEST_CASE("of a did:webvh issuer the newest epoch is known, by the key that its DID names") {
  const Chronicle chronicle = Chronicle().list("1").open_epoch();
  Witness witness;
  const auto request = [&](std::size_t epoch) {
    return witness::AddCheckpoint{0, {}, chronicle.head(epoch).note}.text();
  };
  check_problem(witness.add(request(2)), 404, codes::NOT_FOUND);
  witness.hold(chronicle);
  CHECK(witness.add(request(2)).status == 200);
  check_problem(witness.add(request(1)), 404, codes::NOT_FOUND, "epoch 2");
}

TEST_CASE("what cannot be made durable is not signed") {
  Witness witness;
  witness.slow.let(true, true);
  check_problem(witness.add(witness.request(0, 3)), 503, codes::STORE_FAILED);
  witness.slow.let(true);
  CHECK(witness.add(witness.request(0, 2)).status == 200);  // nothing of size 3 was promised
}

TEST_CASE("requests of one log wait for one another, a crowd is refused, another log is not held up") {
  Witness witness;
  witness.slow.let(false);
  std::vector<std::future<HttpResponse>> asked;
  if (!witness.thread.joinable()) witness.thread = std::thread([&witness] { witness.loop.run(); });
  const std::string body = witness.request(0, 3);
  for (int i = 0; i < 12; ++i) {
    auto answered = std::make_shared<std::promise<HttpResponse>>();
    asked.push_back(answered->get_future());
    witness.loop.post([&witness, body, answered] {
      HttpRequest request;
      request.method = "POST";
      request.path = "/witness/add-checkpoint";
      request.headers["host"] = "uni.example";
      request.body = body;
      witness.router.handle(request,
                            [answered](HttpResponse response) { answered->set_value(std::move(response)); });
    });
  }
  for (int i = 9; i < 12; ++i) {  // one is at work, eight wait
    REQUIRE(asked[static_cast<std::size_t>(i)].wait_for(std::chrono::seconds(10)) ==
            std::future_status::ready);
    check_problem(asked[static_cast<std::size_t>(i)].get(), 503, codes::SERVER_BUSY);
  }
  CHECK(asked[0].wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);  // not durable yet
  witness.slow.let(true);
  CHECK(asked[0].get().status == 200);
  for (std::size_t i = 1; i < 9; ++i) {  // each read what the one before wrote
    const auto answer = asked[i].get();
    CHECK(answer.status == 409);
    CHECK(text_of(answer) == "3\n");
  }
}
