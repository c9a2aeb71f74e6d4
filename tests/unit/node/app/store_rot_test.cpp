// Rows that rot under a running node: what is asked for is refused, the rest is served, nothing more is
// written, and the operator is told.
#include "node/app/codes.h"
#include "storage/codes.h"
#include "tests/unit/node/app/fixture.h"
#include "tests/unit/storage/raw_sqlite.h"

namespace vcnode::test {

namespace {

constexpr const char* kFlipLastLeaf =
    "UPDATE leaf SET data = CAST(replace(CAST(data AS TEXT), '{', '[') AS BLOB)"
    " WHERE idx = (SELECT max(idx) FROM leaf)";

void damage(const TestHome& home, const std::string& sql) {
  RawSqlite(home.config.store_path).execute(sql);
}

std::string tile_of(const RunningNode& node, int width) {
  const json feed = node.get("/feeds").body().at(0);
  return "/feeds/" + feed.at("originHash").get<std::string>() + "/tile/entries/000.p/" +
         std::to_string(width);
}

bool is_unready(const RunningNode& node) {
  return eventually([&] { return node.get("/readyz").status == 503; });
}

json peers_of(const RunningNode& node) {
  return node.ask({.path = "/peers", .token = kReadToken}).body().at("peers");
}

}  // namespace

TEST_CASE("a leaf that rots is refused where it is asked for, and ends writing, not reading") {
  const TestHome home;
  RunningNode node(home);
  const json credential = issue(node);
  const std::string tile = tile_of(node, 2);
  damage(home, kFlipLastLeaf);
  CHECK(node.get("/readyz").status == 200);  // nobody looked
  const Answer refused = node.get(tile);
  CHECK_PROBLEM(refused, 500, codes::STORE_CORRUPT);
  CHECK(refused.text.find("checksum") == std::string::npos);  // that is for the operator
  REQUIRE(is_unready(node));
  CHECK_PROBLEM(node.get(tile), 500, codes::STORE_CORRUPT);

  const json reasons = node.get("/readyz").body().at("reasons");
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].at("code") == "STORE_CORRUPT");
  CHECK(node.ask({.path = "/readyz", .admin = true}).text.find("leaf 1 does not match its checksum") !=
        std::string::npos);
  CHECK(node.get("/metrics").text.find("vcnode_store_failed 1\n") != std::string::npos);
  CHECK_PROBLEM(node.post("/credentials/status", revocation_of(credential), kIssuerToken), 500,
                codes::STORE_CORRUPT);
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 500,
                codes::STORE_CORRUPT);
  CHECK(verdict_at(node, credential).at("verdict") == "valid");
  CHECK(node.get(tile_of(node, 1)).status == 200);
  CHECK(node.get("/feeds").status == 200);
  node.stop();
  const auto told = node.log().find("the store is damaged");
  REQUIRE(told != std::string::npos);
  CHECK(node.log().find("the store is damaged", told + 1) == std::string::npos);
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::STORE_CORRUPT, "leaf 1 does not match its checksum");
}

TEST_CASE("a leaf whose key rots is missed, not taken for never written") {
  const TestHome home;
  const RunningNode node(home);
  REQUIRE(issue(node).contains("id"));
  const std::string tile = tile_of(node, 2);
  damage(home, "UPDATE leaf SET origin = origin + 100 WHERE idx = (SELECT max(idx) FROM leaf)");
  CHECK_PROBLEM(node.get(tile), 500, codes::STORE_CORRUPT);
  REQUIRE(is_unready(node));
  CHECK(node.ask({.path = "/readyz", .admin = true}).text.find("leaf 1 is gone; there were 2") !=
        std::string::npos);
  CHECK(node.get(tile_of(node, 1)).status == 200);
}

TEST_CASE("an allocation that rots revokes nobody") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  damage(home, "UPDATE allocation SET idx = idx + 1");
  CHECK_PROBLEM(node.post("/credentials/status", revocation_of(credential), kIssuerToken), 500,
                codes::STORE_CORRUPT);
  CHECK(is_unready(node));
  CHECK(verdict_at(node, credential).at("verdict") == "valid");
}

TEST_CASE("a note that rots is found by the next start") {
  const TestHome home;
  RunningNode(home).stop();
  damage(home, "UPDATE head SET note = replace(note, '/', '.')");
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::STORE_CORRUPT,
                   "the note does not match its checksum");
}

TEST_CASE("a peer that is refused a rotten leaf has it from another, and blames nobody") {
  const TestHome issuer_home;
  const RunningNode issuer(issuer_home);
  TestHome holder_home(0);
  holder_home.config.admit.push_back(issuer_home.did());
  holder_home.config.peers.push_back({issuer.peer_url(), std::nullopt});
  const RunningNode holder(holder_home);
  const json credential = issue(issuer);
  REQUIRE(eventually([&] { return verdict_at(holder, credential).at("verdict") == "valid"; }));
  damage(issuer_home, kFlipLastLeaf);

  TestHome new_home(0);
  new_home.config.admit.push_back(issuer_home.did());
  new_home.config.peers.push_back({issuer.peer_url(), std::nullopt});
  const RunningNode newcomer(new_home);
  REQUIRE(is_unready(issuer));
  CHECK(newcomer.get("/feeds").body().empty());
  const json at_newcomer = peers_of(newcomer).at(0);
  CHECK(at_newcomer.at("state") == "ready");
  CHECK(at_newcomer.at("standing") == 0);

  TestHome other_home(0);
  other_home.config.admit.push_back(issuer_home.did());
  other_home.config.peers = {{issuer.peer_url(), std::nullopt}, {holder.peer_url(), std::nullopt}};
  const RunningNode other(other_home);
  CHECK(eventually([&] { return verdict_at(other, credential).at("verdict") == "valid"; }));
  for (const json& peer : peers_of(other)) CHECK(peer.at("standing") >= 0);
}

}  // namespace vcnode::test
