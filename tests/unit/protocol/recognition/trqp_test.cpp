// Trust registry queries: forms, meanings, honest ignorance.
#include "protocol/recognition/trqp.h"

#include <nlohmann/json.hpp>

#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using Json = nlohmann::json;
using recognition::Grade;
using recognition::TrqpAnswer;
using recognition::TrqpEndpoint;
using recognition::TrqpQuery;

Json question(std::string_view entity, std::string_view authority, std::string_view action) {
  return {{"entity_id", body_did(entity)},
          {"authority_id", body_did(authority)},
          {"action", action},
          {"resource", "https://vcnode.example/ns/recognition/v1#MicroCredential"}};
}

TrqpQuery authorization(std::string_view entity, std::string_view authority, Json context = nullptr,
                        std::string_view action = "issue") {
  Json json = question(entity, authority, action);
  if (!context.is_null()) json["context"] = std::move(context);
  return recognition::read_trqp_query(TrqpEndpoint::authorization, json.dump()).value();
}

TrqpQuery recognised_by(std::string_view entity, std::string_view authority) {
  return recognition::read_trqp_query(TrqpEndpoint::recognition,
                                      question(entity, authority, "recognise").dump())
      .value();
}

TrqpAnswer asked(const RecognitionWorld& world, const TrqpQuery& query) {
  return answer_trqp(query, world.world(), kJudgedAt).value();
}

RecognitionWorld registry() {
  RecognitionWorld world;
  statement::Scope scope;
  scope.countries = {"EE"};
  scope.eqf = {5, 7};
  scope.types = {"MicroCredential"};
  world.delegate("ee", "qa");
  world.accredit("qa", "uni", scope, {year(2024), year(2026)});
  world.recognise("lv", "ee");
  world.recognise("ee", "fi");
  world.recognise("ee", "se", "presumption", {}, true);
  world.body("fi");
  world.body("se");
  return world;
}

TEST_CASE("authorization is a chain of the authority's, at the time asked about") {
  const RecognitionWorld world = registry();
  const Json then = {
      {"time", "2025-03-01T00:00:00Z"}, {"country", "EE"}, {"eqf", "6"}, {"unknown", "ignored"}};
  const TrqpQuery query = authorization("uni", "ee", then);
  const TrqpAnswer yes = asked(world, query);
  CHECK(yes.grade == Grade::yes);
  CHECK(same_code(yes.reason.code, codes::TRQP_AUTHORIZED));
  CHECK(yes.evidence.size() == 2);
  const Json body = to_json(query, yes, kJudgedAt);
  CHECK(body["authorized"] == true);
  CHECK(body["time_requested"] == "2025-03-01T00:00:00Z");
  CHECK(body["time_evaluated"] == kJudgedAt.to_string());
  CHECK(body["context"] == then);
  CHECK(body["message"] == "TRQP_AUTHORIZED");
  CHECK(body["limits"]["country"] == Json::array({"EE"}));
  const TrqpAnswer now = asked(world, authorization("uni", "ee"));
  CHECK(now.grade == Grade::no);
  CHECK(now.reason.code == Code(codes::NOT_IN_FORCE));
  CHECK(to_json(authorization("uni", "ee"), now, kJudgedAt)["authorized"] == false);
}

TEST_CASE("what the question does not state is not asked about; what it states must fit") {
  const RecognitionWorld world = registry();
  CHECK(asked(world, authorization("uni", "qa", {{"time", "2025-03-01T00:00:00Z"}})).grade == Grade::yes);
  const TrqpAnswer outside =
      asked(world, authorization("uni", "qa", {{"time", "2025-03-01T00:00:00Z"}, {"eqf", "8"}}));
  CHECK(outside.grade == Grade::no);
  CHECK(outside.reason.code == Code(codes::SCOPE_EQF));
}

