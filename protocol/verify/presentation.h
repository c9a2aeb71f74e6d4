// Presentations: credentials that a holder hands over, signed with the holder's key in answer to the
// verifier's challenge (VCDM 2.0 §4.13; protocol/spec/verdict.md, "Presentations").
//
// Read are presentations in JSON with eddsa-jcs-2022 proofs for authentication. The holder is the controller
// of the key: a did:key or did:jwk, or a did:webvh whose history the view holds and whose newest version
// lists the key for authentication. Each credential is judged by itself; what the presentation shows of its
// holder is its subject check.
//
// Thread-safe: any number of calls at once.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/verify/challenge.h"
#include "protocol/verify/subject.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

// A holder's certificates for one application.
inline constexpr std::size_t kPresentedMax = 32;
inline constexpr std::size_t kPresentationBytesMax = 4 * 1024 * 1024;
inline constexpr std::string_view kPresentationType = "VerifiablePresentation";
inline constexpr std::string_view kAuthenticationPurpose = "authentication";

// What the verifier asked for: both or neither. The domain names the verifier.
struct HolderQuestion {
  std::optional<std::string> challenge = std::nullopt;
  std::optional<std::string> domain = std::nullopt;
  // Asked last, of a challenge that is answered well: whether it is the first time. Empty: nobody remembers.
  // Its errors are those of the verification.
  std::function<Result<bool>(std::string_view challenge)> is_first = {};
};

struct HolderCheck {
  std::string_view check;  // "format", "proof", "holder", "challenge"
  CheckResult result;
  Code code;
  std::string detail;
};

struct PresentationVerdict {
  std::vector<HolderCheck> checks;  // a bad one ends them
  Holder holder;
  std::vector<Verdict> verdicts;  // in the order of the credentials

  // {"holder": [{"check","code","result"}…], "verdicts": […]}, canonical.
  [[nodiscard]] std::string to_jcs() const;
  // The worst of all: not-valid, cannot-tell, issuer-not-confirmed, valid.
  [[nodiscard]] Outcome outcome() const noexcept;
};

// Whether the text is a presentation, good or bad, rather than a credential.
[[nodiscard]] bool is_presentation(std::string_view text);
// The credentials in it as they are judged: JCS of an object, a string itself. None if it is malformed.
[[nodiscard]] std::vector<std::string> presented_credentials(std::string_view text);
// Whom it names as its holder, else whose key it says that it was signed with; none if neither is a DID.
[[nodiscard]] std::optional<Did> presentation_holder(std::string_view text);

[[nodiscard]] Result<PresentationVerdict> verify_presentation(std::string_view text,
                                                              const HolderQuestion& asked, const View& view,
                                                              const Policy& policy, Timestamp at,
                                                              const StatedPerson* stated = nullptr);

// The checks of the holder alone, without verdicts.
[[nodiscard]] Result<PresentationVerdict> verify_holder(std::string_view text, const HolderQuestion& asked,
                                                        const View& view, Timestamp at);

// The headline for people, and one {"check","code","sentence"} for each check of the holder.
[[nodiscard]] std::string headline(const PresentationVerdict& verdict);
[[nodiscard]] nlohmann::json messages(const PresentationVerdict& verdict);

// An unsigned presentation of these credentials. Errors: PRESENTATION_MALFORMED (a text that is no JSON
// object), PRESENTATION_TOO_MANY, JSON_*.
[[nodiscard]] Result<nlohmann::json> draft_presentation(const std::vector<std::string>& credentials,
                                                        const Did& holder);

}  // namespace vcnode::verify
