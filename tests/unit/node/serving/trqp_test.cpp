// TRQP 2.0 over HTTP: what a trust registry answers, refuses, and does not know.
#include "protocol/recognition/trqp.h"
#include "protocol/issuer/codes.h"
#include "protocol/recognition/codes.h"
#include "tests/support/recognition_world.h"
#include "tests/support/spec_page.h"
#include "tests/unit/node/serving/bench.h"

namespace vcnode::test::serving {
namespace {

const char* const kUni = "did:web:uni.example";

class StoppedClock final : public node::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return kJudgedAt.seconds() * 1000; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }
};

// A ministry that is held, and what it says.
struct Registry {
  Chronicle chronicle;
  Bench bench;
  StoppedClock clock;
  RecognitionWorld world;
  std::string ministry = chronicle.did().text();

  explicit Registry(std::optional<std::vector<Did>> authorities = std::nullopt, bool token_required = false) {
    bench.hold(chronicle);
    node::add_trqp_routes(bench.router,
                          {bench.offload, bench.feeds, clock, std::move(authorities), token_required});
    statement::Scope scope;
    scope.countries = {"EE"};
    scope.types = {"MicroCredential"};
    world.accredit(ministry, kUni, scope, {year(2024), kJudgedAt.plus_seconds(100)});
    world.recognise(ministry, "lv");
    show();
  }
  void show(const std::function<void(feed::FeedSnapshot&)>& change = [](feed::FeedSnapshot&) {}) {
    feed::FeedSnapshot snapshot = *bench.feeds.feed_of(ministry);
    const auto map = world.world();
    snapshot.statements = map.of(lookup_name_of(ministry))->statements;
    change(snapshot);
    bench.feeds.put(std::make_shared<const feed::FeedSnapshot>(std::move(snapshot)));
  }

  [[nodiscard]] Json question() const {
    return {{"entity_id", kUni},
            {"authority_id", ministry},
            {"action", "issue"},
            {"resource", "MicroCredential"}};
  }
  HttpResponse ask_text(const std::string& path, const std::string& body, node::HttpHeaders headers = {}) {
    HttpRequest request;
    request.method = "POST";
    request.path = request.raw_path = path;
    request.headers = std::move(headers);
    request.headers.emplace("content-type", "application/json");
    request.body = body;
    return bench.ask(std::move(request));
  }
  HttpResponse ask(const Json& body, const std::string& path = "/authorization") {
    return ask_text(path, body.dump());
  }
  Json answer(const Json& body, const std::string& path = "/authorization") {
    const auto response = ask(body, path);
    REQUIRE_MESSAGE(response.status == 200, text_of(response));
    CHECK(response.content_type == "application/json");
    return json_of(response);
  }
};

}  // namespace

TEST_CASE("TRQP: the page's question and answer belong together, and the answer has what ours have") {
  const auto query = recognition::read_trqp_query(recognition::TrqpEndpoint::authorization,
                                                  spec_example("trqp.md", "trqp-request"));
  REQUIRE(query.has_value());
  const std::string answer = spec_example("trqp.md", "trqp-answer");
  const Timestamp evaluated = Timestamp::parse("2026-11-23T09:00:00Z").value();
  CHECK(recognition::read_trqp_answer(*query, 200, answer, evaluated).value() == recognition::Grade::yes);
  Registry registry;
  Json asked = registry.question();
  asked["context"] = {{"time", "2025-06-01T12:00:00Z"}};
  const Json ours = registry.answer(asked);
  const Json of_page = Json::parse(answer);
  for (const auto& member : of_page.items()) CHECK_MESSAGE(ours.contains(member.key()), member.key());
}

TEST_CASE("TRQP: an answer has what was asked, what it rests on, and when to ask again") {
  Registry registry;
  const Json yes = registry.answer(registry.question());
  for (const char* member : {"entity_id", "authority_id", "action", "resource"})
    CHECK(yes.at(member) == registry.question().at(member));
  CHECK(yes.at("authorized") == true);
  CHECK(yes.at("time_evaluated") == kJudgedAt.to_string());
  CHECK(yes.at("message") == codes::TRQP_AUTHORIZED.slug);
  CHECK(yes.at("evidence").size() == 1);
  CHECK(yes.at("limits").at("country") == Json{"EE"});
  CHECK(yes.at("expires") == kJudgedAt.plus_seconds(100).to_string());  // the accreditation ends then
  const auto head = registry.chronicle.head(1);
  REQUIRE(yes.at("view").size() == 1);
  CHECK(yes.at("view").at(0).at("origin") == registry.chronicle.origin(1).text());
  CHECK(yes.at("view").at(0).at("size") == head.tree.size);
  CHECK(yes.at("view").at(0).at("time") == head.time.to_string());
  CHECK_FALSE(yes.contains("time_requested"));
  CHECK_FALSE(yes.contains("context"));
}

