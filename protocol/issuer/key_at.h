// Was this key the issuer's at the time? (design/network.md, section of that name, rules 1 to 6.)
//
// A signature claims a time, and may prove that it existed by some time (a batch that a witness quorum
// cosigned). What the issuer's history says of the key then is one of three: it was the issuer's, it was not,
// or it cannot be told.
//
//   - Never listed: VERIFICATION_METHOD_UNKNOWN. Listed, but not when the signature claims, or claimed after
//   the
//     DID was deactivated, whatever its last document lists: KEY_NOT_IN_FORCE.
//   A method is the issuer's under every DID that a version has: names move with it. Listed then, but of a
//   type or form that is not read: VERIFICATION_METHOD_UNREAD, which says nothing; with a key that signs
//   nothing here, the code of verification_method::key_of.
//   A method that `expires` (Controlled Identifiers 1.0) is listed until then, excluded.
//   - A key declared compromised since T is good for what is proven older than T, and for nothing else
//     (KEY_COMPROMISED): what a signature claims is the thief's choice. The declaration counts for the key,
//     under whatever name, and is never taken back.
//   - Where histories part, times from the first of the disputed versions on cannot be told (DID_DISPUTED);
//   nor
//     can an unproven signature of a key that one of the disputed versions declares compromised.
//   - Where the feed names a version that is not held (VERSION_NOT_HELD), that one may add, end or disown any
//     key: only what is compromised or disputed already can be told.
//
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/did/resolver.h"
#include "protocol/issuer/history.h"

namespace vcnode::issuer {

struct KeyFinding {
  Ed25519PublicKey key;
  std::size_t version = 0;   // index of the version in force at the claimed time
  bool retired = false;      // not in the newest version any more, in the ordinary way
  bool compromised = false;  // since later than the signature is proven to be
};

// `method`: the absolute DID URL that a proof names.
[[nodiscard]] Result<KeyFinding> find_key(const History& history, std::string_view method,
                                          SignatureTime time);

}  // namespace vcnode::issuer
