// Who an issuer is, apart from what its DID happens to be called now.
//
// A did:webvh issuer is its SCID: it may move from domain to domain, and every DID its history had is the
// same issuer. A DID text with this SCID that the history never had is nobody's. Threading: pure functions.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "protocol/did/did.h"
#include "protocol/did/lookup_name.h"
#include "protocol/issuer/history.h"

namespace vcnode::verify {

[[nodiscard]] bool has_history(std::string_view did) noexcept;  // did:webvh

// The name under which views keep an issuer: the SCID of a did:webvh, of others the DID.
using vcnode::lookup_name_of;

enum class Standing : std::uint8_t {
  own,       // a version that counts has this DID
  disputed,  // only versions that dispute each other have it
  unheld,    // none that is held has it, one that the feed names is not held
  foreign
};
[[nodiscard]] Standing standing_of(std::string_view did, const issuer::History& history);

// Whether `trust` names the issuer `did`, under whatever DID its history had. `history`: nullptr if it has
// none.
[[nodiscard]] bool is_trusted(const std::set<Did>& trust, const Did& did, const issuer::History* history);

}  // namespace vcnode::verify
