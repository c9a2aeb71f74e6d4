#include "protocol/recognition/policy.h"
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/verify/verify.h"
#include "protocol/witness/policy.h"

namespace vcnode::verify {
namespace {

void append_dids(std::string& out, const std::set<Did>& dids) {
  out += '[';
  bool first = true;
  for (const Did& did : dids) {
    if (!first) out += ',';
    first = false;
    jcs::append_string(out, did.text());
  }
  out += ']';
}

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
  out += ",\"observerQuorum\":";
  detail::append_part(out, values.observer_quorum);
  out += ",\"observers\":";
  append_dids(out, values.observers);
  if (values.recognition) out += concat(",\"recognition\":", values.recognition->canonical());
  out += ",\"ruleset\":";
  jcs::append_string(out, kRuleset);
  out += ",\"trust\":";
  append_dids(out, values.trust);
  out += ",\"v\":1,\"witnesses\":";
  if (values.witnesses) {
    jcs::append_string(out, values.witnesses_text);
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

}  // namespace

Result<void> Policy::Values::ask_witnesses(std::string text) {
  VCNODE_TRY(auto parsed, witness::WitnessPolicy::parse(text));
  witnesses = std::make_shared<const witness::WitnessPolicy>(std::move(parsed));
  witnesses_text = std::move(text);
  return {};
}

Result<void> Policy::Values::follow(std::shared_ptr<const recognition::Policy> policy) {
  VCNODE_ASSERT(policy != nullptr);
  trust.insert(policy->trust.begin(), policy->trust.end());
  head_age_warn_seconds = policy->head_age_warn_seconds;
  head_age_max_seconds = policy->head_age_max_seconds;
  if (!policy->witnesses.empty()) VCNODE_CHECK(ask_witnesses(policy->witnesses));
  if (!policy->observers.empty()) {
    observers = policy->observers;
    observer_quorum = policy->observer_quorum;
  }
  recognition = std::move(policy);
  return {};
}

Policy::Policy() : Policy(Values{}) {}

Policy::Policy(Values values)
    : values_(std::move(values)), digest_(sha256(as_bytes(canonical_policy(values_)))) {}

}  // namespace vcnode::verify
