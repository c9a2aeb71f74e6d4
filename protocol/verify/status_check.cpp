#include "protocol/verify/status_check.h"

#include <algorithm>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"

namespace vcnode::verify {
namespace {

// What one credentialStatus entry leads to. A smaller rank decides first.
struct Reading {
  std::optional<status::StatusEntry> entry;  // if it could be parsed
  BitState bit = BitState::unknown;
  Code code = codes::STATUS_CLEAR;
  std::string detail;
  std::optional<observe::Seen> observed = std::nullopt;
  std::vector<Sha256Digest> evidence = {};  // of observed lists
};

int rank_of(const Reading& reading) {
  if (reading.bit == BitState::unknown) return 2;
  if (reading.bit == BitState::clear) return 3;
  return reading.code == codes::STATUS_REVOKED ? 0 : 1;
}

// What the view lacks or doubts, so that a clear bit may have been set meanwhile; nullopt if nothing.
std::optional<Error> doubt(const Held& held, const Policy::Values& policy, std::int64_t age_seconds) {
  const feed::FeedSnapshot& feed = *held.feed;
  if (feed.contradicted)
    return fail(codes::EQUIVOCATION_SEEN, "feed ", feed.origin.text(),
                ": a signed head exists that contradicts the one of size ", feed.head.tree.size)
        .error;
  if (feed.pending)
    return fail(codes::NEWER_HEAD_UNAVAILABLE, "feed ", feed.origin.text(), ": the head of size ",
                feed.pending->tree.size, " is signed, but only ", feed.head.tree.size, " leaves are held")
        .error;
  if (held.history != nullptr)
    if (auto unseen = unseen_epoch(feed, *held.history)) return unseen;
  if (feed.hearsay.contradicted)
    return fail(codes::EQUIVOCATION_SEEN, "feed ", feed.origin.text(), ": who gave its head of size ",
                feed.head.tree.size,
                " says that the issuer has told two histories, and nobody shows it without that doubt")
        .error;
  if (feed.hearsay.pending_size)
    return fail(codes::NEWER_HEAD_UNAVAILABLE, "feed ", feed.origin.text(), ": who gave its head of size ",
                feed.head.tree.size, " says that a head of size ", *feed.hearsay.pending_size,
                " is signed, and nobody shows it without that doubt")
        .error;
  if (!is_final(held) && policy.head_age_max_seconds && age_seconds > *policy.head_age_max_seconds)
    return fail(codes::HEAD_OLD, "feed ", feed.origin.text(), ": the newest head is ", age_seconds,
                " seconds old, the policy's limit is ", *policy.head_age_max_seconds)
        .error;
  return std::nullopt;
}

// The bit in the newest list of the feed, whatever else is in doubt.
Result<bool> held_bit(const status::StatusEntry& entry, const feed::FeedSnapshot& feed) {
  const auto at = feed.status_lists.find(entry.list_uri);
  if (at == feed.status_lists.end())
    return fail(codes::STATUS_LIST_NOT_IN_FEED, "list ", excerpt(entry.list_uri), " is not in the feed ",
                feed.origin.text(), ", which holds ", feed.status_lists.size(), " lists");
  const feed::StatusListState& state = at->second;
  if (state.body == feed::BodyState::bad)
    return fail(
        codes::STATUS_LIST_BAD, "list ", excerpt(entry.list_uri), ", sequence ", state.sequence, ": ",
        state.reason ? std::string_view(state.reason->message) : std::string_view("it does not verify"));
  if (state.body == feed::BodyState::missing || state.list == nullptr)
    return fail(codes::BODY_MISSING, "list ", excerpt(entry.list_uri), ", sequence ", state.sequence,
                ": the text with digest sha256:", hex_encode(state.digest.view()), " is not held");
  if (state.list->purpose != entry.purpose)
    return fail(codes::STATUS_PURPOSE_MISMATCH, "list ", excerpt(entry.list_uri), " is not for the purpose ",
                status::purpose_name(entry.purpose), " that the credential names");
  return state.list->bitmap.get(entry.index);
}

// Why a list that is held says nothing about `at`: it has ended, or begins later; nullopt if it does. The
// newest list is read also for a past `at`, so what begins before its own head was signed is no list of the
// future.
std::optional<Error> out_of_time(const status::StatusEntry& entry, const feed::FeedSnapshot& feed,
                                 Timestamp at) {
  const auto& list = *feed.status_lists.find(entry.list_uri)->second.list;
  if (list.valid_until && at > *list.valid_until)
    return fail(codes::STATUS_LIST_EXPIRED, "list ", excerpt(entry.list_uri), " is valid until ",
                list.valid_until->to_string(), ", verified at ", at.to_string())
        .error;
  const Timestamp known = std::max(at, feed.head.time);
  if (list.not_before <= known.plus_seconds(limits::kClockSkewSecondsMax)) return std::nullopt;
  return fail(codes::STATUS_LIST_NOT_YET_VALID, "list ", excerpt(entry.list_uri), " begins at ",
              list.not_before.to_string(), ", more than ", limits::kClockSkewSecondsMax, " seconds after ",
              known.to_string(), ", the later of the time asked about and of the head that names it")
      .error;
}

Reading unknown(std::optional<status::StatusEntry> entry, const Error& why) {
  return {std::move(entry), BitState::unknown, why.code, why.message};
}

Reading read_observed(status::StatusEntry entry, const observe::Observers& observers, const Did& issuer,
                      const Policy::Values& policy, Timestamp at) {
  auto answer = observers.bit_of(entry, issuer, at);
  if (!answer) return unknown(std::move(entry), answer.error());
  const observe::Seen& seen = answer->seen;
  const std::string detail = concat("list ", excerpt(entry.list_uri), " was seen by ", seen.observers,
                                    seen.observers == 1 ? " observer" : " observers", ", first at ",
                                    seen.first.to_string(), ", last at ", seen.last.to_string());
  Reading reading{entry, BitState::clear, codes::STATUS_OBSERVED, detail, seen, std::move(answer->evidence)};
  if (answer->set) {
    const bool revoked = entry.purpose == status::Purpose::revocation;
    reading.bit = BitState::set;
    reading.code = revoked ? codes::STATUS_REVOKED : codes::STATUS_SUSPENDED;
    reading.detail = concat("bit ", entry.index.value(), " is set; ", detail);
    return reading;
  }
  const std::int64_t age = at.seconds() - seen.last.seconds();
  if (!policy.head_age_max_seconds || age <= *policy.head_age_max_seconds) return reading;
  reading.bit = BitState::unknown;
  reading.code = codes::HEAD_OLD;
  reading.detail =
      concat(detail, ", ", age, " seconds ago; the policy's limit is ", *policy.head_age_max_seconds);
  return reading;
}

Reading read_entry(status::StatusEntry entry, const feed::FeedSnapshot* feed,
                   const std::optional<Error>& doubt, Timestamp at) {
  if (feed == nullptr)
    return {std::move(entry), BitState::unknown, codes::STATUS_FEED_NOT_HELD,
            "no feed of the issuer is held"};
  const auto bit = held_bit(entry, *feed);
  const bool set = bit && *bit;
  if (set && entry.purpose == status::Purpose::revocation)
    return {
        entry, BitState::set, codes::STATUS_REVOKED,
        concat("bit ", entry.index.value(), " of the revocation list ", excerpt(entry.list_uri), " is set")};
  if (doubt) return unknown(std::move(entry), *doubt);
  if (!bit) return unknown(std::move(entry), bit.error());
  if (const auto why = out_of_time(entry, *feed, at)) return unknown(std::move(entry), *why);
  if (set)
    return {
        entry, BitState::set, codes::STATUS_SUSPENDED,
        concat("bit ", entry.index.value(), " of the suspension list ", excerpt(entry.list_uri), " is set")};
  return {std::move(entry), BitState::clear, codes::STATUS_CLEAR, {}};
}

// Set beats unknown beats clear; `merged` is none before the first entry of its purpose.
void merge(std::optional<BitState>& merged, BitState bit) {
  const auto weight = [](BitState state) {
    return state == BitState::set ? 2 : state == BitState::unknown ? 1 : 0;
  };
  if (!merged || weight(bit) > weight(*merged)) merged = bit;
}

void add_evidence(std::vector<Sha256Digest>& evidence, const Sha256Digest& digest) {
  const auto place = std::lower_bound(evidence.begin(), evidence.end(), digest);
  if (place == evidence.end() || *place != digest) evidence.insert(place, digest);
}

// The digest of the list that an entry names, held or not.
void add_evidence(std::vector<Sha256Digest>& evidence, const std::optional<status::StatusEntry>& entry,
                  const feed::FeedSnapshot* feed) {
  if (feed == nullptr || !entry) return;
  const auto at = feed->status_lists.find(entry->list_uri);
  if (at != feed->status_lists.end()) add_evidence(evidence, at->second.digest);
}

// The reading that decides; of equals the first.
struct Deciding {
  std::optional<Reading> reading;
  void offer(Reading candidate) {
    if (!reading || rank_of(candidate) < rank_of(*reading)) reading = std::move(candidate);
  }
};

CheckResult result_of(const Reading& reading) {
  if (reading.bit == BitState::set) return CheckResult::fail;
  if (reading.bit == BitState::unknown) return CheckResult::unknown;
  return reading.observed ? CheckResult::warn : CheckResult::pass;
}

// REQUIRES: held.feed, and the check's age is that of its head.
void warn_of_age(Check& check, const Held& held, const Policy::Values& policy) {
  if (is_final(held) || *check.age_seconds < policy.head_age_warn_seconds) return;
  check.result = CheckResult::warn;
  check.code = codes::HEAD_OLD;
  check.detail = concat("feed ", held.feed->origin.text(), ": the newest head is ", *check.age_seconds,
                        " seconds old, the warning starts at ", policy.head_age_warn_seconds);
}

// Of a credential without a status list. It cannot be revoked, but its key can be declared stolen at any
// time, which the issuer's feed tells: what is in doubt or old there is so here. An issuer without a history,
// or whose history names no feed, has nothing more to say.
Check check_word(const Held& held, const Policy::Values& policy, Timestamp at) {
  Check check{CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE, {}, {}, {}};
  if (held.history == nullptr || held.history->versions.empty() || held.history->epochs.empty()) return check;
  std::optional<Error> why;
  if (held.feed != nullptr) {
    check.age_seconds = std::max<std::int64_t>(0, at.seconds() - held.feed->head.time.seconds());
    why = doubt(held, policy, *check.age_seconds);
  } else if (!held.history->deactivated()) {
    why = fail(codes::STATUS_FEED_NOT_HELD,
               "no feed of the issuer is held, which would tell whether the key was declared stolen")
              .error;
  }
  if (why) {
    check.result = CheckResult::unknown;
    check.code = why->code;
    check.detail = why->message;
  } else if (check.age_seconds) {
    warn_of_age(check, held, policy);
  }
  return check;
}

}  // namespace

bool is_final(const Held& held) {
  return held.feed->closed || (held.history != nullptr && held.history->deactivated());
}

std::optional<Error> unseen_epoch(const feed::FeedSnapshot& feed, const issuer::History& history) {
  const std::uint64_t epoch = feed.origin.epoch();
  if (!history.epochs.empty() && history.epochs.back().feed.epoch > epoch)
    return fail(codes::NEWER_EPOCH_UNAVAILABLE, "the issuer's history names the feed of epoch ",
                history.epochs.back().feed.epoch, ", the newest that is held is ", feed.origin.text())
        .error;
  if (!history.missing.empty())
    return fail(codes::VERSION_NOT_HELD, "version ", history.missing.front().text(),
                " of the issuer's DID stands in the feed ", feed.origin.text(),
                " or one before, and is not held here; it may name a newer feed")
        .error;
  if (!history.dispute) return std::nullopt;
  const auto& siblings = history.dispute->siblings;
  const auto opens = std::find_if(siblings.begin(), siblings.end(), [&](const issuer::Version& sibling) {
    return sibling.feed && sibling.feed->epoch > epoch;
  });
  if (opens == siblings.end()) return std::nullopt;
  return fail(codes::DID_DISPUTED, "versions of the issuer's DID dispute each other, and ",
              opens->state.version_id().text(), " names another feed than ", feed.origin.text())
      .error;
}

StatusFindings check_status(const credential::Credential& credential, Held held, const Policy::Values& policy,
                            Timestamp at) {
  StatusFindings findings{{CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE, {}, {}, {}},
                          BitState::unknown,
                          BitState::unknown,
                          std::nullopt};
  if (credential.status().empty()) {
    findings.check = check_word(held, policy, at);
    return findings;
  }
  const feed::FeedSnapshot* feed = held.feed;

  Check& check = findings.check;
  std::optional<Error> feed_doubt;
  if (feed != nullptr) {
    check.age_seconds = std::max<std::int64_t>(0, at.seconds() - feed->head.time.seconds());
    feed_doubt = doubt(held, policy, *check.age_seconds);
  }
  std::optional<BitState> revocation;
  std::optional<BitState> suspension;
  Deciding deciding;
  const auto issuer = Did::parse(credential.issuer_id());
  const bool observed = feed == nullptr && held.observers != nullptr && issuer;
  const auto read = [&](const credential::StatusReference& reference) {
    auto entry = status::parse_status_entry(reference.value);
    if (!entry) return unknown(std::nullopt, entry.error());
    return observed ? read_observed(*std::move(entry), *held.observers, *issuer, policy, at)
                    : read_entry(*std::move(entry), feed, feed_doubt, at);
  };
  check.evidence.reserve(credential.status().size());
  for (const auto& reference : credential.status()) {
    Reading reading = read(reference);
    if (reading.entry)
      merge(reading.entry->purpose == status::Purpose::revocation ? revocation : suspension, reading.bit);
    add_evidence(check.evidence, reading.entry, feed);
    for (const Sha256Digest& digest : reading.evidence) add_evidence(check.evidence, digest);
    deciding.offer(std::move(reading));
  }
  findings.revocation = revocation.value_or(BitState::unknown);
  findings.suspension = suspension.value_or(BitState::unknown);
  check.code = deciding.reading->code;
  check.detail = std::move(deciding.reading->detail);
  check.result = result_of(*deciding.reading);
  findings.observed = deciding.reading->observed;
  if (findings.observed)
    check.age_seconds = std::max<std::int64_t>(0, at.seconds() - findings.observed->last.seconds());
  if (deciding.reading->entry) findings.list = std::move(deciding.reading->entry->list_uri);
  if (check.result == CheckResult::pass && check.age_seconds) warn_of_age(check, held, policy);
  return findings;
}

}  // namespace vcnode::verify
