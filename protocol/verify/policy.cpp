#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {
namespace {

// JCS of everything that can change an answer, defaults included (protocol/spec/verdict.md, "Policy digest").
std::string canonical_policy(const Policy::Values& values) {
  std::string out = "{\"headAgeMaxSeconds\":";
  if (values.head_age_max_seconds) {
    detail::append_part(out, *values.head_age_max_seconds);
  } else {
    out += "null";
  }
  out += ",\"headAgeWarnSeconds\":";
  detail::append_part(out, values.head_age_warn_seconds);
  out += ",\"ruleset\":";
  jcs::append_string(out, kRuleset);
  out += ",\"trust\":[";
  bool first = true;
  for (const Did& did : values.trust) {
    if (!first) out += ',';
    first = false;
    jcs::append_string(out, did.text());
  }
  out += "],\"v\":1}";
  return out;
}

}  // namespace

Policy::Policy() : Policy(Values{}) {}

Policy::Policy(Values values)
    : values_(std::move(values)), digest_(sha256(as_bytes(canonical_policy(values_)))) {}

void SnapshotView::put(std::shared_ptr<const feed::FeedSnapshot> snapshot) {
  VCNODE_ASSERT(snapshot != nullptr);
  std::string issuer = snapshot->issuer.text();
  feeds_.insert_or_assign(std::move(issuer), std::move(snapshot));
}

std::shared_ptr<const feed::FeedSnapshot> SnapshotView::feed_of(std::string_view issuer_did) const {
  const auto at = feeds_.find(issuer_did);
  return at == feeds_.end() ? nullptr : at->second;
}

Result<ResolvedMethod> SnapshotView::resolve_method(const DidUrl& method, std::optional<Timestamp> at) const {
  return SelfResolver().resolve_method(method, at);
}

}  // namespace vcnode::verify
