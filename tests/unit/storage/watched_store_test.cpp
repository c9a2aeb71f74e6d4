// Damage that a read finds ends storing; leaves that vanish are damage, unless their feed was dropped.
#include "storage/watched_store.h"

#include <functional>

#include "storage/codes.h"
#include "tests/unit/storage/open_store.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// A watched store with leaves 0 to 2 of feed 1.
struct Watch : OpenStore {
  std::vector<Error> told;
  storage::WatchedStore watched{*store, [this](const Error& error) { told.push_back(error); }};
};

// Calls back in the middle of a commit, before or after the store beneath has done it, or between a read and
// its answer.
class PausingStore final : public storage::GroupStore {
 public:
  std::vector<Result<void>> commit_group(const std::vector<const StoreBatch*>& batches) override {
    before_commit();
    auto outcomes = inner_->commit_group(batches);
    after_commit();
    return outcomes;
  }
  Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                    std::uint64_t count_max) const override {
    auto read = inner_->leaves(origin, first, count_max);
    after_read();
    return read;
  }
  Result<std::optional<std::string>> note(const feed::OriginHash& o) const override {
    return inner_->note(o);
  }
  Result<std::uint64_t> leaf_count(const feed::OriginHash& o) const override { return inner_->leaf_count(o); }
  Result<std::optional<Bytes>> body(const Sha256Digest& d) const override { return inner_->body(d); }
  Result<std::vector<Sha256Digest>> body_digests() const override { return inner_->body_digests(); }
  Result<std::vector<feed::OriginHash>> origins() const override { return inner_->origins(); }
  Result<std::optional<Allocation>> allocation_of(std::string_view id) const override {
    return inner_->allocation_of(id);
  }
  Result<std::optional<Allocation>> allocation_at(std::string_view list, std::uint64_t i) const override {
    return inner_->allocation_at(list, i);
  }
  Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list) const override {
    return inner_->allocated_indexes(list);
  }
  Result<std::vector<StoredEntry>> entries(std::string_view scid) const override {
    return inner_->entries(scid);
  }
  Result<std::vector<std::string>> entry_scids() const override { return inner_->entry_scids(); }
  Result<std::optional<WitnessPut>> witness_record(const feed::OriginHash& o) const override {
    return inner_->witness_record(o);
  }

  std::function<void()> before_commit = [] {};
  std::function<void()> after_commit = [] {};
  std::function<void()> after_read = [] {};

 private:
  std::unique_ptr<storage::GroupStore> inner_ = storage::make_memory_store();
};

}  // namespace

TEST_CASE("the first damage that a read finds ends storing, is told once, and ends no reading") {
  const OpenStore open;
  std::vector<Error> told;
  storage::WatchedStore watched(*open.store, [&](const Error& error) { told.push_back(error); });
  REQUIRE_OK(watched.commit(leaves_batch(1, 3, {"leaf d"})));
  CHECK_CODE(watched.commit(leaves_batch(1, 3, {"again"})), codes::STORE_CONFLICT);
  open.damage("UPDATE leaf SET data = CAST('leaf B' AS BLOB) WHERE idx = 1; UPDATE head SET note = 'nota'");
  CHECK(watched.leaves(origin(1), 2, 9).value().size() == 2);
  REQUIRE_OK(watched.commit(head_batch(2, "before anybody looked")));
  CHECK(told.empty());
  CHECK_CODE(watched.leaves(origin(1), 0, 9), codes::STORE_CORRUPT);
  CHECK_CODE(watched.note(origin(1)), codes::STORE_CORRUPT);
  REQUIRE(told.size() == 1);
  CHECK(told.front().code == codes::STORE_CORRUPT);
  CHECK(told.front().message.find("leaf 1 does not match") != std::string::npos);
  CHECK_CODE_NAMES(watched.commit(body_batch("b")), codes::STORE_CORRUPT, "leaf 1 does not match");
  CHECK(watched.body(body("b").digest).value() == std::nullopt);
  CHECK(watched.body(body("body").digest).value() == to_bytes("body"));
  CHECK(watched.note(origin(2)).value() == "before anybody looked");
  CHECK(watched.leaf_count(origin(1)).value() == 4);
  CHECK(watched.body_digests().value().size() == 1);
  CHECK(watched.origins().value().size() == 2);
  CHECK(watched.allocation_of("urn:x").value().has_value());
  CHECK(watched.allocation_at("1", 9).value().has_value());
  CHECK(watched.allocated_indexes("1").value().size() == 2);
  CHECK(watched.entries("Qm").value().empty());
  CHECK(watched.entry_scids().value().empty());
  CHECK(watched.witness_record(origin(1)).value() == std::nullopt);
}

TEST_CASE("a damaged entry or witness record ends storing as well") {
  for (const bool entry : {false, true}) {
    Watch watch;
    REQUIRE_OK(watch.watched.commit(
        joined({entry_batch("Qm", "1-a", "e"), witness_batch(witness_put(1, 5, "five", 100))})));
    watch.damage("UPDATE entry SET body = x'00'; UPDATE witness SET size = 4");
    if (entry) CHECK_CODE(watch.watched.entries("Qm"), codes::STORE_CORRUPT);
    if (!entry) CHECK_CODE(watch.watched.witness_record(origin(1)), codes::STORE_CORRUPT);
    CHECK(watch.told.size() == 1);
    CHECK_CODE(watch.watched.commit(body_batch("b")), codes::STORE_CORRUPT);
  }
}

