#include "protocol/observe/answers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/did/web.h"
#include "protocol/observe/codes.h"
#include "protocol/observe/target.h"

namespace vcnode::observe {

using feed::Observation;

namespace {

const std::vector<Observation>* observations_of(const Observer& observer, std::string_view url) {
  if (!observer.urls) return nullptr;
  const auto found = observer.urls->find(url);
  return found == observer.urls->end() ? nullptr : &found->second.observations;
}

// The newest at or before `time`; nullptr if none.
const Observation* newest_at(const std::vector<Observation>& all, Timestamp time) {
  const auto later = std::upper_bound(all.begin(), all.end(), time,
                                      [](Timestamp t, const Observation& one) { return t < one.seen; });
  return later == all.begin() ? nullptr : &*std::prev(later);
}

std::optional<Ed25519PublicKey> key_in(const Observation& seen, const DidUrl& method) {
  if (!seen.bytes) return std::nullopt;
  const auto document = did_web::Document::read(as_text(*seen.bytes), method.did());
  if (!document) return std::nullopt;
  const auto key = document->assertion_key(method);
  return key ? std::optional(*key) : std::nullopt;
}

void count(Seen& seen, Timestamp first, Timestamp last) {
  seen.first = seen.observers == 0 ? first : std::min(seen.first, first);
  seen.last = seen.observers == 0 ? last : std::max(seen.last, last);
  ++seen.observers;
}

// What one observer says of a key: none if it says nothing.
std::optional<KeyAnswer> key_by(const std::vector<Observation>& all, const DidUrl& method,
                                Timestamp signed_at, Timestamp at) {
  const Observation* then = newest_at(all, std::min(signed_at, at));
  if (then == nullptr) return std::nullopt;
  const auto key = key_in(*then, method);
  if (!key) return std::nullopt;
  KeyAnswer answer{*key, {1, then->seen, std::min(then->last_seen, at)}};
  for (const Observation& one : all) {
    if (one.seen > at || key_in(one, method) != key) continue;
    answer.seen.first = std::min(answer.seen.first, one.seen);
    answer.seen.last = std::max(answer.seen.last, std::min(one.last_seen, at));
  }
  return answer;
}

// What one observer says of a bit; `why` says why it says nothing.
struct Reading {
  std::optional<bool> set;
  std::string why;
  const Observation* observation = nullptr;
};

Reading read_bit(const Observation& seen, const status::StatusEntry& entry, const Did& issuer,
                 const Resolver& keys, Timestamp at) {
  if (!seen.bytes) return {std::nullopt, "its text is not held", &seen};
  const auto list =
      status::verify_status_list(as_text(*seen.bytes), entry.list_uri, issuer, keys, kListEntriesMin);
  if (!list) return {std::nullopt, list.error().message, &seen};
  if (list->purpose != entry.purpose)
    return {std::nullopt, concat("it is for the purpose ", status::purpose_name(list->purpose)), &seen};
  const auto bit = list->bitmap.get(entry.index);
  if (!bit) return {std::nullopt, bit.error().message, &seen};
  // A revocation is the issuer's last word, whenever the list ends.
  if (*bit && entry.purpose == status::Purpose::revocation) return {true, {}, &seen};
  if (list->valid_until && at > *list->valid_until)
    return {std::nullopt, concat("it is valid until ", list->valid_until->to_string()), &seen};
  const Timestamp known = std::max(at, seen.seen);
  if (list->not_before > known.plus_seconds(limits::kClockSkewSecondsMax))
    return {std::nullopt, concat("it begins at ", list->not_before.to_string()), &seen};
  return {*bit, {}, &seen};
}

void add_evidence(std::vector<Sha256Digest>& evidence, const Sha256Digest& digest) {
  const auto place = std::lower_bound(evidence.begin(), evidence.end(), digest);
  if (place == evidence.end() || *place != digest) evidence.insert(place, digest);
}

// The keys by which an issuer signs its lists. A list that was signed before anybody looked is taken for
// signed when the first observer looked: it was served then, beside the document with the key.
class ListKeys final : public Resolver {
 public:
  ListKeys(const Observers& observers, Timestamp at) : observers_(observers), at_(at) {}
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> signed_at) const override {
    if (method.did().method() != did_web::kMethod) return SelfResolver().resolve_method(method, signed_at);
    VCNODE_TRY(const auto web, did_web::DidWeb::parse(method.did().text()));
    const auto first = observers_.first_seen(did_web::https_url(web));
    const Timestamp asserted = std::max(signed_at.value_or(at_), first.value_or(at_));
    VCNODE_TRY(const auto answer, observers_.key_of(method, asserted, at_));
    return ResolvedMethod{answer.key, method.did(), std::nullopt, true};
  }

