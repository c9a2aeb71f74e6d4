#include "protocol/verify/status_check.h"

#include "crypto/base/limits.h"
#include "protocol/status/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;
using status::Purpose;
using Snapshot = std::shared_ptr<feed::FeedSnapshot>;

constexpr std::int64_t kTwoDays = 48 * 3600;

Verdict verdict_with(const nlohmann::json& document, const Snapshot& snapshot, Timestamp at = kNow) {
  return verify_credential(sign(one_issuer(), document), view_of(snapshot), trusting(one_issuer()), at)
      .value();
}
Verdict verdict_with(const Snapshot& snapshot, Timestamp at = kNow) {
  return verdict_with(badge(one_issuer()), snapshot, at);
}

nlohmann::json badge_with(const nlohmann::json& status) {
  auto document = badge(one_issuer());
  document["credentialStatus"] = status;
  return document;
}

void check_unknown(const Verdict& verdict, Code code, Class reason_class = Class::none) {
  CHECK_DECIDED(verdict, Outcome::cannot_tell, reason_class, code);
  CHECK_STEP(verdict, CheckName::status, CheckResult::unknown, code);
  CHECK(verdict.authentic == Tristate::yes);
}

feed::PendingHead newer_head(const Snapshot& snapshot) {
  return {.tree = {snapshot->head.tree.size + 1, {}}, .time = kHeadAt.plus_seconds(60)};
}

TEST_CASE("clear bits in the newest lists of the issuer's feed: in force, with the age of the head") {
  const auto snapshot = feed_of(one_issuer());
  const Verdict verdict = verdict_with(snapshot);
  CHECK(verdict.outcome == Outcome::valid);
  CHECK_STEP(verdict, CheckName::status, CheckResult::pass, codes::STATUS_CLEAR);
  CHECK(verdict.revocation == BitState::clear);
  CHECK(verdict.suspension == BitState::clear);
  CHECK(verdict.status_list == std::string(kRevocationList));
  CHECK(verdict.status_source == "feed");
  const Check& check = *find(verdict, CheckName::status);
  CHECK(check.age_seconds == 2400);
  std::vector<Sha256Digest> digests;
  for (const auto& [uri, state] : snapshot->status_lists) digests.push_back(state.digest);
  std::sort(digests.begin(), digests.end());
  CHECK(check.evidence == digests);
  REQUIRE(verdict.view_heads.size() == 1);
  CHECK(verdict.view_heads[0].origin == snapshot->origin.text());
  CHECK(verdict.view_heads[0].root == snapshot->head.tree.root);
  CHECK(verdict.view_heads[0].size == 2);
}

TEST_CASE("a set revocation bit makes it revoked, a set suspension bit suspended") {
  const Verdict revoked = verdict_with(feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}}));
  CHECK_DECIDED(revoked, Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
  CHECK(revoked.authentic == Tristate::yes);
  CHECK(revoked.revocation == BitState::set);
  CHECK(revoked.suspension == BitState::clear);
  CHECK(revoked.status_list == std::string(kRevocationList));
  CHECK_DETAIL(revoked, CheckName::status, "94567");

  const Verdict suspended = verdict_with(feed_of(one_issuer(), {.revoked = {}, .suspended = {kIndex}}));
  CHECK_DECIDED(suspended, Outcome::not_valid, Class::suspended, codes::STATUS_SUSPENDED);
  CHECK(suspended.revocation == BitState::clear);
  CHECK(suspended.suspension == BitState::set);
  CHECK(suspended.status_list == std::string(kSuspensionList));

  const Verdict both = verdict_with(feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {kIndex}}));
  CHECK_DECIDED(both, Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
  CHECK(both.suspension == BitState::set);
}

