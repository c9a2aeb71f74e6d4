// Makes did:webvh logs, good and bad, for tests, fuzzing and benchmarks. Every byte is a function of the
// arguments.
//
// Unlike protocol/webvh/author.h it checks nothing, and an entry can be bent at each stage of its making:
// before the SCID is computed, before the entry is hashed, before it is signed, after it is signed. So a bad
// log breaks the one rule it is named after.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signer.h"
#include "protocol/webvh/log.h"

namespace vcnode::test::webvh {

inline constexpr Timestamp kFirstTime{1'735'689'600};  // 2025-01-01T00:00:00Z
inline constexpr Timestamp kNow{1'795'392'000};        // 2026-11-23T00:00:00Z

[[nodiscard]] inline vcnode::webvh::Rules rules() {
  return {kNow, {}};
}

struct TestKey {
  explicit TestKey(std::uint8_t seed_byte);
  mutable KeyPairSigner signer;
  std::string multikey;  // z6Mk…
  std::string did;       // did:key:z6Mk…
  std::string method;    // did:key:z6Mk…#z6Mk…
  std::string hash;      // as nextKeyHashes holds it
};
// Any number names a key; the same in every run.
[[nodiscard]] const TestKey& key(std::uint8_t number);
[[nodiscard]] std::vector<std::string> multikeys(const std::vector<std::uint8_t>& numbers);
[[nodiscard]] std::vector<std::string> hashes(const std::vector<std::uint8_t>& numbers);
[[nodiscard]] nlohmann::json witness_rule(int threshold, const std::vector<std::uint8_t>& witnesses);

using Bend = std::function<void(nlohmann::json&)>;

// The entry that follows; the defaults make a good one that changes nothing.
struct Making {
  nlohmann::json parameters = nlohmann::json::object();  // added to what a first entry must have
  std::vector<std::uint8_t> signers = {1};
  std::optional<nlohmann::json> document = {};  // none: as before; in a first entry with {SCID}
  std::optional<std::string> time = {};         // none: one day after the entry before
  Bend before_scid = {};                        // first entry only: of the entry with placeholders
  Bend before_hash = {};                        // of the entry with its predecessor's versionId
  Bend before_sign = {};                        // of the entry with its own versionId, without proof
  Bend after_sign = {};                         // of the whole entry
};

class LogMaker {
 public:
  explicit LogMaker(std::string location = "uni.example") : location_(std::move(location)) {}
  LogMaker& add(const Making& making = {});
  LogMaker& witness(std::uint8_t number);  // approves the newest entry
  LogMaker& line(std::string text);        // as it is

  [[nodiscard]] std::string text() const;  // did.jsonl
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }
  [[nodiscard]] const std::vector<vcnode::webvh::WitnessProof>& proofs() const noexcept { return proofs_; }
  [[nodiscard]] std::vector<vcnode::webvh::WitnessProof>& proofs() noexcept { return proofs_; }
  [[nodiscard]] const std::string& scid() const noexcept { return scid_; }
  [[nodiscard]] std::string did() const { return "did:webvh:" + scid_ + ":" + location_; }
  [[nodiscard]] const std::string& version_id() const noexcept { return version_id_; }  // of the newest entry
  // Document of the newest entry, to be changed and given back; before the first entry with {SCID}.
  [[nodiscard]] nlohmann::json document() const;

  [[nodiscard]] vcnode::webvh::Log read() const;

 private:
  [[nodiscard]] nlohmann::json first_entry(const Making& making);
  std::string location_;
  std::string scid_;
  std::string version_id_;
  std::uint32_t number_ = 0;
  std::optional<nlohmann::json> document_;
  std::vector<std::string> lines_;
  std::vector<vcnode::webvh::WitnessProof> proofs_;
};

// A DID document with one assertion method #sig1 under key `number`; `did` may hold {SCID}.
[[nodiscard]] nlohmann::json document_with(const std::string& did, std::uint8_t number);

// A good proof by key `number` on `document` that says when it expires.
[[nodiscard]] nlohmann::json expiring_proof(const nlohmann::json& document, std::uint8_t number);

}  // namespace vcnode::test::webvh
