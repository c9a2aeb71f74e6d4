#include "protocol/issuer/key_at.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/key_history.h"

namespace vcnode::issuer {
namespace {

using webvh::Instant;
using webvh::KeyInterval;

// The earliest time at which one of the disputed versions would be in force.
std::optional<Instant> disputed_from(const History& history) {
  std::optional<Instant> from;
  if (!history.dispute) return from;
  for (const Version& sibling : history.dispute->siblings)
    if (!from || sibling.state.version_time() < *from) from = sibling.state.version_time();
  return from;
}

Failure disputed(const History& history, std::string_view what) {
  std::string ids;
  for (const Version& sibling : history.dispute->siblings)
    ids += concat(ids.empty() ? "" : " and ", sibling.state.version_id().text());
  return fail(codes::DID_DISPUTED, "the versions ", ids, " of the DID dispute each other; ", what);
}

std::optional<Instant> revoked_since(std::span<const Version> versions, const Ed25519PublicKey& key) {
  std::vector<webvh::State> states;
  for (const Version& version : versions) states.push_back(version.state);
  return webvh::revoked_since(states, key);
}

Result<void> check_compromise(const History& history, const Ed25519PublicKey& key, SignatureTime time,
                              KeyFinding& finding) {
  const auto is_older = [&](Instant since) { return time.proven_by && Instant(*time.proven_by) < since; };
  if (const auto since = revoked_since(history.versions, key)) {
    if (!is_older(*since))
      return fail(codes::KEY_COMPROMISED, "the issuer declared the key compromised since ",
                  since->second().to_string(), "; ",
                  time.proven_by ? concat("the signature is proven to have existed by ",
                                          time.proven_by->to_string(), " only")
                                 : std::string("nothing proves when the signature was made"));
    finding.compromised = true;
  }
  if (!history.dispute) return {};
  if (const auto since = revoked_since(history.dispute->siblings, key); since && !is_older(*since))
    return disputed(history, "one of them declares this key compromised");
  return {};
}

// A DID that was deactivated has no keys any more; its last document may still list some.
Result<void> check_active(const History& history, std::size_t version) {
  const webvh::State& state = history.versions[version].state;
  if (!state.deactivated()) return {};
  return fail(codes::KEY_NOT_IN_FORCE, "the DID was deactivated at ",
              state.version_time().second().to_string(), ", before the time that the signature claims");
}

std::string expiry_in(std::span<const KeyInterval> intervals) {
  const auto& expires = intervals.back().expires;
  return expires ? concat("; it expires at ", expires->second().to_string()) : std::string();
}

// The version in force at `time`; nullptr before the first.
const webvh::State* state_at(std::span<const webvh::State> states, Instant time) {
  const auto later = std::find_if(states.begin(), states.end(),
                                  [&](const webvh::State& state) { return time < state.version_time(); });
  return later == states.begin() ? nullptr : &*std::prev(later);
}

// Of a method for which no key is known at the time.
Result<void> check_read(std::span<const webvh::State> states, const webvh::State* then,
                        std::string_view method) {
  if (then == nullptr || !webvh::is_of_history(states, method)) return {};
  if (auto fault = webvh::method_fault(*then, method)) return Failure{*std::move(fault)};
  return {};
}

// A DID that only versions in dispute have is perhaps the issuer's.
bool is_in_dispute(const History& history, std::span<const webvh::State> states, std::string_view method) {
  if (!history.dispute || webvh::is_of_history(states, method)) return false;
  const auto& siblings = history.dispute->siblings;
  return std::any_of(siblings.begin(), siblings.end(), [&](const Version& sibling) {
    return webvh::is_of_history(std::span(&sibling.state, 1), method);
  });
}

// By the versions that are held.
Result<KeyFinding> find_held_key(const History& history, std::string_view method, SignatureTime time) {
  const auto states = history.states();
  const auto intervals = webvh::key_intervals(states, method);
  const auto dispute = disputed_from(history);
  if (!time.claimed) {
    if (dispute) return disputed(history, "which keys are the issuer's now is unknown");
    if (intervals.empty() || intervals.back().until) {
      VCNODE_CHECK(check_read(states, states.empty() ? nullptr : &states.back(), method));
      return fail(codes::VERIFICATION_METHOD_UNKNOWN,
                  "the newest version of the DID has no assertion method ", excerpt(method));
    }
    if (intervals.back().expires)
      return fail(codes::KEY_NOT_IN_FORCE, "the DID lists ", excerpt(method), " until ",
                  intervals.back().expires->second().to_string(), ", and the signature claims no time");
    KeyFinding finding{intervals.back().key, states.size() - 1, false, false};
    VCNODE_CHECK(check_active(history, finding.version));
    VCNODE_CHECK(check_compromise(history, finding.key, time, finding));
    return finding;
  }
  const Instant claimed(*time.claimed);
  if (dispute && claimed >= *dispute)
    return disputed(history, concat("the signature claims ", time.claimed->to_string(),
                                    ", later than the first of them"));
  const auto held = std::find_if(intervals.begin(), intervals.end(),
                                 [&](const KeyInterval& interval) { return interval.holds(claimed); });
  if (is_in_dispute(history, states, method))
    return disputed(history, concat("only they have the DID of ", excerpt(method)));
  if (held == intervals.end()) VCNODE_CHECK(check_read(states, state_at(states, claimed), method));
  if (intervals.empty())
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "none of the ", states.size(),
                " versions of the DID has the assertion method ", excerpt(method));
  if (held == intervals.end())
    return fail(codes::KEY_NOT_IN_FORCE, "the signature claims ", time.claimed->to_string(),
                "; the DID lists ", excerpt(method), " from ", intervals.front().from.second().to_string(),
                intervals.back().until ? concat(" until ", intervals.back().until->second().to_string())
                                       : std::string(),
                intervals.size() > 1 ? " with gaps" : "", expiry_in(intervals));
  KeyFinding finding{held->key, held->first, held->until.has_value(), false};
  while (finding.version < held->last && states[finding.version + 1].version_time() <= claimed)
    ++finding.version;
  VCNODE_CHECK(check_active(history, finding.version));
  VCNODE_CHECK(check_compromise(history, finding.key, time, finding));
  return finding;
}

}  // namespace

Result<KeyFinding> find_key(const History& history, std::string_view method, SignatureTime time) {
  auto finding = find_held_key(history, method, time);
  if (history.missing.empty()) return finding;
  // What a version takes away for good is not given back by another.
  if (!finding &&
      (finding.error().code == codes::KEY_COMPROMISED || finding.error().code == codes::DID_DISPUTED))
    return finding;
  return fail(
      codes::VERSION_NOT_HELD, "version ", history.missing.front().text(),
      " of the DID stands in the issuer's feed and is not held here; it may say otherwise of the key ",
      excerpt(method));
}

}  // namespace vcnode::issuer
