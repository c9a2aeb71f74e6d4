#include "protocol/credential/data_integrity.h"

#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/credential/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

Result<credential::ProofOutcome> verify(const Json& document, std::string_view purpose = "assertionMethod") {
  const auto parsed = test::parsed(document);
  return credential::verify_proofs(parsed.root(), purpose, DidKeyResolver());
}

// Checked and bad, for this reason, and the sentence names `part`.
void check_bad(const Json& document, Code expected, std::string_view part = "") {
  const auto outcome = verify(document);
  REQUIRE_OK(outcome);
  CHECK_FALSE(outcome->verified);
  CHECK(outcome->proofs.empty());
  REQUIRE(outcome->failure.has_value());
  CHECK_MESSAGE(test::same_code(outcome->failure->code, expected), outcome->failure->message);
  CHECK_MESSAGE(outcome->failure->message.find(part) != std::string::npos, outcome->failure->message);
}

Json signed_by(test::Party& party) {
  return credential::add_proof(test::minimal_credential(party.did().text()), party.proof_options(),
                               party.signer())
      .value();
}

Json with_proof_member(const char* member, const Json& value) {
  test::Party issuer(1);
  auto document = signed_by(issuer);
  document["proof"][member] = value;
  return document;
}

Json without_proof_member(const char* member) {
  test::Party issuer(1);
  auto document = signed_by(issuer);
  document["proof"].erase(member);
  return document;
}

// Answers every question with one error.
class RefusingResolver final : public Resolver {
 public:
  explicit RefusingResolver(Code code) : code_(code) {}
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp>) const override {
    return fail(code_, "asked for ", method.text());
  }

 private:
  Code code_;
};

class BrokenSigner final : public Signer {
 public:
  [[nodiscard]] const Ed25519PublicKey& public_key() const noexcept override { return key_; }
  [[nodiscard]] Result<Ed25519Signature> sign(BytesView) override {
    return fail(codes::FILE_UNREADABLE, "no device");
  }

 private:
  Ed25519PublicKey key_;
};

}  // namespace

