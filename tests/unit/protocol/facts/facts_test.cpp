#include "protocol/facts/facts.h"

#include "tests/unit/protocol/facts/samples.h"

using namespace vcnode;
using facts::ElementState;
using Json = nlohmann::json;

TEST_CASE("what is no credential has no facts") {
  const auto refused = [](const Json& json) {
    return facts::read_facts(json::Document::parse(json.dump()).value().root());
  };
  CHECK_CODE_NAMES(refused(Json::array()), codes::FACTS_PROFILE_UNKNOWN, "array");
  CHECK_CODE_NAMES(refused(Json::object()), codes::FACTS_PROFILE_UNKNOWN, "VerifiableCredential");
  CHECK_CODE(refused({{"type", "Profile"}}), codes::FACTS_PROFILE_UNKNOWN);
  CHECK_CODE(refused({{"type", Json::array({7})}}), codes::FACTS_PROFILE_UNKNOWN);
}

TEST_CASE("the profile is told by type or context; any other credential is read as plain") {
  CHECK(test::facts_of(test::european_credential()).profile == facts::Profile::european_learning_model);
  CHECK(test::facts_of(test::open_badge()).profile == facts::Profile::open_badge);
  CHECK(test::facts_of(test::plain_credential()).profile == facts::Profile::plain);
  auto badge = test::open_badge();
  badge["type"] = "VerifiableCredential";
  CHECK(test::facts_of(badge).profile == facts::Profile::open_badge);
  auto european = test::european_credential();
  european["type"] = "VerifiableCredential";
  european["@context"] = "https://data.europa.eu/snb/model/context/edc-ap";
  CHECK(test::facts_of(european).profile == facts::Profile::european_learning_model);
  const auto bare = test::facts_of({{"type", "VerifiableCredential"}});
  for (const auto& element : bare.elements) CHECK(element.state == ElementState::absent);
}

TEST_CASE("a plain credential in normal form") {
  const auto read = test::facts_of(test::plain_credential());
  CHECK(read.achievement == "https://uni.example/mc/iot-1");
  CHECK(read.learner == "did:key:z6MkLearner");
  CHECK(read.countries == std::vector<std::string>{"EE"});
  REQUIRE(read.awarding_bodies.size() == 1);
  CHECK(read.awarding_bodies[0].legal_name == "Example University");
  CHECK(read.eqf == 6);
  REQUIRE(read.nqf.size() == 1);
  CHECK(read.nqf[0] == facts::Level{"EE", "http://data.europa.eu/snb/qdr/c_3dddfd70", "6", "EE"});
  CHECK(read.cycle == "first");
  CHECK(read.isced == std::vector<std::string>{"0714"});
  CHECK(read.types == std::vector<std::string>{"MicroCredential"});
  CHECK(read.setting == "formal");
  CHECK(read.ects == 3.0);
  CHECK(read.hours == 78.0);
  CHECK(read.awarded == Timestamp::parse("2026-05-04T00:00:00Z").value());
  CHECK(read.element(7).path == "/credentialSubject/achievement/workload/ects");
  CHECK(test::value_of(read, 7) == Json{{"ects", 3}, {"hours", 78}});
  CHECK(read.element(9).state == ElementState::absent);
  CHECK(read.element(11).mandatory);
  CHECK(!read.element(12).mandatory);
}

TEST_CASE("a European credential in normal form; ids that mean something in there only are not names") {
  const auto read = test::facts_of(test::european_credential());
  CHECK(read.learner.empty());
  CHECK(read.achievement.empty());
  CHECK(test::value_of(read, 1) == Json{{"name", "Ana Andromeda"}});
  CHECK(read.countries == std::vector<std::string>{"IE"});
  CHECK(read.ects == 2.0);
  CHECK(read.hours == 60.0);
  CHECK(read.element(3).path ==
        "/credentialSubject/hasClaim/awardedBy/awardingBody/location/address/countryCode");
}

TEST_CASE("an Open Badge in normal form: the issuer awards if no creator is named, criteria are outcomes") {
  const auto read = test::facts_of(test::open_badge());
  CHECK(read.types == std::vector<std::string>{"MicroCredential", "OpenBadgeCredential"});
  CHECK(read.countries == std::vector<std::string>{"EE"});
  CHECK(test::value_of(read, 1) == Json{{"identifier", "sha256$abc"}});
  CHECK(read.element(4).path == "/issuer");
  CHECK(read.element(6).state == ElementState::present);
  CHECK(!read.ects);
}

