// What doctor says of peers: each reason has a remedy of its own, and nothing is said twice.
#include <nlohmann/json.hpp>
#include <set>

#include "node/cli/doctor_node.h"
#include "node/cli/doctor_peers.h"
#include "protocol/gossip/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using cli::Finding;
using cli::Severity;

namespace {

std::vector<Finding> examine(const nlohmann::json& row) {
  cli::Examination seen;
  cli::examine_peers(seen, nlohmann::json::array({row}));
  return seen.findings();
}

Finding waiting(const std::string& last_error) {
  const auto found =
      examine({{"address", "wss://b.example/peer"}, {"state", "waiting"}, {"lastError", last_error}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::warning);
  CHECK(found[0].sentence.starts_with("wss://b.example/peer is not connected (waiting)"));
  return found[0];
}

bool names(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a connected peer is fine") {
  const auto found = examine({{"address", "wss://b.example/peer"}, {"state", "ready"}, {"lastError", ""}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::ok);
}

TEST_CASE("the remedy follows from the reason") {
  const std::pair<std::string, std::string> cases[] = {
      {"HELLO_NETWORK: peer 3 belongs to the network \"a\" and this node to \"b\"", "network names differ"},
      {"HELLO_NODE_KEY: peer 3 has the node key z6Mka and is configured with z6Mkb", "compare the node_key"},
      {"HELLO_CHANNEL: peer 3 signed a hello that is not for this TLS channel", "a proxy"},
      {"HELLO_SELF: peer 3 has the node key of this node", "leads back to this node"},
      {"HELLO_VERSION: peer 3 speaks version 2 and this node version 1", "up to date"},
      {"HELLO_TIMEOUT: peer 3 did not complete its hello within 10000 ms", "wait a minute"},
      {"PEER_STANDING: peer 3 misbehaved and is refused for another 60 seconds", "tell its operator"},
      {"PEERS_FULL: this node has 64 incoming peers, its limit", "this node takes no more peers"},
      {"PEER_DUPLICATE: there is another connection to the node z6Mka", "remove one [[peer]]"},
      {"PEER_LOST: the connection to peer 3 ended: the link broke: End of file", "by itself"},
      {"CLOCK_AHEAD: this clock is 900 seconds ahead", "NTP"},
      {"HEAD_IN_FUTURE: the head of x is dated 900 seconds ahead", "NTP"},
      {"DIAL_FAILED: wss://b.example/peer cannot be reached: cannot connect to 10.0.0.1:443: Connection "
       "refused",
       "firewall"},
      {"DIAL_FAILED: wss://b.example/peer cannot be reached: not open within 10000 ms", "firewall"},
      {"DIAL_FAILED: wss://b.example/peer cannot be reached: the name b.example cannot be resolved: x",
       "check the host name"},
      {"DIAL_FAILED: wss://b.example/peer cannot be reached: no TLS 1.3 with 10.0.0.1:443: wrong version",
       "something other than a node answers there"},
      {"DIAL_FAILED: wss://b.example/peer cannot be reached: the peer declined the link with HTTP status 404",
       "(/peer)"},
      {"SOMETHING_NEW: words", "for this code"},
      {"", "wait a minute"}};
  for (const auto& [last_error, remedy] : cases) {
    const auto& captured = last_error;  // clang 14 captures no structured binding
    CAPTURE(captured);
    const Finding found = waiting(last_error);
    CHECK_MESSAGE(names(found.remedy, remedy), found.remedy);
    CHECK(names(found.sentence, last_error.substr(std::min(last_error.find(": "), last_error.size()))));
    CHECK(names(found.sentence, "[" + last_error.substr(0, last_error.find(": ")) + "]") !=
          last_error.empty());
  }
}

TEST_CASE("what a peer said twice before it left is told once, under its own code") {
  const std::string said = "peer 5 (192.0.2.1:4) belongs to the network \"mine\" and this node to \"theirs\"";
  const Finding found = waiting(
      "PEER_LOST: the connection to peer 3 (wss://b.example/peer) ended: the peer closed the link: "
      "HELLO_NETWORK: " +
      said.substr(0, 40) + "... (it had said HELLO_NETWORK: " + said + ")");
  CHECK(found.sentence == "wss://b.example/peer is not connected (waiting): the peer closed the link: " +
                              said + " [HELLO_NETWORK]");
  CHECK(names(found.remedy, "network names differ"));

  const Finding closed = waiting(
      "PEER_LOST: the connection to peer 3 (x) ended: the peer closed the link: "
      "PEERS_FULL: this node has 64 incoming peers, its limit");
  CHECK(names(closed.sentence, "[PEERS_FULL]"));
  CHECK(names(closed.remedy, "connect to another one"));

  const Finding two = waiting(
      "PEER_LOST: the connection to peer 3 (x) ended: the peer closed the link: "
      "PEER_STANDING: too much (it had said FRAME_MALFORMED: bad frame)");
  CHECK(names(two.sentence, "too much (it had said FRAME_MALFORMED: bad frame) [PEER_STANDING]"));
  CHECK(names(two.remedy, "what this node sent"));
  CHECK(count(two.sentence, "PEER_STANDING") == 1);

  const Finding plain =
      waiting("PEER_LOST: the connection to peer 3 (x) ended: the peer closed the link: bye");
  CHECK(names(plain.sentence, "the peer closed the link: bye [PEER_LOST]"));
  const Finding broken = waiting(
      "PEER_LOST: the connection to peer 3 (x) ended: the link broke: reset (it had said PEERS_FULL: no "
      "room)");
  CHECK(count(broken.sentence, "no room") == 1);
}

TEST_CASE("clocks that differ are named, a stranger's escape sequences are not passed on") {
  const auto found = examine({{"address", "wss://b.example/peer"},
                              {"state", "ready"},
                              {"lastError", ""},
                              {"clockDifferenceSeconds", -301}});
  REQUIRE(found.size() == 2);
  CHECK(found[1].subject == "clock");
  CHECK(names(found[1].sentence,
              "this clock is 301 seconds ahead of that of wss://b.example/peer; the limit is 300"));
  CHECK(names(found[1].remedy, "NTP"));
  CHECK(names(waiting("HELLO_SELF: \x1b[2J").sentence, "?[2J"));
}

namespace {

const char* const kOwn = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG";
const char* const kOther = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
const Timestamp kNow(1'800'000'000);

std::string hours_ago(std::int64_t hours) {
  return kNow.plus_seconds(-hours * 3600).to_string();
}

nlohmann::json healthy() {
  const auto feed = [](const char* issuer) {
    return nlohmann::json{{"issuer", issuer},   {"size", 5},          {"time", hours_ago(1)},
                          {"pending", nullptr}, {"missingBodies", 0}, {"contradicted", false},
                          {"peers", 2}};
  };
  return {
      {"ready", true},
      {"reasons", nlohmann::json::array()},
      {"issuers",
       {{{"name", "main"}, {"did", kOwn}, {"peers", 2}, {"head", {{"size", 5}, {"time", hours_ago(1)}}}}}},
      {"admission", {{"reconciled", 2}, {"held", 2}, {"limit", 1024}, {"refused", 0}, {"withoutFeed", 0}}},
      {"feeds", {feed(kOwn), feed(kOther)}}};
}

// What is not ok.
std::vector<Finding> findings(const nlohmann::json& status) {
  node::Config config;
  config.issuers.push_back({"main", *Did::parse(kOwn), "issuer.json"});
  config.admit.push_back(*Did::parse(kOther));
  cli::Examination seen;
  cli::examine_status(seen, config, status, kNow);
  std::vector<Finding> out;
  for (const Finding& finding : seen.findings()) {
    CHECK(finding.remedy.empty() == (finding.severity == Severity::ok));
    if (finding.severity != Severity::ok) out.push_back(finding);
  }
  return out;
}

nlohmann::json with(const char* pointer, nlohmann::json value) {
  nlohmann::json status = healthy();
  status[nlohmann::json::json_pointer(pointer)] = std::move(value);
  return status;
}

void check_one(const nlohmann::json& status, Severity severity, const char* subject, const char* part) {
  const auto found = findings(status);
  CAPTURE(status.dump());
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == severity);
  CHECK(found[0].subject == subject);
  CHECK_MESSAGE(names(found[0].sentence, part), found[0].sentence);
}

}  // namespace

TEST_CASE("a node that lacks nothing has no finding") {
  CHECK(findings(healthy()).empty());
  CHECK(findings(with("/issuers/0/head", nullptr)).empty());
}

TEST_CASE("heads are old beyond the limit and not at it") {
  check_one(with("/issuers/0/head/time", hours_ago(27)), Severity::warning, "head",
            "is 27 hours old; above 26");
  CHECK(findings(with("/issuers/0/head/time", hours_ago(26))).empty());
  check_one(with("/feeds/1/time", hours_ago(49)), Severity::warning, "head", "is 49 hours old; above 48");
  CHECK(findings(with("/feeds/1/time", hours_ago(48))).empty());
  nlohmann::json ended = with("/feeds/1/time", hours_ago(49));
  for (const char* code : {"FEED_CLOSED", "ISSUER_DEACTIVATED"}) {
    ended["feeds"][1]["ended"] = code;
    CHECK(findings(ended).empty());
  }
  ended["feeds"][1]["ended"] = nullptr;
  CHECK(findings(ended).size() == 1);
}

TEST_CASE("what a feed lacks is named") {
  check_one(with("/feeds/1/missingBodies", 3), Severity::warning, "feed",
            "3 bodies of the feed of did:key:z6MkiT");
  check_one(with("/feeds/1/pending", {{"size", 9}, {"time", hours_ago(0)}}), Severity::warning, "feed",
            "a newer head of the feed of did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp is known "
            "(9 entries)");
  check_one(with("/feeds/1/contradicted", true), Severity::problem, "feed", "[FEED_CONTRADICTED]");
  check_one(with("/feeds/1/falseState", true), Severity::warning, "feed", "is a false state");
  check_one(with("/feeds/1/admitted/by", "nobody"), Severity::warning, "feed", "is not admitted any more");
  CHECK(findings(with("/feeds/1/admitted/by", "sponsor")).empty());
  check_one(with("/admission/refused", 7), Severity::warning, "feed",
            "7 sponsored issuers are not held: the limit is 1024 issuers [ADMISSION_FULL]");
  check_one(with("/issuers/0/ended", "FEED_CLOSED"), Severity::warning, "issuer", "has closed its feed");
  check_one(with("/issuers/0/ended", "ISSUER_DEACTIVATED"), Severity::warning, "issuer", "is deactivated");
  check_one(with("/issuers/0/peers", 0), Severity::warning, "issuer", "0 peers");
  nlohmann::json status = healthy();
  status["feeds"].erase(1);
  check_one(status, Severity::warning, "feed", "nothing of did:key:z6MkiT");
}

TEST_CASE("each reason for not being ready has a remedy of its own") {
  std::set<std::string> remedies;
  for (const char* code : {"START_CHECK_PENDING", "OWN_FEED_CONTRADICTED", "CLOCK_AHEAD", "STORE_FAILED",
                           "STORE_CORRUPT", "PUBLISHER_STATE_INCOMPLETE", "SHUTTING_DOWN", "SOMETHING_NEW"}) {
    nlohmann::json status = healthy();
    status["ready"] = false;
    status["reasons"] = {{{"code", code}, {"sentence", "words"}}};
    check_one(status, Severity::problem, "node", code);
    CHECK(remedies.insert(findings(status)[0].remedy).second);
  }
}

TEST_CASE("what cannot be checked is a warning and never ok") {
  const std::pair<const char*, const char*> cases[] = {{"/ready", "whether the node is ready"},
                                                       {"/issuers", "the hosted issuers"},
                                                       {"/issuers/0/peers", "who replicates"},
                                                       {"/issuers/0/head/time", "the age of the newest head"},
                                                       {"/feeds/1/time", "the age of the newest head"},
                                                       {"/feeds/1/missingBodies", "the bodies of"},
                                                       {"/feeds", "the feeds"},
                                                       {"/admission/refused", "all sponsored issuers"}};
  for (const auto& [pointer, what] : cases) {
    const auto found = findings(with(pointer, "of another form"));
    const auto& captured = pointer;  // clang 14 captures no structured binding
    CAPTURE(captured);
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::warning);
    CHECK_MESSAGE(names(found[0].sentence, what), found[0].sentence);
    CHECK(names(found[0].sentence, "could not be checked"));
  }
  for (const nlohmann::json& answer :
       {nlohmann::json(), nlohmann::json::array({1}), nlohmann::json::object()})
    CHECK(findings(answer).size() == 4);
}

TEST_CASE("a node without peers is told so") {
  cli::Examination seen;
  cli::examine_peers(seen, nlohmann::json::array());
  REQUIRE(seen.findings().size() == 1);
  CHECK(names(seen.findings()[0].sentence, "0 peers"));
}
