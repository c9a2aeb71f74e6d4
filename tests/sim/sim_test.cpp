// The simulator's own parts: a checker is only as good as the world it watches.
#include "protocol/feed/codes.h"
#include "storage/codes.h"
#include "tests/sim/disk.h"
#include "tests/sim/feed_walk.h"
#include "tests/sim/issuer.h"
#include "tests/sim/random.h"
#include "tests/sim/redater.h"
#include "tests/sim/scenario.h"
#include "tests/sim/wheel.h"
#include "tests/sim/worn_disk.h"
#include "tests/support/check.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::sim;

namespace {

std::string refusal(std::string_view text) {
  const auto scenario = parse_scenario(text, "s.txt");
  return scenario ? "" : scenario.error().message;
}

StoreBatch batch_of(const std::string& id, std::uint64_t index) {
  StoreBatch batch;
  batch.allocations.push_back({"1", index, id, Timestamp(0)});
  return batch;
}

}  // namespace

TEST_CASE("a scenario says what is simulated") {
  const auto scenario = parse_scenario(
      "# words\nnodes 20\nissuers 5  # five\n\nfaults crash rot\nadversaries mute 1 liar 2\n", "s.txt");
  REQUIRE(scenario.has_value());
  CHECK(scenario->nodes == 20);
  CHECK(scenario->issuers == 5);
  CHECK(scenario->faults == std::set<Fault>{Fault::crash, Fault::rot});
  CHECK(scenario->adversaries.at(Mischief::liar) == 2);
  CHECK(parse_scenario("epochs 4\nacts steal 3", "s.txt")->epochs == 4);
  CHECK(parse_scenario("epochs 4\nacts steal 3", "s.txt")->acts.at(Act::steal) == 3);
  CHECK(parse_scenario("faults all", "s.txt")->faults.size() == kFaults);
}

TEST_CASE("a bad scenario is refused with line and word") {
  CHECK(refusal("issuers 2\nnodes abc\n") ==
        "s.txt:2: \"nodes\" is \"abc\", not a whole number from 2 to 20000");
  CHECK(refusal("minutes -1").find("s.txt:1: \"minutes\" is \"-1\"") == 0);
  CHECK(refusal("wings 2").find("s.txt:1: unknown word \"wings\"; known are nodes") == 0);
  CHECK(refusal("nodes").find("s.txt:1: \"nodes\" stands without a value") == 0);
  CHECK(refusal("nodes 2 3").find("takes one value and has 2") != std::string::npos);
  CHECK(refusal("faults rain").find("\"rain\" is not one of: latency, reset") != std::string::npos);
  CHECK(refusal("adversaries mute").find("how many \"mute\"?") != std::string::npos);
  CHECK(refusal("epochs 4\nfaults crash").find("\"epochs\" has faults and thieves of its own") !=
        std::string::npos);
  CHECK(refusal("epochs 4\nissuers 3").find("at most 2 issuers") != std::string::npos);
  CHECK(refusal("epochs 4\nacts steal 0").find("something has to happen") != std::string::npos);
  CHECK(refusal("acts steal 1").find("stand together") != std::string::npos);
  CHECK(refusal("acts steal 1 steal 2") == "s.txt:1: the act \"steal\" stands there twice");
  CHECK(refusal("sponsored 1").find("1 sponsored issuers of 1 leave nobody") != std::string::npos);
  CHECK(refusal("nodes 4\nissuers 5").find("5 issuers need as many nodes") != std::string::npos);
  CHECK(refusal("nodes 6\n\nissuers 2\nnodes 5") == "s.txt:4: \"nodes\" is given twice, first in line 1");
  CHECK(refusal("faults crash\nfaults rot") == "s.txt:2: \"faults\" is given twice, first in line 1");
  CHECK(refusal("faults all none") == "s.txt:1: \"all\" stands beside other faults");
  CHECK(refusal("faults crash none") == "s.txt:1: \"none\" stands beside other faults");
  CHECK(refusal("faults crash rot crash") == "s.txt:1: the fault \"crash\" stands there twice");
  CHECK(refusal("adversaries mute 1 mute 2") == "s.txt:1: the adversary \"mute\" stands there twice");
  CHECK(read_scenario("/nowhere/at/all.txt").error().message == "/nowhere/at/all.txt: cannot be read");
  CHECK(read_scenario("/").error().message == "/: is a folder, a scenario is a file");
}

