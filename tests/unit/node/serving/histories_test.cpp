// Histories over HTTP: for programs that verify, for did:webvh resolvers, and as what a hosted issuer
// publishes.
#include "node/app/codes.h"
#include "node/http/tile_path.h"
#include "protocol/issuer/assurance.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/text.h"
#include "tests/unit/node/serving/bench.h"

using namespace vcnode;
using namespace vcnode::test;
using namespace vcnode::test::serving;

namespace {

Chronicle rotated() {
  return Chronicle().list("1", {3}).open_epoch().list("1", {3, 7}, 2);
}

}  // namespace

TEST_CASE("a history is given whole, with its epochs, disputed siblings and the feed") {
  const Chronicle chronicle = rotated();
  Bench bench;
  bench.hold(chronicle);
  const auto answer = bench.get("/histories/" + chronicle.scid());
  REQUIRE(answer.status == 200);
  const Json body = json_of(answer);
  Json expected = cli::lying_peers::history_json(chronicle);
  CHECK(body.at("entries") == expected.at("entries"));
  CHECK(body.at("epochs") == expected.at("epochs"));
  CHECK(body.at("did") == chronicle.did().text());
  CHECK(body.at("network") == kNetwork);
  CHECK(body.at("feed").at("origin") == chronicle.origin(2).text());
  CHECK(body.at("feed").at("scid") == chronicle.scid());
  CHECK(header_of(answer, "Cache-Control") == "public, no-cache");
  CHECK(header_of(answer, "Access-Control-Allow-Origin") == "*");
  HttpRequest again;
  again.method = "GET";
  again.path = "/histories/" + chronicle.scid();
  again.headers["if-none-match"] = header_of(answer, "ETag");
  CHECK(bench.ask(again).status == 304);
  check_problem(bench.get("/histories/Qm"), 404, codes::NOT_FOUND, "Qm");

  Chronicle parted;
  test::Branch other = parted.branch;
  parted.entry();
  other.add({.parameters = {{"ttl", 60}}});
  parted.leaf("webvh", "2", other.tip().text());
  Bench other_bench;
  const auto history = other_bench.hold(parted, {other.newest()});
  REQUIRE(history.dispute);
  CHECK(json_of(other_bench.get("/histories/" + parted.scid())).at("entries").size() == 3);
}

TEST_CASE("/feeds shows the current epoch alone; what was sealed stays readable under its own name") {
  const Chronicle chronicle = rotated();
  Bench bench;
  bench.hold(chronicle);
  bench.show(chronicle, 1);
  bench.show(chronicle, 2);
  const Json rows = json_of(bench.get("/feeds"));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("origin") == chronicle.origin(2).text());
  CHECK(rows[0].at("issuer") == chronicle.did().text());
  CHECK(rows[0].at("scid") == chronicle.scid());
  for (std::size_t epoch = 1; epoch <= 2; ++epoch) {
    const auto& leaves = chronicle.epochs[epoch - 1].leaves;
    CHECK(text_of(bench.get(chronicle.path(epoch) + "/checkpoint")) == chronicle.head(epoch).note);
    const auto tile =
        bench.get(concat(chronicle.path(epoch), "/tile/entries/", node::tile_path(0, leaves.size())));
    REQUIRE(tile.status == 200);
    CHECK(node::parse_entry_bundle(as_bytes(tile.content()), leaves.size()).value() == leaves);
    check_problem(
        bench.get(concat(chronicle.path(epoch), "/tile/entries/", node::tile_path(0, leaves.size() + 1))),
        404, codes::NOT_FOUND);
  }
  CHECK(bench.get(concat(chronicle.path(1), "/tile/entries/", node::tile_path(0, 1))).status == 200);
}

TEST_CASE("a note that is kept under a hash and is no checkpoint of it is never shown") {
  Bench bench;
  const Chronicle chronicle;
  StoreBatch batch;
  const auto mark = feed::new_store_mark(chronicle.origin().hash());
  batch.heads.push_back({mark, "begun anew"});
  batch.heads.push_back({feed::contradiction_mark(chronicle.origin().hash()), chronicle.head(1).note});
  REQUIRE(bench.store->commit(batch).has_value());
  for (const auto& hash : {mark, feed::contradiction_mark(chronicle.origin().hash())})
    check_problem(bench.get(concat("/feeds/", hex_encode(hash.view()), "/checkpoint")), 404,
                  codes::NOT_FOUND);
}

TEST_CASE("a watcher gives the log and the witness proofs of a SCID") {
  Chronicle chronicle;
  chronicle.entry();
  Bench bench;
  bench.hold(chronicle);
  const auto log = bench.get("/webvh/log", {{"scid", chronicle.scid()}});
  REQUIRE(log.status == 200);
  CHECK(log.content_type == "text/jsonl");
  CHECK(text_of(log) == chronicle.branch.maker().text());
  const auto read = vcnode::webvh::Log::read(text_of(log), std::nullopt, made::rules());
  CHECK(read.versions().size() == 2);
  CHECK(text_of(bench.get("/webvh/witness", {{"scid", chronicle.scid()}})) == "[]");
  for (const char* path : {"/webvh/log", "/webvh/witness", "/webvh/resource"}) {
    check_problem(bench.get(path), 400, codes::REQUEST_MALFORMED, "scid");
    check_problem(bench.get(path, {{"scid", "Qm"}}), 400, codes::REQUEST_MALFORMED, "Qm");
    check_problem(
        bench.get(path, {{"scid", Chronicle().entry().open_epoch(true).branch.tip().text().substr(2)}}), 404,
        codes::NOT_FOUND);
  }
}

