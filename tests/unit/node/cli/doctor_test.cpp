// What doctor says of peers: each reason has a remedy of its own, and nothing is said twice.
#include <nlohmann/json.hpp>

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
    CAPTURE(last_error);
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
  CHECK(names(found[1].sentence, "-301 seconds"));
  CHECK(names(found[1].remedy, "NTP"));
  CHECK(names(waiting("HELLO_SELF: \x1b[2J").sentence, "?[2J"));
}