TEST_CASE("a signed credential verifies and tells who signed it and when") {
  test::Party issuer(1);
  const auto outcome = verify(signed_by(issuer));
  REQUIRE_OK(outcome);
  CHECK(outcome->verified);
  CHECK_FALSE(outcome->failure.has_value());
  REQUIRE(outcome->proofs.size() == 1);
  CHECK(outcome->proofs[0].verification_method == issuer.method());
  CHECK(outcome->proofs[0].method.controller == issuer.did());
  CHECK(outcome->proofs[0].method.low_assurance);
  CHECK(outcome->proofs[0].created == Timestamp(1'790'000'000));
}

TEST_CASE("a proof is written as the standard writes it") {
  test::Party issuer(1);
  auto options = issuer.proof_options();
  options.id = "urn:uuid:1";
  options.challenge = "abc";
  options.domain = "verifier.example";
  options.proof_purpose = "authentication";
  const auto document =
      credential::add_proof(test::minimal_credential("did:example:a"), options, issuer.signer());
  REQUIRE_OK(document);
  const auto& proof = (*document)["proof"];
  CHECK(proof["type"] == "DataIntegrityProof");
  CHECK(proof["cryptosuite"] == "eddsa-jcs-2022");
  CHECK(proof["created"] == Timestamp(1'790'000'000).to_string());
  CHECK(proof["verificationMethod"] == issuer.method());
  CHECK(proof["proofPurpose"] == "authentication");
  CHECK(proof["@context"] == (*document)["@context"]);
  CHECK(proof["id"] == "urn:uuid:1");
  CHECK(proof["challenge"] == "abc");
  CHECK(proof["domain"] == "verifier.example");
  CHECK(proof["proofValue"].get<std::string>().starts_with('z'));
  CHECK(proof.size() == 10);
  CHECK(verify(*document, "authentication")->verified);
}

TEST_CASE("any object can be signed, with or without @context") {
  test::Party issuer(1);
  const auto document = credential::add_proof({{"statement", "x"}}, issuer.proof_options(), issuer.signer());
  REQUIRE_OK(document);
  CHECK_FALSE((*document)["proof"].contains("@context"));
  CHECK(verify(*document)->verified);
}

TEST_CASE("a changed document, a changed proof and another signer's key are bad") {
  test::Party issuer(1);
  test::Party other(2);
  auto changed = signed_by(issuer);
  changed["credentialSubject"]["achievement"]["credits"] = 30;
  check_bad(changed, codes::PROOF_SIGNATURE, "/proof/proofValue");
  check_bad(with_proof_member("created", "2020-01-01T00:00:00Z"), codes::PROOF_SIGNATURE);
  check_bad(with_proof_member("domain", "elsewhere"), codes::PROOF_SIGNATURE);
  check_bad(with_proof_member("verificationMethod", other.method()), codes::PROOF_SIGNATURE,
            other.did().text());
  check_bad(without_proof_member("created"), codes::PROOF_SIGNATURE);
}

TEST_CASE("a proof for another purpose is bad") {
  check_bad(with_proof_member("proofPurpose", "authentication"), codes::PROOF_PURPOSE, "\"authentication\"");
}

TEST_CASE("the document's @context must start with the signed one, and what follows is not signed") {
  test::Party issuer(1);
  auto appended = signed_by(issuer);
  appended["@context"].push_back("https://example.org/context");
  CHECK(verify(appended)->verified);  // vc-di-eddsa §3.3.2 says so; see protocol/spec/data-integrity.md

  auto changed = signed_by(issuer);
  changed["@context"][0] = "https://example.org/context";
  check_bad(changed, codes::PROOF_CONTEXT, "/proof/@context");
  auto removed = signed_by(issuer);
  removed.erase("@context");
  check_bad(removed, codes::PROOF_CONTEXT);
  check_bad(
      with_proof_member("@context", {"https://www.w3.org/ns/credentials/v2", "https://example.org/context"}),
      codes::PROOF_CONTEXT);
  // Removing the proof's own @context leaves the document's to be hashed, but changes the proof.
  check_bad(without_proof_member("@context"), codes::PROOF_SIGNATURE);
}

TEST_CASE("inline contexts are compared by content") {
  test::Party issuer(1);
  auto document = test::minimal_credential(issuer.did().text());
  document["@context"].push_back({{"Course", "https://example.org/#Course"}});
  auto secured = credential::add_proof(document, issuer.proof_options(), issuer.signer()).value();
  CHECK(verify(secured)->verified);
  secured["@context"][1]["Course"] = "https://example.org/#Other";
  check_bad(secured, codes::PROOF_CONTEXT);
}

TEST_CASE("a document without proof could not be checked") {
  test::Party issuer(1);
  CHECK_CODE(verify(test::minimal_credential("did:example:a")), codes::PROOF_MISSING);
  auto empty = signed_by(issuer);
  empty["proof"] = Json::array();
  CHECK_CODE(verify(empty), codes::PROOF_MISSING);
  CHECK_CODE(verify("text"), codes::PROOF_MISSING);
}

TEST_CASE("a malformed proof could not be checked, and the sentence names the member") {
  for (const auto* member : {"type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"}) {
    CAPTURE(member);
    CHECK_CODE_NAMES(verify(without_proof_member(member)), codes::PROOF_MALFORMED, concat("/proof/", member));
    CHECK_CODE_NAMES(verify(with_proof_member(member, nullptr)), codes::PROOF_MALFORMED, member);
  }
  CHECK_CODE_NAMES(verify(with_proof_member("created", "yesterday")), codes::PROOF_MALFORMED,
                   "/proof/created");
  CHECK_CODE_NAMES(verify(with_proof_member("expires", 17)), codes::PROOF_MALFORMED, "/proof/expires");
  CHECK_CODE_NAMES(verify(with_proof_member("id", 17)), codes::PROOF_MALFORMED, "/proof/id");
  CHECK_CODE_NAMES(verify(with_proof_member("verificationMethod", "key-1")), codes::PROOF_MALFORMED,
                   "DID URL");
  CHECK_CODE(verify(with_proof_member("verificationMethod", "did:key:#a b")), codes::PROOF_MALFORMED);
  test::Party issuer(1);
  auto document = signed_by(issuer);
  document["proof"] = nullptr;
  CHECK_CODE_NAMES(verify(document), codes::PROOF_MALFORMED, "null");
  document["proof"] = {signed_by(issuer)["proof"], "text"};
  CHECK_CODE_NAMES(verify(document), codes::PROOF_MALFORMED, "/proof/1");
}

TEST_CASE("proofValue is base58btc multibase of exactly 64 bytes") {
  test::Party issuer(1);
  const auto good = signed_by(issuer)["proof"]["proofValue"].get<std::string>();
  const auto short_one = multibase_encode(Multibase::base58btc, Bytes(63, 1));
  const auto long_one = multibase_encode(Multibase::base58btc, Bytes(65, 1));
  const auto base64 = multibase_encode(Multibase::base64url, base58btc_decode(good.substr(1), 64).value());
  for (const auto& value : {good.substr(1), good.substr(0, good.size() - 2), short_one, long_one, base64,
                            std::string("z"), std::string("z0"), std::string()}) {
    CAPTURE(value);
    CHECK_CODE_NAMES(verify(with_proof_member("proofValue", value)), codes::PROOF_MALFORMED, "64 bytes");
  }
}

TEST_CASE("unknown proof types, suites and DID methods could not be checked") {
  CHECK_CODE_NAMES(verify(with_proof_member("type", "Ed25519Signature2020")), codes::PROOF_TYPE_UNSUPPORTED,
                   "Ed25519Signature2020");
  CHECK_CODE_NAMES(verify(with_proof_member("cryptosuite", "eddsa-rdfc-2022")),
                   codes::PROOF_CRYPTOSUITE_UNSUPPORTED, "eddsa-rdfc-2022");
  CHECK_CODE_NAMES(verify(with_proof_member("verificationMethod", "did:web:example.com#key-1")),
                   codes::DID_METHOD_UNSUPPORTED, "did:web:example.com");
  CHECK_CODE_NAMES(verify(with_proof_member("verificationMethod", "https://example.com/issuers/1#key-1")),
                   codes::DID_METHOD_UNSUPPORTED, "https://example.com/issuers/1#key-1");
}

TEST_CASE("a verification method that its DID does not hold, or that holds no usable key, is bad") {
  test::Party issuer(1);
  Bytes zero_key = {0xed, 0x01};
  zero_key.resize(34, 0);
  const auto small_order = multibase_encode(Multibase::base58btc, zero_key);
  const auto method = [](const std::string& multikey) { return concat("did:key:", multikey, "#", multikey); };
  check_bad(with_proof_member("verificationMethod", issuer.did().text() + "#key-1"),
            codes::VERIFICATION_METHOD_UNKNOWN, "#key-1");
  check_bad(with_proof_member("verificationMethod", method(small_order)), codes::KEY_INVALID);
  check_bad(with_proof_member("verificationMethod", method("zTjsVPtY")), codes::DID_KEY_LENGTH);
  check_bad(
      with_proof_member("verificationMethod", method("zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv")),
      codes::DID_KEY_TYPE_UNSUPPORTED);
  check_bad(with_proof_member("verificationMethod", "did:key:-4:z6Mk#z6Mk"), codes::DID_INVALID);
}

TEST_CASE("whatever else a resolver answers means that the proof could not be checked") {
  test::Party issuer(1);
  const auto document = test::parsed(signed_by(issuer));
  CHECK_CODE(
      credential::verify_proofs(document.root(), "assertionMethod", RefusingResolver(codes::FILE_UNREADABLE)),
      codes::FILE_UNREADABLE);
}

TEST_CASE("in a proof set every proof must verify") {
  test::Party first(1);
  test::Party second(2);
  auto document = credential::add_proof(signed_by(first), second.proof_options(), second.signer()).value();
  REQUIRE(document["proof"].size() == 2);
  const auto outcome = verify(document);
  REQUIRE_OK(outcome);
  CHECK(outcome->verified);
  REQUIRE(outcome->proofs.size() == 2);
  CHECK(outcome->proofs[0].method.controller == first.did());
  CHECK(outcome->proofs[1].method.controller == second.did());
  std::swap(document["proof"][0]["proofValue"], document["proof"][1]["proofValue"]);
  check_bad(document, codes::PROOF_SIGNATURE, "/proof/0");
}

TEST_CASE("a bad proof wins over one that could not be checked, in either order") {
  test::Party issuer(1);
  auto document = signed_by(issuer);
  auto bad = document["proof"];
  bad["created"] = "2020-01-01T00:00:00Z";
  auto unsupported = document["proof"];
  unsupported["cryptosuite"] = "eddsa-rdfc-2022";
  const auto good = document["proof"];
  document["proof"] = {unsupported, bad};
  check_bad(document, codes::PROOF_SIGNATURE, "/proof/1");
  document["proof"] = {bad, unsupported};
  check_bad(document, codes::PROOF_SIGNATURE, "/proof/0");
  document["proof"] = {good, unsupported};
  CHECK_CODE_NAMES(verify(document), codes::PROOF_CRYPTOSUITE_UNSUPPORTED, "/proof/1");
}

TEST_CASE("the number of proofs has a limit, on both sides") {
  test::Party issuer(1);
  auto document = signed_by(issuer);
  const auto proof = document["proof"];
  document["proof"] = Json::array();
  for (std::size_t i = 0; i < credential::kProofsMax; ++i) document["proof"].push_back(proof);
  CHECK(verify(document)->verified);
  CHECK_CODE_NAMES(credential::add_proof(document, issuer.proof_options(), issuer.signer()),
                   codes::PROOF_TOO_MANY, "16");
  document["proof"].push_back(proof);
  CHECK_CODE_NAMES(verify(document), codes::PROOF_TOO_MANY, "17");
}

TEST_CASE("what cannot be signed is not signed") {
  test::Party issuer(1);
  BrokenSigner broken;
  CHECK_CODE(credential::add_proof(test::minimal_credential("did:example:a"), issuer.proof_options(), broken),
             codes::FILE_UNREADABLE);
  CHECK_CODE(credential::add_proof({{"n", 9007199254740993}}, issuer.proof_options(), issuer.signer()),
             codes::JSON_NUMBER_RANGE);
  CHECK_CODE(credential::add_proof({{"s", "\xff"}}, issuer.proof_options(), issuer.signer()),
             codes::JSON_UTF8);
  CHECK_CODE(credential::add_proof(Json::array(), issuer.proof_options(), issuer.signer()),
             codes::JSON_WRONG_TYPE);
}