TEST_CASE("witness proofs are given as the DID's own file") {
  made::LogMaker maker;
  maker.add({.parameters = {{"witness", made::witness_rule(1, {9})}}}).witness(9);
  maker.add().witness(9);
  issuer::EntrySet set(maker.scid(), kNetwork);
  for (std::size_t i = 0; i < 2; ++i)
    REQUIRE(set.add({maker.lines()[i], {maker.proofs()[i]}}, made::rules()).has_value());
  Bench bench;
  bench.feeds.put_history(maker.scid(), issuer::shared(set.history()));
  for (int i = 0; i < 2; ++i) {  // the second time from memory
    const auto log = bench.get("/webvh/log", {{"scid", maker.scid()}});
    const auto proofs = bench.get("/webvh/witness", {{"scid", maker.scid()}});
    CHECK(proofs.content_type == "application/json");
    const auto read = vcnode::webvh::Log::read(text_of(log), text_of(proofs), made::rules());
    CHECK(read.versions().size() == 2);
    CHECK_FALSE(read.fault());
  }
}

TEST_CASE("a notification is heard and answered with what is held; nobody makes a node forget") {
  Chronicle chronicle;
  chronicle.list("status-lists/1");
  Bench bench;
  bench.hold(chronicle);
  const auto heard = bench.post("/webvh/log", {{"did", chronicle.did().text()}});
  CHECK(heard.status == 202);
  CHECK(json_of(heard).at("versionId") == chronicle.branch.tip().text());
  check_problem(bench.post("/webvh/log"), 400, codes::REQUEST_MALFORMED, "did");
  check_problem(bench.post("/webvh/log", {{"did", "did:web:uni.example"}}), 400, codes::WEBVH_DID);
  check_problem(
      bench.post("/webvh/log", {{"did", "did:webvh:" + Chronicle().entry().branch.tip().text().substr(2) +
                                            ":uni.example"}}),
      404, codes::NOT_FOUND);
  const std::map<std::string, std::string> held{{"scid", chronicle.scid()}, {"path", "/status-lists/1"}};
  const std::map<std::string, std::string> other{{"scid", chronicle.scid()}, {"path", "governance.json"}};
  const auto list = bench.get("/webvh/resource", held);
  REQUIRE(list.status == 200);
  CHECK(list.content_type == "application/vc");
  CHECK(text_of(list) == chronicle.bodies.at(chronicle.last_body));
  check_problem(bench.get("/webvh/resource", other), 404, codes::NOT_FOUND, "governance.json");
  check_problem(bench.get("/webvh/resource", {{"scid", chronicle.scid()}, {"path", "/a/../b"}}), 400,
                codes::WEBVH_RESOURCE_PATH);
  CHECK(bench.post("/webvh/resource", held).status == 202);
  check_problem(bench.post("/webvh/resource", other, "{}"), 501, codes::REQUEST_UNSUPPORTED);
  for (const char* path : {"/webvh/log/delete", "/webvh/resource/delete"})
    check_problem(bench.post(path, held, R"({"proof":{}})"), 501, codes::REQUEST_UNSUPPORTED, "operator");
  CHECK(bench.get("/webvh/log", {{"scid", chronicle.scid()}}).status == 200);
}

TEST_CASE("a hosted issuer's files are where its DID says, and nowhere else") {
  Chronicle chronicle;
  Bench bench;
  bench.hold(chronicle);
  check_problem(bench.get("/.well-known/did.jsonl"), 404, codes::NOT_FOUND);  // held, not hosted
  bench.hosted = {chronicle.did()};
  CHECK(text_of(bench.get("/.well-known/did.jsonl")) == chronicle.branch.maker().text());
  CHECK(text_of(bench.get("/.well-known/did.jsonl", {}, "UNI.example:8443")) ==
        chronicle.branch.maker().text());
  CHECK(text_of(bench.get("/.well-known/did-witness.json")) == "[]");
  const Json document = json_of(bench.get("/.well-known/did.json"));
  CHECK(document.at("id") == "did:web:uni.example");
  CHECK(document.at("alsoKnownAs") == Json::array({chronicle.did().text()}));
  check_problem(bench.get("/.well-known/did.jsonl", {}, "other.example"), 404, codes::NOT_FOUND);
  check_problem(bench.get("/dids/did.jsonl"), 404, codes::NOT_FOUND);
}

TEST_CASE("a DID with a path, and one that moved: the log stays at the old place, did.json does not") {
  made::LogMaker maker("uni.example:dids:a%20b");
  maker.add({.parameters = {{"portable", true}}});
  const std::string old = maker.did();
  Json moved = Json::parse(
      vcnode::webvh::replaced(maker.document().dump(), old, "did:webvh:" + maker.scid() + ":other.example"));
  moved["alsoKnownAs"] = Json::array({old});
  maker.add({.document = moved});
  issuer::EntrySet set(maker.scid(), kNetwork);
  for (const std::string& line : maker.lines()) REQUIRE(set.add({line, {}}, made::rules()).has_value());
  Bench bench;
  bench.feeds.put_history(maker.scid(), issuer::shared(set.history()));
  bench.hosted = {Did::parse(old).value()};
  CHECK(text_of(bench.get("/dids/a b/did.jsonl")) == maker.text());
  CHECK(text_of(bench.get("/dids/a b/did-witness.json")) == "[]");
  check_problem(bench.get("/dids/a b/did.json"), 404, codes::NOT_FOUND);
  CHECK(text_of(bench.get("/.well-known/did.jsonl", {}, "other.example")) == maker.text());
  CHECK(json_of(bench.get("/.well-known/did.json", {}, "other.example")).at("id") == "did:web:other.example");
  check_problem(bench.get("/dids/a/did.jsonl"), 404, codes::NOT_FOUND);
}