TEST_CASE("bits of other credentials in the same lists change nothing") {
  const Verdict verdict =
      verdict_with(feed_of(one_issuer(), {.revoked = {kIndex - 1, kIndex + 1}, .suspended = {0, 131'071}}));
  CHECK(verdict.outcome == Outcome::valid);
}

TEST_CASE("a credential that names no list cannot be revoked and says so, without reading a feed") {
  auto document = badge(one_issuer());
  document.erase("credentialStatus");
  for (const auto& one : {document, badge_with(nlohmann::json::array())}) {
    const Verdict verdict = verdict_with(one, feed_of(one_issuer()));
    CHECK(verdict.outcome == Outcome::valid);
    CHECK_STEP(verdict, CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE);
    CHECK(verdict.revocation == BitState::unknown);
    CHECK(verdict.status_source == "none");
    CHECK(verdict.view_heads.empty());
  }
}

TEST_CASE("a purpose that no entry names stays unknown in the status summary and does not decide") {
  const Verdict verdict = verdict_with(badge_with(status_entry(Purpose::revocation)), feed_of(one_issuer()));
  CHECK(verdict.outcome == Outcome::valid);
  CHECK(verdict.revocation == BitState::clear);
  CHECK(verdict.suspension == BitState::unknown);
}

TEST_CASE("without the issuer's feed status is unknown") {
  const Verdict verdict =
      verify_credential(sign(one_issuer(), badge(one_issuer())), SnapshotView(), trusting(one_issuer()), kNow)
          .value();
  check_unknown(verdict, codes::STATUS_FEED_NOT_HELD);
  CHECK(verdict.status_source == "none");
  CHECK(verdict.view_heads.empty());
  CHECK(!find(verdict, CheckName::status)->age_seconds.has_value());
}

TEST_CASE("a list that stands in somebody else's feed is not the issuer's word") {
  const Issuer other(2);
  const auto others_feed = feed_of(other);  // the same list URIs
  const Verdict unheld = verify_credential(sign(one_issuer(), badge(one_issuer())), view_of(others_feed),
                                           trusting(one_issuer()), kNow)
                             .value();
  check_unknown(unheld, codes::STATUS_FEED_NOT_HELD);

  const auto own = feed_of(one_issuer());
  own->status_lists.erase(std::string(kRevocationList));
  SnapshotView both = view_of(others_feed);
  both.put(own);
  const Verdict verdict =
      verify_credential(sign(one_issuer(), badge(one_issuer())), both, trusting(one_issuer()), kNow).value();
  check_unknown(verdict, codes::STATUS_LIST_NOT_IN_FEED);
  CHECK_DETAIL(verdict, CheckName::status, kRevocationList);
  CHECK_DETAIL(verdict, CheckName::status, "1 lists");
}

TEST_CASE("the newest list without its body, or with a bad one, is unknown and never its predecessor") {
  const auto missing = feed_of(one_issuer());
  auto& state = missing->status_lists.find(kRevocationList)->second;
  state.body = feed::BodyState::missing;
  state.list = nullptr;
  state.sequence = 7;
  missing->missing_bodies = {state.digest};
  const Verdict without = verdict_with(missing);
  check_unknown(without, codes::BODY_MISSING);
  CHECK_DETAIL(without, CheckName::status, "sequence 7");
  CHECK(without.revocation == BitState::unknown);
  CHECK(without.suspension == BitState::clear);
  CHECK(without.view_heads[0].missing_bodies == missing->missing_bodies);

  state.body = feed::BodyState::bad;
  state.reason = Error{codes::STATUS_LIST_PROOF, "the signature does not match"};
  const Verdict bad = verdict_with(missing);
  check_unknown(bad, codes::STATUS_LIST_BAD);
  CHECK_DETAIL(bad, CheckName::status, "the signature does not match");
}

TEST_CASE("a list that says of itself that it is no longer valid is unknown; what it revoked stays revoked") {
  const auto ending = [](const std::shared_ptr<feed::FeedSnapshot>& feed, Timestamp end) {
    auto& state = feed->status_lists.find(kRevocationList)->second;
    auto list = std::make_shared<status::StatusList>(*state.list);
    list->valid_until = end;
    state.list = std::move(list);
    return feed;
  };
  CHECK(verdict_with(ending(feed_of(one_issuer()), kNow)).outcome == Outcome::valid);
  const Verdict late = verdict_with(ending(feed_of(one_issuer()), kNow.plus_seconds(-1)));
  check_unknown(late, codes::STATUS_LIST_EXPIRED);
  CHECK_DETAIL(late, CheckName::status, kNow.plus_seconds(-1).to_string());
  CHECK(late.revocation == BitState::unknown);
  const auto revoked = feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}});
  CHECK_DECIDED(verdict_with(ending(revoked, kNow.plus_seconds(-1))), Outcome::not_valid, Class::revoked,
                codes::STATUS_REVOKED);
}

// The feed with its revocation list replaced by one that begins then.
std::shared_ptr<feed::FeedSnapshot> beginning(const std::shared_ptr<feed::FeedSnapshot>& feed,
                                              Timestamp start) {
  auto& state = feed->status_lists.find(kRevocationList)->second;
  auto list = std::make_shared<status::StatusList>(*state.list);
  list->not_before = start;
  state.list = std::move(list);
  return feed;
}

TEST_CASE("a list from the future is unknown; what it revoked stays revoked") {
  const auto allowed = kNow.plus_seconds(limits::kClockSkewSecondsMax);
  CHECK(verdict_with(beginning(feed_of(one_issuer()), allowed)).outcome == Outcome::valid);
  const Verdict early = verdict_with(beginning(feed_of(one_issuer()), allowed.plus_seconds(1)));
  check_unknown(early, codes::STATUS_LIST_NOT_YET_VALID);
  CHECK_DETAIL(early, CheckName::status, allowed.plus_seconds(1).to_string());
  CHECK(early.revocation == BitState::unknown);
  CHECK(early.suspension == BitState::clear);
  const auto revoked = feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}});
  CHECK_DECIDED(verdict_with(beginning(revoked, allowed.plus_seconds(1))), Outcome::not_valid, Class::revoked,
                codes::STATUS_REVOKED);
}

