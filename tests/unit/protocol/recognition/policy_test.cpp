// Policies as files: strict, with every default written out.
#include "protocol/recognition/policy.h"

#include "tests/support/shared_data.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::Policy;

constexpr std::string_view kFull = R"({
  "id": "urn:policy:acme-hr", "verifierCountry": "LV",
  "anchors": [{"id": "did:web:enic.example", "for": {"country": ["*"], "eqf": {"min": 5, "max": 8}},
               "maxRecognition": 2, "maxDelegation": 1},
              {"id": "did:web:a.example"}, {"id": "did:web:a.example"}],
  "referencingFrom": ["did:web:enic.example"], "time": {"issueTime": "proven"},
  "decisions": ["positive"], "standing": ["obligatory"], "needElements": "mandatory",
  "endorsement": {"atLeast": 1, "from": ["did:web:metal.example"]}, "oneSidedAgreements": true,
  "onUnknown": "not-established", "trust": ["did:web:uni.example"], "witnesses": "quorum none\n",
  "observers": ["did:web:eyes.example"], "observerQuorum": 1, "headAgeWarnSeconds": 60,
  "headAgeMaxSeconds": 3600})";

TEST_CASE("a policy is read whole, and its canonical text reads back as the same") {
  const auto policy = Policy::parse(kFull);
  REQUIRE_OK(policy);
  CHECK(policy->country == "LV");
  REQUIRE(policy->anchors.size() == 2);
  CHECK(policy->anchors[0].did == "did:web:a.example");
  CHECK(policy->anchors[0].max_recognition == 1);
  CHECK(policy->anchors[0].max_delegation == 2);
  CHECK(policy->anchors[1].scope.eqf == statement::Interval{5, 8});
  CHECK_FALSE(policy->anchors[1].scope.countries.has_value());
  CHECK(policy->elements.size() == 11);
  CHECK(policy->issue_time_proven);
  CHECK(policy->unknown_is_no);
  CHECK(policy->head_age_max_seconds == 3600);
  const auto again = Policy::parse(policy->canonical());
  REQUIRE_OK(again);
  CHECK(again->canonical() == policy->canonical());
  CHECK(again->digest() == policy->digest());
}

TEST_CASE("defaults are written out, so that a later default changes no digest silently") {
  const auto policy = Policy::parse("{}");
  REQUIRE_OK(policy);
  CHECK_FALSE(policy->asks());
  CHECK(
      policy->canonical() ==
      R"({"anchors":[],"decisions":["positive","positive-with-conditions"],"endorsement":{"atLeast":0,"from":[]},)"
      R"("headAgeMaxSeconds":null,"headAgeWarnSeconds":172800,"id":null,"needElements":[],"observerQuorum":1,)"
      R"("observers":[],"onUnknown":"cannot-tell","oneSidedAgreements":false,"referencingFrom":[],)"
      R"("standing":["obligatory","voluntary"],"time":{"issueTime":"proven-when-withdrawn"},"trust":[],"v":1,)"
      R"("verifierCountry":null,"witnesses":null})");
  REQUIRE_OK(Policy::parse(policy->canonical()));
  CHECK(Policy::parse(R"({"anchors":[{"id":"did:web:a.example"}]})")->digest() != policy->digest());
}

TEST_CASE("what is malformed is refused by name") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"([])", "array"},
      {R"({"anchor": []})", "anchor"},
      {R"({"v": 2})", "v"},
      {R"({"id": ""})", "id"},
      {R"({"verifierCountry": "EL"})", "GR"},
      {R"({"anchors": {}})", "anchors"},
      {R"({"anchors": [{"for": {}}]})", "id"},
      {R"({"anchors": [{"id": "enic"}]})", "enic"},
      {R"({"anchors": [{"id": "did:web:a.example", "scope": {}}]})", "scope"},
      {R"({"anchors": [{"id": "did:web:a.example", "for": {"land": ["LV"]}}]})", "land"},
      {R"({"anchors": [{"id": "did:web:a.example", "maxRecognition": 4}]})", "between 0 and 3"},
      {R"({"anchors": [{"id": "did:web:a.example", "maxDelegation": -1}]})", "between 0 and 4"},
      {R"({"referencingFrom": "did:web:a.example"})", "referencingFrom"},
      {R"({"time": {"issueTime": "whenever"}})", "issueTime"},
      {R"({"decisions": []})", "decisions"},
      {R"({"decisions": ["negative"]})", "negative"},
      {R"({"standing": ["famous"]})", "famous"},
      {R"({"needElements": "all"})", "needElements"},
      {R"({"needElements": [17]})", "between 1 and 16"},
      {R"({"endorsement": {"atLeast": 2, "from": ["did:web:a.example"]}})", "from names 1"},
      {R"({"oneSidedAgreements": 1})", "oneSidedAgreements"},
      {R"({"onUnknown": "guess"})", "onUnknown"},
      {R"({"witnesses": "quorum nobody-knows"})", "witnesses"},
      {R"({"observerQuorum": 0})", "observerQuorum"},
      {R"({"headAgeMaxSeconds": -1})", "headAgeMaxSeconds"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.first);
    CHECK_CODE_NAMES(Policy::parse(one.first), codes::POLICY_MALFORMED, one.second);
  }
}

TEST_CASE("the samples are policies, and each asks for something of its own") {
  std::set<Sha256Digest> digests;
  for (const char* name : {"employer", "recognition-centre", "university-admission"}) {
    CAPTURE(name);
    const auto path = source_dir() / "protocol" / "spec" / "policies" / concat(name, ".json");
    const auto policy = Policy::parse(read_file(path));
    REQUIRE_OK(policy);
    CHECK(policy->asks());
    digests.insert(policy->digest());
  }
  CHECK(digests.size() == 3);
}

TEST_CASE("a trust list is a policy with its anchors, and reads back as one") {
  statement::TrustList list{
      "hiring", "LV", {{body_did("b"), {}, 0, 1}, {body_did("a"), {}, 1, 2}, {body_did("b"), {}, 0, 1}}};
  const Policy policy = Policy::of(list);
  CHECK(policy.anchors.size() == 2);
  CHECK(policy.country == "LV");
  CHECK(Policy::parse(policy.canonical())->digest() == policy.digest());
}

TEST_CASE("a trust list that allows longer chains than a policy may is cut to what it may") {
  const Policy policy = Policy::of({"hiring", "LV", {{body_did("a"), {}, 8, 8}}});
  CHECK(policy.anchors[0].max_recognition == recognition::kMaxRecognition);
  CHECK(policy.anchors[0].max_delegation == recognition::kMaxDelegation);
  REQUIRE_OK(Policy::parse(policy.canonical()));
}

TEST_CASE("who names nobody cannot ask who is recognised") {
  for (const std::string_view text :
       {R"({"referencingFrom": ["did:web:a.example"]})", R"({"oneSidedAgreements": true})",
        R"({"endorsement": {"atLeast": 1, "from": ["did:web:a.example"]}})", R"({"decisions": ["positive"]})",
        R"({"anchors": [], "standing": ["voluntary"]})", R"({"onUnknown": "not-established"})",
        R"({"time": {"issueTime": "proven"}})"}) {
    CAPTURE(text);
    CHECK_CODE(Policy::parse(text), codes::POLICY_WITHOUT_ANCHORS);
  }
}

}  // namespace
}  // namespace vcnode::test
