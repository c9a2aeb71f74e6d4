// The status list credential (Bitstring Status List v1.0 §2.2) and the entry that points into it (§2.1).
//
// A StatusList is a verified list: VCDM 2.0 credential of type BitstringStatusListCredential, id = the list's
// URI, issuer = the feed's issuer, one eddsa-jcs-2022 proof by the issuer's assertion key, subject type
// BitstringStatusList with statusPurpose and encodedList. Lists carry one purpose each; the same index in
// the revocation list and in the suspension list belongs to one credential.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "protocol/did/did.h"
#include "protocol/did/resolver.h"
#include "protocol/status/bitstring.h"

namespace vcnode::status {

enum class Purpose : std::uint8_t { revocation = 1, suspension = 2 };  // persistent: never renumber
[[nodiscard]] std::string_view purpose_name(Purpose purpose) noexcept;
[[nodiscard]] Result<Purpose> parse_purpose(std::string_view text);  // STATUS_PURPOSE_UNSUPPORTED

struct StatusList {
  std::string uri;
  Purpose purpose = Purpose::revocation;
  Timestamp valid_from;                  // orders the lists of one URI
  Timestamp not_before;                  // the later of validFrom and the proof's created
  std::optional<Timestamp> valid_until;  // the earlier of validUntil and the proof's expires
  Bitmap bitmap;
};

// Verifies the signed list `text` as the list `uri` of `issuer`. Errors: JSON_*, CREDENTIAL_*,
// STATUS_LIST_MALFORMED (wrong type, id, issuer, subject, no time), STATUS_LIST_PROOF (signature bad or by
// another key), STATUS_LIST_ENCODING, STATUS_LIST_SIZE, STATUS_PURPOSE_UNSUPPORTED; could-not-check codes of
// verify_proofs pass through. `valid_from` is the list's validFrom, else the proof's created. No date is
// compared with a clock here: outside not_before to valid_until a clear bit tells nothing. A list of a feed
// has at least the standard's kListEntriesMin entries; observed ones may have fewer (`entries_min`).
[[nodiscard]] Result<StatusList> verify_status_list(std::string_view text, std::string_view uri,
                                                    const Did& issuer, const Resolver& resolver,
                                                    std::uint64_t entries_min = kListEntriesMin);

struct SignedListOptions {
  std::string uri;
  Purpose purpose = Purpose::revocation;
  Did issuer;
  std::string verification_method;
  Timestamp valid_from;
};
// The signed JSON text of a list.
[[nodiscard]] Result<std::string> sign_status_list(const Bitmap& bitmap, const SignedListOptions& options,
                                                   Signer& signer);

// A credentialStatus entry of type BitstringStatusListEntry as found in a credential.
struct StatusEntry {
  Purpose purpose = Purpose::revocation;
  std::string list_uri;
  StatusIndex index;
};
// Errors: STATUS_ENTRY_MALFORMED, STATUS_INDEX_INVALID, STATUS_PURPOSE_UNSUPPORTED, STATUS_TYPE_UNSUPPORTED.
[[nodiscard]] Result<StatusEntry> parse_status_entry(const json::Value& entry);
[[nodiscard]] nlohmann::json status_entry_json(const StatusEntry& entry);

// Draws an index uniformly among those `is_taken` says are free: random, so that an index tells nothing about
// order or number of credentials. Errors: STATUS_LIST_FULL when more than `kFillMaxPercent` are taken.
inline constexpr std::uint64_t kFillMaxPercent = 90;  // beyond it, random probing slows down and herds shrink
template <class IsTaken>
[[nodiscard]] Result<StatusIndex> draw_index(std::uint64_t entries, std::uint64_t taken, Rng& rng,
                                             IsTaken&& is_taken);

[[nodiscard]] Result<void> check_fill(std::uint64_t entries, std::uint64_t taken);

template <class IsTaken>
Result<StatusIndex> draw_index(std::uint64_t entries, std::uint64_t taken, Rng& rng, IsTaken&& is_taken) {
  VCNODE_CHECK(check_fill(entries, taken));
  for (;;) {
    const StatusIndex index(rng.below(entries));
    if (!is_taken(index)) return index;
  }
}

}  // namespace vcnode::status
