#include "node/cli/doctor_node.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "node/app/codes.h"
#include "node/cli/output.h"
#include "node/net/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/verify/verify.h"
#include "storage/codes.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;

// What verifiers take for old when their policy does not say otherwise.
const std::int64_t kHeadAgeSecondsMax = verify::Policy::Values{}.head_age_warn_seconds;

const Json& member(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? printable(value.get_ref<const std::string&>()) : "?";
}

std::optional<std::int64_t> number(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

std::optional<std::int64_t> age_seconds(const Json& object, Timestamp now) {
  const auto time = Timestamp::parse(text(object, "time"));
  return time ? std::optional(now.seconds() - time->seconds()) : std::nullopt;
}

void could_not_check(Examination& seen, const char* subject, std::string_view what) {
  seen.warning(subject, concat(what, " could not be checked: the node's answer does not say"),
               "use the vcnode that runs the node, or look at the node's log");
}

struct Remedy {
  std::string_view code;
  std::string_view text;
};

constexpr std::string_view kRestartOnceWhole =
    "reads are still served; make the disk sound (space, rights, hardware), then stop and start the node: "
    "until then nothing is written";

constexpr std::array kRemedies{
    Remedy{
        codes::START_CHECK_PENDING.slug,
        "get the configured peers running and connected; if none can be, and no newer copy of this issuer's "
        "feed exists, start with `vcnode run --waive-start-check`"},
    Remedy{codes::OWN_FEED_CONTRADICTED.slug,
           "two nodes signed for one issuer, or its key was stolen: stop every copy of this node, find the "
           "other, and start a new issuer"},
    Remedy{codes::CLOCK_AHEAD.slug,
           "set the time (NTP) here; if this clock is right, tell the peers' operators"},
    Remedy{codes::STORE_FAILED.slug, kRestartOnceWhole},
    Remedy{
        codes::STORE_CORRUPT.slug,
        "what can be read is still served, and nothing more is written: wait until a peer holds the newest "
        "heads, stop the node and restore the store from a backup; peers give what is newer. Without a "
        "backup, move the store away and start with `vcnode run --new-store`"},
    Remedy{
        codes::PUBLISHER_STATE_INCOMPLETE.slug,
        "a status list of this issuer is missing here: wait for a peer that holds it, or restore a backup"},
    Remedy{codes::SHUTTING_DOWN.slug, "wait until it has stopped"},
};

void examine_readiness(Examination& seen, const Json& status) {
  const Json& ready = member(status, "ready");
  if (ready.is_boolean() && ready.get<bool>()) return seen.ok("node", "runs and is ready");
  const Json& reasons = member(status, "reasons");
  if (!reasons.is_array() || reasons.empty())
    return could_not_check(seen, "node", "whether the node is ready");
  for (const Json& reason : reasons) {
    const std::string code = text(reason, "code");
    const auto found = std::ranges::find(kRemedies, code, &Remedy::code);
    seen.problem("node", concat("is not ready: ", text(reason, "sentence"), " [", code, "]"),
                 std::string(found == kRemedies.end() ? "see the sentence; the log has more" : found->text));
  }
}

// Of an issuer with proven times: who of those it asks did not cosign its last time batch.
void examine_witnesses(Examination& seen, const Json& issuer, const std::string& name) {
  const Json& witnesses = member(issuer, "witnesses");
  if (!witnesses.is_array()) return;  // a node that asks nobody
  for (const Json& witness : witnesses) {
    const std::string who = concat("the witness ", text(witness, "name"), " (", text(witness, "url"), ")");
    const Json& problem = member(witness, "problem");
    if (problem.is_object())
      seen.warning("witness",
                   concat(who, " did not cosign the last time batch of ", name, ": ",
                          text(problem, "sentence"), " [", text(problem, "code"), "]"),
                   "ask its operator whether it runs and admits this issuer, and check its address in the "
                   "issuer's witness_policy");
    else if (member(witness, "cosigned").is_string())
      seen.ok("witness", concat(who, " cosigned the last time batch of ", name));
  }
}

// How many connected peers hear of a revocation from here.
void examine_hosted(Examination& seen, const Json& issuer, Timestamp now) {
  const std::string name = concat("issuer '", text(issuer, "name"), "'");
  const bool ended = member(issuer, "ended").is_string();
  if (ended) {
    const std::string code = text(issuer, "ended");
    seen.warning(
        "issuer",
        concat(name, " (", text(issuer, "did"), ") ",
               code == codes::FEED_CLOSED.slug ? "has closed its feed" : "is deactivated",
               ": it issues and revokes nothing any more [", code, "]"),
        "nothing, if that was meant: the node goes on serving what it said. To issue again, make another "
        "one with `vcnode issuer new`");
    if (member(issuer, "origin").is_null()) return;
  }
  const auto peers = number(issuer, "peers");
  if (!peers) {
    could_not_check(seen, "issuer", concat("who replicates ", name));
  } else if (*peers == 0) {
    seen.warning("issuer",
                 concat("no connected peer replicates the feed of ", name, " (", text(issuer, "did"),
                        "): 0 peers, at least 1 is needed for a revocation to leave this node"),
                 "add a [[peer]], and have its operator add this DID to their [network] admit, or a sponsor "
                 "of theirs publish a Sponsorship for it (`vcnode publish sponsorship`)");
  } else {
    seen.ok("issuer", concat(name, " is replicated by ", *peers, " connected peers"));
  }
  if (!ended) examine_witnesses(seen, issuer, name);
  const Json& head = member(issuer, "head");
  if (ended || head.is_null()) return;  // nothing published yet; readiness says why
  const auto age = age_seconds(head, now);
  if (!age) return could_not_check(seen, "head", concat("the age of the newest head of ", name));
  if (*age <= kOwnHeadAgeSecondsMax) return;
  seen.warning("head",
               concat("the newest head of ", name, " is ", *age / 3600, " hours old; above ",
                      kOwnHeadAgeSecondsMax / 3600, " hours it should have been signed again"),
               "see why it may not sign (the findings about the node), and whether this clock is right");
}

void examine_bodies(Examination& seen, const Json& feed, const std::string& whose) {
  const auto missing = number(feed, "missingBodies");
  if (!missing) return could_not_check(seen, "feed", concat("the bodies of ", whose));
  if (*missing == 0) return;
  seen.warning(
      "feed",
      concat(*missing, " bodies of ", whose, " are missing; status that needs one is unknown, 0 is good"),
      "they are asked for at every repair: connect to a peer that holds them (the issuer's own node "
      "does)");
}

// True if a verified newer head waits for its leaves.
bool examine_pending(Examination& seen, const Json& feed, const std::string& whose) {
  const Json& pending = member(feed, "pending");
  if (pending.is_null()) return false;
  seen.warning(
      "feed",
      concat("a newer head of ", whose, " is known (", number(pending, "size").value_or(0),
             " entries) whose entries are not here; held are ", number(feed, "size").value_or(0)),
      "they are asked for at every repair: connect to another peer that holds them; until then status "
      "is unknown");
  return true;
}

// `hosted`: the age of its own heads has been told.
void examine_feed(Examination& seen, const Json& feed, bool hosted, Timestamp now) {
  const std::string whose = concat("the feed of ", text(feed, "issuer"));
  const Json& contradicted = member(feed, "contradicted");
  if (contradicted.is_boolean() && contradicted.get<bool>()) {
    seen.problem("feed",
                 concat("the issuer signed two heads of ", whose,
                        " that cannot both be true, 1 is the limit [", codes::FEED_CONTRADICTED.slug, "]"),
                 "the feed is frozen here and stays so: tell the issuer, and compare with other peers");
  }
  const Json& false_state = member(feed, "falseState");
  if (false_state.is_boolean() && false_state.get<bool>()) {
    seen.warning(
        "feed",
        concat("the newest state leaf of ", whose,
               " is a false state: it is not the root of what the feed says; 0 such leaves are good"),
        "what it observed does not count until a true one follows: tell the issuer, whose software is "
        "at fault");
  }
  if (text(member(feed, "admitted"), "by") == "nobody")
    seen.warning("feed",
                 concat("the issuer of ", whose,
                        " is not admitted any more: nothing new of it is taken; 1 sponsor is needed"),
                 "see whether its sponsor's feed is contradicted; add the DID to [network] admit to go on "
                 "replicating it");
  examine_bodies(seen, feed, whose);
  if (examine_pending(seen, feed, whose) || hosted) return;
  if (member(feed, "ended").is_string()) return;  // its last head does not age
  const auto age = age_seconds(feed, now);
  if (!age) return could_not_check(seen, "head", concat("the age of the newest head of ", whose));
  if (*age <= kHeadAgeSecondsMax) return;
  seen.warning(
      "head",
      concat("the newest head of ", whose, " is ", *age / 3600, " hours old; above ",
             kHeadAgeSecondsMax / 3600, " hours verifiers warn [HEAD_OLD]"),
      "connect to other peers that replicate it; if none has a newer one, ask the issuer whether its "
      "node runs");
}

void examine_feeds(Examination& seen, const node::Config& config, const Json& status, Timestamp now) {
  const Json& feeds = member(status, "feeds");
  if (!feeds.is_array()) return could_not_check(seen, "feed", "the feeds");
  std::set<std::string> hosted;
  for (const auto& issuer : config.issuers) hosted.insert(issuer.did.text());
  std::set<std::string> held;
  for (const Json& feed : feeds) {
    const std::string issuer = text(feed, "issuer");
    examine_feed(seen, feed, hosted.contains(issuer), now);
    held.insert(issuer);
  }
  const auto expect = [&](const std::vector<Did>& dids, std::string_view key) {
    for (const Did& did : dids) {
      if (held.contains(did.text())) continue;
      seen.warning("feed",
                   concat("nothing of ", did.text(), " is held, which [network] ", key,
                          " names; at least 1 head is expected"),
                   "connect to a peer that replicates it, in the same [network] name, or remove the DID");
    }
  };
  expect(config.admit, "admit");
  expect(config.sponsors, "sponsors");
}

// Whether there is room for everybody whom sponsors admit.
void examine_admission(Examination& seen, const Json& status) {
  const Json& admission = member(status, "admission");
  const auto refused = number(admission, "refused");
  const auto limit = number(admission, "limit");
  if (!refused || !limit) return could_not_check(seen, "feed", "whether all sponsored issuers are held");
  if (*refused > 0)
    seen.warning("feed",
                 concat(*refused, " sponsored issuers are not held: the limit is ", *limit, " issuers [",
                        codes::ADMISSION_FULL.slug, "]"),
                 "name fewer sponsors in [network] sponsors, and in [network] admit whom you need of theirs");
}

}  // namespace

void examine_status(Examination& seen, const node::Config& config, const Json& status, Timestamp now) {
  examine_readiness(seen, status);
  const Json& issuers = member(status, "issuers");
  if (issuers.is_array()) {
    for (const Json& issuer : issuers) examine_hosted(seen, issuer, now);
  } else {
    could_not_check(seen, "issuer", "the hosted issuers");
  }
  examine_feeds(seen, config, status, now);
  examine_admission(seen, status);
}

}  // namespace vcnode::cli