TEST_CASE("TRQP: a time in the past asks about the past") {
  Registry registry;
  Json asked = registry.question();
  asked["context"] = {{"time", "2023-06-01T00:00:00Z"}, {"unheard-of", "ignored"}};
  const Json before = registry.answer(asked);
  CHECK(before.at("authorized") == false);
  CHECK(before.at("time_requested") == "2023-06-01T00:00:00Z");
  CHECK(before.at("time_evaluated") == kJudgedAt.to_string());
  CHECK(before.at("context") == asked.at("context"));
  CHECK(before.at("expires") == kJudgedAt.plus_seconds(300).to_string());
  asked["context"]["time"] = "2025-06-01T00:00:00Z";
  CHECK(registry.answer(asked).at("authorized") == true);
}

TEST_CASE("TRQP: recognition is a question of its own") {
  Registry registry;
  Json asked = registry.question();
  asked["entity_id"] = body_did("lv");
  asked["action"] = "recognise";
  CHECK(registry.answer(asked, "/recognition").at("recognized") == true);
  asked["entity_id"] = kUni;
  CHECK(registry.answer(asked, "/recognition").at("recognized") == false);
}

TEST_CASE("TRQP: what cannot be told is 503, never false") {
  Registry registry;
  registry.show([](feed::FeedSnapshot& feed) { feed.contradicted = true; });
  const auto contradicted = registry.ask(registry.question());
  check_problem(contradicted, 503, codes::EQUIVOCATION_SEEN);
  CHECK(contradicted.content_type == "application/problem+json");
  CHECK(header_of(contradicted, "Retry-After") == "60");
  registry.show([](feed::FeedSnapshot& feed) {
    feed.contradicted = false;
    feed.hearsay.pending_size = feed.head.tree.size + 1;
  });
  check_problem(registry.ask(registry.question()), 503, codes::NEWER_HEAD_UNAVAILABLE);
}

TEST_CASE("TRQP: whom a node answers for") {
  Registry registry;
  Json asked = registry.question();
  asked["authority_id"] = kUni;
  check_problem(registry.ask(asked), 404, codes::TRQP_AUTHORITY_NOT_SERVED, kUni);
  asked["authority_id"] = "did:webvh:" + registry.chronicle.scid() + ":elsewhere.example";
  check_problem(registry.ask(asked), 404, codes::TRQP_AUTHORITY_NOT_SERVED, "elsewhere.example");
  asked = registry.question();
  asked["action"] = "dance";
  check_problem(registry.ask(asked), 404, codes::TRQP_ACTION_UNKNOWN, "dance");

  Registry nobody(std::vector<Did>{});
  check_problem(nobody.ask(nobody.question()), 404, codes::TRQP_AUTHORITY_NOT_SERVED);
  Registry chosen(std::vector<Did>{Chronicle().did()});
  CHECK(chosen.ask(chosen.question()).status == 200);
}

TEST_CASE("TRQP: a DID that its issuer never had is nobody's") {
  Registry registry;
  registry.world.accredit(registry.ministry, registry.ministry);
  registry.show();
  Json asked = registry.question();
  asked["entity_id"] = "did:webvh:" + registry.chronicle.scid() + ":elsewhere.example";
  const Json no = registry.answer(asked);
  CHECK(no.at("authorized") == false);
  CHECK(no.at("message") == codes::ISSUER_UNKNOWN.slug);
}

TEST_CASE("TRQP: a malformed request is told what is wrong") {
  Registry registry;
  Json asked = registry.question();
  asked["context"] = {{"unheard-of", 7}};
  const auto refused = registry.ask(asked);
  check_problem(refused, 400, codes::TRQP_REQUEST_MALFORMED, "unheard-of");
  CHECK(refused.content_type == "application/problem+json");
  for (const char* member : {"entity_id", "authority_id", "action", "resource"}) {
    Json without = registry.question();
    without.erase(member);
    check_problem(registry.ask(without, "/recognition"), 400, codes::TRQP_REQUEST_MALFORMED, member);
  }
  check_problem(registry.ask_text("/authorization", "{"), 400, codes::TRQP_REQUEST_MALFORMED);
  CHECK(registry.ask_text("/authorization", "{}", {{"content-type", "text/plain"}}).status == 415);
  HttpRequest get;
  get.method = "GET";
  get.path = get.raw_path = "/authorization";
  CHECK(registry.bench.ask(get).status == 405);
  CHECK(registry.bench.router.body_bytes_max("POST", "/recognition") == 65'536);
}

TEST_CASE("TRQP: a registry may ask for a token") {
  Registry registry(std::nullopt, true);
  const auto refused = registry.ask(registry.question());
  CHECK(refused.status == 401);
  CHECK(refused.content_type == "application/problem+json");
  CHECK(header_of(refused, "WWW-Authenticate") == "Bearer");
}

TEST_CASE("TRQP: the asker's name for the request comes back, if it is one") {
  Registry registry;
  const auto echo = [&](const std::string& id) {
    return header_of(registry.ask_text("/authorization", "{}", {{"x-request-id", id}}), "X-Request-ID");
  };
  CHECK(echo("req-1") == "req-1");
  CHECK(echo("").empty());
  CHECK(echo("two words").empty());
  CHECK(echo(std::string(129, 'x')).empty());
}

}  // namespace vcnode::test::serving
