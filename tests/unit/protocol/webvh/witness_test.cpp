#include "protocol/webvh/witness.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/webvh/author.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using Json = nlohmann::json;
using webvh::WitnessProof;

namespace {

// Two of three witnesses (11, 12, 13) from the first entry on.
LogMaker witnessed() {
  return LogMaker().add({.parameters = {{"witness", witness_rule(2, {11, 12, 13})}}});
}
Making with_witnesses(int threshold, const std::vector<std::uint8_t>& numbers) {
  return {.parameters = {{"witness", witness_rule(threshold, numbers)}}};
}
const Making kNoWitnesses{.parameters = {{"witness", Json::object()}}};

// The number of versions that are approved, and the fault's code checked.
std::size_t approved(const LogMaker& maker) {
  const auto log = maker.read();
  if (log.fault()) CHECK_CODE(Result<void>(Failure{log.fault()->error}), codes::WEBVH_WITNESS_THRESHOLD);
  return log.versions().size();
}
void bend_last(LogMaker& maker, const std::function<void(Json&)>& change) {
  auto proof = Json::parse(maker.proofs().back().proof);
  change(proof);
  maker.proofs().back().proof = proof.dump();
}

}  // namespace

TEST_CASE("a threshold of distinct witnesses approves an entry") {
  CHECK(approved(witnessed()) == 0);
  CHECK(approved(witnessed().witness(11)) == 0);
  CHECK(approved(witnessed().witness(11).witness(11)) == 0);
  CHECK(approved(witnessed().witness(11).witness(13)) == 1);
  CHECK(approved(witnessed().witness(13).witness(12).witness(11)) == 1);
}

TEST_CASE("a proof on a later entry approves all earlier ones") {
  CHECK(approved(witnessed().add().add().witness(11).witness(12)) == 3);
  CHECK(approved(witnessed().witness(11).add().witness(12)) == 1);
  CHECK(approved(witnessed().witness(11).witness(12).add().witness(11)) == 1);
}

TEST_CASE("proofs that do not count are discarded, not fatal") {
  const auto good = [] { return witnessed().witness(11).witness(12); };
  auto stranger = witnessed().witness(11).witness(14);
  CHECK(approved(stranger) == 0);
  auto rubbish = good().witness(13);
  bend_last(rubbish, [](Json& proof) { proof["proofValue"] = "z1"; });
  CHECK(approved(rubbish) == 1);
  auto foreign = witnessed().witness(11);
  auto other = LogMaker("other.example").add(with_witnesses(1, {12})).witness(12);
  foreign.proofs().push_back(other.proofs().front());
  CHECK(approved(foreign) == 0);
  auto unpublished = witnessed().witness(11);
  auto longer = unpublished;
  longer.add().witness(12);
  unpublished.proofs() = longer.proofs();
  CHECK(approved(unpublished) == 0);
}

TEST_CASE("a witness proof that is bent proves nothing") {
  const std::pair<std::string, std::function<void(Json&)>> bends[] = {
      {"another purpose", [](Json& proof) { proof["proofPurpose"] = "authentication"; }},
      {"another cryptosuite", [](Json& proof) { proof["cryptosuite"] = "eddsa-rdfc-2022"; }},
      {"created changed", [](Json& proof) { proof["created"] = "2025-01-05T00:00:00Z"; }},
      {"fragment of another key",
       [](Json& proof) { proof["verificationMethod"] = key(12).did + "#" + key(13).multikey; }},
      {"another witness's name", [](Json& proof) { proof["verificationMethod"] = key(13).method; }},
  };
  for (const auto& bend : bends) {
    CAPTURE(bend.first);
    auto maker = witnessed().witness(11).witness(12);
    bend_last(maker, bend.second);
    CHECK_CODE(check_witness_proof(maker.proofs().back()), codes::WEBVH_WITNESS_PROOF);
    CHECK(approved(maker) == 0);
  }
}

TEST_CASE("one witness proof is checked alone") {
  auto maker = witnessed().witness(11);
  WitnessProof proof = maker.proofs().front();
  REQUIRE_OK(check_witness_proof(proof));
  proof.witness = key(12).did;
  CHECK_CODE(check_witness_proof(proof), codes::WEBVH_WITNESS_PROOF);
  proof = maker.proofs().front();
  proof.proof = "[" + proof.proof + "," + proof.proof + "]";
  CHECK_CODE(check_witness_proof(proof), codes::WEBVH_WITNESS_PROOF);
  proof.proof = "{";
  CHECK_CODE(check_witness_proof(proof), codes::WEBVH_WITNESS_PROOF);
  proof.proof = expiring_proof({{"versionId", proof.version_id.text()}}, 11).dump();
  CHECK_CODE_NAMES(check_witness_proof(proof), codes::WEBVH_WITNESS_PROOF, "expiry");
}

