#include "protocol/verify/status_check.h"

#include <algorithm>
#include <vector>

#include "crypto/base/encoding.h"
#include "protocol/verify/codes.h"

namespace vcnode::verify {
namespace {

// What one credentialStatus entry leads to. A smaller rank decides first.
struct Reading {
  std::optional<status::StatusEntry> entry;  // if it could be parsed
  BitState bit = BitState::unknown;
  Code code = codes::STATUS_CLEAR;
  std::string detail;
};

int rank_of(const Reading& reading) {
  if (reading.bit == BitState::unknown) return 2;
  if (reading.bit == BitState::clear) return 3;
  return reading.code == codes::STATUS_REVOKED ? 0 : 1;
}

// What the view lacks or doubts, so that a clear bit may have been set meanwhile; nullopt if nothing.
std::optional<Error> doubt(const feed::FeedSnapshot& feed, const Policy::Values& policy,
                           std::int64_t age_seconds) {
  if (feed.contradicted)
    return fail(codes::EQUIVOCATION_SEEN, "feed ", feed.origin.text(),
                ": a signed head exists that contradicts the one of size ", feed.head.tree.size)
        .error;
  if (feed.pending)
    return fail(codes::NEWER_HEAD_UNAVAILABLE, "feed ", feed.origin.text(), ": the head of size ",
                feed.pending->tree.size, " is signed, but only ", feed.head.tree.size, " leaves are held")
        .error;
  if (policy.head_age_max_seconds && age_seconds > *policy.head_age_max_seconds)
    return fail(codes::HEAD_OLD, "feed ", feed.origin.text(), ": the newest head is ", age_seconds,
                " seconds old, the policy's limit is ", *policy.head_age_max_seconds)
        .error;
  return std::nullopt;
}

// The bit in the newest list of the feed, whatever else is in doubt.
Result<bool> held_bit(const status::StatusEntry& entry, const feed::FeedSnapshot& feed) {
  const auto at = feed.status_lists.find(entry.list_uri);
  if (at == feed.status_lists.end())
    return fail(codes::STATUS_LIST_NOT_IN_FEED, "list ", excerpt(entry.list_uri), " is not among the ",
                feed.status_lists.size(), " lists of feed ", feed.origin.text());
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

Reading unknown(std::optional<status::StatusEntry> entry, const Error& why) {
  return {std::move(entry), BitState::unknown, why.code, why.message};
}

Reading read_entry(const credential::StatusReference& reference, const feed::FeedSnapshot* feed,
                   const std::optional<Error>& doubt) {
  auto parsed = status::parse_status_entry(reference.value);
  if (!parsed) return unknown(std::nullopt, parsed.error());
  status::StatusEntry entry = *std::move(parsed);
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
  if (set)
    return {
        entry, BitState::set, codes::STATUS_SUSPENDED,
        concat("bit ", entry.index.value(), " of the suspension list ", excerpt(entry.list_uri), " is set")};
  return {std::move(entry), BitState::clear, codes::STATUS_CLEAR, {}};
}

// Set beats unknown beats clear; unknown if no entry has the purpose.
BitState state_of(const std::vector<Reading>& readings, status::Purpose purpose) {
  std::optional<BitState> state;
  const auto weight = [](BitState bit) {
    return bit == BitState::set ? 2 : bit == BitState::unknown ? 1 : 0;
  };
  for (const Reading& reading : readings) {
    if (!reading.entry || reading.entry->purpose != purpose) continue;
    if (!state || weight(reading.bit) > weight(*state)) state = reading.bit;
  }
  return state.value_or(BitState::unknown);
}

// The digests of the lists that the entries name, held or not.
std::vector<Sha256Digest> evidence_of(const std::vector<Reading>& readings, const feed::FeedSnapshot* feed) {
  std::vector<Sha256Digest> digests;
  if (feed == nullptr) return digests;
  for (const Reading& reading : readings) {
    if (!reading.entry) continue;
    const auto at = feed->status_lists.find(reading.entry->list_uri);
    if (at != feed->status_lists.end()) digests.push_back(at->second.digest);
  }
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
  return digests;
}

}  // namespace

StatusFindings check_status(const credential::Credential& credential, const feed::FeedSnapshot* feed,
                            const Policy::Values& policy, Timestamp at) {
  StatusFindings findings{{CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE, {}, {}, {}},
                          BitState::unknown,
                          BitState::unknown,
                          std::nullopt};
  if (credential.status().empty()) return findings;

  Check& check = findings.check;
  std::optional<Error> feed_doubt;
  if (feed != nullptr) {
    check.age_seconds = std::max<std::int64_t>(0, at.seconds() - feed->head.time.seconds());
    feed_doubt = doubt(*feed, policy, *check.age_seconds);
  }
  std::vector<Reading> readings;
  readings.reserve(credential.status().size());
  for (const auto& reference : credential.status())
    readings.push_back(read_entry(reference, feed, feed_doubt));
  findings.revocation = state_of(readings, status::Purpose::revocation);
  findings.suspension = state_of(readings, status::Purpose::suspension);
  check.evidence = evidence_of(readings, feed);

  Reading& deciding =
      *std::min_element(readings.begin(), readings.end(),
                        [](const Reading& a, const Reading& b) { return rank_of(a) < rank_of(b); });
  check.code = deciding.code;
  check.detail = std::move(deciding.detail);
  check.result = deciding.bit == BitState::set       ? CheckResult::fail
                 : deciding.bit == BitState::unknown ? CheckResult::unknown
                                                     : CheckResult::pass;
  if (deciding.entry) findings.list = std::move(deciding.entry->list_uri);
  if (check.result == CheckResult::pass && check.age_seconds &&
      *check.age_seconds >= policy.head_age_warn_seconds) {
    check.result = CheckResult::warn;
    check.code = codes::HEAD_OLD;
    check.detail = concat("feed ", feed->origin.text(), ": the newest head is ", *check.age_seconds,
                          " seconds old, the warning starts at ", policy.head_age_warn_seconds);
  }
  return findings;
}

}  // namespace vcnode::verify
