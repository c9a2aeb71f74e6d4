// Two holders, a certificate about one of them, and presentations that answer one verifier's challenge.
#pragma once

#include <string>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/verify/presentation.h"
#include "tests/unit/protocol/verify/one_feed.h"

namespace vcnode::verify::world {

inline const Issuer& ana() {
  static const Issuer one(71);
  return one;
}
inline const Issuer& eve() {
  static const Issuer one(72);
  return one;
}

inline std::string certificate(const std::string& subject_id = ana().did().text()) {
  auto document = badge(one_issuer());
  if (!subject_id.empty()) document["credentialSubject"]["id"] = subject_id;
  return sign(one_issuer(), document);
}

inline constexpr const char* kDesk = "desk.example";

inline std::string challenge_of(Timestamp made = kNow) {
  SeededRng rng(9);
  return new_challenge(made, rng);
}

inline credential::ProofOptions answer_options(const Issuer& holder) {
  credential::ProofOptions options;
  options.verification_method = holder.method();
  options.created = kNow;
  options.proof_purpose = "authentication";
  options.challenge = challenge_of();
  options.domain = kDesk;
  return options;
}

inline nlohmann::json drafted(const std::vector<std::string>& credentials, const Issuer& holder = ana()) {
  return draft_presentation(credentials, holder.did()).value();
}

inline std::string presented_by(const nlohmann::json& document, const Issuer& holder,
                                const credential::ProofOptions& options) {
  return credential::add_proof(document, options, holder.signer()).value().dump();
}

inline std::string good_presentation() {
  return presented_by(drafted({certificate()}), ana(), answer_options(ana()));
}

inline const HolderQuestion kAsked{challenge_of(), kDesk, {}};

}  // namespace vcnode::verify::world
