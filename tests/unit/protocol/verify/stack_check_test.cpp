// Components that are verified one by one, and added under a rule out of its signer's feed.
#include "protocol/verify/stack_check.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"
#include "tests/unit/protocol/verify/one_feed.h"

namespace vcnode::verify {
namespace {

using namespace world;
using StackJson = nlohmann::json;

const Issuer& rule_maker() {
  static const Issuer one(81);
  return one;
}

constexpr const char* kWholeCourse = "https://uni.example/certificates/iot";

std::string course_iri(std::string_view name) {
  return concat("https://uni.example/mc/", name);
}

std::shared_ptr<const statement::Statement> twelve_credits() {
  auto made = std::make_shared<statement::Statement>();
  made->id = "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c77";
  made->digest = sha256(as_bytes(made->id));
  made->issuer_did = rule_maker().did().text();
  made->subject_id = "https://uni.example/rules/1";
  made->from = kIssuedAt.plus_seconds(-86'400);
  statement::StackRule rule;
  rule.target = kWholeCourse;
  rule.min_ects = 12;
  made->says = std::move(rule);
  return made;
}

std::shared_ptr<feed::FeedSnapshot> feed_with_rule(const std::function<void(statement::Gaps&)>& gaps = {},
                                                   std::vector<statement::Entry> more = {}) {
  auto feed = feed_of(rule_maker());
  statement::Gaps missing;
  if (gaps) gaps(missing);
  more.push_back({twelve_credits(), {1, 2}});
  feed->statements = std::make_shared<const statement::StatementLog>(
      statement::StatementLog().with(std::move(more)).with(missing));
  return feed;
}

std::string micro(std::string_view name, double ects, std::uint64_t index,
                  std::string_view learner = "did:example:ana") {
  StackJson document{
      {"@context", {credential::kContextV2, "https://vcnode.example/ns/micro-credential/v1"}},
      {"id", concat("urn:example:", name)},
      {"type", {"VerifiableCredential", "MicroCredential"}},
      {"issuer", {{"id", one_issuer().did().text()}, {"name", "Example Institute"}, {"country", "EE"}}},
      {"validFrom", kIssuedAt.to_string()},
      {"credentialSubject",
       {{"id", learner},
        {"achievement",
         {{"id", course_iri(name)}, {"title", name}, {"workload", {{"ects", ects}, {"hours", ects * 26}}}}}}},
      {"credentialStatus",
       {status_entry(status::Purpose::revocation, {}, index),
        status_entry(status::Purpose::suspension, {}, index)}}};
  return sign(one_issuer(), document);
}

std::vector<std::string> three_courses() {
  return {micro("a", 6, 100), micro("b", 3, 101), micro("c", 3, 102)};
}

SnapshotView stack_view(const Lists& lists = {},
                        std::shared_ptr<feed::FeedSnapshot> rule = feed_with_rule()) {
  SnapshotView view = view_of(feed_of(one_issuer(), lists));
  if (rule != nullptr) view.put(std::move(rule));
  return view;
}

StackVerdict stacked(std::vector<std::string> components, const View& view,
                     const Policy& policy = trusting(one_issuer()), std::optional<Timestamp> awarded = {}) {
  const auto verdict =
      verify_stack({twelve_credits(), std::move(components), "", awarded, kNow}, view, policy);
  REQUIRE_OK(verdict);
  return *verdict;
}

bool has_stack_code(const StackVerdict& verdict, Code code) {
  const auto& notes = verdict.stack.notes;
  return std::any_of(notes.begin(), notes.end(),
                     [&](const recognition::Note& note) { return test::same_code(note.code, code); });
}

TEST_CASE("components of a trusted issuer add up") {
  const auto done = stacked(three_courses(), stack_view());
  CHECK(done.outcome() == Outcome::valid);
  CHECK(done.headline() == "Complete: 12 of 12 ECTS");
  CHECK(test::same_code(done.rule_check.code, codes::STACK_RULE_IN_FORCE));
  CHECK(done.components.size() == 3);
  const auto json = done.to_json();
  CHECK(json.at("verdict") == "valid");
  CHECK(json.at("ects").at("counted") == 12.0);
  CHECK(json.at("rule").at("target") == kWholeCourse);
  CHECK(json.at("components").size() == 3);
  CHECK(done.messages().at(0).at("code") == "STACK_RULE_IN_FORCE");
  const auto part = stacked({three_courses()[0]}, stack_view());
  CHECK(part.outcome() == Outcome::not_valid);
  CHECK(part.headline() == "Not complete: 6 of 12 ECTS");
}

TEST_CASE("what cannot be told is counted apart, with its code") {
  Policy::Values values = trusting(one_issuer()).values();
  values.head_age_max_seconds = 60;
  const auto old = stacked(three_courses(), stack_view(), Policy(values));
  CHECK(old.stack.summary() == "0 of 12 ECTS, 12 unknown: HEAD_OLD");
  CHECK(old.outcome() == Outcome::cannot_tell);
  CHECK(old.rule_check.result == CheckResult::unknown);
  CHECK(old.headline() == "Cannot tell whether the rule counts: 0 of 12 ECTS, 12 unknown: HEAD_OLD");
  const auto strange = stacked(three_courses(), stack_view(), Policy());
  CHECK(strange.outcome() == Outcome::issuer_not_confirmed);
  CHECK(strange.stack.summary() == "0 of 12 ECTS, 12 unknown: ISSUER_NOT_CONFIRMED");
  auto courses = three_courses();
  courses[2] = micro("c", 3, 102, "did:example:maria");
  const auto other = stacked(courses, stack_view());
  CHECK(other.stack.summary() == "9 of 12 ECTS, 3 unknown: STACK_LEARNER_UNKNOWN");
  CHECK(other.headline().starts_with("Cannot tell: "));
  CHECK(has_stack_code(other, codes::STACK_LEARNER_UNKNOWN));
}

TEST_CASE("revoked, altered and doubled components do not count") {
  const auto revoked = stacked(three_courses(), stack_view({.revoked = {102}, .suspended = {}}));
  CHECK(revoked.stack.summary() == "9 of 12 ECTS");
  CHECK(has_stack_code(revoked, codes::STACK_COMPONENT_REVOKED));
  const auto awarded = [](Timestamp when) {
    auto feed = feed_of(one_issuer(), {.revoked = {102}, .suspended = {}});
    for (auto& one : feed->status_lists) {
      auto list = *one.second.list;
      list.not_before = kIssuedAt.plus_seconds(1'000);
      one.second.list = std::make_shared<const status::StatusList>(std::move(list));
    }
    SnapshotView view = view_of(feed);
    view.put(feed_with_rule());
    return stacked(three_courses(), view, trusting(one_issuer()), when);
  };
  // The list that says so is of the second of the award.
  const auto before = awarded(kIssuedAt.plus_seconds(1'000));
  CHECK(before.outcome() == Outcome::not_valid);
  CHECK(before.headline() == "Not complete: 9 of 12 ECTS");
  CHECK(has_stack_code(before, codes::STACK_COMPONENT_REVOKED));
  const auto open = awarded(kIssuedAt.plus_seconds(999));
  CHECK(open.outcome() == Outcome::cannot_tell);
  CHECK(open.stack.summary() == "9 of 12 ECTS, 3 unknown: STACK_REVOCATION_UNDATED");
  CHECK(has_stack_code(open, codes::STACK_REVOCATION_UNDATED));
  const auto early = awarded(kIssuedAt.plus_seconds(-1));
  CHECK(early.stack.summary() == "0 of 12 ECTS");
  CHECK(has_stack_code(early, codes::STACK_COMPONENT_LATER));
  auto courses = three_courses();
  courses[2].replace(courses[2].find("\"ects\":3"), 8, "\"ects\":9");
  const auto altered = stacked(courses, stack_view());
  CHECK(altered.outcome() == Outcome::not_valid);
  CHECK(has_stack_code(altered, codes::PROOF_SIGNATURE));
  courses = three_courses();
  courses.push_back(courses[0]);
  const auto doubled = stacked(courses, stack_view());
  CHECK(doubled.stack.summary() == "12 of 12 ECTS");
  CHECK(has_stack_code(doubled, codes::STACK_COUNTED_TWICE));
  CHECK(stacked({"not a credential"}, stack_view()).outcome() == Outcome::not_valid);
}

TEST_CASE("a rule counts as far as its signer can be relied on") {
  const auto with_rule = [](std::shared_ptr<feed::FeedSnapshot> feed) {
    return stacked(three_courses(), stack_view({}, std::move(feed))).rule_check;
  };
  CHECK(test::same_code(with_rule(nullptr).code, codes::AUTHORITY_NOT_HELD));
  auto feed = feed_with_rule();
  feed->contradicted = true;
  CHECK(test::same_code(with_rule(feed).code, codes::EQUIVOCATION_SEEN));
  feed = feed_with_rule();
  feed->hearsay.pending_size = 99;
  CHECK(test::same_code(with_rule(feed).code, codes::NEWER_HEAD_UNAVAILABLE));
  feed = feed_with_rule([](statement::Gaps& gaps) { gaps.missing_count = 1; });
  CHECK(test::same_code(with_rule(feed).code, codes::STATEMENTS_MISSING));
  auto withdrawal = std::make_shared<statement::Statement>();
  withdrawal->id = "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c78";
  withdrawal->digest = sha256(as_bytes(withdrawal->id));
  withdrawal->issuer_did = rule_maker().did().text();
  withdrawal->subject_id = twelve_credits()->id;
  withdrawal->from = kIssuedAt;
  statement::Withdrawal says;
  says.digest = twelve_credits()->digest;
  says.effective_from = kIssuedAt;
  withdrawal->says = says;
  const auto ended = stacked(three_courses(), stack_view({}, feed_with_rule({}, {{withdrawal, {1, 3}}})));
  CHECK(ended.rule_check.result == CheckResult::fail);
  CHECK(ended.outcome() == Outcome::not_valid);
  CHECK(ended.headline().starts_with("The rule does not count: "));
  const auto json = ended.to_json();
  CHECK(json.at("outcome") == "not-established");
  CHECK(json.at("codes") == StackJson::array({"WITHDRAWN_BEFORE_ISSUE"}));
  CHECK(json.at("summary") == "0 of 12 ECTS");
  CHECK(json.at("components").at(0).at("result") == "fail");
  CHECK(ended.messages().size() == 1);
}

TEST_CASE("a component is known by its bytes, its JCS form and its id") {
  auto courses = three_courses();
  // The same document with other white space, presented too.
  courses.push_back(StackJson::parse(courses[0]).dump(2));
  const auto twice = stacked(courses, stack_view());
  CHECK(twice.stack.summary() == "12 of 12 ECTS");
  CHECK(has_stack_code(twice, codes::STACK_COUNTED_TWICE));
  const auto with_inner = [](const Sha256Digest& digest) {
    auto outer = StackJson::parse(micro("b", 9, 101));
    outer.erase("proof");
    Bytes multihash = {0x12, 0x20};
    multihash.insert(multihash.end(), digest.view().begin(), digest.view().end());
    outer["credentialSubject"]["component"] =
        StackJson::array({{{"id", "urn:example:other"},
                           {"digestMultibase", multibase_encode(Multibase::base64url, multihash)}}});
    return sign(one_issuer(), outer);
  };
  const std::string inner = StackJson::parse(micro("a", 3, 100)).dump(1);
  const auto canonical = jcs::canonicalize(StackJson::parse(inner)).value();
  for (const std::string& named : {inner, canonical}) {
    const auto nested = stacked({inner, with_inner(sha256(as_bytes(named)))}, stack_view());
    CHECK(nested.stack.summary() == "9 of 12 ECTS");
    CHECK(has_stack_code(nested, codes::STACK_COUNTED_TWICE));
  }
}

TEST_CASE("under a rule of which it cannot be told nothing adds up for sure") {
  auto feed = feed_with_rule();
  feed->contradicted = true;
  const auto open = stacked(three_courses(), stack_view({}, feed));
  CHECK(open.outcome() == Outcome::cannot_tell);
  CHECK(open.to_json().at("outcome") == "cannot-tell");
  CHECK(open.to_json().at("codes").at(0) == "EQUIVOCATION_SEEN");
}

TEST_CASE("rules are found by id and by digest, and only rules are") {
  const auto feed = feed_with_rule();
  const auto rule = twelve_credits();
  CHECK(rule_in(*feed, {rule->id, {}}) != nullptr);
  CHECK(rule_in(*feed, {{}, rule->digest}) != nullptr);
  CHECK(rule_in(*feed, {"urn:uuid:none", {}}) == nullptr);
  CHECK(rule_in(*feed_of(one_issuer()), {rule->id, {}}) == nullptr);
  CHECK(RuleName{rule->id, {}}.text() == rule->id);
}

}  // namespace
}  // namespace vcnode::verify
