#include "protocol/witness/cosigner.h"

#include "crypto/base/encoding.h"
#include "protocol/witness/codes.h"
#include "tests/unit/protocol/witness/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using witness::AddCheckpoint;
using witness::WitnessRecord;

namespace {

struct CosignerWorld {
  TestLog log{9};
  NamedKey w1{1, "w1"};

  [[nodiscard]] AddCheckpoint request(std::size_t from, std::size_t to) {
    AddCheckpoint out{from, {}, log.checkpoint(to)};
    if (from > 0 && from < to) out.proof = merkle::consistency_proof(std::span(log.leaves).first(to), from);
    return out;
  }
  [[nodiscard]] Result<WitnessRecord> judge(const AddCheckpoint& request,
                                            const std::optional<WitnessRecord>& record,
                                            std::int64_t now = 100) const {
    return witness::judge_add_checkpoint(request, log.key.log_key(), record, Timestamp(now));
  }
  [[nodiscard]] WitnessRecord record(std::size_t size, std::int64_t time) const {
    return {log.tree(size), Timestamp(time)};
  }
};

void no_request(const std::string& body, std::string_view why) {
  CAPTURE(body);
  CHECK_CODE_NAMES(AddCheckpoint::parse(body), codes::WITNESS_REQUEST_MALFORMED, why);
}

}  // namespace

TEST_CASE("a log grows under the eyes of a witness") {
  CosignerWorld world;
  std::optional<WitnessRecord> record;
  std::int64_t now = 1000;
  std::size_t size = 0;
  for (const std::size_t next :
       {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{4}, std::size_t{9}}) {
    const AddCheckpoint request = world.request(size, next);
    const auto read = AddCheckpoint::parse(request.text());
    REQUIRE_OK(read);
    CHECK(read->text() == request.text());
    CHECK(witness::origin_of(*read).value() == kLogName);
    const auto judged = world.judge(*read, record, ++now);
    REQUIRE_OK(judged);
    CHECK(*judged == world.record(next, now));
    const auto line = witness::cosign(*read, *judged, world.w1.witness_key(), world.w1.signer);
    REQUIRE_OK(line);
    const auto note = feed::Note::parse(request.checkpoint + *line).value();
    CHECK(feed::verify_cosignature(note, world.w1.witness_key()).value().time == Timestamp(now));
    record = *judged;
    size = next;
  }
}

TEST_CASE("what a witness refuses, in the order tlog-witness says") {
  CosignerWorld world;
  const auto held = std::optional(world.record(4, 50));
  // 403: not the log's
  NamedKey thief(7, kLogName);
  AddCheckpoint stolen = world.request(4, 9);
  stolen.checkpoint = concat(world.log.text(9), "\n",
                             feed::signature_line(world.log.text(9), thief.log_key(), thief.signer).value());
  CHECK_CODE(world.judge(stolen, held), codes::NOTE_UNSIGNED);
  AddCheckpoint altered = world.request(4, 9);
  altered.checkpoint.replace(altered.checkpoint.find("\n9\n"), 3, "\n8\n");
  CHECK_CODE(world.judge(altered, held), codes::NOTE_SIGNATURE);
  // 400: backwards
  AddCheckpoint backwards = world.request(3, 3);
  backwards.old_size = 4;
  CHECK_CODE_NAMES(world.judge(backwards, held), codes::WITNESS_REQUEST_MALFORMED,
                   "the old size 4, larger than the checkpoint's 3");
  // 409: another size is recorded
  CHECK_CODE_NAMES(world.judge(world.request(3, 9), held), codes::WITNESS_SIZE_CONFLICT,
                   "cosigned last was size 4");
  CHECK_CODE_NAMES(world.judge(world.request(0, 9), held), codes::WITNESS_SIZE_CONFLICT,
                   "cosigned last was size 4");
  CHECK_CODE_NAMES(world.judge(world.request(4, 9), std::nullopt), codes::WITNESS_SIZE_CONFLICT,
                   "cosigned last was size 0");
  // 409: the same size, another root
  TestLog fork(4);
  fork.leaves[3] = merkle::leaf_hash(as_bytes(std::string_view("other")));
  CHECK_CODE_NAMES(world.judge({4, {}, fork.checkpoint(4)}, held), codes::WITNESS_ROOT_CONFLICT, "size 4");
  // 422: proofs
  AddCheckpoint unproven = world.request(4, 9);
  unproven.proof.pop_back();
  CHECK_CODE(world.judge(unproven, held), codes::MERKLE_PROOF_INVALID);
  AddCheckpoint idle = world.request(4, 4);
  idle.proof.push_back(world.log.leaves[0]);
  CHECK_CODE_NAMES(world.judge(idle, held), codes::MERKLE_PROOF_INVALID, "two checkpoints of one size");
  AddCheckpoint first = world.request(0, 9);
  first.proof.push_back(world.log.leaves[0]);
  CHECK_CODE_NAMES(world.judge(first, std::nullopt), codes::MERKLE_PROOF_INVALID, "from the empty tree");
  // and nothing was wrong with what all of these were made of
  REQUIRE_OK(world.judge(world.request(4, 9), held));
}

