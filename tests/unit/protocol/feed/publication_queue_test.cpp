#include "protocol/feed/publication_queue.h"

#include <algorithm>
#include <memory>

#include "protocol/feed/codes.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"
#include "tests/unit/protocol/feed/list_changes.h"

using namespace vcnode;
using feed::Changes;
using feed::Publication;
using feed::PublicationQueue;
using feed::Publisher;
using feed::test::Disk;
using feed::test::Issuer;
using feed::test::kRevocation;
using feed::test::kStart;
using feed::test::kSuspension;
using feed::test::new_lists;
using feed::test::set;
using status::Purpose;
using status::StatusIndex;

namespace {

Changes list_again() {
  return {.new_lists = {{kRevocation, Purpose::revocation}}};
}

// Virtual time, a disk, and what others see: later than the disk if `slow_to_show`.
class Shell final : public feed::PublicationShell {
 public:
  Issuer issuer;
  Disk disk;
  std::deque<Fate> fates = {};  // of the next stores; durable when none is said
  std::optional<Error> blocked = {};
  bool slow_to_show = false;
  std::vector<Publication> shown = {};
  std::vector<Error> said = {};
  int overtakings = 0;
  int stores = 0;

  [[nodiscard]] const feed::FeedReplica& replica() const override { return replica_; }
  [[nodiscard]] std::optional<Error> why_not_sign() const override { return blocked; }
  [[nodiscard]] std::int64_t wall_ms() const override { return kStart.seconds() * 1000 + now_ms_; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return now_ms_; }
  void post(std::function<void()> task) override { after_ms(0, std::move(task)); }
  void after_ms(std::int64_t delay, std::function<void()> task) override {
    tasks_.emplace(now_ms_ + delay, std::move(task));
  }
  void store(const Publication& publication, Stored done) override {
    ++stores;
    const Fate fate = fates.empty() ? Fate::durable : fates.front();
    if (!fates.empty()) fates.pop_front();
    post([this, fate, &publication, done = std::move(done)] {
      if (fate != Fate::durable) return done(fate, fail(codes::LEAF_COUNT, "the store says no"));
      disk.write(publication);
      done(fate, {});
    });
  }
  void show(const Publication& publication) override {
    shown.push_back(publication);
    if (!slow_to_show) show_disk();
  }
  void overtaken() override { ++overtakings; }
  void not_continued(const Error& reason) override { said.push_back(reason); }
  void not_reasserted(const Error& reason) override { said.push_back(reason); }

  void show_disk() {
    auto restored = disk.restore(issuer);
    REQUIRE_OK(restored);
    replica_ = *std::move(restored);
    if (on_feed_changed) post(on_feed_changed);
  }
  void run_for(std::int64_t duration_ms) {
    const std::int64_t end = now_ms_ + duration_ms;
    while (!tasks_.empty() && tasks_.begin()->first <= end) {
      auto next = tasks_.extract(tasks_.begin());
      now_ms_ = std::max(now_ms_, next.key());
      next.mapped()();
    }
    now_ms_ = end;
  }
  std::function<void()> on_feed_changed = {};