 private:
  const Observers& observers_;
  Timestamp at_;
};

}  // namespace

std::optional<Timestamp> Observers::first_seen(std::string_view url) const {
  std::optional<Timestamp> first;
  for (const Observer& observer : observers_) {
    const auto* all = observations_of(observer, url);
    if (observer.doubted || all == nullptr || all->empty()) continue;
    if (!first || all->front().seen < *first) first = all->front().seen;
  }
  return first;
}

Result<KeyAnswer> Observers::key_of(const DidUrl& method, Timestamp signed_at, Timestamp at) const {
  VCNODE_TRY(const auto web, did_web::DidWeb::parse(method.did().text()));
  const std::string url = did_web::https_url(web);
  std::map<Ed25519PublicKey, Seen> answers;
  for (const Observer& observer : observers_) {
    const auto* all = observations_of(observer, url);
    if (observer.doubted || all == nullptr) continue;
    if (const auto answer = key_by(*all, method, signed_at, at))
      count(answers[answer->key], answer->seen.first, answer->seen.last);
  }
  if (answers.empty()) {
    const auto first = first_seen(url);
    return fail(codes::KEY_NOT_OBSERVED, "the key ", excerpt(method.text()), ", asked for at ",
                signed_at.to_string(), ": of ", observers_.size(), " observers none had seen it by then",
                first ? concat("; they first saw ", excerpt(url), " at ", first->to_string())
                      : std::string("; none has seen the issuer's document at all"));
  }
  const auto agreed = [&](const auto& one) { return one.second.observers >= quorum_; };
  const auto found = std::find_if(answers.begin(), answers.end(), agreed);
  if (found == answers.end() || std::count_if(answers.begin(), answers.end(), agreed) > 1)
    return fail(codes::OBSERVERS_DIFFER, "the key ", excerpt(method.text()), ": observers give ",
                answers.size(), " answers, and not one alone has the ", quorum_,
                " voices that are asked for");
  return KeyAnswer{found->first, found->second};
}

Result<BitAnswer> Observers::bit_of(const status::StatusEntry& entry, const Did& issuer, Timestamp at) const {
  const ListKeys keys(*this, at);
  BitAnswer set{true, {}, {}};
  BitAnswer clear{false, {}, {}};
  std::vector<Sha256Digest> evidence;
  std::string why = "none of the observers has seen it";
  for (const Observer& observer : observers_) {
    const auto* all = observations_of(observer, entry.list_uri);
    const Observation* newest = all == nullptr ? nullptr : newest_at(*all, at);
    if (newest == nullptr) continue;
    const Reading reading = read_bit(*newest, entry, issuer, keys, at);
    add_evidence(evidence, newest->digest);
    if (!reading.set) {
      why = reading.why;
    } else if (*reading.set || !observer.doubted) {
      count((*reading.set ? set : clear).seen, newest->seen, std::min(newest->last_seen, at));
    } else {
      why = "the observer contradicts itself";
    }
  }
  BitAnswer& answer = set.seen.observers > 0 ? set : clear;
  if (answer.seen.observers == 0)
    return fail(codes::STATUS_NOT_OBSERVED, "list ", excerpt(entry.list_uri), ": ", why);
  if (!answer.set && answer.seen.observers < quorum_)
    return fail(codes::OBSERVERS_DIFFER, "list ", excerpt(entry.list_uri), ": ", answer.seen.observers,
                " observers say that bit ", entry.index.value(), " is clear, ", quorum_, " are asked for");
  answer.evidence = std::move(evidence);
  return std::move(answer);
}

}  // namespace vcnode::observe