TEST_CASE("who may accredit is asked with another action") {
  const RecognitionWorld world = registry();
  CHECK(asked(world, authorization("qa", "ee", nullptr, "accredit")).grade == Grade::yes);
  CHECK(asked(world, authorization("uni", "ee", nullptr, "accredit")).grade == Grade::no);
  CHECK(asked(world, authorization("qa", "ee", {{"time", "2019-01-01T00:00:00Z"}}, "accredit")).reason.code ==
        Code(codes::NOT_IN_FORCE));
}

TEST_CASE("recognition is direct, or says that it may be passed on") {
  const RecognitionWorld world = registry();
  const TrqpAnswer direct = asked(world, recognised_by("ee", "lv"));
  CHECK(same_code(direct.reason.code, codes::TRQP_RECOGNIZED));
  CHECK(to_json(recognised_by("ee", "lv"), direct, kJudgedAt)["recognized"] == true);
  CHECK(asked(world, recognised_by("se", "lv")).evidence.size() == 2);
  RecognitionWorld refusing;
  refusing.recognise("lv", "ee", "rejected");
  refusing.body("ee");
  const TrqpAnswer refused = asked(refusing, recognised_by("ee", "lv"));
  CHECK(refused.grade == Grade::unknown);
  CHECK(refused.reason.code == Code(codes::EFFECT_UNKNOWN));
  const TrqpAnswer indirect = asked(world, recognised_by("fi", "lv"));
  CHECK(indirect.grade == Grade::no);
  CHECK(indirect.reason.code == Code(codes::NO_TRANSITIVE_RECOGNITION));
  CHECK(asked(world, recognised_by("nobody", "lv")).reason.code == Code(codes::NO_CHAIN));
}

TEST_CASE("where it cannot be told there is no answer") {
  RecognitionWorld world = registry();
  world.body("ee").missing = 1;
  CHECK(asked(world, authorization("qa", "ee", nullptr, "accredit")).grade == Grade::unknown);
  CHECK(asked(world, authorization("nobody", "ee", nullptr, "accredit")).grade == Grade::unknown);
  CHECK(asked(world, authorization("uni", "ee", {{"time", "2025-03-01T00:00:00Z"}})).grade == Grade::unknown);
  CHECK(asked(world, recognised_by("ee", "lv")).grade == Grade::yes);  // what ee says is not asked
  CHECK(asked(world, recognised_by("se", "lv")).reason.code == Code(codes::STATEMENTS_MISSING));
}

TEST_CASE("authorities and actions that mean nothing here") {
  const RecognitionWorld world = registry();
  CHECK_CODE_NAMES(answer_trqp(authorization("uni", "mars"), world.world(), kJudgedAt),
                   codes::TRQP_AUTHORITY_NOT_SERVED, "mars");
  CHECK_CODE_NAMES(answer_trqp(authorization("uni", "ee", nullptr, "dance"), world.world(), kJudgedAt),
                   codes::TRQP_ACTION_UNKNOWN, "dance");
}

TEST_CASE("malformed queries are refused by member") {
  const std::pair<std::string_view, Json> bad[] = {{"entity_id", nullptr},
                                                   {"entity_id", ""},
                                                   {"entity_id", "no uri"},
                                                   {"authority_id", 7},
                                                   {"action", ""},
                                                   {"resource", Json::array()},
                                                   {"context", "now"},
                                                   {"context", {{"time", "2025-03-01T00:00:00+01:00"}}},
                                                   {"context", {{"time", "yesterday"}}},
                                                   {"context", {{"depth", 3}}},
                                                   {"context", {{"eqf", "9"}}},
                                                   {"context", {{"country", "Atlantis"}}},
                                                   {"context", {{"isced", "x"}}}};
  for (const auto& one : bad) {
    CAPTURE(one.second.dump());
    Json json = question("uni", "ee", "issue");
    json[std::string(one.first)] = one.second;
    CHECK_CODE_NAMES(recognition::read_trqp_query(TrqpEndpoint::authorization, json.dump()),
                     codes::TRQP_REQUEST_MALFORMED, one.first);
  }
  CHECK_CODE(recognition::read_trqp_query(TrqpEndpoint::recognition, "{"), codes::TRQP_REQUEST_MALFORMED);
  CHECK_CODE(recognition::read_trqp_query(TrqpEndpoint::recognition, "[]"), codes::TRQP_REQUEST_MALFORMED);
}