TEST_CASE("leaves that are gone are damage, whoever saw them") {
  for (const bool read : {false, true}) {
    Watch watch;
    if (read) CHECK(watch.watched.leaves(origin(1), 0, 9).value().size() == 3);
    if (!read) REQUIRE_OK(watch.watched.commit(leaves_batch(1, 3, {"leaf d"})));
    watch.damage("DELETE FROM leaf WHERE idx >= 2");
    CHECK(watch.watched.leaves(origin(1), 0, 2).value().size() == 2);
    CHECK_CODE_NAMES(watch.watched.leaves(origin(1), 0, 9), codes::STORE_CORRUPT,
                     concat("leaf 2 is gone; there were ", read ? 3 : 4));
    CHECK(watch.told.size() == 1);
  }
}

TEST_CASE("asking beyond the end teaches nothing") {
  Watch watch;
  CHECK(watch.watched.leaves(origin(1), 100, 9).value().empty());
  CHECK(watch.watched.leaves(origin(1), 100, 0).value().empty());
  CHECK(watch.watched.leaves(origin(1), 0, 9).value().size() == 3);
  CHECK(watch.told.empty());
}

TEST_CASE("a feed that was dropped has lost nothing, and its new leaves are watched") {
  Watch watch;
  auto& watched = watch.watched;
  CHECK(watched.leaves(origin(1), 0, 9).value().size() == 3);
  REQUIRE_OK(watched.commit(drop_batch(1)));
  CHECK(watched.leaves(origin(1), 0, 9).value().empty());
  REQUIRE_OK(watched.commit(joined({drop_batch(1), leaves_batch(1, 0, {"x", "y"})})));
  CHECK(watched.leaves(origin(1), 0, 9).value().size() == 2);
  CHECK(watched.leaves(origin(1), 2, 9).value().empty());
  REQUIRE_OK(watched.commit(leaves_batch(1, 2, {"z"})));
  CHECK(watch.told.empty());
  watch.damage("DELETE FROM leaf WHERE idx = 2");
  CHECK_CODE_NAMES(watched.leaves(origin(1), 0, 9), codes::STORE_CORRUPT, "leaf 2 is gone; there were 3");
}

TEST_CASE("a drop that was refused forgets nothing, nor does another feed's") {
  Watch watch;
  CHECK(watch.watched.leaves(origin(1), 0, 9).value().size() == 3);
  CHECK_CODE(watch.watched.commit(joined({drop_batch(1), leaves_batch(1, 1, {"x"})})), codes::STORE_CONFLICT);
  REQUIRE_OK(watch.watched.commit(drop_batch(2)));
  watch.damage("DELETE FROM leaf WHERE idx = 2");
  CHECK_CODE(watch.watched.leaves(origin(1), 0, 9), codes::STORE_CORRUPT);
}

TEST_CASE("a log's number changes with a drop, refused ones too, and with no other feed's") {
  Watch watch;
  auto& watched = watch.watched;
  const auto before = watched.log_number(origin(1));
  REQUIRE_OK(watched.commit(leaves_batch(1, 3, {"d"})));
  REQUIRE_OK(watched.commit(drop_batch(2)));
  CHECK(watched.log_number(origin(1)) == before);
  REQUIRE_OK(watched.commit(joined({drop_batch(1), leaves_batch(1, 0, {"x"})})));
  const auto after = watched.log_number(origin(1));
  CHECK(after != before);
  CHECK_CODE(watched.commit(joined({drop_batch(1), leaves_batch(1, 1, {"x"})})), codes::STORE_CONFLICT);
  CHECK(watched.log_number(origin(1)) != after);
}

TEST_CASE("in a group the batches after a drop are what is remembered") {
  Watch watch;
  const std::vector<StoreBatch> batches = {leaves_batch(1, 3, {"d", "e"}), drop_batch(1),
                                           leaves_batch(1, 0, {"x"})};
  std::vector<const StoreBatch*> group;
  for (const auto& batch : batches) group.push_back(&batch);
  for (const auto& outcome : watch.watched.commit_group(group)) REQUIRE_OK(outcome);
  CHECK(watch.watched.leaves(origin(1), 0, 9).value().size() == 1);
  CHECK(watch.told.empty());
  watch.damage("DELETE FROM leaf");
  CHECK_CODE_NAMES(watch.watched.leaves(origin(1), 0, 9), codes::STORE_CORRUPT, "there were 1");
}

TEST_CASE("reading while a feed is dropped, before or after it happens, is no damage") {
  PausingStore store;
  int told = 0;
  storage::WatchedStore watched(store, [&](const Error&) { ++told; });
  const auto read = [&] { static_cast<void>(watched.leaves(origin(1), 0, 9)); };
  const auto renew = [&](const std::vector<std::string>& texts) {
    REQUIRE_OK(watched.commit(joined({drop_batch(1), leaves_batch(1, 0, texts)})));
  };
  SUBCASE("by readers in the middle of it") {
    REQUIRE_OK(watched.commit(leaves_batch(1, 0, {"a", "b", "c"})));
    store.before_commit = store.after_commit = read;
    renew({"x"});
    renew({});
  }
  SUBCASE("by a reader who began before and ends after") {
    REQUIRE_OK(watched.commit(leaves_batch(1, 0, {"a", "b", "c"})));
    store.after_read = [&] { renew({"x"}); };
    read();  // gives three leaves, which are gone when it tells
    store.after_read = [] {};
  }
  store.before_commit = store.after_commit = [] {};
  read();
  CHECK(told == 0);
  CHECK(watched.commit(head_batch(1, "note")).has_value());
}
