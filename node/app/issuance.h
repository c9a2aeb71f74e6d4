// Issuance: from the credential a caller sent to the document that gets signed. Pure; any thread.
//
// What the caller leaves out is filled in: issuer (this issuer's DID), id (a random urn:uuid), validFrom
// (now). What only the issuer may say is refused: another issuer, a proof, a credentialStatus, a time-batch
// entry. Everything else must fulfil VCDM 2.0 before a status index is spent on it.
// Errors: REQUEST_MALFORMED, ISSUER_MISMATCH, PROOF_ALREADY_PRESENT, STATUS_ALREADY_PRESENT, BATCH_DOCUMENT,
// and the CREDENTIAL_* and JSON_* of credential::Credential::parse.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "node/app/list_pairs.h"
#include "protocol/did/did.h"

namespace vcnode::node {

struct Draft {
  std::string id;
  std::string unsigned_jcs;  // complete but for credentialStatus and proof
};

// Puts the issuer's DID into a document that leaves it out. Errors: ISSUER_MISMATCH. An issuer of the wrong
// type stays, for the data model to refuse.
[[nodiscard]] Result<void> set_issuer(nlohmann::json& document, const Did& issuer);

[[nodiscard]] Result<Draft> draft_credential(const json::Value& credential, const Did& issuer, Timestamp now,
                                             Rng& rng);

struct Allotted {
  ListPair pair;
  status::StatusIndex index;
};

// What is signed: the draft with both status entries.
[[nodiscard]] Result<nlohmann::json> with_status(const Draft& draft, const Allotted& allotted);
// The same, where a time-batch entry is to come in between. Errors: CREDENTIAL_TOO_LARGE.
[[nodiscard]] Result<nlohmann::json> with_status_for_batch(const Draft& draft, const Allotted& allotted);
// The finished credential as JCS text: one eddsa-jcs-2022 proof created at `now`.
[[nodiscard]] Result<std::string> sign_document(const nlohmann::json& document,
                                                const std::string& verification_method, Timestamp now,
                                                Signer& signer);
// with_status() and sign_document().
[[nodiscard]] Result<std::string> sign_draft(const Draft& draft, const Allotted& allotted,
                                             const std::string& verification_method, Timestamp now,
                                             Signer& signer);

// "This issuer issues no more since `date`", signed at `now`: the body of a `close` leaf
// (protocol/spec/feed.md).
[[nodiscard]] Result<std::string> closed_statement(const Did& issuer, Timestamp date,
                                                   const std::string& verification_method, Timestamp now,
                                                   Signer& signer);

}  // namespace vcnode::node
