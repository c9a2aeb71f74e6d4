// verify: bytes → strict reader → format → proof → issuer → key → dates → status → subject → confirmation →
// verdict.
//
// A pure function of its arguments; `at` is the only clock. View and Policy are read-only. The error side of
// Result<Verdict> means the program could not do its work (nothing produces it today but the signature leaves
// room); everything about the credential is in the verdict. A bad proof omits every later check. Precedence:
// not-valid > cannot-tell > issuer-not-confirmed > valid. Unknown is never good news.
// Thread-safe: any number of calls at once.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/feed/replica.h"
#include "protocol/verify/verdict.h"

namespace vcnode::issuer {
struct History;
}
namespace vcnode::recognition {
struct Policy;
}
namespace vcnode::witness {
class WitnessPolicy;
}

namespace vcnode::verify {

class ClosureCache;
struct Presenter;

// Read-only access to what this node (or this command) holds.
class View : public Resolver {
 public:
  // The newest accepted state of the issuer's feed, of a did:webvh that of its current epoch; nullptr if none
  // is held. Any DID of a SCID finds its feed: whether the issuer ever had this one is for its history to
  // say.
  [[nodiscard]] virtual std::shared_ptr<const feed::FeedSnapshot> feed_of(
      std::string_view issuer_did) const = 0;
  // Of a did:webvh, found in the same way; nullptr if none is held.
  [[nodiscard]] virtual std::shared_ptr<const issuer::History> history_of(std::string_view did) const = 0;
  // Where closures of policies are kept between questions; nullptr: each question makes its own.
  [[nodiscard]] virtual ClosureCache* closures() const { return nullptr; }
  // Whether the newest state of its feed was handed over with the question, and is known here by nothing
  // else.
  [[nodiscard]] virtual bool is_stapled(std::string_view /*issuer_did*/) const { return false; }
  // DIDs that are their own document, and did:webvh at the time `at` by the history held: what nothing but
  // the signature's own claim says. Errors also: HISTORY_NOT_HELD, those of issuer::find_key.
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;
};

// A view made of snapshots at hand: the CLI's, tests', and the base of the node's.
class SnapshotView final : public View {
 public:
  void put(std::shared_ptr<const feed::FeedSnapshot> snapshot);
  void put_history(std::string_view scid, std::shared_ptr<const issuer::History> history);
  void staple(std::string_view issuer_did);
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view issuer_did) const override;
  [[nodiscard]] std::shared_ptr<const issuer::History> history_of(std::string_view did) const override;
  [[nodiscard]] bool is_stapled(std::string_view issuer_did) const override;

 private:
  std::set<std::string, std::less<>> stapled_;  // lookup names
  std::map<std::string, std::shared_ptr<const feed::FeedSnapshot>, std::less<>> feeds_;
  std::map<std::string, std::shared_ptr<const issuer::History>, std::less<>> histories_;  // by SCID
};

// What the verifier decides. Everything that can change an answer is in digest(), defaults included.
class Policy {
 public:
  struct Values {
    std::set<Did> trust;                               // issuers the verifier confirms by name (--trust)
    std::int64_t head_age_warn_seconds = 48 * 3600;    // HEAD_OLD, a warning
    std::optional<std::int64_t> head_age_max_seconds;  // beyond it status is unknown; default none
    // Whose cosignatures prove a time; nullptr: nobody's. Set both by ask_witnesses.
    std::shared_ptr<const witness::WitnessPolicy> witnesses;
    std::string witnesses_text;  // C2SP tlog-policy
    // Whose feeds count for issuers without a node (did:web), and how many of them have to agree.
    std::set<Did> observers = {};
    std::uint32_t observer_quorum = 1;
    // What recognition and elements are judged by; nullptr: they are not asked about. Set it by follow.
    std::shared_ptr<const recognition::Policy> recognition = nullptr;

    // What a policy file says of a verification as a whole takes the place of what is set here, apart from
    // `trust`, which it adds to. Errors: WITNESS_POLICY_MALFORMED.
    [[nodiscard]] Result<void> follow(std::shared_ptr<const recognition::Policy> policy);
    // Errors: WITNESS_POLICY_MALFORMED.
    [[nodiscard]] Result<void> ask_witnesses(std::string text);
  };
  Policy();
  explicit Policy(Values values);
  [[nodiscard]] const Values& values() const noexcept { return values_; }
  [[nodiscard]] const Sha256Digest& digest() const noexcept { return digest_; }

 private:
  Values values_;
  Sha256Digest digest_;
};

// proof_only: format and proof, whoever signed (VC API "checks": ["proof"]); never more than
// issuer_not_confirmed.
enum class Scope : std::uint8_t { full, proof_only };

[[nodiscard]] Result<Verdict> verify_credential(std::string_view credential, const View& view,
                                                const Policy& policy, Timestamp at,
                                                Scope scope = Scope::full);
// With what the verifier knows of who presents it (subject.h), which no digest of the verdict covers.
[[nodiscard]] Result<Verdict> verify_credential(std::string_view credential, const View& view,
                                                const Policy& policy, Timestamp at, Scope scope,
                                                const Presenter& presenter);

}  // namespace vcnode::verify