TEST_CASE("for a past time the newest list still speaks, unless it is from the future of its own head") {
  const auto asked_of = [](Timestamp start) {
    const auto feed = beginning(feed_of(one_issuer()), start);
    return verify_credential(sign(one_issuer(), badge(one_issuer())), view_of(feed), trusting(one_issuer()),
                             kIssuedAt)
        .value();
  };
  const auto allowed = kHeadAt.plus_seconds(limits::kClockSkewSecondsMax);
  CHECK(asked_of(allowed).outcome == Outcome::valid);
  check_unknown(asked_of(allowed.plus_seconds(1)), codes::STATUS_LIST_NOT_YET_VALID);
}

TEST_CASE("a list for another purpose than the entry says is unknown") {
  const Verdict verdict =
      verdict_with(badge_with(status_entry(Purpose::revocation, kSuspensionList)), feed_of(one_issuer()));
  check_unknown(verdict, codes::STATUS_PURPOSE_MISMATCH);
  CHECK_DETAIL(verdict, CheckName::status, kSuspensionList);
  CHECK_DETAIL(verdict, CheckName::status, "revocation");
}

TEST_CASE("an index beyond the end of the list is unknown") {
  const Verdict verdict = verdict_with(
      badge_with(status_entry(Purpose::revocation, {}, status::kListEntriesMin)), feed_of(one_issuer()));
  check_unknown(verdict, codes::STATUS_INDEX_RANGE);
  CHECK_DETAIL(verdict, CheckName::status, "131072");
}

