#include "protocol/verify/issuer_keys.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/batch/entry.h"
#include "protocol/did/codes.h"
#include "protocol/did/web.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/key_at.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/webvh/key_history.h"

namespace vcnode::verify {
namespace {

using credential::VerifiedProof;
using issuer::History;
using webvh::Instant;

// The hash in a versionId, which is a SHA-256 multihash.
Sha256Digest digest_of(const webvh::VersionId& version) {
  constexpr std::size_t kPrefixBytes = 2;
  const auto multihash = base58btc_decode(version.entry_hash(), kPrefixBytes + Sha256Digest::kSize);
  VCNODE_ASSERT(multihash && multihash->size() == kPrefixBytes + Sha256Digest::kSize);
  return *Sha256Digest::from(BytesView(*multihash).subspan(kPrefixBytes));
}

void add_keys(std::vector<Ed25519PublicKey>& keys, std::span<const webvh::State> chain,
              std::string_view method) {
  for (const auto& interval : webvh::key_intervals(chain, method))
    if (std::find(keys.begin(), keys.end(), interval.key) == keys.end()) keys.push_back(interval.key);
}

// The one key that a method which find_key refused can mean; nullopt if there are several, or none.
std::optional<Ed25519PublicKey> key_meant(const History& history, std::string_view method,
                                          const SignatureTime& time, Code refusal) {
  const auto states = history.states();
  std::vector<Ed25519PublicKey> keys;
  if (refusal == codes::KEY_COMPROMISED) {
    const auto intervals = webvh::key_intervals(states, method);
    const auto held = std::find_if(intervals.begin(), intervals.end(), [&](const auto& interval) {
      return time.claimed ? interval.holds(Instant(*time.claimed)) : !interval.until.has_value();
    });
    if (held != intervals.end()) return held->key;
    return std::nullopt;
  }
  add_keys(keys, states, method);
  if (refusal == codes::DID_DISPUTED && history.dispute)
    for (const issuer::Version& sibling : history.dispute->siblings) {
      auto chain = states;
      chain.push_back(sibling.state);
      add_keys(keys, chain, method);
    }
  return keys.size() == 1 ? std::optional(keys.front()) : std::nullopt;
}

Check refused(const History& history, const Error& why) {
  Check check{CheckName::key, CheckResult::fail, why.code, why.message, {}, {}};
  if (why.code == codes::BATCH_LEAF_NOT_HELD) check.result = CheckResult::unknown;
  if (why.code != codes::DID_DISPUTED) return check;
  check.result = CheckResult::unknown;
  for (const issuer::Version& sibling : history.dispute->siblings)
    check.evidence.push_back(digest_of(sibling.state.version_id()));
  std::sort(check.evidence.begin(), check.evidence.end());
  return check;
}

Check found(const issuer::Version& version, const issuer::KeyFinding& finding, const SignatureTime& time) {
  Check check{
      CheckName::key, CheckResult::pass, codes::KEY_CURRENT, {}, {digest_of(version.state.version_id())}, {}};
  if (!finding.compromised) return check;
  check.code = codes::KEY_COMPROMISED_LATER;
  check.detail = concat("the issuer declared the key compromised; the credential is proven to be older, of ",
                        time.proven_by->to_string(), " at the latest");
  return check;
}

// What keeps a good key of this history from being as good as it could be.
void weigh(const issuer::Assurance& assurance, Check& check) {
  if (assurance.high() || check.code != codes::KEY_CURRENT) return;
  if (!assurance.reused) {
    check.detail =
        "low assurance: the DID does not commit to the keys that may change it next, so whoever "
        "steals one of today's takes it over";
    return;
  }
  check.result = CheckResult::warn;
  check.code = codes::KEY_REUSED;
  check.detail =
      concat("low assurance: the key ", excerpt(*assurance.reused), " has two purposes in the issuer's DID");
}

bool is_judgement(Code code) {
  return code == codes::KEY_NOT_IN_FORCE || code == codes::KEY_COMPROMISED || code == codes::DID_DISPUTED;
}

}  // namespace

IssuerKeys::IssuerKeys(const View& view, const credential::Credential& credential,
                       const Policy::Values& policy, const ObservedIssuers& observed)
    : view_(view), credential_(credential), policy_(policy), observed_(observed) {}

const History* IssuerKeys::history() const {
  if (!history_)
    history_ = has_history(credential_.issuer_id()) ? view_.history_of(credential_.issuer_id()) : nullptr;
  return history_->get();
}

const IssueTime& IssuerKeys::issue_time() const {
  if (!issue_time_)
    issue_time_ =
        batch::has_entry(credential_.root())
            ? issue_time_of(credential_, {history(), view_.feed_of(credential_.issuer_id()).get()}, policy_)
            : IssueTime();
  return *issue_time_;
}

bool IssuerKeys::is_issuers(const DidUrl& method) const {
  return lookup_name_of(method.did().text()) == lookup_name_of(credential_.issuer_id());
}

Result<ResolvedMethod> IssuerKeys::resolve_method(const DidUrl& method, std::optional<Timestamp> at) const {
  if (has_history(method.did().text())) return resolve_by_history(method, at);
  if (method.did().method() == did_web::kMethod && observed_.any()) return resolve_observed(method, at);
  return view_.resolve_method(method, at);
}

Result<ResolvedMethod> IssuerKeys::resolve_observed(const DidUrl& method, std::optional<Timestamp> at) const {
  const Timestamp signed_at = at ? *at : credential_.valid_from().value_or(observed_.at());
  VCNODE_TRY(const auto answer, observed_.observers().key_of(method, {signed_at, observed_.at()}));
  const observe::Seen& seen = answer.seen;
  Check check{CheckName::key, CheckResult::warn, codes::KEY_OBSERVED, {}, {}, {}};
  check.detail = concat("the key ", excerpt(method.text()), " was seen on the issuer's website by ",
                        seen.observers, seen.observers == 1 ? " observer" : " observers", ", first at ",
                        seen.first.to_string(), ", last at ", seen.last.to_string());
  if (!answer.is_good()) {
    check.result = CheckResult::fail;
    check.code = answer.revoked ? Code(codes::KEY_COMPROMISED) : Code(codes::KEY_NOT_IN_FORCE);
    check.detail =
        answer.revoked
            ? concat("the issuer's website declared the key revoked since ", answer.revoked->to_string(),
                     "; nothing proves when the signature was made")
            : concat("the signature claims ", signed_at.to_string(), "; the issuer's website lists ",
                     excerpt(method.text()), " until ", answer.expired->to_string());
  }
  judged_.push_back({method.text(), at, std::move(check), seen});
  return ResolvedMethod{answer.key, method.did(), std::nullopt, true};
}

Result<ResolvedMethod> IssuerKeys::resolve_by_history(const DidUrl& method,
                                                      std::optional<Timestamp> at) const {
  // One verdict sees one state of its issuer.
  std::shared_ptr<const History> other;
  if (!is_issuers(method)) other = view_.history_of(method.did().text());
  const History* history = is_issuers(method) ? this->history() : other.get();
  if (history == nullptr || history->versions.empty())
    return fail(codes::HISTORY_NOT_HELD, "the history of ", excerpt(method.did().text()), " is not held");
  SignatureTime time{at ? at : credential_.valid_from(), std::nullopt};
  if (is_issuers(method)) time.proven_by = issue_time().proven_by;
  const issuer::Assurance& assurance = history->assurance;
  ResolvedMethod resolved{{}, method.did(), std::nullopt, !assurance.high()};
  const auto finding = issuer::find_key(*history, method.text(), time);
  if (finding) {
    const issuer::Version& version = history->versions[finding->version];
    judged_.push_back({method.text(), at, found(version, *finding, time)});
    weigh(assurance, judged_.back().check);
    resolved.key = finding->key;
    resolved.version_id = version.state.version_id().text();
    return resolved;
  }
  const Error& why = finding.error();
  if (is_judgement(why.code)) {
    const auto key = key_meant(*history, method.text(), time, why.code);
    if (!key) return finding.failure();
    judged_.push_back({method.text(), at, refused(*history, with_batch(*history, method, time, why))});
    resolved.key = *key;
    return resolved;
  }
  // A method nobody knows may be in the version that has not arrived yet.
  const auto feed = view_.feed_of(method.did().text());
  if (why.code == codes::VERIFICATION_METHOD_UNKNOWN && feed != nullptr && feed->pending)
    return fail(codes::NEWER_HEAD_UNAVAILABLE, why.message, "; the head of size ", feed->pending->tree.size,
                " of feed ", feed->origin.text(), " is signed, but only ", feed->head.tree.size,
                " leaves are held");
  // Nor can it be told of what is signed after the newest head: the version may be on its way to us.
  const bool final_head = feed != nullptr && (feed->closed || history->deactivated());
  if (why.code == codes::VERIFICATION_METHOD_UNKNOWN && feed != nullptr && !final_head && time.claimed &&
      *time.claimed > feed->head.time)
    return fail(codes::NEWER_HEAD_UNAVAILABLE, why.message, "; it claims ", time.claimed->to_string(),
                ", the newest head held here is of ", feed->head.time.to_string());
  return finding.failure();
}

// A batch that would prove the signature older than the theft, if only it could be checked.
Error IssuerKeys::with_batch(const History& history, const DidUrl& method, const SignatureTime& time,
                             const Error& why) const {
  if (why.code != codes::KEY_COMPROMISED || !is_issuers(method) || !issue_time().unchecked) return why;
  const auto then = issuer::find_key(history, method.text(), {time.claimed, issue_time().unchecked});
  return then ? *issue_time().unproven : then.error();
}

const IssuerKeys::Judged* IssuerKeys::judged_for(const VerifiedProof& proof) const {
  const auto judged = std::find_if(judged_.begin(), judged_.end(), [&](const Judged& candidate) {
    return candidate.method == proof.verification_method && candidate.at == proof.created;
  });
  return judged == judged_.end() ? nullptr : &*judged;
}

std::optional<observe::Seen> IssuerKeys::seen_of(const VerifiedProof& proof) const {
  const Judged* judged = judged_for(proof);
  return judged == nullptr ? std::nullopt : judged->seen;
}

Check IssuerKeys::judgement_of(const VerifiedProof& proof) const {
  if (const Judged* judged = judged_for(proof)) return judged->check;
  if (!proof.method.low_assurance) return {CheckName::key, CheckResult::pass, codes::KEY_CURRENT, {}, {}, {}};
  return {CheckName::key, CheckResult::warn, codes::KEY_LOW_ASSURANCE, {}, {}, {}};
}

}  // namespace vcnode::verify
