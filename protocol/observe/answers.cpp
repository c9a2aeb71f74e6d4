#include "protocol/observe/answers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/did/codes.h"
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

using AssertionKey = did_web::Document::AssertionKey;

std::optional<did_web::Document> document_in(const Observation& seen, const Did& did) {
  if (!seen.bytes) return std::nullopt;
  auto document = did_web::Document::read(as_text(*seen.bytes), did);
  return document ? std::optional(*std::move(document)) : std::nullopt;
}

std::optional<Ed25519PublicKey> key_in(const Observation& seen, const DidUrl& method) {
  const auto document = document_in(seen, method.did());
  if (!document) return std::nullopt;
  const auto found = document->assertion_key(method);
  return found ? std::optional(found->key) : std::nullopt;
}

void count(Seen& seen, Timestamp first, Timestamp last) {
  seen.first = seen.observers == 0 ? first : std::min(seen.first, first);
  seen.last = seen.observers == 0 ? last : std::max(seen.last, last);
  ++seen.observers;
}

// What one observer says of a key.
struct KeySaid {
  std::optional<KeyAnswer> answer;
  std::optional<Error> unread;  // it saw the method, and cannot tell the key
};

KeySaid key_by(const std::vector<Observation>& all, const DidUrl& method, const KeyQuestion& asked) {
  const Observation* then = newest_at(all, std::min(asked.seen_with.value_or(asked.signed_at), asked.at));
  const auto document = then == nullptr ? std::nullopt : document_in(*then, method.did());
  if (!document) return {};
  const auto found = document->assertion_key(method);
  if (!found && found.error().code == codes::VERIFICATION_METHOD_UNREAD) return {{}, found.error()};
  if (!found) return {};
  KeyAnswer answer{found->key, {1, then->seen, std::min(then->last_seen, asked.at)}, {}, {}};
  if (found->expires && *found->expires <= asked.signed_at) answer.expired = found->expires;
  for (const Observation& one : all) {
    if (one.seen > asked.at || key_in(one, method) != found->key) continue;
    answer.seen.first = std::min(answer.seen.first, one.seen);
    answer.seen.last = std::max(answer.seen.last, std::min(one.last_seen, asked.at));
  }
  return {answer, {}};
}

// Of one observer, whatever it is worth: the earliest time that any document it holds states.
std::optional<Timestamp> revoked_by(const std::vector<Observation>& all, const DidUrl& method,
                                    const verification_method::KeyForms& key, Timestamp at) {
  std::optional<Timestamp> earliest;
  std::set<Sha256Digest> read;
  for (const Observation& one : all) {
    if (one.seen > at || !read.insert(one.digest).second) continue;
    const auto document = document_in(one, method.did());
    const auto since = document ? document->revoked_since(method, key) : std::nullopt;
    if (since && (!earliest || *since < *earliest)) earliest = since;
  }
  return earliest;
}

// What one observer says of a bit; `why` says why it says nothing.
struct Reading {
  std::optional<bool> set;
  std::string why;
  const Observation* observation = nullptr;
};