TEST_CASE("alignments of an Open Badge name levels, fields and skills") {
  auto badge = test::open_badge();
  auto& alignment = badge["credentialSubject"]["achievement"]["alignment"];
  alignment = Json::array(
      {Json{{"targetUrl", "https://data.europa.eu/snb/eqf/5"}},
       Json{{"targetUrl", "http://data.europa.eu/snb/qdr/c_c392e7a2"}},
       Json{{"targetUrl", "http://data.europa.eu/snb/isced-f/0714"}},
       Json{{"targetUrl", "https://data.europa.eu/esco/skill/1"}, {"targetName", "welding"}},
       Json{{"targetUrl", "https://example.org/levels"}, {"targetFramework", "EQF"}, {"targetCode", "5"}},
       Json{{"targetUrl", "https://example.org/fields"},
            {"targetFramework", "ISCED-F 2013"},
            {"targetCode", "06"}},
       Json{{"targetUrl", "https://example.org/6"}}});
  const auto read = test::facts_of(badge);
  CHECK(read.eqf == 5);
  REQUIRE(read.nqf.size() == 1);
  CHECK(read.nqf[0].country == "GB");
  CHECK(read.isced == std::vector<std::string>{"06", "0714"});
  CHECK(read.skills == std::vector<std::string>{"http://data.europa.eu/esco/skill/1"});
  CHECK(test::finds(read, codes::NQF_OF_ANOTHER_COUNTRY, "GB"));
}

TEST_CASE("credits of an Open Badge are not ECTS unless it says so") {
  auto badge = test::open_badge();
  badge["credentialSubject"]["creditsEarned"] = 3;
  auto read = test::facts_of(badge);
  CHECK(!read.ects);
  CHECK(test::value_of(read, 7) == Json{{"creditsEarned", 3}});
  badge["credentialSubject"]["achievement"]["workload"] = {{"ects", 3}};
  CHECK(test::facts_of(badge).ects == 3.0);
}

TEST_CASE("credits of another framework are not ECTS, credits of none are unreadable") {
  auto european = test::european_credential();
  auto& point = european["credentialSubject"]["hasClaim"]["specifiedBy"]["creditPoint"];
  point["framework"]["id"] = "http://data.europa.eu/snb/education-credit/60b314e826";
  auto read = test::facts_of(european);
  CHECK(!read.ects);
  CHECK(read.element(7).state == ElementState::present);
  point.erase("framework");
  read = test::facts_of(european);
  CHECK(read.element(7).state == ElementState::malformed);
  CHECK(test::finds(read, codes::ELEMENT_MALFORMED, "framework"));
  CHECK_MESSAGE(!read.hours, "a malformed element is not known in part");
}

TEST_CASE("what an element says twice and differently is unreadable") {
  auto plain = test::plain_credential();
  auto& achievement = plain["credentialSubject"]["achievement"];
  achievement["level"]["eqf"] = Json::array({"5", "6"});
  achievement["workload"]["ects"] = Json::array({3, 60});
  const auto read = test::facts_of(plain);
  CHECK(read.element(8).state == ElementState::malformed);
  CHECK(!read.eqf);
  CHECK(read.nqf.empty());
  CHECK(read.element(7).state == ElementState::malformed);
  CHECK(!read.ects);
  CHECK(test::finds(read, codes::ELEMENT_MALFORMED, "says EQF level 6 where level 5 stands too"));
  CHECK(test::finds(read, codes::ELEMENT_MALFORMED, "says 60 ects where 3 stands too"));
}