TEST_CASE("entries that cannot be read are unknown: other types and purposes as unsupported") {
  auto entry = status_entry(Purpose::revocation);
  const auto with = [&](std::string_view member, const nlohmann::json& value) {
    auto changed = entry;
    changed[member] = value;
    return badge_with(changed);
  };
  const auto snapshot = feed_of(one_issuer());
  check_unknown(verdict_with(with("type", "StatusList2021Entry"), snapshot), codes::STATUS_TYPE_UNSUPPORTED,
                Class::unsupported);
  check_unknown(verdict_with(with("statusPurpose", "message"), snapshot), codes::STATUS_PURPOSE_UNSUPPORTED,
                Class::unsupported);
  check_unknown(verdict_with(with("statusListIndex", "-1"), snapshot), codes::STATUS_INDEX_INVALID);
  check_unknown(verdict_with(with("statusListIndex", 5), snapshot), codes::STATUS_INDEX_INVALID);
  check_unknown(verdict_with(with("statusListCredential", "list"), snapshot), codes::STATUS_ENTRY_MALFORMED);
}

TEST_CASE("a newer head that has not arrived makes clear and suspended unknown; revoked stays revoked") {
  auto clear = feed_of(one_issuer());
  clear->pending = newer_head(clear);
  const Verdict unknown = verdict_with(clear);
  check_unknown(unknown, codes::NEWER_HEAD_UNAVAILABLE);
  CHECK_DETAIL(unknown, CheckName::status, "size 3");
  CHECK(unknown.view_heads[0].pending.has_value());

  auto suspended = feed_of(one_issuer(), {.revoked = {}, .suspended = {kIndex}});
  suspended->pending = newer_head(suspended);
  check_unknown(verdict_with(suspended), codes::NEWER_HEAD_UNAVAILABLE);

  auto revoked = feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}});
  revoked->pending = newer_head(revoked);
  CHECK_DECIDED(verdict_with(revoked), Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
}

TEST_CASE("an issuer that told two stories cannot say clear or suspended; revoked stays revoked") {
  for (const auto& lists : {Lists{}, Lists{.revoked = {}, .suspended = {kIndex}}}) {
    auto snapshot = feed_of(one_issuer(), lists);
    snapshot->contradicted = true;
    const Verdict verdict = verdict_with(snapshot);
    check_unknown(verdict, codes::EQUIVOCATION_SEEN);
    CHECK(verdict.view_heads[0].contradicted);
  }
  auto revoked = feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}});
  revoked->contradicted = true;
  CHECK_DECIDED(verdict_with(revoked), Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
}

TEST_CASE(
    "what only a peer says and nobody disputes makes clear and suspended unknown; revoked stays revoked") {
  const std::tuple<feed::Hearsay, Code, std::string> cases[] = {
      {{true, std::nullopt}, codes::EQUIVOCATION_SEEN, "says that the issuer has told two histories"},
      {{true, 9}, codes::EQUIVOCATION_SEEN, "says that the issuer has told two histories"},
      {{false, 9}, codes::NEWER_HEAD_UNAVAILABLE, "says that a head of size 9 is signed"}};
  for (const auto& [hearsay, code, sentence] : cases) {
    for (const auto& lists : {Lists{}, Lists{.revoked = {}, .suspended = {kIndex}}}) {
      auto snapshot = feed_of(one_issuer(), lists);
      snapshot->hearsay = hearsay;
      const Verdict verdict = verdict_with(snapshot);
      check_unknown(verdict, code);
      CHECK_DETAIL(verdict, CheckName::status, sentence);
      CHECK(verdict.view_heads[0].contradicted == hearsay.contradicted);
      CHECK(verdict.view_heads[0].pending.has_value() == hearsay.pending_size.has_value());
    }
    auto revoked = feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}});
    revoked->hearsay = hearsay;
    CHECK_DECIDED(verdict_with(revoked), Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
  }
}

