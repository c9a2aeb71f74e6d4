#include "node/cli/doctor_peers.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "crypto/base/result.h"
#include "node/cli/output.h"
#include "protocol/gossip/codes.h"

namespace vcnode::cli {
namespace {

constexpr std::int64_t kClockDifferenceSecondsMax = 300;  // beyond it heads are held back

// Why a peer is not connected.
struct Reason {
  std::string code;
  std::string sentence;
  bool theirs = false;  // the peer's words about this node
};

Reason split(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return {"", std::string(text), false};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 2)), false};
}

// "the connection to … ended: the peer closed the link: CODE: sentence (it had said CODE: sentence)": a peer
// says why in a refusal and again, cut to the size of a close frame, when it closes. Told once here.
Reason reason_of_loss(Reason lost) {
  constexpr std::string_view kClosed = " ended: the peer closed the link: ";
  constexpr std::string_view kHadSaid = " (it had said ";
  const std::string_view text = lost.sentence;
  const auto had_said = text.ends_with(')') ? text.find(kHadSaid) : std::string_view::npos;
  const auto closed = text.substr(0, had_said).find(kClosed);
  if (closed == std::string_view::npos) return lost;
  const auto words_at = closed + kClosed.size();
  Reason words = split(text.substr(words_at, std::min(had_said, text.size()) - words_at));
  if (words.code.empty()) return lost;
  if (had_said != std::string_view::npos) {
    const Reason said =
        split(text.substr(had_said + kHadSaid.size(), text.size() - 1 - had_said - kHadSaid.size()));
    words.sentence =
        said.code == words.code ? said.sentence : words.sentence + std::string(text.substr(had_said));
  }
  words.theirs = true;
  return words;
}

Reason reason_of(std::string_view last_error) {
  Reason reason = split(last_error);
  return reason.code == codes::PEER_LOST.slug ? reason_of_loss(std::move(reason)) : reason;
}

struct PeerRemedy {
  std::string_view code;
  std::string_view ours;
  std::string_view theirs;  // when the peer says so of this node; as `ours` if empty
};

constexpr std::string_view kSetTheClock = "set the time (NTP) here and at the peer";
constexpr std::string_view kUpdate = "bring the older of the two nodes up to date";
constexpr std::string_view kWait = "wait a minute; if it stays so, look at the log of the peer's node";

constexpr std::array kPeerRemedies{
    PeerRemedy{
        codes::HELLO_NETWORK.slug,
        "the network names differ: set the same [network] name in both config.toml, or remove this peer", ""},
    PeerRemedy{
        codes::HELLO_NODE_KEY.slug,
        "compare the node_key of this [[peer]] with the node key that the peer's operator reads in `vcnode "
        "status`; correct it only if they agree on the new one",
        "the peer's operator has another node_key for this node: give them the one in `vcnode status`"},
    PeerRemedy{
        codes::HELLO_CHANNEL.slug,
        "something between the two nodes ends TLS, a proxy or a load balancer: let it pass TLS through", ""},
    PeerRemedy{
        codes::HELLO_SELF.slug,
        "this [[peer]] leads back to this node: remove it or correct its url; if another node runs there, it "
        "uses a copy of this node's key: give it one of its own (`vcnode init`)",
        ""},
    PeerRemedy{codes::HELLO_VERSION.slug, kUpdate, ""},
    PeerRemedy{codes::HELLO_EXPECTED.slug, kUpdate, ""},
    PeerRemedy{codes::HELLO_TIMEOUT.slug, kWait, ""},
    PeerRemedy{
        codes::PEER_STANDING.slug,
        "the peer sent what no sound node sends and is refused for a while: tell its operator; the log has "
        "what it sent",
        "the peer takes what this node sent for misbehaviour and refuses it for a while: bring both up to "
        "date, and ask its operator what its log says"},
    PeerRemedy{codes::PEERS_FULL.slug,
               "this node takes no more peers; nothing to do for its own [[peer]] entries",
               "the peer takes no more peers: connect to another one"},
    PeerRemedy{
        codes::PEER_DUPLICATE.slug,
        "two addresses lead to one node, and one connection is enough: remove one [[peer]]; if they are two "
        "nodes, one uses a copy of the other's key: it needs one of its own",
        ""},
    PeerRemedy{codes::PEER_SILENT.slug, kWait, ""},
    PeerRemedy{codes::PEER_SLOW.slug, kWait, ""},
    PeerRemedy{codes::PEER_LOST.slug,
               "it is connected to again by itself; if it stays so, check that the peer runs", ""},
    PeerRemedy{codes::CLOCK_AHEAD.slug, kSetTheClock, ""},
    PeerRemedy{codes::HEAD_IN_FUTURE.slug, kSetTheClock, ""},
};

