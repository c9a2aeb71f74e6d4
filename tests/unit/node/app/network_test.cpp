// Several nodes in one process: what one issues and revokes reaches the others; start check; adoption of
// one's own feed.
#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "protocol/gossip/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

// A home that admits `issuer`'s issuer and dials `peers`.
void connect(TestHome& home, const TestHome& issuer, const std::vector<const RunningNode*>& peers) {
  home.config.admit.push_back(issuer.did());
  for (const RunningNode* peer : peers) home.config.peers.push_back({peer->peer_url(), std::nullopt});
}

bool arrives(const RunningNode& node, const json& credential, const char* member, const char* value) {
  return eventually([&] { return verdict_at(node, credential).at(member) == value; });
}

bool is_connected(const RunningNode& node, std::size_t peers = 1) {
  return eventually([&] {
    const json rows = node.ask({.path = "/peers", .token = kReadToken}).body().at("peers");
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const json& row) {
             return row.at("state") == "ready";
           })) >= peers;
  });
}

std::string blocked_by(const RunningNode& node) {
  const json reasons = node.get("/readyz").body().at("reasons");
  return reasons.empty() ? "" : reasons.at(0).at("code").get<std::string>();
}

void copy_store(const TestHome& home, const std::filesystem::path& to) {
  for (const char* ending : {"", "-wal", "-shm"}) {
    const std::filesystem::path file = home.config.store_path.string() + ending;
    if (std::filesystem::exists(file))
      std::filesystem::copy_file(file, to.string() + ending,
                                 std::filesystem::copy_options::overwrite_existing);
  }
}

}  // namespace

TEST_CASE(
    "issued at one node, verified at another, revoked, refused there, also with the issuer gone and back") {
  const TestHome issuer_home;
  auto issuer = std::make_unique<RunningNode>(issuer_home);
  TestHome peer_home(0);
  connect(peer_home, issuer_home, {issuer.get()});
  const RunningNode peer(peer_home);
  const json credential = issue(*issuer);
  const json other = issue(*issuer);
  CHECK(arrives(peer, credential, "verdict", "valid"));
  CHECK(peer.post("/verdict", {{"credential", credential}}).body().at("verdict").at("verdict") ==
        "issuer-not-confirmed");
  const Answer revoked = issuer->post("/credentials/status", revocation_of(credential), kIssuerToken);
  REQUIRE(revoked.status == 200);
  CHECK(revoked.body().at("peers") == 1);
  CHECK(arrives(peer, credential, "class", "revoked"));
  issuer.reset();
  CHECK(verdict_at(peer, credential).at("class") == "revoked");
  CHECK(verdict_at(peer, other).at("verdict") == "valid");
  const Answer list = peer.get("/feeds");
  CHECK(list.body().at(0).at("issuer") == issuer_home.did().text());
}

TEST_CASE("two nodes with the same view give the same verdict, byte for byte") {
  const TestHome issuer_home;
  const RunningNode issuer(issuer_home);
  TestHome peer_home(0);
  connect(peer_home, issuer_home, {&issuer});
  const RunningNode peer(peer_home);
  const json credential = issue(issuer);
  REQUIRE(arrives(peer, credential, "verdict", "valid"));
  const json question{
      {"credential", credential}, {"trust", {issuer_home.did().text()}}, {"at", "2026-11-22T13:50:00Z"}};
  CHECK(issuer.post("/verdict", question).text == peer.post("/verdict", question).text);
}

