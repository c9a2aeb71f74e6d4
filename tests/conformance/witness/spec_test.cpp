// The worked example of protocol/spec/witness.md, read from the page.
#include "protocol/witness/cosigner.h"
#include "protocol/witness/tlog_proof.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/witness/fixtures.h"

using namespace vcnode;

namespace {

std::string example(std::string_view name) {
  return test::spec_example("witness.md", name) + "\n";
}

}  // namespace

TEST_CASE("witness.md: the proof holds under the policy, by the second witness's time") {
  const auto policy = witness::WitnessPolicy::parse(example("policy"));
  REQUIRE_OK(policy);
  CHECK(policy->liars_for_two_branches() == 1);
  CHECK(policy->absent_max() == 0);
  const auto proof = witness::TlogProof::parse(example("proof"));
  REQUIRE_OK(proof);
  CHECK(proof->text() == example("proof"));
  const auto proven = witness::verify_tlog_proof(*proof, as_bytes(std::string_view("b")), *policy);
  REQUIRE_OK(proven);
  CHECK(proven->checkpoint.tree.size == 5);
  CHECK(proven->witnessed.by == Timestamp::parse("2026-11-22T13:50:07Z").value());
}

TEST_CASE("witness.md: the ministry answers the request with the page's line, and the log keeps it") {
  const auto policy = witness::WitnessPolicy::parse(example("policy")).value();
  const auto request = witness::AddCheckpoint::parse(example("request"));
  REQUIRE_OK(request);
  CHECK(request->text() == example("request"));
  std::vector<Sha256Digest> first;
  for (const std::string_view entry : {"a", "b", "c"}) first.push_back(merkle::leaf_hash(as_bytes(entry)));
  const Timestamp at = Timestamp::parse("2026-11-22T13:50:00Z").value();
  const auto record = witness::judge_add_checkpoint(
      *request, policy.logs()[0].key, witness::WitnessRecord{{3, merkle::root_of(first)}, Timestamp(1)}, at);
  REQUIRE_OK(record);
  CHECK(record->time == at);
  test::NamedKey ministry(0x11, "witness.ministry.example");
  CHECK(policy.witnesses()[0].key.key == ministry.signer.public_key());
  CHECK(witness::cosign(*request, *record, ministry.witness_key(), ministry.signer).value() ==
        example("answer"));
  const std::vector known{policy.witnesses()[0].key};
  CHECK(witness::add_cosignatures(request->checkpoint, example("answer"), known).value() ==
        request->checkpoint + example("answer"));
}