TEST_CASE("every unreadable value is named with its place and what it should be") {
  auto plain = test::plain_credential();
  auto& achievement = plain["credentialSubject"]["achievement"];
  plain["issuer"]["country"] = "Atlantis";
  plain["validFrom"] = "yesterday";
  plain["credentialSubject"]["component"] = {{"id", "urn:x"}, {"digestMultibase", "uAAAA"}};
  achievement["title"] = 7;
  achievement["awardingBody"] = Json::array({Json{{"url", "x"}}});
  achievement["workload"] = {{"ects", "many"}, {"hours", -1}};
  achievement["level"] = {{"eqf", 9}, {"nqf", "six"}, {"cycle", "fourth"}};
  achievement["stack"] = {{"mode", 1}, {"towards", true}};
  const auto read = test::facts_of(plain);
  for (const int number : {2, 3, 4, 5, 7, 8, 15}) {
    CAPTURE(number);
    CHECK(read.element(number).state == ElementState::malformed);
    CHECK(!read.element(number).path.empty());
  }
  for (const char* part :
       {"/issuer/country is \"Atlantis\"", "/validFrom is \"yesterday\"", "/title is a JSON integer",
        "/awardingBody/0 has neither", "/ects is \"many\"", "/hours is a JSON integer", "is \"9\"",
        "/nqf is \"six\"", "/cycle is \"fourth\"", "digestMultibase", "/mode is", "/towards is"})
    CHECK_MESSAGE(test::finds(read, codes::ELEMENT_MALFORMED, part), part);
  CHECK(read.countries.empty());
  CHECK(!read.awarded);
}

TEST_CASE(
    "a level may be said not to apply; a credential that certifies no learning has no elements at all") {
  auto plain = test::plain_credential();
  plain["credentialSubject"]["achievement"]["level"] = "not-applicable";
  CHECK(test::facts_of(plain).element(8).state == ElementState::not_applicable);
  plain["credentialSubject"]["achievement"]["level"] = "unknown";
  CHECK(test::facts_of(plain).element(8).state == ElementState::malformed);
  const auto list = test::facts_of({{"type", {"VerifiableCredential", "BitstringStatusListCredential"}},
                                    {"credentialSubject", {{"id", "https://a.example/1"}}}});
  for (const auto& element : list.elements) CHECK(element.state == ElementState::not_applicable);
}

TEST_CASE("one more achievement or subject is not read, and said so") {
  auto plain = test::plain_credential();
  const auto subject = plain["credentialSubject"];
  plain["credentialSubject"] = Json::array({subject, subject});
  CHECK(test::finds(test::facts_of(plain), codes::SEVERAL_ACHIEVEMENTS, "/credentialSubject/1"));
  plain["credentialSubject"] = subject;
  plain["credentialSubject"]["achievement"] =
      Json::array({subject["achievement"], Json{{"title", "another"}}});
  CHECK(test::finds(test::facts_of(plain), codes::SEVERAL_ACHIEVEMENTS, "/credentialSubject/achievement/1"));
  auto european = test::european_credential();
  const auto claim = european["credentialSubject"]["hasClaim"];
  european["credentialSubject"]["hasClaim"] = Json::array({Json{{"type", "LearningActivity"}}, claim});
  const auto read = test::facts_of(european);
  CHECK(read.ects == 2.0);
  CHECK(facts::check_consistency(read).empty());
}

