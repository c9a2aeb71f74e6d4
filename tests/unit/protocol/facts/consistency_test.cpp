#include "tests/unit/protocol/facts/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

constexpr const char* kMandateConcept = "http://data.europa.eu/snb/evidence-type/c_18016257";

bool agrees(const Json& credential) {
  return facts::check_consistency(test::facts_of(credential)).empty();
}

}  // namespace

TEST_CASE("credentials that agree with themselves are not complained about") {
  CHECK(agrees(test::plain_credential()));
  CHECK(agrees(test::european_credential()));
  CHECK(agrees(test::open_badge()));
}

TEST_CASE("a credit stands for 25 to 30 hours, give or take a tenth") {
  auto plain = test::plain_credential();
  auto& workload = plain["credentialSubject"]["achievement"]["workload"];
  for (const double hours : {67.5, 75.0, 90.0, 99.0}) {
    workload["hours"] = hours;
    CHECK_MESSAGE(agrees(plain), hours);
  }
  workload["hours"] = 67;
  CHECK(test::finds(test::facts_of(plain), codes::HOURS_PER_ECTS,
                    "67 hours for 3 ECTS are 22.33 hours for each"));
  workload["hours"] = 100;
  CHECK(test::finds(test::facts_of(plain), codes::HOURS_PER_ECTS, "33.33"));
  workload = {{"ects", 0}, {"hours", 10}};
  CHECK(agrees(plain));
  workload = {{"hours", 10}};
  CHECK(agrees(plain));
}

TEST_CASE("a national level belongs to the country of an awarding body") {
  auto plain = test::plain_credential();
  plain["issuer"]["country"] = "IE";
  CHECK(test::finds(test::facts_of(plain), codes::NQF_OF_ANOTHER_COUNTRY,
                    "level 6 is one of the framework EE of EE"));
  plain["credentialSubject"]["achievement"]["awardingBody"] =
      Json::array({Json{{"id", "did:web:uni.example"}, {"country", "IE"}},
                   Json{{"id", "did:web:b.example"}, {"country", "EST"}}});
  CHECK_MESSAGE(agrees(plain), "a joint award");
  plain["issuer"].erase("country");
  plain["credentialSubject"]["achievement"]["awardingBody"] = "did:web:uni.example";
  CHECK_MESSAGE(agrees(plain), "no country is said");
}

TEST_CASE("a cycle of higher education has its European level") {
  auto plain = test::plain_credential();
  auto& level = plain["credentialSubject"]["achievement"]["level"];
  const std::pair<const char*, int> pairs[] = {{"short", 5}, {"first", 6}, {"second", 7}, {"third", 8}};
  for (const auto& pair : pairs) {
    level = {{"cycle", pair.first}, {"eqf", pair.second}};
    CHECK(agrees(plain));
  }
  level = {{"cycle", "second"}, {"eqf", 6}};
  CHECK(test::finds(test::facts_of(plain), codes::CYCLE_EQF_MISMATCH, "the second cycle is at EQF level 7"));
}

TEST_CASE("a volume of learning is not given in months, and a part is not longer than the whole") {
  auto european = test::european_credential();
  auto& claim = european["credentialSubject"]["hasClaim"];
  claim["influencedBy"]["specifiedBy"]["volumeOfLearning"] = "P60M";
  CHECK(test::finds(test::facts_of(european), codes::DURATION_IMPLAUSIBLE, "is P60M, which is in months"));
  CHECK(test::finds(test::facts_of(european), codes::DURATION_IMPLAUSIBLE, "the whole is 60 hours"));
  claim["influencedBy"]["specifiedBy"]["volumeOfLearning"] = "PT60M";
  CHECK(agrees(european));
  claim["influencedBy"]["specifiedBy"]["volumeOfLearning"] = "P5D";
  CHECK(agrees(european));
  claim["influencedBy"]["specifiedBy"]["volumeOfLearning"] = "PT70H";
  CHECK(test::finds(test::facts_of(european), codes::DURATION_IMPLAUSIBLE,
                    "70 hours of an achievement that is 60"));
  claim.erase("influencedBy");
  claim["specifiedBy"]["volumeOfLearning"] = "P2M";
  CHECK(test::finds(test::facts_of(european), codes::DURATION_IMPLAUSIBLE,
                    "/specifiedBy/volumeOfLearning is P2M"));
  claim["specifiedBy"]["volumeOfLearning"] = "60 hours";
  CHECK(test::finds(test::facts_of(european), codes::ELEMENT_MALFORMED, "PT60H"));
}

TEST_CASE("an issuer that is not the awarding body is named, and whether a mandate is claimed") {
  auto european = test::european_credential();
  european["issuer"] = {{"id", "urn:epass:org:9"}, {"legalName", {{"es", "ORGANIZACION TEST"}}}};
  CHECK(test::finds(test::facts_of(european), codes::SIGNER_NOT_AWARDING_BODY, "ORGANIZACION TEST"));
  CHECK(test::finds(test::facts_of(european), codes::MANDATE_MISSING, "may issue for University of Zed"));
  european["evidence"] = {{"dcType", {{"id", kMandateConcept}}}};
  CHECK(test::finds(test::facts_of(european), codes::SIGNER_NOT_AWARDING_BODY, "a mandate is claimed"));
  CHECK(facts::check_consistency(test::facts_of(european)).size() == 1);
}

TEST_CASE("a body is the same under a DID that moved, at its host, or by its name") {
  auto plain = test::plain_credential();
  auto& bodies = plain["credentialSubject"]["achievement"]["awardingBody"];
  const auto same = [&](const Json& issuer, const Json& body) {
    plain["issuer"] = issuer;
    bodies = body;
    return agrees(plain);
  };
  CHECK(same("did:webvh:QmScid:a.example", "did:webvh:QmScid:b.example:dept"));
  CHECK(same("did:web:uni.example", "https://uni.example/about"));
  CHECK(same("did:webvh:QmScid:uni.example%3A8443:x", "did:web:uni.example"));
  CHECK(same({{"id", "did:key:z6Mk1"}, {"name", "Example University"}},
             {{"id", "https://e.example"}, {"legalName", "example university "}}));
  CHECK_MESSAGE(same("did:key:z6Mk1", {{"legalName", "Example University"}}), "nothing to compare");
  CHECK(!same("did:key:z6Mk1", "did:key:z6Mk2"));
  CHECK(!same("did:web:uni.example", "did:web:uni.example.org"));
  CHECK(!same({{"name", "A"}}, {{"legalName", "B"}}));
}

TEST_CASE("dates run from learning over award to credential") {
  auto badge = test::open_badge();
  badge["awardedDate"] = "2026-05-04T20:00:00Z";
  CHECK_MESSAGE(agrees(badge), "less than a day: a local midnight in UTC");
  badge["awardedDate"] = "2026-05-06T00:00:00Z";
  CHECK(test::finds(test::facts_of(badge), codes::AWARDED_AFTER_ISSUE, "2026-05-06T00:00:00Z"));
  badge.erase("awardedDate");
  badge["credentialSubject"]["activityEndDate"] = "2026-06-01T00:00:00Z";
  CHECK(test::finds(test::facts_of(badge), codes::LEARNING_AFTER_AWARD, "the credential is of 2026-05-04"));
  badge["credentialSubject"]["activityEndDate"] = "2026-05-01T00:00:00Z";
  CHECK(agrees(badge));
  badge["validFrom"] = "2026-05-04T00:00:00";
  CHECK(test::finds(test::facts_of(badge), codes::DATE_WITHOUT_ZONE, "/validFrom names no time zone"));
}
