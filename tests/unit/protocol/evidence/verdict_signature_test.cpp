// Who said a verdict: a node's signature beside it, and everything that must not pass for one.
#include "protocol/evidence/verdict_signature.h"

#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/stated.h"
#include "protocol/verify/codes.h"
#include "tests/support/check.h"
#include "tests/support/spec_page.h"

namespace vcnode::evidence::signature_tests {

using Json = nlohmann::json;

constexpr Timestamp kSignedAt = Timestamp(1'795'355'401);  // 2026-11-22T13:50:01Z
constexpr std::uint8_t kOwnSeed = 9;

KeyPairSigner key_of_seed(std::uint8_t seed) {
  return KeyPairSigner(Ed25519KeyPair::from_seed(std::vector<std::uint8_t>(32, seed)).value());
}

std::string verdict_of_page() {
  return test::spec_example("verdict.md", "verdict");
}

std::string envelope_by(Signer& key, std::string_view verdict) {
  return VerdictSigner(key, {"https://verifier.example", "demo.example"}).sign(verdict, kSignedAt).value();
}

Json answer_by(Signer& key) {
  return {{"verdict", Json::parse(verdict_of_page())},
          {"headline", "x"},
          {"signature", Json::parse(envelope_by(key, verdict_of_page()))}};
}

Json good_answer() {
  KeyPairSigner key = key_of_seed(kOwnSeed);
  return answer_by(key);
}

Result<VerdictSignature> checked(const Json& answer, Timestamp now = kSignedAt) {
  const auto document = json::Document::parse(answer.dump(), kVerdictLimits);
  REQUIRE_OK(document);
  return check_signature(document->root(), now);
}

// With one member of the envelope, or of its proof, changed.
Json with(const std::string& pointer, Json value) {
  Json answer = good_answer();
  answer.at("signature")[Json::json_pointer(pointer)] = std::move(value);
  return answer;
}

// The same members, signed anew: whoever has a key can sign anything.
Json signed_anew(Json envelope, std::uint8_t seed = kOwnSeed) {
  KeyPairSigner key = key_of_seed(seed);
  envelope.erase("proof");
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(key.public_key());
  options.created = kSignedAt;
  Json answer = good_answer();
  answer["signature"] = credential::add_proof(envelope, options, key).value();
  return answer;
}

TEST_CASE("the signature of the page is what the code makes, and its verdict is as it was") {
  KeyPairSigner key = key_of_seed(kOwnSeed);
  CHECK(envelope_by(key, verdict_of_page()) == test::spec_example("verdict.md", "signature"));
  const auto signature = checked(good_answer());
  REQUIRE_OK(signature);
  CHECK(signature->signer == did_key::did_of(key.public_key()));
  CHECK(signature->node == "https://verifier.example");
  CHECK(signature->network == "demo.example");
  CHECK(signature->created == kSignedAt);
  CHECK(signature->verdict == sha256(as_bytes(verdict_of_page())));
}

TEST_CASE("how the answer is laid out does not matter, what it says does") {
  KeyPairSigner key = key_of_seed(kOwnSeed);
  Json answer = answer_by(key);
  answer["headline"] = "changed: the headline is not signed";
  REQUIRE_OK(checked(Json::parse(answer.dump(4))));
  answer["verdict"]["verdict"] = "valid";
  CHECK_CODE_NAMES(checked(answer), codes::VERDICT_SIGNATURE_OTHER,
                   digest_text(sha256(as_bytes(verdict_of_page()))));
}

TEST_CASE("a presentation's verdict is signed as a whole") {
  KeyPairSigner key = key_of_seed(kOwnSeed);
  const std::string verdict = R"({"holder":[],"verdicts":[)" + verdict_of_page() + "]}";
  Json answer{{"verdict", Json::parse(verdict)}, {"signature", Json::parse(envelope_by(key, verdict))}};
  REQUIRE_OK(checked(answer));
  answer["verdict"]["verdicts"].clear();
  CHECK_CODE(checked(answer), codes::VERDICT_SIGNATURE_OTHER);
}

TEST_CASE("a verdict without a signature is never taken for a signed one") {
  Json answer = good_answer();
  answer.erase("signature");
  CHECK_CODE(checked(answer), codes::VERDICT_UNSIGNED);
  answer["signature"] = nullptr;
  CHECK_CODE(checked(answer), codes::VERDICT_UNSIGNED);
  CHECK_CODE_NAMES(checked(Json::parse(verdict_of_page())), codes::VERDICT_UNSIGNED, "beside it");
  CHECK_CODE(checked(Json{{"holder", Json::array()}, {"verdicts", Json::array()}}), codes::VERDICT_UNSIGNED);
  CHECK_CODE_NAMES(checked(Json::array({good_answer()})), codes::VERDICT_MALFORMED, "one element");
  CHECK_CODE(checked(Json::object()), codes::VERDICT_MALFORMED);
}

TEST_CASE("what is not exactly an envelope is refused") {
  const auto refused = [](const Json& answer, std::string_view part) {
    CHECK_CODE_NAMES(checked(answer), codes::VERDICT_SIGNATURE_MALFORMED, part);
  };
  Json answer = good_answer();
  answer["signature"] = "z2i2Gy";
  refused(answer, "no object");
  for (const char* member : {"type", "v", "verdict", "signer", "node", "network", "proof"}) {
    answer = good_answer();
    answer["signature"].erase(member);
    refused(answer, member);
  }
  refused(with("/colour", "blue"), "colour");
  refused(with("/type", "VerifiableCredential"), "type");
  refused(with("/v", 2), "and 1");
  refused(with("/v", "1"), "and 1");
  refused(with("/node", 7), "\"node\"");
  refused(with("/network", nullptr), "\"network\"");
  refused(with("/verdict", 7), "\"verdict\"");
  refused(with("/signer", "did:web:verifier.example"), "did:key");
  refused(with("/signer", "nobody"), "did:key");
  refused(with("/proof/expires", "2030-01-01T00:00:00Z"), "expires");
  refused(with("/proof/@context", Json::array()), "@context");
  Json two = good_answer();
  two["signature"]["proof"] = Json::array({two["signature"]["proof"], two["signature"]["proof"]});
  refused(two, "proof is no object");
  Json undated = good_answer();
  undated["signature"]["proof"].erase("created");
  refused(undated, "created");
}

TEST_CASE("whatever is changed of what was signed breaks the signature") {
  const auto key = key_of_seed(2).public_key();
  CHECK_CODE(checked(with("/node", "https://ministry.example")), codes::PROOF_SIGNATURE);
  CHECK_CODE(checked(with("/network", "other.example")), codes::PROOF_SIGNATURE);
  CHECK_CODE(checked(with("/signer", did_key::did_of(key).text())), codes::PROOF_SIGNATURE);
  CHECK_CODE(checked(with("/proof/created", "2025-11-22T13:50:01Z")), codes::PROOF_SIGNATURE);
  CHECK_CODE(checked(with("/proof/verificationMethod", did_key::verification_method_of(key))),
             codes::PROOF_SIGNATURE);
  CHECK_CODE(checked(with("/proof/proofPurpose", "authentication")), codes::PROOF_PURPOSE);
  CHECK_CODE(checked(with("/proof/proofValue", "z")), codes::PROOF_MALFORMED);
  CHECK_CODE(checked(with("/proof/cryptosuite", "bbs-2023")), codes::PROOF_CRYPTOSUITE_UNSUPPORTED);
}

TEST_CASE("a signature is by the key that it names, and about the verdict beside it") {
  const Json envelope = good_answer().at("signature");
  REQUIRE_OK(checked(signed_anew(envelope)));
  CHECK_CODE_NAMES(checked(signed_anew(envelope, 2)), codes::VERDICT_SIGNER_DIFFERS,
                   did_key::did_of(key_of_seed(2).public_key()).text());
  Json other = envelope;
  other["verdict"] = digest_text(sha256(as_bytes("{}")));
  CHECK_CODE(checked(signed_anew(other)), codes::VERDICT_SIGNATURE_OTHER);
}

TEST_CASE("a signature of the future is none yet") {
  REQUIRE_OK(checked(good_answer(), kSignedAt.plus_seconds(-300)));
  CHECK_CODE_NAMES(checked(good_answer(), kSignedAt.plus_seconds(-301)), codes::PROOF_NOT_YET_MADE, "300");
}

TEST_CASE("whose key it is, somebody has to say") {
  const VerdictSignature signature = checked(good_answer()).value();
  const Did own = did_key::did_of(key_of_seed(kOwnSeed).public_key());
  const Did other = did_key::did_of(key_of_seed(2).public_key());
  CHECK(check_signer(signature, {own}).has_value());
  CHECK(check_signer(signature, {own, other}).has_value());
  CHECK_CODE_NAMES(check_signer(signature, {}), codes::VERDICT_SIGNER_UNKNOWN, own.text());
  CHECK_CODE_NAMES(check_signer(signature, {other}), codes::VERDICT_SIGNER_DIFFERS, other.text());
}

}  // namespace vcnode::evidence::signature_tests