 private:
  feed::FeedReplica replica_ = issuer.replica();
  std::multimap<std::int64_t, std::function<void()>> tasks_;
  std::int64_t now_ms_ = 0;
};

struct QueueDesk {
  QueueDesk() {
    shell.on_feed_changed = [this] { queue.on_feed_changed(); };
    queue.start();
    ask(new_lists());
    shell.run_for(1'500);
    REQUIRE(shell.shown.size() == 1);
  }
  using Answer = std::shared_ptr<std::optional<Result<feed::Head>>>;
  Answer ask(Changes changes) {
    auto answer = std::make_shared<std::optional<Result<feed::Head>>>();
    queue.submit(std::move(changes), [answer](const Result<feed::Head>& result) {
      REQUIRE_MESSAGE(!answer->has_value(), "answered twice");
      answer->emplace(result);
    });
    return answer;
  }
  [[nodiscard]] bool bit(const std::string& uri, std::uint64_t index) const {
    return queue.publisher()->bit(uri, StatusIndex(index)).value();
  }

  Shell shell;
  PublicationQueue queue{shell.issuer.publisher_options(), shell};
};

}  // namespace

TEST_CASE("what is asked for within a second shares one head") {
  QueueDesk desk;
  const auto first = desk.ask(set(kRevocation, 1));
  const auto second = desk.ask(set(kRevocation, 2));
  const auto third = desk.ask(set(kSuspension, 1));
  desk.shell.run_for(10);
  const auto fourth = desk.ask(set(kRevocation, 3));
  desk.shell.run_for(10);
  REQUIRE_OK(first->value());  // no head was made in this second
  CHECK(!second->has_value());
  desk.shell.run_for(1'000);
  for (const auto& answer : {first, second, third, fourth}) REQUIRE_OK(answer->value());
  CHECK((*second)->value().note == (*third)->value().note);
  CHECK((*second)->value().note == (*fourth)->value().note);
  CHECK((*fourth)->value().time == (*first)->value().time.plus_seconds(1));
  CHECK(desk.shell.stores == 3);
}

TEST_CASE("a bit that is already so costs no head") {
  QueueDesk desk;
  const auto answer = desk.ask(set(kRevocation, 1, false));
  desk.shell.run_for(1'000);
  REQUIRE_OK(answer->value());
  CHECK((*answer)->value().note == desk.queue.publisher()->head()->note);
  CHECK(desk.shell.stores == 1);
}

TEST_CASE("of several changes only the one at fault is refused") {
  QueueDesk desk;
  const auto before = desk.ask(set(kRevocation, 1));
  const auto faulty = desk.ask(list_again());
  const auto after = desk.ask(set(kRevocation, 2));
  const auto unrevoked = desk.ask(set(kRevocation, 1, false));
  desk.shell.run_for(5'000);
  REQUIRE_OK(before->value());
  CHECK_CODE(faulty->value(), codes::STATUS_LIST_EXISTS);
  REQUIRE_OK(after->value());
  CHECK_CODE(unrevoked->value(), codes::STATUS_REVOCATION_FINAL);
  CHECK(desk.bit(kRevocation, 1));
  CHECK(desk.bit(kRevocation, 2));
}

TEST_CASE("nobody waits behind a change that needs no head") {
  QueueDesk desk;
  const auto nothing_to_do = desk.ask(set(kRevocation, 1, false));
  const auto faulty = desk.ask(list_again());
  const auto good = desk.ask(set(kRevocation, 2));
  desk.shell.run_for(5'000);
  REQUIRE(good->has_value());
  REQUIRE_OK(nothing_to_do->value());
  CHECK_CODE(faulty->value(), codes::STATUS_LIST_EXISTS);
  REQUIRE_OK(good->value());
}

TEST_CASE("a change is answered when others see it, or two seconds after it became durable") {
  QueueDesk desk;
  desk.shell.slow_to_show = true;
  const auto shown_soon = desk.ask(set(kRevocation, 1));
  desk.shell.run_for(200);
  CHECK(desk.bit(kRevocation, 1));
  CHECK(!shown_soon->has_value());
  desk.shell.show_disk();
  desk.shell.run_for(1);
  REQUIRE_OK(shown_soon->value());

  desk.shell.run_for(2'000);
  const auto never_shown = desk.ask(set(kRevocation, 2));
  desk.shell.run_for(feed::kShownMsMax - 1);
  CHECK(!never_shown->has_value());
  desk.shell.run_for(1);
  REQUIRE_OK(never_shown->value());
}

TEST_CASE("after a conflict the same change is tried again, but not for ever") {
  QueueDesk desk;
  using Fate = feed::PublicationShell::Fate;
  desk.shell.fates = {Fate::conflict, Fate::conflict};
  const auto answer = desk.ask(set(kRevocation, 1));
  desk.shell.run_for(2'000);
  REQUIRE_OK(answer->value());
  CHECK(desk.shell.stores == 4);

  desk.shell.fates.assign(feed::kConflictRetriesMax + 1, Fate::conflict);
  const auto hopeless = desk.ask(set(kRevocation, 2));
  desk.shell.run_for((feed::kConflictRetriesMax + 1) * feed::kConflictRetryMs + 1'000);
  CHECK_CODE(hopeless->value(), codes::LEAF_COUNT);
  CHECK(!desk.bit(kRevocation, 2));
}

TEST_CASE("what was not stored is not published, and the next change is") {
  QueueDesk desk;
  desk.shell.fates = {feed::PublicationShell::Fate::failed};
  const auto refused = desk.ask(set(kRevocation, 1));
  desk.shell.run_for(0);
  const auto next = desk.ask(set(kRevocation, 2));
  desk.shell.run_for(2'000);
  CHECK_CODE(refused->value(), codes::LEAF_COUNT);
  REQUIRE_OK(next->value());
  CHECK(!desk.bit(kRevocation, 1));
  CHECK(desk.shell.shown.size() == 2);
}

TEST_CASE("a longer log of the issuer's own is continued, and reported") {
  QueueDesk desk;
  auto elsewhere = Publisher::open(desk.shell.issuer.publisher_options(), desk.shell.replica());
  REQUIRE_OK(elsewhere);
  const auto made = elsewhere->prepare(set(kRevocation, 7), kStart.plus_seconds(60));
  REQUIRE_OK(made);
  desk.shell.disk.write(*made);
  desk.shell.show_disk();
  desk.shell.run_for(60'000);
  CHECK(desk.shell.overtakings == 1);
  CHECK(desk.bit(kRevocation, 7));
  const auto on_top = desk.ask(set(kRevocation, 8));
  desk.shell.run_for(2'000);
  REQUIRE_OK(on_top->value());
  CHECK((*on_top)->value().tree.size == made->head.tree.size + 1);
}

TEST_CASE("a later head of the same log that was not made here is reported") {
  QueueDesk desk;
  auto elsewhere = Publisher::open(desk.shell.issuer.publisher_options(), desk.shell.replica());
  REQUIRE_OK(elsewhere);
  const auto made = elsewhere->prepare_reassert(kStart.plus_seconds(48 * 3600));
  REQUIRE_OK(made);
  REQUIRE(made->has_value());
  desk.shell.show_disk();
  desk.shell.run_for(1'000);
  CHECK(desk.shell.overtakings == 0);  // its own head again
  desk.shell.disk.write(**made);
  desk.shell.show_disk();
  desk.shell.run_for(60'000);
  CHECK(desk.shell.overtakings == 1);
  const auto on_top = desk.ask(set(kRevocation, 8));
  desk.shell.run_for(2'000);
  REQUIRE_OK(on_top->value());
  CHECK(desk.shell.overtakings == 1);
}

TEST_CASE("while the node may not sign, every change is told why") {
  QueueDesk desk;
  desk.shell.blocked = fail(codes::PUBLISHER_STATE_INCOMPLETE, "not yet").error;
  const auto answer = desk.ask(set(kRevocation, 1));
  desk.shell.run_for(0);
  CHECK_CODE(answer->value(), codes::PUBLISHER_STATE_INCOMPLETE);
  desk.shell.run_for(30'000);
  CHECK(desk.shell.stores == 1);
}

TEST_CASE("who waits when the queue is stopped is answered, whatever becomes of his change") {
  QueueDesk desk;
  desk.shell.fates = {feed::PublicationShell::Fate::conflict};
  const auto being_stored = desk.ask(set(kRevocation, 1));
  const auto waiting = desk.ask(set(kRevocation, 2));
  desk.queue.stop(fail(codes::PUBLISHER_STATE_INCOMPLETE, "it ends").error);
  const auto late = desk.ask(set(kRevocation, 3));
  desk.shell.run_for(60'000);
  CHECK_CODE(being_stored->value(), codes::LEAF_COUNT);
  CHECK_CODE(waiting->value(), codes::PUBLISHER_STATE_INCOMPLETE);
  CHECK_CODE(late->value(), codes::PUBLISHER_STATE_INCOMPLETE);
  CHECK(desk.shell.stores == 2);
}

TEST_CASE("while a suspension is in force the head is signed anew every hour") {
  QueueDesk desk;
  desk.ask(set(kSuspension, 1));
  desk.shell.run_for(2'000);
  const std::uint64_t size = desk.queue.publisher()->size();
  const std::size_t before = desk.shell.shown.size();
  desk.shell.run_for(3'700'000);
  REQUIRE(desk.shell.shown.size() == before + 1);
  CHECK(desk.shell.shown.back().leaves.empty());
  CHECK(desk.queue.publisher()->size() == size);
  CHECK(desk.shell.said.empty());
}

TEST_CASE("a queue is idle when nothing waits, is stored or is to be shown") {
  QueueDesk desk;
  desk.shell.run_for(2'000);
  CHECK(desk.queue.idle());
  desk.shell.slow_to_show = true;
  const auto answer = desk.ask(set(kRevocation, 1));
  CHECK_FALSE(desk.queue.idle());
  desk.shell.run_for(100);
  CHECK_FALSE(answer->has_value());
  CHECK_FALSE(desk.queue.idle());  // durable, not shown
  desk.shell.show_disk();
  desk.shell.run_for(100);
  REQUIRE_OK(answer->value());
  CHECK(desk.queue.idle());
}

TEST_CASE("every kind of change is published, those of one second together") {
  QueueDesk desk;
  desk.shell.run_for(2'000);
  const auto before = desk.shell.disk.leaves.size();
  const auto statement = statement_entry(desk.shell.issuer, "urn:s:1");
  const auto first = desk.ask({.statements = {{"urn:s:1", statement.body}}});
  desk.shell.run_for(100);
  const auto batch = desk.ask({.time_batches = {{1, {}}}});
  const auto observed =
      desk.ask({.observations = {{"https://a.example/did.json#1#2026-01-01T00:00:00Z", to_bytes("seen")}}});
  const auto ended = desk.ask({.list_keys = {{"urn:d:1", {}}}});
  const auto entry = desk.ask({.entries = {{1, feed::test::version_id(1), to_bytes("line\n")}}});
  desk.shell.run_for(2'000);
  REQUIRE_OK(first->value());
  for (const auto& answer : {batch, observed, ended, entry}) {
    REQUIRE_OK(answer->value());
    CHECK((*answer)->value().note == (*batch)->value().note);
  }
  CHECK(desk.shell.disk.leaves.size() == before + 5);
  CHECK(desk.shell.shown.back().entries.size() == 1);
}

TEST_CASE("what comes after a close, or with a second seal, is refused and takes nothing down with it") {
  QueueDesk desk;
  desk.ask(set(kRevocation, 1));
  desk.shell.run_for(10);
  const auto before = desk.ask(set(kRevocation, 2));
  const auto closing =
      desk.ask({.close = feed::NewStatement{kStart.to_string(), to_bytes(closed_text(desk.shell.issuer))}});
  const auto after = desk.ask(set(kRevocation, 3));
  desk.shell.run_for(2'000);
  REQUIRE_OK(before->value());
  REQUIRE_OK(closing->value());
  CHECK_CODE(after->value(), codes::FEED_CLOSED);
  const auto late = desk.ask(set(kRevocation, 4));
  desk.shell.run_for(2'000);
  CHECK_CODE(late->value(), codes::FEED_CLOSED);
  CHECK(desk.bit(kRevocation, 2));
}

TEST_CASE("a seal where no epoch begins is refused, two of them one by one") {
  QueueDesk desk;
  const feed::NewSeal seal{feed::test::Epoch().as.origin.text(), {}};
  desk.ask(set(kRevocation, 1));
  desk.shell.run_for(10);
  const auto first = desk.ask({.seal = seal}), second = desk.ask({.seal = seal});
  desk.shell.run_for(3'000);
  CHECK_CODE(first->value(), codes::SEAL_MISPLACED);
  CHECK_CODE_NAMES(second->value(), codes::SEAL_MISPLACED, "already");
}
