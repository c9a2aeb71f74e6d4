// A small world for tests and benchmarks of the verdict: an issuer with a key made from one byte, the
// credentials it signs, its two status lists and its feed. Everything is a function of its arguments, down to
// the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signer.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/feed/replica.h"
#include "protocol/status/status_list.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify::world {

inline constexpr Timestamp kIssuedAt{1'793'523'600};  // 2026-11-01T09:00:00Z
inline constexpr Timestamp kHeadAt{1'795'353'000};    // 2026-11-22T13:10:00Z
inline constexpr Timestamp kNow{1'795'355'400};       // 2026-11-22T13:50:00Z, 2,400 seconds later

inline constexpr std::string_view kRevocationList = "https://issuer.example/status-lists/1-revocation";
inline constexpr std::string_view kSuspensionList = "https://issuer.example/status-lists/1-suspension";
inline constexpr std::uint64_t kIndex = 94'567;  // of the credentials made here, in both lists

class Issuer {
 public:
  explicit Issuer(std::uint8_t seed_byte);
  [[nodiscard]] const Did& did() const noexcept { return did_; }
  [[nodiscard]] const std::string& method() const noexcept { return method_; }
  [[nodiscard]] KeyPairSigner& signer() const noexcept { return *signer_; }
  [[nodiscard]] credential::ProofOptions proof_options() const;  // created = kIssuedAt

 private:
  std::unique_ptr<KeyPairSigner> signer_;
  Did did_;
  std::string method_;
};

// The issuer of most tests.
[[nodiscard]] inline const Issuer& one_issuer() {
  static const Issuer one(1);
  return one;
}

// A badge with a named subject, validFrom = kIssuedAt and an entry in both lists, unsigned.
[[nodiscard]] nlohmann::json badge(const Issuer& issuer);
[[nodiscard]] nlohmann::json status_entry(status::Purpose purpose, std::string_view list = {},
                                          std::uint64_t index = kIndex);
// The signed text of `document`.
[[nodiscard]] std::string sign(const Issuer& issuer, const nlohmann::json& document);
[[nodiscard]] std::string sign(const Issuer& issuer, const nlohmann::json& document,
                               const credential::ProofOptions& options);

// The signed text of one list with these bits set.
[[nodiscard]] std::string signed_list(const Issuer& issuer, std::string_view uri, status::Purpose purpose,
                                      const std::vector<std::uint64_t>& set,
                                      Timestamp valid_from = kIssuedAt);

struct Lists {
  std::vector<std::uint64_t> revoked;
  std::vector<std::uint64_t> suspended;
};
// The issuer's feed with both lists at sequence 1 and a signed head of time kHeadAt. The snapshot may be
// changed before it is put into a view.
[[nodiscard]] std::shared_ptr<feed::FeedSnapshot> feed_of(const Issuer& issuer, const Lists& lists = {});

[[nodiscard]] SnapshotView view_of(const std::shared_ptr<const feed::FeedSnapshot>& snapshot);
[[nodiscard]] Policy trusting(const Issuer& issuer);
[[nodiscard]] const Check* find(const Verdict& verdict, CheckName name);

}  // namespace vcnode::verify::world