Result<Grade> trqp_read(const TrqpQuery& query, int status, const std::string& text) {
  return recognition::read_trqp_answer(query, status, text, kJudgedAt);
}

TEST_CASE("a client takes 404 and failures for unknown, and an answer to another question for none") {
  const TrqpQuery query = recognised_by("ee", "lv");
  const Json body = to_json(query, asked(registry(), query), kJudgedAt);
  CHECK(trqp_read(query, 200, body.dump()).value() == Grade::yes);
  for (const int status : {401, 404, 500, 503}) CHECK(trqp_read(query, status, "").value() == Grade::unknown);
  CHECK_CODE(trqp_read(query, 302, body.dump()), codes::TRQP_ANSWER_MALFORMED);
  CHECK_CODE(trqp_read(query, 200, "no"), codes::TRQP_ANSWER_MALFORMED);
  for (const char* member : {"entity_id", "recognized", "time_evaluated"}) {
    Json other = body;
    other[member] = "true";
    CHECK_CODE_NAMES(trqp_read(query, 200, other.dump()), codes::TRQP_ANSWER_MALFORMED, member);
  }
}

TEST_CASE("a client takes an answer about another time, or of another time, for none") {
  const TrqpQuery then = authorization("uni", "ee", {{"time", "2025-03-01T00:00:00Z"}, {"eqf", "6"}});
  const TrqpQuery now = recognised_by("ee", "lv");
  const auto read = [](const TrqpQuery& query, const char* member, const Json& value) {
    Json body = to_json(query, asked(registry(), query), kJudgedAt);
    REQUIRE(trqp_read(query, 200, body.dump()).value() == Grade::yes);
    body[member] = value;
    if (value.is_null()) body.erase(member);
    return trqp_read(query, 200, body.dump());
  };
  CHECK(read(then, "time_requested", "2025-03-01T01:00:00+01:00").value() == Grade::yes);
  for (const Json& other : {Json("2025-03-01T00:00:01Z"), Json("soon"), Json(" "), Json(7), Json(nullptr)})
    CHECK_CODE_NAMES(read(then, "time_requested", other), codes::TRQP_ANSWER_MALFORMED, "time_requested");
  // Asked about now: no time, a blank one, or that of about now.
  CHECK(read(now, "time_requested", "").value() == Grade::yes);
  CHECK(read(now, "time_requested", kJudgedAt.plus_seconds(-300).to_string()).value() == Grade::yes);
  for (const Json& other : {Json("2020-01-01T00:00:00Z"), Json("soon"), Json(false)})
    CHECK_CODE_NAMES(read(now, "time_requested", other), codes::TRQP_ANSWER_MALFORMED, "time_requested");
  CHECK(read(now, "time_evaluated", kJudgedAt.plus_seconds(300).to_string()).value() == Grade::yes);
  for (const std::int64_t off : {-301, 301})
    CHECK_CODE_NAMES(read(now, "time_evaluated", kJudgedAt.plus_seconds(off).to_string()),
                     codes::TRQP_ANSWER_MALFORMED, "time_evaluated");
  CHECK_CODE_NAMES(read(then, "context", {{"eqf", "5"}}), codes::TRQP_ANSWER_MALFORMED, "eqf");
  CHECK(read(then, "context", Json::object()).value() == Grade::yes);
}

TEST_CASE("a blank time is now") {
  for (const char* blank : {"", " ", "\t "}) {
    const TrqpQuery query = authorization("uni", "ee", {{"time", blank}});
    CHECK_FALSE(query.time.has_value());
    CHECK(to_json(query, asked(registry(), query), kJudgedAt)["context"]["time"] == blank);
  }
}

}  // namespace
}  // namespace vcnode::test
