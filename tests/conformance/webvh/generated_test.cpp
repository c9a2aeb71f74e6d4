// vectors/didwebvh/generated: 75 logs, 11 version queries, 7 fork pairs, each as its manifest says.
#include <set>

#include "protocol/webvh/fork.h"
#include "tests/conformance/webvh/vectors.h"

using namespace vcnode;
using namespace vcnode::test::vectors;

namespace {

// The code in which the rule a log breaks must end; a rule may be broken in several ways.
const std::map<std::string, std::set<std::string>> kCodesOfRules = {
    {"deactivated", {"WEBVH_DEACTIVATED"}},
    {"prerotation", {"WEBVH_PRE_ROTATION"}},
    {"proof", {"WEBVH_PROOF", "WEBVH_KEY_NOT_AUTHORISED"}},
    {"scid", {"WEBVH_SCID"}},
    {"entryHash", {"WEBVH_ENTRY_HASH"}},
    {"entry", {"WEBVH_ENTRY"}},
    {"versionId", {"WEBVH_VERSION_ID"}},
    {"did", {"WEBVH_DID", "WEBVH_HOST", "WEBVH_DID_MISMATCH", "DID_INVALID"}},
    {"method", {"WEBVH_METHOD"}},
    {"params", {"WEBVH_PARAMETER"}},
    {"versionTime", {"WEBVH_VERSION_TIME", "WEBVH_TIME_FUTURE"}},
    {"portable", {"WEBVH_NOT_PORTABLE", "WEBVH_DID_MISMATCH"}},
    {"witness", {"WEBVH_WITNESS_THRESHOLD"}},
    {"witness-param", {"WEBVH_PARAMETER"}},
    {"log", {"JSON_SYNTAX", "WEBVH_LOG_SIZE"}},
};

nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(test::read_file(path));
}

webvh::Query query_of(const nlohmann::json& given) {
  webvh::Query query;
  if (given.contains("versionId")) query.version_id = given["versionId"].get<std::string>();
  if (given.contains("versionNumber")) query.version_number = given["versionNumber"].get<std::uint64_t>();
  if (given.contains("versionTime"))
    query.version_time = webvh::Instant::parse(given["versionTime"].get<std::string>()).value();
  return query;
}

struct Branch {
  webvh::Log log;
  std::vector<webvh::WitnessProof> proofs;
};
Branch read_branch(const std::filesystem::path& folder, const std::string& name) {
  const auto witness_file = folder / (name + ".witness.json");
  Branch branch{read_log(folder / (name + ".jsonl"), witness_file), {}};
  if (const auto text = read_if_there(witness_file))
    branch.proofs = webvh::read_witness_file(*text).value().proofs;
  return branch;
}

// What forks.json says in words.
webvh::Relation relation_of(const std::string& verdict) {
  if (verdict.starts_with("equivocation")) return webvh::Relation::fork;
  return verdict.starts_with("prefix") ? webvh::Relation::prefix : webvh::Relation::same;
}

}  // namespace

TEST_CASE(
    "75 generated logs are as they are labelled, and the bad ones for the reason they are named after") {
  const auto folder = test::shared_path("didwebvh/generated");
  if (!folder) return;
  int executed = 0;
  int valid = 0;
  for (const auto& vector : read_json(*folder / "manifest.json")) {
    const std::string name = vector["name"];
    CAPTURE(name);
    const auto log = read_log(*folder / name / "did.jsonl", *folder / name / "did-witness.json");
    const std::string code = verdict(log, vector["did"]);
    CAPTURE(code);
    ++executed;
    if (vector["valid"]) {
      CHECK(code == "ok");
      ++valid;
    } else {
      const auto codes = kCodesOfRules.find(vector["rule"]);
      REQUIRE(codes != kCodesOfRules.end());
      CHECK(codes->second.count(code) == 1);
    }
  }
  CHECK(executed == 75);
  CHECK(valid == 16);
}

TEST_CASE("11 version queries find their version") {
  const auto folder = test::shared_path("didwebvh/generated/ok-history");
  if (!folder) return;
  const auto vectors = read_json(*folder / "resolve.json");
  const auto log = read_log(*folder / "did.jsonl", *folder / "did-witness.json");
  const auto did = webvh::DidWebvh::parse(vectors["did"].get<std::string>()).value();
  int executed = 0;
  for (const auto& vector : vectors["cases"]) {
    CAPTURE(vector.dump());
    const auto resolution = webvh::resolve(log, did, query_of(vector["q"]));
    const auto result = webvh::resolution_result(resolution);
    if (vector.contains("error")) {
      CHECK(result["didResolutionMetadata"]["error"] == vector["error"]);
    } else {
      REQUIRE_OK(resolution);
      if (vector.contains("versionId"))
        CHECK(result["didDocumentMetadata"]["versionId"] == vector["versionId"]);
      if (vector.contains("deactivated"))
        CHECK(result["didDocumentMetadata"]["deactivated"] == vector["deactivated"]);
      CHECK(result["didDocument"].is_null() == vector.contains("doc"));
    }
    ++executed;
  }
  CHECK(executed == 11);
}

TEST_CASE("7 fork pairs: each branch is valid alone, the pair is what forks.json says") {
  const auto folder = test::shared_path("didwebvh/generated/forks");
  if (!folder) return;
  int executed = 0;
  for (const auto& pair : read_json(*folder / "forks.json")) {
    const std::string name = pair["a"];
    CAPTURE(name);
    const auto a = read_branch(*folder, name);
    const auto b = read_branch(*folder, pair["b"]);
    REQUIRE_FALSE(a.log.fault());
    REQUIRE_FALSE(b.log.fault());
    const std::string said = pair["verdict"];
    const auto comparison = webvh::compare(a.log.versions(), b.log.versions());
    CHECK(comparison.relation == relation_of(said));
    CHECK(comparison.resigned == said.starts_with("same version"));
    ++executed;
    if (comparison.relation != webvh::Relation::fork) continue;
    CHECK(comparison.common == pair["parent"]);
    const auto& left = a.log.versions()[comparison.common];
    const auto& right = b.log.versions()[comparison.common];
    std::set<std::string> culprits;
    for (const auto& did : webvh::equivocators(left, a.proofs, right, b.proofs)) culprits.insert(did);
    CHECK(culprits == pair["culprit"].get<std::set<std::string>>());
    const bool deactivates = left.deactivated() || right.deactivated();
    CHECK(deactivates == (said.find("deactivates") != std::string::npos));
  }
  CHECK(executed == 7);
}