TEST_CASE("components carry their digest") {
  auto plain = test::plain_credential();
  plain["credentialSubject"]["component"] = Json::array(
      {Json{{"id", "urn:uuid:1"}, {"digestMultibase", "uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
       "urn:uuid:2"});
  const auto read = test::facts_of(plain);
  REQUIRE(read.components.size() == 2);
  CHECK(read.components[0] == facts::Component{"urn:uuid:1", Sha256Digest()});
  CHECK(read.components[1] == facts::Component{"urn:uuid:2", std::nullopt});
}

TEST_CASE("an element with more values than the limit is malformed, not known in part") {
  auto plain = test::plain_credential();
  auto& achievement = plain["credentialSubject"]["achievement"];
  Json bodies = Json::array();
  for (int i = 0; i < 100'000; ++i) bodies.push_back({{"id", concat("did:x:", i)}});
  achievement["awardingBody"] = bodies;
  achievement["level"]["nqf"] = bodies;
  const auto read = test::facts_of(plain);
  CHECK(read.element(4).state == ElementState::malformed);
  CHECK(read.awarding_bodies.empty());
  CHECK(read.nqf.empty());
  CHECK(test::finds(read, codes::ELEMENT_MALFORMED, "at most 256"));
  CHECK(read.troubles.size() <= facts::kTroublesMax);
  CHECK(facts::report(read).dump().size() < 100'000);
  achievement["awardingBody"] = Json(std::vector<Json>(100'000, Json{{"id", "did:x:1"}}));
  achievement["level"].erase("nqf");
  CHECK_MESSAGE(test::facts_of(plain).awarding_bodies.size() == 1, "the same again is one");
}

TEST_CASE("a crowd of skills, fields and durations is read in passing") {
  auto plain = test::plain_credential();
  auto& achievement = plain["credentialSubject"]["achievement"];
  Json many = Json::array();
  for (int i = 0; i < 100'000; ++i) many.push_back(concat("a:", i));
  achievement["learningOutcome"] = {{"text", "T"}, {"skill", many}};
  achievement["isced"] = many;
  CHECK(test::facts_of(plain).skills.size() == 100'000);
  CHECK(test::facts_of(plain).isced.empty());
  auto european = test::european_credential();
  auto& claim = european["credentialSubject"]["hasClaim"];
  claim["influencedBy"]["specifiedBy"]["volumeOfLearning"] = Json(std::vector<Json>(100'000, "P60M"));
  CHECK(test::facts_of(european).volumes.size() == facts::kTroublesMax);
  claim["influencedBy"]["specifiedBy"]["volumeOfLearning"] = Json(std::vector<Json>(100'000, "P"));
  CHECK(test::facts_of(european).troubles.size() == facts::kTroublesMax);
}

TEST_CASE("a text is a language map, whatever it is wrapped in; \"id\" is a language where no IRI stands") {
  auto plain = test::plain_credential();
  auto& title = plain["credentialSubject"]["achievement"]["title"];
  const auto read_title = [&](const Json& value) {
    title = value;
    return test::value_of(test::facts_of(plain), 2);
  };
  CHECK(read_title("T") == Json::parse(R"([{"und":"T"}])"));
  CHECK(read_title({{"@value", "T"}, {"@language", "et"}}) == Json::parse(R"([{"et":"T"}])"));
  CHECK(read_title({{"id", "urn:note:1"}, {"noteLiteral", {{"en", "T"}}}}) == Json::parse(R"([{"en":"T"}])"));
  CHECK(read_title({{"id", "Dasar-dasar"}, {"en-GB", "Basics"}}) ==
        Json::parse(R"([{"en-GB":"Basics","id":"Dasar-dasar"}])"));
  CHECK(read_title(Json::array({"T", "T"})) == Json::parse(R"([{"und":"T"}])"));
  title = "  ";
  CHECK(test::facts_of(plain).element(2).state == ElementState::absent);
  title = Json();
  CHECK(test::facts_of(plain).element(2).state == ElementState::absent);
  title = {{"id", "urn:x:1"}};
  CHECK(test::facts_of(plain).element(2).state == ElementState::malformed);
}

TEST_CASE("the report has the 16 elements in order, with null where there is nothing") {
  const auto report = facts::report(test::facts_of(test::plain_credential()));
  CHECK(report.size() == 2);
  REQUIRE(report["elements"].size() == 16);
  for (std::size_t i = 0; i < 16; ++i) CHECK(report["elements"][i]["element"] == i + 1);
  CHECK(report["elements"][0] ==
        Json::parse(R"({"element":1,"name":"learner","state":"present","path":"/credentialSubject/id",
                                                 "value":{"id":"did:key:z6MkLearner"}})"));
  CHECK(
      report["elements"][10] ==
      Json::parse(R"({"element":11,"name":"quality assurance","state":"absent","path":null,"value":null})"));
  CHECK(report["consistency"] == Json::array());
}

TEST_CASE("several achievements, claims or subjects are noted, whatever they are written as") {
  const auto several = [](const Json& credential) {
    const auto read = test::facts_of(credential);
    CHECK(read.several == test::finds(read, codes::SEVERAL_ACHIEVEMENTS, "is one more"));
    return read.several;
  };
  auto plain = test::plain_credential();
  const Json achievement = plain["credentialSubject"]["achievement"];
  const Json subject = plain["credentialSubject"];
  auto& in = plain["credentialSubject"]["achievement"];
  CHECK_FALSE(several(plain));
  in = Json::array({achievement});
  CHECK_FALSE(several(plain));
  in = Json::array({achievement, nullptr, Json::object()});
  CHECK_FALSE(several(plain));
  in = Json::array({achievement, achievement});
  CHECK(several(plain));
  in = Json::array({"https://uni.example/doctor", achievement});
  CHECK(several(plain));
  in = achievement;
  plain["credentialSubject"]["hasClaim"] = {{"type", "LearningAchievement"}};
  CHECK(several(plain));
  plain["credentialSubject"] = Json::array({subject, subject});
  CHECK(several(plain));
  auto european = test::european_credential();
  const Json claim = european["credentialSubject"]["hasClaim"];
  auto& claims = european["credentialSubject"]["hasClaim"];
  CHECK_FALSE(several(european));
  claims = Json::array({Json{{"type", "LearningActivity"}}, claim});
  CHECK_FALSE(several(european));
  claims = Json::array({claim, Json{{"type", Json::array({"LearningActivity", "LearningAchievement"})}}});
  CHECK(several(european));
  claims = Json::array({claim, Json{{"type", "Doctorate"}}});
  CHECK(several(european));
}

TEST_CASE("a field, setting or type that cannot be read is remembered, and so is a body without a country") {
  const auto unread = [](const char* member, const Json& value) {
    auto plain = test::plain_credential();
    plain["credentialSubject"]["achievement"][member] = value;
    return test::facts_of(plain).unread;
  };
  const std::string base = "http://data.europa.eu/snb/isced-f/";
  CHECK_FALSE(unread("isced", Json::array({base + "0714", nullptr, Json::object()})).fields);
  for (const Json& strange : {Json(base + "09129"), Json("912"), Json("0912 medicine"), Json(912),
                              Json{{"x", 1}}, Json("http://other.example/0912")})
    CHECK_MESSAGE(unread("isced", Json::array({base + "0714", strange})).fields, strange.dump());
  CHECK_FALSE(unread("setting", Json::array({"formal", "formal learning"})).settings);
  CHECK(unread("setting", Json::array({"formal", "informal"})).settings);
  CHECK(unread("setting", Json::array({"formal", "on the job"})).settings);
  const auto bodies = [&](const Json& value) { return unread("awardingBody", value).countries; };
  const Json here = {{"id", "did:web:uni.example"}, {"legalName", "Example University"}, {"country", "EE"}};
  CHECK_FALSE(bodies(here));
  CHECK(bodies(Json::array({here, Json{{"id", "did:web:harvard.example"}}})));
  CHECK_FALSE(bodies(Json::array({here, Json{{"id", "did:web:harvard.example"}, {"country", "US"}}})));
  CHECK(bodies({{"id", "did:web:harvard.example"}}));
  auto badge = test::open_badge();
  badge["credentialSubject"]["achievement"]["achievementType"] =
      Json::array({"MicroCredential", "Diploma", 7});
  CHECK(test::facts_of(badge).types ==
        std::vector<std::string>{"Diploma", "MicroCredential", "OpenBadgeCredential"});
  CHECK(test::facts_of(badge).unread.types);
  badge["credentialSubject"]["achievement"]["alignment"] =
      Json{{"targetUrl", base + "09129"}, {"targetName", "medicine"}};
  CHECK(test::facts_of(badge).unread.fields);
}

TEST_CASE("one number is one level, however it is written") {
  auto plain = test::plain_credential();
  plain["credentialSubject"]["achievement"]["level"] = {{"eqf", 6}};
  std::string text = plain.dump();
  const auto at = text.find("\"eqf\":6");
  REQUIRE(at != std::string::npos);
  for (const char* number : {"6", "6.0", "6e0", "60e-1"}) {
    std::string other = text;
    other.replace(at + 6, 1, number);
    const auto document = json::Document::parse(other);
    REQUIRE_OK(document);
    CHECK(facts::read_facts(document->root())->eqf == 6);
  }
  for (const Json& wrong : {Json(6.5), Json(9), Json(-6), Json(1e300)}) {
    plain["credentialSubject"]["achievement"]["level"] = {{"eqf", wrong}};
    const auto read = test::facts_of(plain);
    CHECK(read.element(8).state == ElementState::malformed);
    CHECK(test::finds(read, codes::ELEMENT_MALFORMED, "the European levels are 1 to 8"));
  }
}

TEST_CASE("all identifiers of the learner are kept") {
  auto badge = test::open_badge();
  const auto hashed = [](const char* text) { return Json{{"identityHash", text}}; };
  badge["credentialSubject"]["identifier"] = Json::array({hashed("a"), hashed("b"), hashed("a")});
  CHECK(test::value_of(test::facts_of(badge), 1)["identifier"] == Json::array({"a", "b"}));
  Json many = Json::array();
  for (std::size_t i = 0; i <= facts::kElementValuesMax; ++i) many.push_back(hashed(concat("h", i).c_str()));
  badge["credentialSubject"]["identifier"] = many;
  CHECK(test::facts_of(badge).element(1).state == ElementState::malformed);
}
