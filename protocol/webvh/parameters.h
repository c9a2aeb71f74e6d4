// The parameters of a DID log ("did:webvh DID Method Parameters") in force after an entry.
//
// Only the names of did:webvh 1.0 with the types and ranges of the specification; null, deprecated there, is
// read as the default. What concerns one entry alone (method, scid) is checked here and not kept.
//
// Errors: WEBVH_METHOD, WEBVH_PARAMETER, WEBVH_PRE_ROTATION. Threading: plain values and pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::webvh {

inline constexpr std::string_view kMethodVersion = "did:webvh:1.0";
inline constexpr std::uint32_t kTtlSecondsDefault = 3600;
inline constexpr std::uint32_t kTtlSecondsMax = 2'147'483'648;  // 2^31, from the specification

// Each costs a check of its key. Nobody has a tenth; the specification sets no limit.
inline constexpr std::size_t kWitnessesMax = 100;

struct WitnessRule {
  std::uint32_t threshold = 0;         // 0: no witnesses
  std::vector<std::string> witnesses;  // did:key, distinct, Ed25519
  [[nodiscard]] bool active() const noexcept { return threshold > 0; }
  [[nodiscard]] bool names(std::string_view witness) const;
  friend bool operator==(const WitnessRule&, const WitnessRule&) = default;
};

struct Parameters {
  std::vector<std::string> update_keys;      // multikeys; none: frozen
  std::vector<std::string> next_key_hashes;  // not empty: pre-rotation binds the next entry
  WitnessRule witness;
  std::vector<std::string> watchers;
  bool portable = false;
  bool deactivated = false;
  std::uint32_t ttl_seconds = kTtlSecondsDefault;
  [[nodiscard]] bool pre_rotation() const noexcept { return !next_key_hashes.empty(); }
  friend bool operator==(const Parameters&, const Parameters&) = default;
};

// The value that nextKeyHashes holds for a multikey: base58btc(multihash(its text)).
[[nodiscard]] std::string key_hash(std::string_view multikey);

// What is in force once an entry with these `parameters` follows `parent` (nullptr: it is the first). Shares
// the parent's memory when nothing changes.
[[nodiscard]] Result<std::shared_ptr<const Parameters>> parameters_after(
    const std::shared_ptr<const Parameters>& parent, const json::Value& parameters);

}  // namespace vcnode::webvh
