// The names of an issuer in a verdict, and whose word each of them is (protocol/spec/verdict.md, "Names").
//
// A name that the issuer gives itself, in the credential or in its feed, is a claim. A name is confirmed by
// an Identity of a body that the verifier's anchors lead to, in force at the time that was asked about, if
// that body is believed for the country that the Identity names and what is held of it can be relied on.
//
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/base/json.h"
#include "protocol/feed/replica.h"
#include "protocol/recognition/closure.h"

namespace vcnode::verify {

// Identities of one body for one issuer that are read, the newest: a body is renamed a few times.
inline constexpr std::size_t kIdentitiesPerPairMax = 16;
// Bodies that confirm an issuer, in the order of their lookup names. A register, a ministry, a federation.
inline constexpr std::size_t kConfirmingBodiesMax = 32;

// Name, and the DID of who confirms it; none: the issuer's own word.
using IssuerNames = std::vector<std::pair<std::string, std::optional<std::string>>>;

// `issuer`: the member of the credential, an object.
void add_claimed_names(IssuerNames& names, const json::Value& issuer);
// What the issuer's own feed says.
void add_own_names(IssuerNames& names, const feed::FeedSnapshot& feed, Timestamp at);
// `issuer`: lookup name.
void add_confirmed_names(IssuerNames& names, const recognition::Closure& closure, std::string_view issuer,
                         Timestamp at);
// Sorted, each once; what somebody confirms is not also a claim.
void settle(IssuerNames& names);

}  // namespace vcnode::verify