// The reason of a failed dial is the system's or the TLS library's text.
std::string_view dial_remedy(std::string_view sentence) {
  const auto says = [&](std::string_view part) { return sentence.find(part) != std::string_view::npos; };
  if (says("cannot be resolved") || says("has no address"))
    return "check the host name in the url of this [[peer]], and the name service here";
  if (says("no TLS 1.3") || says("HTTP status") || says("the upgrade failed"))
    return "something other than a node answers there: check port and path (/peer) in the url of this "
           "[[peer]], and that no proxy stands in between";
  return "check that the peer runs, the url of this [[peer]], and that no firewall stands in between";
}

std::string_view remedy_for(const Reason& reason) {
  if (reason.code.empty()) return kWait;
  if (reason.code == codes::DIAL_FAILED.slug) return dial_remedy(reason.sentence);
  const auto found = std::ranges::find(kPeerRemedies, reason.code, &PeerRemedy::code);
  if (found == kPeerRemedies.end()) return "look at the logs of both nodes for this code";
  return reason.theirs && !found->theirs.empty() ? found->theirs : found->ours;
}

void examine_connection(Examination& seen, const std::string& address, const std::string& state,
                        const std::string& last_error) {
  if (state == "ready") return seen.ok("peer", concat(address, " is connected"));
  const Reason reason = reason_of(last_error);
  std::string sentence = concat(address, " is not connected (", printable(state), ")");
  if (reason.theirs) sentence += ": the peer closed the link";
  if (!reason.sentence.empty()) sentence += concat(": ", printable(reason.sentence));
  if (!reason.code.empty()) sentence += concat(" [", printable(reason.code), "]");
  seen.warning("peer", std::move(sentence), std::string(remedy_for(reason)));
}

// `difference`: of the peer's clock from ours.
void examine_clock(Examination& seen, const std::string& address, std::int64_t difference) {
  const std::int64_t seconds = std::llabs(difference);
  if (seconds <= kClockDifferenceSecondsMax) return;
  seen.warning("clock",
               concat("this clock is ", seconds, " seconds ", difference < 0 ? "ahead of" : "behind",
                      " that of ", address, "; the limit is ", kClockDifferenceSecondsMax),
               "set the time (NTP) here or tell the peer's operator");
}

}  // namespace

void examine_peers(Examination& seen, const nlohmann::json& rows) {
  if (rows.empty()) {
    seen.warning("peer", "0 peers are configured or connected; at least 1 is needed to hear and to be heard",
                 "add a [[peer]] to config.toml; with one organisation alone there is nothing to do");
  }
  for (const auto& peer : rows) {
    const std::string address = printable(peer.value("address", "?"));
    examine_connection(seen, address, peer.value("state", "?"), peer.value("lastError", ""));
    const auto difference = peer.find("clockDifferenceSeconds");
    if (difference == peer.end() || !difference->is_number_integer()) continue;
    examine_clock(seen, address, difference->get<std::int64_t>());
  }
}

}  // namespace vcnode::cli
