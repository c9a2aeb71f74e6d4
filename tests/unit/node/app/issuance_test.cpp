#include "node/app/issuance.h"

#include <nlohmann/json.hpp>

#include "crypto/key_file.h"
#include "node/app/codes.h"
#include "protocol/batch/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

namespace {

using nlohmann::json;

const Timestamp kIssuedNow(1'770'000'000);

struct Issuer {
  SeededRng rng{1};
  KeyPairSigner signer{Ed25519KeyPair::generate(rng)};
  Did did = did_key::did_of(signer.public_key());

  Result<node::Draft> draft(const json& credential) {
    const auto document = vcnode::json::Document::parse(credential.dump());
    REQUIRE_OK(document);
    return node::draft_credential(document->root(), did, kIssuedNow, rng);
  }
};

json minimal() {
  return {{"@context", {"https://www.w3.org/ns/credentials/v2"}},
          {"type", {"VerifiableCredential"}},
          {"credentialSubject", {{"name", "Aoife"}}}};
}

json with(json base, const char* member, json value) {
  base[member] = std::move(value);
  return base;
}

}  // namespace

TEST_CASE("what the caller left out is filled in") {
  Issuer issuer;
  const auto draft = issuer.draft(minimal());
  REQUIRE_OK(draft);
  const json document = json::parse(draft->unsigned_jcs);
  CHECK(document.at("issuer") == issuer.did.text());
  CHECK(document.at("validFrom") == "2026-02-02T02:40:00Z");
  CHECK(document.at("id") == draft->id);
  CHECK(draft->id.starts_with("urn:uuid:"));
}

TEST_CASE("what would be too long once it is signed is refused before anything is spent") {
  Issuer issuer;
  const auto sized = [](std::size_t bytes) {
    return with(minimal(), "description", std::string(bytes, 'x'));
  };
  CHECK_CODE_NAMES(issuer.draft(sized(260'000)), codes::CREDENTIAL_TOO_LARGE, "the limit is 253952");
  const auto draft = issuer.draft(sized(253'000));
  REQUIRE_OK(draft);
  const std::string longest = concat("https://issuer.test/", std::string(950, 'a'));
  const node::Allotted allotted{{"main-1", longest + "-revocation", longest + "-suspension"},
                                status::StatusIndex(131'071)};
  const auto text =
      node::sign_draft(*draft, allotted, concat(issuer.did.text(), "#", issuer.did.text().substr(8)),
                       kIssuedNow, issuer.signer);
  REQUIRE_OK(text);
  REQUIRE_OK(credential::Credential::parse(*text));
}

TEST_CASE("what the caller said stays, an issuer object keeps its members") {
  Issuer issuer;
  json credential = with(minimal(), "issuer", {{"name", "Ollscoil"}});
  credential["id"] = "urn:example:1";
  credential["validFrom"] = "2025-01-01T00:00:00Z";
  const auto draft = issuer.draft(credential);
  REQUIRE_OK(draft);
  const json document = json::parse(draft->unsigned_jcs);
  CHECK(document.at("issuer") == json{{"id", issuer.did.text()}, {"name", "Ollscoil"}});
  CHECK(document.at("validFrom") == "2025-01-01T00:00:00Z");
  CHECK(draft->id == "urn:example:1");
}

TEST_CASE("what only the issuer may say is refused") {
  Issuer issuer;
  CHECK_CODE_NAMES(issuer.draft(with(minimal(), "issuer", "did:example:other")), codes::ISSUER_MISMATCH,
                   "did:example:other");
  CHECK_CODE_NAMES(issuer.draft(with(minimal(), "issuer", {{"id", "did:example:other"}})),
                   codes::ISSUER_MISMATCH, issuer.did.text());
  CHECK_CODE(issuer.draft(with(minimal(), "proof", json::array())), codes::PROOF_ALREADY_PRESENT);
  CHECK_CODE(issuer.draft(with(minimal(), "credentialStatus", json::object())),
             codes::STATUS_ALREADY_PRESENT);
  CHECK_CODE_NAMES(issuer.draft(with(minimal(), "evidence", {{"type", "TimeBatchEvidence"}})),
                   codes::BATCH_DOCUMENT, "the issuer adds its own");
  REQUIRE_OK(issuer.draft(with(minimal(), "evidence", {{"type", "Letter"}})));
}

TEST_CASE("a credential that goes through a time batch leaves room for its entry") {
  Issuer issuer;
  const auto draft = issuer.draft(with(minimal(), "description", std::string(240'000, 'x')));
  REQUIRE_OK(draft);
  const node::Allotted allotted{{"main-1", "https://i.test/r", "https://i.test/s"}, status::StatusIndex(1)};
  REQUIRE_OK(node::with_status(*draft, allotted));
  CHECK_CODE_NAMES(node::with_status_for_batch(*draft, allotted), codes::CREDENTIAL_TOO_LARGE,
                   "the limit is 229376");
  REQUIRE_OK(node::with_status_for_batch(*issuer.draft(minimal()), allotted));
}

TEST_CASE("the data model is checked before an index is spent") {
  Issuer issuer;
  json no_context = minimal();
  no_context.erase("@context");
  CHECK_CODE(issuer.draft(no_context), codes::CREDENTIAL_CONTEXT);
  CHECK_CODE(issuer.draft(with(minimal(), "issuer", nullptr)), codes::CREDENTIAL_ISSUER);
  CHECK_CODE(issuer.draft(with(minimal(), "issuer", 7)), codes::CREDENTIAL_ISSUER);
  CHECK_CODE(issuer.draft(with(minimal(), "id", nullptr)), codes::CREDENTIAL_ID);
  CHECK_CODE(issuer.draft(with(minimal(), "credentialSubject", json::object())), codes::CREDENTIAL_SUBJECT);
  CHECK_CODE_NAMES(issuer.draft(json::array()), codes::REQUEST_MALFORMED, "not array");
}

TEST_CASE("the signed credential carries both entries with one index and a proof of now") {
  Issuer issuer;
  const auto draft = issuer.draft(minimal());
  REQUIRE_OK(draft);
  const node::Allotted allotted{{"main-1", "https://i.test/status-lists/main-1-revocation",
                                 "https://i.test/status-lists/main-1-suspension"},
                                status::StatusIndex(94'567)};
  const auto text =
      node::sign_draft(*draft, allotted, did_key::verification_method_of(issuer.signer.public_key()),
                       kIssuedNow, issuer.signer);
  REQUIRE_OK(text);
  const json signed_credential = json::parse(*text);
  const json& entries = signed_credential.at("credentialStatus");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].at("statusPurpose") == "revocation");
  CHECK(entries[0].at("statusListCredential") == allotted.pair.revocation);
  CHECK(entries[1].at("statusPurpose") == "suspension");
  CHECK(entries[1].at("statusListCredential") == allotted.pair.suspension);
  for (const json& entry : entries) CHECK(entry.at("statusListIndex") == "94567");
  CHECK(signed_credential.at("proof").at("created") == "2026-02-02T02:40:00Z");
  CHECK(signed_credential.at("proof").at("cryptosuite") == "eddsa-jcs-2022");
  const auto document = vcnode::json::Document::parse(*text);
  REQUIRE_OK(document);
  const auto proofs = credential::verify_proofs(document->root(), "assertionMethod", DidKeyResolver());
  REQUIRE_OK(proofs);
  CHECK(proofs->verified);
}

}  // namespace vcnode::test