TEST_CASE("a whole number has digits and a limit") {
  CHECK(whole_number("18446744073709551615", 0, UINT64_MAX) == UINT64_MAX);
  CHECK(whole_number("0", 0, 9) == 0U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1e3", "0x1", "10", "18446744073709551616"})
    CHECK_FALSE(whole_number(text, 0, 9).has_value());
}

TEST_CASE("streams of one seed do not shift each other") {
  SeededRng latency = stream(7, "latency");
  SeededRng faults = stream(7, "faults");
  const std::uint64_t first = stream(7, "faults").next();
  static_cast<void>(latency.next());
  CHECK(faults.next() == first);
  CHECK(stream(7, "latency").next() != first);
  CHECK(stream(8, "faults").next() != first);
}

TEST_CASE("the wheel keeps the order of time and of scheduling, near and far") {
  Wheel wheel;
  const std::vector<std::int64_t> times = {70'000, 5, 0, 5, 200'000, 65'536, 65'535, 131'072};
  for (std::size_t i = 0; i < times.size(); ++i)
    wheel.at(times[i], {Event::Kind::task, 0, 0, static_cast<std::uint32_t>(i)});
  std::vector<std::uint32_t> seen;
  Event event;
  while (wheel.next(150'000, event)) {
    CHECK(wheel.now_ms() == times[event.item]);
    seen.push_back(event.item);
  }
  CHECK(seen == std::vector<std::uint32_t>{2, 1, 3, 6, 5, 0, 7});
  CHECK(wheel.now_ms() == 150'000);
  CHECK(wheel.next(INT64_MAX - 1, event));
  CHECK(event.item == 4);
}

TEST_CASE("a crash keeps what was synced and a whole prefix of what was written") {
  Arena arena;
  std::set<std::size_t> kept;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk(arena);
    disk.write(batch_of("synced", 1));
    REQUIRE(disk.commit(disk.take_written()).has_value());
    disk.write(batch_of("first", 2));
    disk.write(batch_of("second", 3));
    SeededRng rng(seed);
    disk.crash(rng);
    CHECK(disk.allocation_of("synced")->has_value());
    const bool first = disk.allocation_of("first")->has_value();
    const bool second = disk.allocation_of("second")->has_value();
    CHECK((first || !second));
    kept.insert(disk.allocated_indexes("1")->size());
  }
  CHECK(kept == std::set<std::size_t>{1, 2, 3});
}

TEST_CASE("a full disk refuses everything until it has room and is opened again") {
  Arena arena;
  Disk disk(arena);
  disk.set_full(true);
  CHECK_FALSE(disk.commit(batch_of("a", 1)).has_value());
  disk.set_full(false);
  CHECK_FALSE(disk.commit(batch_of("a", 1)).has_value());
  disk.reopen();
  CHECK(disk.commit(batch_of("a", 1)).has_value());
  CHECK_FALSE(disk.commit(batch_of("b", 1)).has_value());  // the index is taken
}

TEST_CASE("entries, witness records and dropped feeds are kept as the store keeps them") {
  Arena arena;
  Disk disk(arena);
  const feed::OriginHash origin;
  StoreBatch batch;
  batch.leaves.push_back({origin, 0, {to_bytes("a"), to_bytes("b")}});
  batch.heads.push_back({origin, "note"});
  for (const auto* version : {"10-a", "2-b"}) batch.entries.push_back({"Qm", version, to_bytes(version)});
  batch.witnessed.push_back({origin, 2, Sha256Digest(), Timestamp(5)});
  REQUIRE(disk.commit(batch).has_value());
  SeededRng rng(1);
  disk.rot_one_leaf(rng);
  disk.rot_one_note(rng);
  WornDisk worn(disk);
  REQUIRE(worn.entries("Qm")->size() == 2);
  CHECK(worn.entries("Qm")->front().version_id == "2-b");
  CHECK(worn.entry_scids().value() == std::vector<std::string>{"Qm"});
  CHECK(worn.witness_record(origin).value()->size == 2);
  StoreBatch back;
  back.dropped_feeds.push_back(origin);
  back.witnessed.push_back({origin, 1, Sha256Digest(), Timestamp(5)});
  CHECK_CODE(worn.commit(back), codes::STORE_CONFLICT);
  CHECK(worn.leaf_count(origin).value() == 2);
  StoreBatch anew;
  anew.dropped_feeds.push_back(origin);
  anew.leaves.push_back({origin, 0, {to_bytes("c")}});
  REQUIRE(worn.commit(anew).has_value());
  CHECK_FALSE(disk.rotten());
  CHECK(worn.leaves(origin, 0, 9)->front() == to_bytes("c"));
  CHECK(worn.note(origin).value() == std::nullopt);
  CHECK(worn.witness_record(origin).value()->size == 2);
}

TEST_CASE("a rotten row is an error to who reads it, never other bytes, and known to who watches") {
  Arena arena;
  Disk disk(arena);
  const Bytes bytes = to_bytes("a body");
  const feed::OriginHash origin;
  StoreBatch batch;
  batch.bodies.push_back({sha256(bytes), bytes});
  batch.heads.push_back({origin, "note"});
  StoreBatch with_leaves = batch;
  with_leaves.leaves.push_back({origin, 0, {to_bytes("a")}});
  REQUIRE(disk.commit(with_leaves).has_value());
  SeededRng rng(1);
  WornDisk worn(disk);
  CHECK(worn.leaves(origin, 0, 9)->size() == 1);
  disk.rot_one_body(rng);
  disk.rot_one_note(rng);
  CHECK_CODE(worn.body(sha256(bytes)), codes::STORE_CORRUPT);
  CHECK_CODE(worn.note(origin), codes::STORE_CORRUPT);
  CHECK(**disk.body(sha256(bytes)) == bytes);
  CHECK(**disk.note(origin) == "note");
  CHECK_FALSE(worn.stored_after_rot());
  REQUIRE(worn.commit(batch).has_value());  // which mends both
  CHECK(worn.stored_after_rot());
  CHECK(**worn.body(sha256(bytes)) == bytes);
  CHECK(**worn.note(origin) == "note");
  CHECK_FALSE(disk.rotten());
  disk.rot_one_leaf(rng);
  CHECK_CODE_NAMES(worn.leaves(origin, 0, 9), codes::STORE_CORRUPT, "leaf 0");
  CHECK(disk.leaves(origin, 0, 9)->front() == to_bytes("a"));
}

TEST_CASE("the walk works out the root that the Merkle tree has") {
  Arena arena;
  Disk disk(arena);
  const feed::OriginHash origin;
  merkle::Frontier tree;
  FeedWalk walk;
  CHECK(walk.root() == merkle::empty_root());
  for (std::uint64_t size = 1; size <= 40; ++size) {
    const Bytes leaf = to_bytes(concat("leaf ", size));
    StoreBatch batch;
    batch.leaves.push_back({origin, size - 1, {leaf}});
    REQUIRE(disk.commit(batch).has_value());
    tree.append(merkle::leaf_hash(leaf));
    REQUIRE(walk.advance(disk, origin, size));
    CHECK(walk.root() == tree.root());
  }
  CHECK_FALSE(walk.advance(disk, origin, 41));
}

TEST_CASE("the redater shows the older of two genuine heads of one tree, and dates that nobody cosigned") {
  Issuer issuer(0);
  const std::vector<Bytes> leaves = {test::statement_leaf(issuer.statement("urn:a", Timestamp(1'000'000)))};
  const feed::Head first = issuer.head(leaves, Timestamp(1'000'000));
  const feed::Head second = issuer.head(leaves, Timestamp(1'003'600));
  const Ed25519PublicKey key = issuer.signer.public_key();
  SeededRng rng(1);
  Redater redater;
  CHECK_FALSE(redater.forged(issuer.hash(), first.time, rng).has_value());
  redater.hear(issuer.hash(), first.note);
  redater.hear(issuer.hash(), first.note);
  CHECK_FALSE(redater.older(issuer.hash()).has_value());
  redater.hear(issuer.hash(), second.note);
  CHECK(redater.older(issuer.hash()) == first.note);
  CHECK(note_is_signed(*redater.older(issuer.hash()), key));
  for (int i = 0; i < 20; ++i) {
    const auto forged = redater.forged(issuer.hash(), second.time.plus_seconds(1), rng);
    REQUIRE(forged.has_value());
    CHECK(forged->size() == second.note.size());
    CHECK_FALSE(note_is_signed(*forged, key));
    CHECK_CODE(feed::verify_head(*forged, issuer.origin, key), codes::HEAD_INVALID);
  }
  redater.hear(issuer.hash(), issuer.head({leaves[0], leaves[0]}, second.time).note);
  CHECK_FALSE(redater.older(issuer.hash()).has_value());
}
