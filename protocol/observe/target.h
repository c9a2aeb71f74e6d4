// What may be observed: the DID document of a did:web, and status list credentials that somebody named.
//
// Nothing here fetches: a target says where the file is and how large it may be, `check` whether what came
// from there is worth an observation. Signatures are not looked at: whoever asks later knows more keys.
// Errors: OBSERVE_URL, those of DidWeb::parse; of check: JSON_*, DID_DOCUMENT_*, CREDENTIAL_*,
// STATUS_LIST_MALFORMED, STATUS_LIST_ENCODING, STATUS_LIST_SIZE. Threading: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "protocol/did/did.h"

namespace vcnode::observe {

// The standard asks for 131,072 (herd privacy). Lists of existing platforms are smaller; below this, whoever
// reads the log of observations learns too much about the few it speaks of.
inline constexpr std::uint64_t kListEntriesMin = 10'000;

enum class Kind : std::uint8_t { did_document, status_list };

struct Target {
  Kind kind = Kind::did_document;
  std::string url;
  std::optional<Did> did;  // of a DID document

  [[nodiscard]] static Result<Target> of_did(std::string_view did);
  // An https URL with a host name, without user, fragment and spaces.
  [[nodiscard]] static Result<Target> of_list(std::string_view url);

  [[nodiscard]] std::size_t bytes_max() const noexcept;
  [[nodiscard]] std::string_view media_types() const noexcept;  // for Accept
  [[nodiscard]] Result<void> check(std::string_view body) const;
  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace vcnode::observe