TEST_CASE("a signed head that is pending is named before one that is hearsay") {
  auto snapshot = feed_of(one_issuer());
  snapshot->pending = newer_head(snapshot);
  snapshot->hearsay.pending_size = 9;
  const Verdict verdict = verdict_with(snapshot);
  CHECK_DETAIL(verdict, CheckName::status, "size 3");
  CHECK(verdict.view_heads[0].pending->size == 3);
  CHECK(verdict.view_heads[0].pending->root.has_value());
}

TEST_CASE("a head is old from 48 hours: a warning that does not decide") {
  const auto snapshot = feed_of(one_issuer());
  CHECK_STEP(verdict_with(snapshot, kHeadAt.plus_seconds(kTwoDays - 1)), CheckName::status, CheckResult::pass,
             codes::STATUS_CLEAR);
  const Verdict old = verdict_with(snapshot, kHeadAt.plus_seconds(kTwoDays));
  CHECK_STEP(old, CheckName::status, CheckResult::warn, codes::HEAD_OLD);
  CHECK(old.outcome == Outcome::valid);
  CHECK(old.revocation == BitState::clear);
  CHECK(find(old, CheckName::status)->age_seconds == kTwoDays);
  CHECK_DETAIL(old, CheckName::status, "172800 seconds old, the warning starts at 172800");
}

TEST_CASE(
    "beyond the policy's maximum an old head makes clear and suspended unknown; revoked stays revoked") {
  Policy::Values values = trusting(one_issuer()).values();
  values.head_age_max_seconds = 2400;  // the head's age at kNow
  const Policy policy(values);
  const auto run = [&](const Lists& lists, Timestamp at) {
    return verify_credential(sign(one_issuer(), badge(one_issuer())), view_of(feed_of(one_issuer(), lists)),
                             policy, at)
        .value();
  };
  CHECK(run({}, kNow).outcome == Outcome::valid);
  const Verdict old = run({}, kNow.plus_seconds(1));
  check_unknown(old, codes::HEAD_OLD);
  CHECK_DETAIL(old, CheckName::status, "2401 seconds old, the policy's limit is 2400");
  check_unknown(run({.revoked = {}, .suspended = {kIndex}}, kNow.plus_seconds(1)), codes::HEAD_OLD);
  CHECK_DECIDED(run({.revoked = {kIndex}, .suspended = {}}, kNow.plus_seconds(1)), Outcome::not_valid,
                Class::revoked, codes::STATUS_REVOKED);
}

TEST_CASE("for a past time status is still read from the newest head, whose age is then zero") {
  const Verdict verdict =
      verdict_with(feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}}), kIssuedAt.plus_seconds(60));
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
  CHECK(find(verdict, CheckName::status)->age_seconds == 0);
}

TEST_CASE("of several entries set wins over unknown and unknown over clear, wherever they stand") {
  const auto unreadable = status_entry(Purpose::revocation, "https://issuer.example/status-lists/unknown");
  const auto readable = status_entry(Purpose::revocation);
  for (const auto& entries : {nlohmann::json{unreadable, readable}, nlohmann::json{readable, unreadable}}) {
    const Verdict unknown = verdict_with(badge_with(entries), feed_of(one_issuer()));
    check_unknown(unknown, codes::STATUS_LIST_NOT_IN_FEED);
    CHECK(unknown.revocation == BitState::unknown);
    const Verdict set =
        verdict_with(badge_with(entries), feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}}));
    CHECK_DECIDED(set, Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
    CHECK(set.revocation == BitState::set);
    CHECK(set.status_list == std::string(kRevocationList));
  }
  const nlohmann::json suspended_and_unknown = {unreadable, status_entry(Purpose::suspension)};
  const Verdict verdict = verdict_with(badge_with(suspended_and_unknown),
                                       feed_of(one_issuer(), {.revoked = {}, .suspended = {kIndex}}));
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::suspended, codes::STATUS_SUSPENDED);
  CHECK(verdict.revocation == BitState::unknown);
}

}  // namespace
}  // namespace vcnode::verify