TEST_CASE("witnesses that come into force from nothing approve that very entry") {
  CHECK(approved(LogMaker().add().add(with_witnesses(1, {11}))) == 1);
  CHECK(approved(LogMaker().add().add(with_witnesses(1, {11})).witness(11)) == 2);
  CHECK(approved(LogMaker().add().add(kNoWitnesses)) == 2);
}

TEST_CASE("a list that is replaced or switched off is approved by the old one") {
  const auto before = [] { return witnessed().witness(11).witness(12); };
  CHECK(approved(before().add(with_witnesses(1, {14})).witness(14)) == 1);
  CHECK(approved(before().add(with_witnesses(1, {14})).witness(11).witness(12)) == 2);
  CHECK(approved(before().add(with_witnesses(1, {14})).witness(11).witness(12).add()) == 2);
  CHECK(approved(before().add(with_witnesses(1, {14})).witness(11).witness(12).add().witness(14)) == 3);
  CHECK(approved(before().add(kNoWitnesses)) == 1);
  CHECK(approved(before().add(kNoWitnesses).witness(12).witness(13).add().add()) == 4);
}

TEST_CASE("a witness file is read leniently inside and strictly as a whole") {
  const auto maker = witnessed().witness(11).witness(12);
  const auto text = webvh::write_witness_file(maker.proofs());
  const auto file = webvh::read_witness_file(text);
  REQUIRE_OK(file);
  CHECK(file->proofs == maker.proofs());
  CHECK(file->discarded == 0);
  auto records = Json::parse(text);
  records.push_back(5);
  records.push_back({{"versionId", "1-Qm"}, {"proof", Json::array()}});
  records.push_back({{"versionId", maker.version_id()}});
  records.push_back({{"versionId", maker.version_id()}, {"proof", {5, Json::object()}}});
  const auto mixed = webvh::read_witness_file(records.dump());
  REQUIRE_OK(mixed);
  CHECK(mixed->proofs == maker.proofs());
  CHECK(mixed->discarded == 5);
  CHECK_CODE(webvh::read_witness_file("{}"), codes::WEBVH_WITNESS_FILE);
  CHECK_CODE(webvh::read_witness_file(""), codes::WEBVH_WITNESS_FILE);
  CHECK_CODE(webvh::read_witness_file(std::string(webvh::kWitnessFileBytesMax, ' ') + "[]"),
             codes::WEBVH_WITNESS_FILE);
}

TEST_CASE("a witness file that cannot be read matters only to who needs it") {
  const auto plain = LogMaker().add();
  CHECK_FALSE(webvh::Log::read(plain.text(), "{", rules()).fault());
  const auto maker = witnessed();
  const auto log = webvh::Log::read(maker.text(), "{", rules());
  CHECK(log.versions().empty());
  CHECK_CODE(Result<void>(Failure{log.fault().value().error}), codes::WEBVH_WITNESS_FILE);
  CHECK_CODE(
      Result<void>(Failure{webvh::Log::read(maker.text(), std::nullopt, rules()).fault().value().error}),
      codes::WEBVH_WITNESS_THRESHOLD);
}

TEST_CASE("pruning keeps of each witness the newest good proof, and those on versions to come") {
  auto maker = witnessed().witness(11).witness(12).witness(13).add().witness(11).witness(12).witness(14);
  auto published = maker;
  maker.add().witness(12).witness(13);
  bend_last(maker, [](Json& proof) { proof["proofValue"] = "z1"; });
  const auto log = maker.read();
  CHECK(log.versions().size() == 2);
  const auto kept = webvh::pruned(log.versions(), maker.proofs());
  // 11 and 12 on entry 2, 13 on entry 1, and two on the entry that is not there yet.
  REQUIRE(kept.size() == 5);
  const auto count = [&](std::uint32_t version) {
    return std::count_if(kept.begin(), kept.end(),
                         [&](const auto& p) { return p.version_id.number() == version; });
  };
  CHECK(count(1) == 1);
  CHECK(count(2) == 2);
  CHECK(count(3) == 2);
  const auto again = webvh::Log::read(published.text(), webvh::write_witness_file(kept), rules());
  CHECK(again.versions().size() == 2);
  CHECK_FALSE(again.fault());
  CHECK(webvh::pruned(log.versions(), kept) == kept);
}
