// Our own previousProof vectors (tests/vectors/README.md). The verdict is in the file name; so is, for those
// that fail, the reason.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;

namespace {

const std::map<std::string_view, Code> kChainReasons = {
    {"MissingFail", codes::PROOF_PREVIOUS_UNKNOWN},
    {"StringMissingFail", codes::PROOF_PREVIOUS_UNKNOWN},
    {"ArrayMissingFail", codes::PROOF_PREVIOUS_UNKNOWN},
    {"ArrayOneMissingFail", codes::PROOF_PREVIOUS_UNKNOWN},
    {"NotStringFail", codes::PROOF_PREVIOUS_NOT_STRING},
    {"ArrayNotStringFail", codes::PROOF_PREVIOUS_NOT_STRING},
    {"SelfFail", codes::PROOF_PREVIOUS_CYCLE},
    {"CycleFail", codes::PROOF_PREVIOUS_CYCLE},
    {"DuplicateIdFail", codes::PROOF_PREVIOUS_DUPLICATE},
    {"NamedTwiceFail", codes::PROOF_PREVIOUS_DUPLICATE},
    {"EarlierReplacedFail", codes::PROOF_SIGNATURE},
};

// "2.0-previousProofStringOk-Alumni.json" -> "StringOk"
std::string case_of(const std::string& file_name) {
  const std::string prefix = "2.0-previousProof";
  REQUIRE(file_name.starts_with(prefix));
  return file_name.substr(prefix.size(), file_name.find('-', prefix.size()) - prefix.size());
}

}  // namespace

TEST_CASE("previousProof under eddsa-jcs-2022") {
  int accepted = 0;
  int refused = 0;
  const auto folder = test::source_dir() / "tests" / "vectors" / "proof-chain-eddsa-jcs-2022";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    CAPTURE(name);
    const auto credential = credential::Credential::parse(test::read_file(entry.path()));
    REQUIRE_OK(credential);
    const auto outcome = credential::verify_proofs(credential->root(), "assertionMethod", DidKeyResolver());
    REQUIRE_OK(outcome);
    const auto reason = kChainReasons.find(case_of(name));
    CHECK(case_of(name).ends_with("Fail") == (reason != kChainReasons.end()));
    CHECK(outcome->verified == (reason == kChainReasons.end()));
    ++(outcome->verified ? accepted : refused);
    if (reason == kChainReasons.end() || !outcome->failure) continue;
    CHECK_MESSAGE(test::same_code(outcome->failure->code, reason->second), outcome->failure->message);
  }
  CHECK(accepted == 2 * 4);
  CHECK(refused == 2 * 11);
}