Reading read_bit(const Observers& observers, const Observation& seen, const status::StatusEntry& entry,
                 const Did& issuer, Timestamp at) {
  if (!seen.bytes) return {std::nullopt, "its text is not held", &seen};
  const auto list = observers.read_list(as_text(*seen.bytes), entry.list_uri, issuer, at);
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

// What one observer says: by the newest list at or before `at`. But a revocation that an older one shows is
// for good: a server that serves an older list again, or an issuer that thinks better of it, takes none back.
std::optional<Reading> reading_of(const Observers& observers, const std::vector<Observation>& all,
                                  const status::StatusEntry& entry, const Did& issuer, Timestamp at) {
  const Observation* newest = newest_at(all, at);
  if (newest == nullptr) return std::nullopt;
  Reading reading = read_bit(observers, *newest, entry, issuer, at);
  if (entry.purpose != status::Purpose::revocation || reading.set.value_or(false)) return reading;
  std::set<Sha256Digest> read{newest->digest};
  for (const Observation* older = newest; older != all.data();) {
    --older;
    if (!older->bytes || !read.insert(older->digest).second) continue;
    Reading before = read_bit(observers, *older, entry, issuer, at);
    if (before.set.value_or(false)) return before;
  }
  return reading;
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
    VCNODE_TRY(const auto answer, observers_.key_of(method, {signed_at.value_or(asserted), at_, asserted}));
    if (!answer.is_good())
      return fail(codes::VERIFICATION_METHOD_UNKNOWN, "the issuer's document says that the key ",
                  excerpt(method.text()), answer.revoked ? " is revoked since " : " expired at ",
                  answer.revoked.value_or(answer.expired.value_or(at_)).to_string());
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

std::optional<Timestamp> Observers::revoked_since(const DidUrl& method, std::string_view url,
                                                  const Ed25519PublicKey& key, Timestamp at) const {
  const verification_method::KeyForms forms(key);
  std::optional<Timestamp> earliest;
  for (const Observer& observer : observers_) {
    const auto* all = observations_of(observer, url);
    const auto since = all == nullptr ? std::nullopt : revoked_by(*all, method, forms, at);
    if (since && (!earliest || *since < *earliest)) earliest = since;
  }
  return earliest;
}

Result<KeyAnswer> Observers::key_of(const DidUrl& method, const KeyQuestion& asked) const {
  VCNODE_TRY(const auto web, did_web::DidWeb::parse(method.did().text()));
  const std::string url = did_web::https_url(web);
  // A key that had ended by then is another answer than the same key in force.
  std::map<std::pair<Ed25519PublicKey, bool>, KeyAnswer> answers;
  std::optional<Error> unread;
  for (const Observer& observer : observers_) {
    const auto* all = observations_of(observer, url);
    if (observer.doubted || all == nullptr) continue;
    const KeySaid said = key_by(*all, method, asked);
    if (said.unread) unread = said.unread;
    if (!said.answer) continue;
    KeyAnswer fresh = *said.answer;
    fresh.seen = {};
    KeyAnswer& answer = answers.try_emplace({fresh.key, fresh.expired.has_value()}, fresh).first->second;
    answer.expired = std::max(answer.expired, fresh.expired);
    count(answer.seen, said.answer->seen.first, said.answer->seen.last);
  }
  if (answers.empty() && unread) return Failure{*std::move(unread)};
  if (answers.empty()) {
    const auto first = first_seen(url);
    return fail(codes::KEY_NOT_OBSERVED, "the key ", excerpt(method.text()), ", asked for at ",
                asked.signed_at.to_string(), ": of ", observers_.size(),
                " observers none had seen it by then",
                first ? concat("; they first saw ", excerpt(url), " at ", first->to_string())
                      : std::string("; none has seen the issuer's document at all"));
  }
  const auto agreed = [&](const auto& one) { return one.second.seen.observers >= quorum_; };
  const auto found = std::find_if(answers.begin(), answers.end(), agreed);
  if (found == answers.end() || std::count_if(answers.begin(), answers.end(), agreed) > 1)
    return fail(codes::OBSERVERS_DIFFER, "the key ", excerpt(method.text()), ": observers give ",
                answers.size(), " answers, and not one alone has the ", quorum_,
                " voices that are asked for");
  KeyAnswer answer = found->second;
  answer.revoked = revoked_since(method, url, answer.key, asked.at);
  return answer;
}

Result<status::StatusList> Observers::read_list(std::string_view text, std::string_view uri,
                                                const Did& issuer, Timestamp at) const {
  return status::verify_status_list(text, uri, issuer, ListKeys(*this, at), kListEntriesMin);
}

Result<BitAnswer> Observers::bit_of(const status::StatusEntry& entry, const Did& issuer, Timestamp at) const {
  BitAnswer set{true, {}, {}};
  BitAnswer clear{false, {}, {}};
  std::vector<Sha256Digest> evidence;
  std::string why = "none of the observers has seen it";
  for (const Observer& observer : observers_) {
    const auto* all = observations_of(observer, entry.list_uri);
    const auto said = all == nullptr ? std::nullopt : reading_of(*this, *all, entry, issuer, at);
    if (!said) continue;
    const Reading& reading = *said;
    const Observation& seen = *reading.observation;
    add_evidence(evidence, seen.digest);
    if (!reading.set) {
      why = reading.why;
    } else if (*reading.set || !observer.doubted) {
      count((*reading.set ? set : clear).seen, seen.seen, std::min(seen.last_seen, at));
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
