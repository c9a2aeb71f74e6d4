// The keys that may have signed one credential, each judged at the time its signature claims.
//
// For a DID with a history the question "whose key is it?" has two halves. The resolver's half gives a key to
// check the signature with, also one that the issuer should not have signed with; the other half is the
// judgement that the key check reports. So a credential signed with a stolen key is told from an altered one.
// Where the name of the method alone does not say which key is meant, there is none to check with, and the
// judgement is the resolver's error.
//
// Threading: belongs to one verification.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/issuer/history.h"
#include "protocol/verify/issue_time.h"
#include "protocol/verify/observed_issuers.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

class IssuerKeys final : public Resolver {
 public:
  IssuerKeys(const View& view, const credential::Credential& credential, const Policy::Values& policy,
             const ObservedIssuers& observed);

  // Errors besides those of the View: HISTORY_NOT_HELD, NEWER_HEAD_UNAVAILABLE, DID_DISPUTED,
  // VERSION_NOT_HELD, KEY_NOT_OBSERVED and OBSERVERS_DIFFER (could not be checked), KEY_NOT_IN_FORCE.
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;

  // The key check of a proof whose method this resolved.
  [[nodiscard]] Check judgement_of(const credential::VerifiedProof& proof) const;

  // How well the key of a proof is known that was only observed; none for others.
  [[nodiscard]] std::optional<observe::Seen> seen_of(const credential::VerifiedProof& proof) const;

  // Of the credential's issuer; nullptr if it has none or none is held.
  [[nodiscard]] const issuer::History* history() const;
  [[nodiscard]] const IssueTime& issue_time() const;

 private:
  struct Judged {
    std::string method;
    std::optional<Timestamp> at;
    Check check;
    std::optional<observe::Seen> seen = std::nullopt;
  };
  [[nodiscard]] Result<ResolvedMethod> resolve_by_history(const DidUrl& method,
                                                          std::optional<Timestamp> at) const;
  [[nodiscard]] Result<ResolvedMethod> resolve_observed(const DidUrl& method,
                                                        std::optional<Timestamp> at) const;
  [[nodiscard]] Error with_batch(const issuer::History& history, const DidUrl& method,
                                 const SignatureTime& time, const Error& why) const;
  [[nodiscard]] const Judged* judged_for(const credential::VerifiedProof& proof) const;
  [[nodiscard]] bool is_issuers(const DidUrl& method) const;

  const View& view_;
  const credential::Credential& credential_;
  const Policy::Values& policy_;
  const ObservedIssuers& observed_;
  // Made when first asked for: most credentials need neither.
  mutable std::optional<std::shared_ptr<const issuer::History>> history_;
  mutable std::optional<IssueTime> issue_time_;
  mutable std::vector<Judged> judged_;
};

}  // namespace vcnode::verify