TEST_CASE("a node restarted from its disk knows what it knew") {
  const TestHome issuer_home;
  TestHome peer_home(0);
  json credential;
  {
    const RunningNode issuer(issuer_home);
    connect(peer_home, issuer_home, {&issuer});
    const RunningNode peer(peer_home);
    credential = issue(issuer);
    REQUIRE(issuer.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
    REQUIRE(arrives(peer, credential, "class", "revoked"));
  }
  const RunningNode peer(peer_home);
  CHECK(verdict_at(peer, credential).at("class") == "revoked");
}

TEST_CASE("after a restart an issuer signs nothing until its peers answered, or the operator waived it") {
  TestHome issuer_home;
  json credential;
  {
    const RunningNode issuer(issuer_home);
    credential = issue(issuer);
  }
  issuer_home.config.peers.push_back({"wss://127.0.0.1:1/peer", std::nullopt});
  {
    const RunningNode issuer(issuer_home);
    CHECK(blocked_by(issuer) == "START_CHECK_PENDING");
    CHECK_PROBLEM(issuer.post("/credentials/status", revocation_of(credential), kIssuerToken), 503,
                  codes::START_CHECK_PENDING, "`vcnode run --waive-start-check`");
    CHECK_PROBLEM(issuer.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                  codes::START_CHECK_PENDING);
    CHECK(verdict_at(issuer, credential).at("verdict") == "valid");
  }
  issuer_home.config.waive_start_check = true;
  const RunningNode issuer(issuer_home);
  CHECK(blocked_by(issuer).empty());
  CHECK(issuer.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
}

TEST_CASE("a restored backup adopts the newer feed from a peer and goes on from there") {
  TestHome issuer_home;
  const TemporaryDirectory backup;
  json before;
  {
    const RunningNode issuer(issuer_home);
    before = issue(issuer);
  }
  copy_store(issuer_home, backup.path() / "store");
  TestHome peer_home(0);
  auto issuer = std::make_unique<RunningNode>(issuer_home);
  connect(peer_home, issuer_home, {issuer.get()});
  auto peer = std::make_unique<RunningNode>(peer_home);
  const json lost = issue(*issuer);
  const json forgotten = issue(*issuer);
  REQUIRE(issuer->post("/credentials/status", revocation_of(lost), kIssuerToken).status == 200);
  REQUIRE(arrives(*peer, lost, "class", "revoked"));
  issuer.reset();
  for (const char* ending : {"-wal", "-shm"})
    std::filesystem::remove(issuer_home.config.store_path.string() + ending);
  for (const char* ending : {"", "-wal", "-shm"}) {
    const std::filesystem::path saved = (backup.path() / "store").string() + ending;
    if (std::filesystem::exists(saved)) {
      std::filesystem::copy_file(saved, issuer_home.config.store_path.string() + ending,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  issuer_home.config.peers.push_back({peer->peer_url(), std::nullopt});
  const RunningNode restored(issuer_home);
  REQUIRE(eventually([&] { return blocked_by(restored).empty(); }));
  CHECK(arrives(restored, lost, "class", "revoked"));
  const Answer answer = restored.post("/credentials/status", revocation_of(before), kIssuerToken);
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  CHECK(answer.body().at("head").at("size") == 6);  // a new pair of lists besides
  CHECK(arrives(*peer, before, "class", "revoked"));

  // The backup does not know which indexes were given after it: new credentials go to the new lists, and what
  // it has forgotten can be revoked by the place that stands in the credential.
  const json old_entry = forgotten.at("credentialStatus")[0];
  const json after = issue(restored);
  CHECK(after.at("credentialStatus")[0].at("statusListCredential") != old_entry.at("statusListCredential"));
  CHECK_PROBLEM(restored.post("/credentials/status", revocation_of(forgotten), kIssuerToken), 404,
                codes::CREDENTIAL_UNKNOWN);
  json place = old_entry;
  place["status"] = true;
  REQUIRE(restored.post("/credentials/status", {{"credentialStatus", place}}, kIssuerToken).status == 200);
  CHECK(arrives(*peer, forgotten, "class", "revoked"));
  CHECK(verdict_at(*peer, after).at("class") == nullptr);
  CHECK(verdict_at(*peer, lost).at("class") == "revoked");
}

TEST_CASE("an issuer whose peers hold another history of its feed signs nothing more") {
  TestHome issuer_home;
  const TemporaryDirectory backup;
  json credential;
  json other;
  {
    const RunningNode issuer(issuer_home);
    credential = issue(issuer);
    other = issue(issuer);
  }
  copy_store(issuer_home, backup.path() / "store");
  TestHome peer_home(0);
  auto issuer = std::make_unique<RunningNode>(issuer_home);
  connect(peer_home, issuer_home, {issuer.get()});
  auto peer = std::make_unique<RunningNode>(peer_home);
  REQUIRE(issuer->post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
  REQUIRE(arrives(*peer, credential, "class", "revoked"));
  issuer.reset();
  // The backup goes on by itself, with the check waived, and makes another third entry.
  for (const char* ending : {"-wal", "-shm"})
    std::filesystem::remove(issuer_home.config.store_path.string() + ending);
  for (const char* ending : {"", "-wal", "-shm"}) {
    const std::filesystem::path saved = (backup.path() / "store").string() + ending;
    if (std::filesystem::exists(saved)) {
      std::filesystem::copy_file(saved, issuer_home.config.store_path.string() + ending,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  {
    const RunningNode alone(issuer_home);
    REQUIRE(alone.post("/credentials/status", suspension_of(credential, true), kIssuerToken).status == 200);
  }
  issuer_home.config.peers.push_back({peer->peer_url(), std::nullopt});
  const RunningNode forked(issuer_home);
  REQUIRE_MESSAGE(eventually([&] { return blocked_by(forked) == "OWN_FEED_CONTRADICTED"; }),
                  blocked_by(forked));
  CHECK_PROBLEM(forked.post("/credentials/status", suspension_of(credential, false), kIssuerToken), 503,
                codes::OWN_FEED_CONTRADICTED);
  CHECK_PROBLEM(forked.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                codes::OWN_FEED_CONTRADICTED);
  CHECK_MESSAGE(
      eventually([&] { return verdict_at(*peer, other).at("code") == codes::EQUIVOCATION_SEEN.slug; }),
      verdict_at(*peer, other).dump());
  // A fork is for ever: also for a node that starts again with nobody there to show the other branch.
  peer.reset();
  peer_home.config.peers.clear();
  const RunningNode alone(peer_home);
  CHECK(verdict_at(alone, other).at("code") == codes::EQUIVOCATION_SEEN.slug);
}

TEST_CASE("a node whose clock is ahead of its peers' signs nothing") {
  const TestHome peer_home(0);
  const RunningNode peer(peer_home);
  TestHome issuer_home;
  issuer_home.config.peers.push_back({peer.peer_url(), std::nullopt});
  node::NodeOptions options;
  const auto clock = std::make_shared<ShiftedClock>();
  clock->shift_ms = 3'600'000;
  options.clock = clock;
  const RunningNode issuer(issuer_home, options);
  REQUIRE(is_connected(issuer));
  REQUIRE_MESSAGE(eventually([&] { return blocked_by(issuer) == "CLOCK_AHEAD"; }), blocked_by(issuer));
  CHECK_PROBLEM(issuer.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                codes::CLOCK_AHEAD);
}

TEST_CASE("peers are listed with their state and the reason when they cannot be reached") {
  const TestHome first_home(0);
  const RunningNode first(first_home);
  TestHome second_home(0);
  second_home.config.peers = {{first.peer_url(), std::nullopt}, {"wss://127.0.0.1:1/peer", std::nullopt}};
  const RunningNode second(second_home);
  REQUIRE(is_connected(second));
  REQUIRE(is_connected(first));
  REQUIRE(eventually([&] {
    const json rows = second.ask({.path = "/peers", .token = kReadToken}).body().at("peers");
    return std::any_of(rows.begin(), rows.end(), [](const json& row) {
      return row.at("lastError").get<std::string>().starts_with("DIAL_FAILED");
    });
  }));
  const json rows = second.ask({.path = "/peers", .token = kReadToken}).body().at("peers");
  const auto ready =
      std::find_if(rows.begin(), rows.end(), [](const json& row) { return row.at("state") == "ready"; });
  REQUIRE(ready != rows.end());
  CHECK(ready->at("nodeKey") == first.info().node_key);
  CHECK(second.get("/metrics").text.find("vcnode_peers{state=\"ready\"} 1\n") != std::string::npos);
}

// Regression: the second start found a store, took the issuer for a new one and began another feed.
TEST_CASE("a store that was begun anew asks the peers first at every start until the feed is here") {
  TestHome home;
  home.config.new_store = true;
  home.config.peers.push_back({"wss://127.0.0.1:1/peer", std::nullopt});
  RunningNode(home).stop();
  home.config.new_store = false;
  const RunningNode again(home);
  CHECK(blocked_by(again) == "START_CHECK_PENDING");
}

TEST_CASE("a node whose lists have to wait says so once, not every second") {
  TestHome home;
  home.config.new_store = true;
  home.config.peers.push_back({"wss://127.0.0.1:1/peer", std::nullopt});
  RunningNode node(home);
  CHECK(blocked_by(node) == "START_CHECK_PENDING");
  std::this_thread::sleep_for(std::chrono::milliseconds(3 * node::kListsRetryMs));
  node.stop();
  const std::string log = node.log();
  const auto first = log.find("new status lists wait");
  REQUIRE(first != std::string::npos);
  CHECK(log.find("new status lists wait", first + 1) == std::string::npos);
}

}  // namespace vcnode::test
