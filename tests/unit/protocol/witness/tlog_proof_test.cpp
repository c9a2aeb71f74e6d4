#include "protocol/witness/tlog_proof.h"

#include "crypto/base/encoding.h"
#include "protocol/witness/codes.h"
#include "tests/unit/protocol/witness/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using witness::TlogProof;
using witness::WitnessPolicy;

namespace {

struct ProofWorld {
  TestLog log{7};
  std::vector<NamedKey> keys = witnesses(2);
  [[nodiscard]] WitnessPolicy policy(const std::string& quorum) const {
    return WitnessPolicy::parse(concat("log ", log.key.log_key().vkey(), "\n", witness_line(keys[0]),
                                       witness_line(keys[1]), "group both all w1 w2\nquorum ", quorum, "\n"))
        .value();
  }
  [[nodiscard]] TlogProof proof(std::uint64_t index) {
    return {std::nullopt, index, merkle::inclusion_proof(log.leaves, index),
            log.checkpoint(7) + log.cosigned(7, keys[0], 1000)};
  }
};

void no_proof(const std::string& text, std::string_view why) {
  CAPTURE(text);
  CHECK_CODE_NAMES(TlogProof::parse(text), codes::TLOG_PROOF_MALFORMED, why);
}

}  // namespace

TEST_CASE("every entry's proof is read as it was written, and verifies") {
  ProofWorld world;
  for (std::uint64_t index = 0; index < 7; ++index) {
    TlogProof proof = world.proof(index);
    if (index == 3) proof.extra = Bytes{1, 2, 3};
    if (index == 4) proof.extra = Bytes{};
    const std::string text = proof.text();
    CHECK(text.starts_with("c2sp.org/tlog-proof@v1\n"));
    CHECK((text.find("\nextra AQID\n") != std::string::npos) == (index == 3));
    const auto read = TlogProof::parse(text);
    REQUIRE_OK(read);
    CHECK(read->text() == text);
    CHECK(read->extra == proof.extra);
    const auto proven = verify_tlog_proof(*read, as_bytes(std::to_string(index)), world.policy("w1"));
    REQUIRE_OK(proven);
    CHECK(proven->checkpoint.tree == world.log.tree(7));
    CHECK(proven->witnessed.by == Timestamp(1000));
  }
}

TEST_CASE("a log of one entry has a proof without hashes") {
  TestLog log(1);
  const TlogProof proof{std::nullopt, 0, {}, log.checkpoint(1)};
  const auto policy =
      WitnessPolicy::parse(concat("log ", log.key.log_key().vkey(), "\nquorum none\n")).value();
  const auto read = TlogProof::parse(proof.text());
  REQUIRE_OK(read);
  REQUIRE_OK(verify_tlog_proof(*read, as_bytes(std::string_view("0")), policy));
}

TEST_CASE("a proof of something else does not verify") {
  ProofWorld world;
  const auto entry = as_bytes(std::string_view("2"));
  const TlogProof good = world.proof(2);
  REQUIRE_OK(verify_tlog_proof(good, entry, world.policy("w1")));
  CHECK_CODE_NAMES(verify_tlog_proof(good, entry, world.policy("both")), codes::WITNESS_QUORUM_MISSED,
                   "1 of the 2 witnesses");
  CHECK_CODE(verify_tlog_proof(good, as_bytes(std::string_view("3")), world.policy("w1")),
             codes::MERKLE_PROOF_INVALID);
  TlogProof moved = good;
  moved.index = 3;
  CHECK_CODE(verify_tlog_proof(moved, entry, world.policy("w1")), codes::MERKLE_PROOF_INVALID);
  TlogProof cut = good;
  cut.path.pop_back();
  CHECK_CODE(verify_tlog_proof(cut, entry, world.policy("w1")), codes::MERKLE_PROOF_INVALID);
  TlogProof elsewhere = good;
  elsewhere.checkpoint = TestLog(7, "example.com/other").checkpoint(7);
  CHECK_CODE(verify_tlog_proof(elsewhere, entry, world.policy("w1")), codes::LOG_NOT_IN_POLICY);
}

TEST_CASE("malformed proofs are refused with the reason") {
  ProofWorld world;
  const std::string good = world.proof(2).text();
  REQUIRE_OK(TlogProof::parse(good));
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  no_proof("", "does not begin with the line");
  no_proof("c2sp.org/tlog-proof@v1", "does not begin with the line");
  no_proof(replaced("@v1", "@v2"), "does not begin with the line");
  no_proof(replaced("index 2", "index 02"), "the index \"02\"");
  no_proof(replaced("index 2", "index -2"), "the index \"-2\"");
  no_proof(replaced("index 2", "index 9007199254740992"), "up to 9007199254740991");
  no_proof(replaced("index 2", "Index 2"), "no line \"index <number>\"");
  no_proof(replaced("index 2", "extra *\nindex 2"), "extra data that is not base64");
  no_proof(replaced("index 2", "extra AA==\nextra AA==\nindex 2"), "no line \"index <number>\"");
  no_proof(replaced("index 2\n", "index 2\nAAAA\n"), "not the base64 text of 32 bytes");
  no_proof(good.substr(0, good.find("\n\n") + 1), "no empty line ends the 3 lines");
  no_proof(good.substr(0, good.find("\n\n") + 2), "a checkpoint that is none");
  std::string many = "c2sp.org/tlog-proof@v1\nindex 0\n";
  for (int i = 0; i < 64; ++i) many += base64_encode(Bytes(32, 7)) + "\n";
  no_proof(many + "\n" + world.log.checkpoint(7), "more lines of hashes than the limit of 63");
  no_proof(std::string(witness::kTlogProofBytesMax + 1, 'x'), "over the limit of 65536");
}