TEST_CASE("an empty log has one root") {
  CosignerWorld world;
  NamedKey& key = world.log.key;
  const std::string text = feed::Checkpoint{kLogName, {0, world.log.leaves[0]}}.text();
  const std::string note = concat(text, "\n", feed::signature_line(text, key.log_key(), key.signer).value());
  CHECK_CODE(world.judge({0, {}, note}, std::nullopt), codes::WITNESS_ROOT_CONFLICT);
}

TEST_CASE("times never fall, though the clock may") {
  CosignerWorld world;
  CHECK(world.judge(world.request(4, 9), world.record(4, 100), 100).value().time == Timestamp(100));
  CHECK(world.judge(world.request(4, 9), world.record(4, 100), 101).value().time == Timestamp(101));
  CHECK(world.judge(world.request(4, 9), world.record(4, 100), 60).value().time == Timestamp(101));
}

TEST_CASE("malformed requests are refused with the reason") {
  CosignerWorld world;
  const std::string rest = concat("\n", world.log.checkpoint(4));
  REQUIRE_OK(AddCheckpoint::parse("old 0\n" + rest));
  no_request("", "does not begin with the line \"old <size>\"");
  no_request("old 0", "does not begin with the line \"old <size>\"");
  no_request("new 0\n" + rest, "does not begin with the line \"old <size>\"");
  no_request("old 00\n" + rest, "the old size \"00\"");
  no_request("old  1\n" + rest, "the old size \" 1\"");
  no_request("old 18446744073709551616\n" + rest, "up to 9007199254740991");
  no_request("old 3\nAAAA\n" + rest, "\"AAAA\" is not the base64 text of 32 bytes");
  no_request("old 3\n", "no empty line ends the 0 lines");
  std::string many = "old 3\n";
  for (int i = 0; i < 64; ++i) many += base64_encode(Bytes(32, 7)) + "\n";
  no_request(many + rest, "more lines of hashes than the limit of 63");
  no_request("old 0\n" + std::string(witness::kAddCheckpointBytesMax, 'x'), "over the limit of 24576");
  CHECK_CODE(witness::origin_of(AddCheckpoint::parse("old 0\n\nno checkpoint").value()),
             codes::NOTE_MALFORMED);
}

TEST_CASE("a log keeps the cosignatures of the witnesses it knows, each once") {
  CosignerWorld world;
  NamedKey w2(2, "w2");
  NamedKey stranger(3, "w3");
  const std::string checkpoint = world.log.checkpoint(4);
  const std::string mine = world.log.cosigned(4, world.w1, 10);
  const std::string other = world.log.cosigned(4, stranger, 10);
  const std::vector keys{world.w1.witness_key(), w2.witness_key()};

  const auto cosigned = witness::add_cosignatures(checkpoint, other + mine, keys);
  REQUIRE_OK(cosigned);
  CHECK(*cosigned == checkpoint + mine);
  CHECK(witness::add_cosignatures(*cosigned, mine, keys).value() == checkpoint + mine);
  const std::string second = world.log.cosigned(4, w2, 11);
  CHECK(witness::add_cosignatures(*cosigned, second, keys).value() == checkpoint + mine + second);

  CHECK_CODE_NAMES(witness::add_cosignatures(checkpoint, other, keys), codes::NOTE_UNSIGNED,
                   "the 2 witnesses");
  CHECK_CODE(witness::add_cosignatures(checkpoint, world.log.cosigned(5, world.w1, 10), keys),
             codes::NOTE_SIGNATURE);
  CHECK_CODE(witness::add_cosignatures(checkpoint, "nonsense", keys), codes::NOTE_MALFORMED);

  // An answer may be long, a note may not.
  std::string flood;
  for (int i = 1; i <= 63; ++i) flood += world.log.cosigned(4, world.w1, i);
  const auto full = witness::add_cosignatures(checkpoint, flood, keys);
  REQUIRE_OK(full);
  CHECK_CODE(witness::add_cosignatures(*full, second, keys), codes::NOTE_MALFORMED);
}
