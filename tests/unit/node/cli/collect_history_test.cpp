// Collecting a did:webvh issuer: entries of all peers are one set, what was sealed may come from anybody, and
// a peer that withholds, forges or is behind makes no answer better.
#include "node/cli/collect_history.h"

#include <algorithm>

#include "protocol/webvh/codes.h"
#include "tests/unit/node/cli/chronicle.h"

using namespace vcnode;
using namespace vcnode::cli;
using namespace vcnode::cli::lying_peers;

namespace {

Collected ask_about(const Chronicle& chronicle, const std::vector<Peer*>& peers) {
  return ask(peers, chronicle.did());
}

// An issuer that rotated its feed key: epoch 1 with a list, epoch 2 with a newer version of it.
Chronicle rotated() {
  return Chronicle().list("1", {3}).open_epoch().list("1", {3, 7}, 2);
}

std::size_t versions(const Collected& collected) {
  REQUIRE(collected.history);
  return collected.history->versions.size();
}

}  // namespace

TEST_CASE("an honest peer's history is followed through every epoch, by public addresses only") {
  const Chronicle chronicle = rotated();
  Peer peer = serving(chronicle);
  const auto collected = ask_about(chronicle, {&peer});
  check_good(collected.sources.at(0), SourceState::newest);
  CHECK(versions(collected) == 2);
  CHECK_FALSE(collected.gap);
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->origin == chronicle.origin(2));
  CHECK(collected.snapshot->head.tree.size == 3);
  CHECK(collected.snapshot->missing_bodies.empty());
  const auto& list = collected.snapshot->status_lists.at("https://uni.example/1");
  CHECK(list.sequence == 2);
  REQUIRE(list.body == feed::BodyState::held);
  REQUIRE(collected.sealed.size() == 1);
  CHECK(collected.sealed[0].seal == chronicle.seals[0]);
  for (const std::string& path : peer.asked) CHECK(peer.objects.contains(path));
  CHECK(collected.sources.at(0).entries == 2u);
}

TEST_CASE("entries of every epoch count, those before a seal and those after it") {
  const Chronicle chronicle =
      Chronicle().entry().list("1").entry().open_epoch().entry().open_epoch(true).entry().list("2");
  Peer peer = serving(chronicle);
  const auto collected = ask_about(chronicle, {&peer});
  check_good(collected.sources.at(0), SourceState::newest);
  CHECK(versions(collected) == chronicle.branch.size());
  CHECK(collected.history->epochs.size() == 3);
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->origin == chronicle.origin(3));
  CHECK(collected.snapshot->status_lists.size() == 2);
  CHECK(collected.snapshot->missing_count == 0);
}

TEST_CASE("which credential is verified cannot be told from what is asked") {
  const Chronicle chronicle = rotated();
  Peer first = serving(chronicle);
  Peer second = serving(chronicle);
  (void)ask_about(chronicle, {&first});
  (void)ask_about(chronicle, {&second});
  CHECK(first.asked == second.asked);
}

TEST_CASE("a new epoch whose old key is lost is followed too") {
  const Chronicle chronicle = Chronicle().list("1").open_epoch(true).list("2");
  Peer peer = serving(chronicle);
  peer.objects.erase(chronicle.path(1) + "/checkpoint");  // what was sealed needs no head
  const auto collected = ask_about(chronicle, {&peer});
  check_good(collected.sources.at(0), SourceState::newest);
  CHECK(versions(collected) == 2);
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->status_lists.size() == 2);
}

TEST_CASE("an entry that one peer keeps back another gives, and that it was kept back is said") {
  const Chronicle chronicle = Chronicle().entry().entry();
  Peer whole = serving(chronicle);
  Peer keeper = serving(chronicle);
  auto history = history_json(chronicle);
  history["entries"].erase(history["entries"].size() - 1);
  keeper.objects[chronicle.history_path()] = history.dump();
  for (const auto& peers : {std::vector<Peer*>{&whole, &keeper}, std::vector<Peer*>{&keeper, &whole}}) {
    const auto collected = ask_about(chronicle, peers);
    CHECK(versions(collected) == 3);
    const auto& report = collected.sources.at(peers[0] == &keeper ? 0 : 1);
    CHECK(report.entries == 2u);
    CHECK(report.entries_lacking == 1);
  }
  // Alone it makes an older history, never another one, and what the feed names is known to be missing.
  const auto alone = ask_about(chronicle, {&keeper});
  CHECK(versions(alone) == 2);
  CHECK(alone.history->missing == std::vector{chronicle.branch.tip()});
}

TEST_CASE("a peer that is behind a whole epoch is behind, and its word is no second history") {
  Chronicle chronicle = Chronicle().list("1");
  Peer behind = serving(chronicle);
  chronicle.open_epoch().list("1", {9}, 2);
  Peer whole = serving(chronicle);
  for (const auto& peers : {std::vector<Peer*>{&whole, &behind}, std::vector<Peer*>{&behind, &whole}}) {
    const auto collected = ask_about(chronicle, peers);
    const std::size_t late = peers[0] == &behind ? 0 : 1;
    check_good(collected.sources.at(1 - late), SourceState::newest);
    check_good(collected.sources.at(late), SourceState::behind);
    REQUIRE(collected.snapshot);
    CHECK(collected.snapshot->origin == chronicle.origin(2));
    CHECK_FALSE(collected.snapshot->contradicted);
    CHECK_FALSE(collected.snapshot->pending);
  }
  // With the entries of one and nothing else, what was sealed comes from the other.
  Peer entries_only;
  entries_only.objects[chronicle.history_path()] = history_json(chronicle).dump();
  entries_only.objects[chronicle.path(2) + "/checkpoint"] = chronicle.head(2).note;
  serve_leaves(entries_only, chronicle, 2, chronicle.epochs[1].leaves.size());
  const auto collected = ask_about(chronicle, {&entries_only, &behind});
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->origin == chronicle.origin(2));
}

TEST_CASE("leaves that were sealed and nobody gives leave the history open") {
  const Chronicle chronicle = rotated();
  Peer peer = serving(chronicle);
  std::erase_if(peer.objects,
                [&](const auto& object) { return object.first.starts_with(chronicle.path(1)); });
  const auto collected = ask_about(chronicle, {&peer});
  CHECK_FALSE(collected.snapshot);
  REQUIRE(collected.gap);
  CHECK_CODE_NAMES(Result<void>(Failure{*collected.gap}), codes::PEER_WITHHOLDS, "sealed");
  check_source(collected.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS, "");
}

// The entry that ends an epoch follows others that only its leaves give weight: without these leaves it is
// not even known that the epoch has ended.
TEST_CASE(
    "leaves of an epoch that was sealed after a rotation, damaged or kept back, leave the history open") {
  const Chronicle chronicle = Chronicle().entry().list("1").open_epoch().list("1", {9}, 2);
  for (const bool damaged : {false, true}) {
    Peer peer = serving(chronicle);
    std::erase_if(peer.objects,
                  [&](const auto& object) { return object.first.starts_with(chronicle.path(1) + "/tile"); });
    if (damaged) {
      Chronicle other = Chronicle(chronicle);
      other.epochs[0].leaves[1] =
          feed::Leaf{"status", "https://uni.example/1#1", std::string(64, '0')}.encode();
      serve_leaves(peer, other, 1, other.epochs[0].leaves.size());
      serve_leaves(peer, other, 1, other.seals[0].size);
    }
    const auto collected = ask_about(chronicle, {&peer});
    CHECK_FALSE(collected.snapshot);
    REQUIRE(collected.gap);
    CHECK_CODE_NAMES(Result<void>(Failure{*collected.gap}), codes::PEER_WITHHOLDS, "2 epochs");
    Peer honest = serving(chronicle);
    const auto cured = ask_about(chronicle, {&peer, &honest});
    CHECK_FALSE(cured.gap);
    REQUIRE(cured.snapshot);
    CHECK(cured.snapshot->origin == chronicle.origin(2));
  }
}

TEST_CASE("forged leaves of a sealed epoch are refused, whoever gives the true ones is believed") {
  const Chronicle chronicle = rotated();
  Chronicle other = Chronicle(chronicle);
  other.epochs[0].leaves[1] = feed::Leaf{"status", "https://uni.example/1#1", std::string(64, '0')}.encode();
  Peer liar = serving(chronicle);
  serve_leaves(liar, other, 1, other.epochs[0].leaves.size());
  serve_leaves(liar, other, 1, other.seals[0].size);
  const auto alone = ask_about(chronicle, {&liar});
  CHECK_FALSE(alone.snapshot);
  check_source(alone.sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD, "sealed");
  Peer honest = serving(chronicle);
  const auto collected = ask_about(chronicle, {&liar, &honest});
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->status_lists.at("https://uni.example/1").body == feed::BodyState::held);
}

TEST_CASE("a forged entry is refused and changes nothing") {
  const Chronicle chronicle = Chronicle().entry();
  Peer liar = serving(chronicle);
  auto history = history_json(chronicle);
  std::string forged = history["entries"][1];
  forged.replace(forged.find("uni.example"), 3, "foo");
  SUBCASE("in place of the true one") {
    history["entries"][1] = forged;
    liar.objects[chronicle.history_path()] = history.dump();
    const auto collected = ask_about(chronicle, {&liar});
    CHECK(versions(collected) == 1);
    CHECK(name_of(collected.sources.at(0).state) == "bad-evidence");
  }
  SUBCASE("beside a peer that gives the true one") {
    history["entries"][1] = forged;
    liar.objects[chronicle.history_path()] = history.dump();
    Peer honest = serving(chronicle);
    for (const auto& peers : {std::vector<Peer*>{&liar, &honest}, std::vector<Peer*>{&honest, &liar}})
      CHECK(versions(ask_about(chronicle, peers)) == 2);
  }
  SUBCASE("something that is no entry") {
    history["entries"].push_back(42);
    history["entries"].push_back("{}\n");
    liar.objects[chronicle.history_path()] = history.dump();
    const auto collected = ask_about(chronicle, {&liar});
    CHECK(versions(collected) == 2);
    check_source(collected.sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD, "");
  }
}

TEST_CASE("an entry made with a spent update key counts for nothing beside the one in the feed") {
  Chronicle chronicle;
  test::Branch thief = chronicle.branch;
  chronicle.entry();
  thief.open_epoch(2, 1, 77);  // it would open an epoch, so it counts while no other entry is committed
  Peer peer = serving(chronicle);
  auto history = history_json(chronicle);
  history["entries"].push_back(thief.newest().text());
  peer.objects[chronicle.history_path()] = history.dump();
  const auto collected = ask_about(chronicle, {&peer});
  CHECK(versions(collected) == 2);
  CHECK_FALSE(collected.history->dispute);
  CHECK(collected.history->versions.back().state.version_id() == chronicle.branch.tip());
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->origin == chronicle.origin(1));
}

TEST_CASE("two entries that both stand in the feed are a dispute") {
  Chronicle chronicle;
  test::Branch other = chronicle.branch;
  chronicle.entry();
  other.add({.parameters = {{"ttl", 60}}});
  chronicle.leaf("webvh", "2", other.tip().text());
  Peer peer = serving(chronicle);
  auto history = history_json(chronicle);
  history["entries"].push_back(other.newest().text());
  peer.objects[chronicle.history_path()] = history.dump();
  const auto collected = ask_about(chronicle, {&peer});
  CHECK(versions(collected) == 1);
  CHECK(collected.history->dispute);
}

TEST_CASE("heads of the newest epoch that part are said of the peer and of the feed") {
  Chronicle chronicle = rotated();
  Peer honest = serving(chronicle);
  Chronicle fork = Chronicle(chronicle);
  fork.epochs[1].leaves.back() =
      feed::Leaf{"status", "https://uni.example/1#2", std::string(64, '1')}.encode();
  Peer forked = serving(fork);
  const auto collected = ask_about(chronicle, {&honest, &forked});
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->contradicted);
  check_source(collected.sources.at(1), SourceState::contradicts, codes::PEER_CONTRADICTS, "two histories");
  // A newer head whose leaves are kept back is pending.
  chronicle.list("2");
  Peer keeper = serving(chronicle);
  serve_leaves(keeper, chronicle, 2, 3);
  std::erase_if(keeper.objects, [&](const auto& object) { return object.first.ends_with(".p/4"); });
  const auto newer = ask_about(chronicle, {&honest, &keeper});
  REQUIRE(newer.snapshot);
  REQUIRE(newer.snapshot->pending);
  CHECK(newer.snapshot->pending->tree.size == 4);
  CHECK(name_of(newer.sources.at(1).state) == "withholds");
}

TEST_CASE("a head that no peer shows, though one says that it has it, leaves the history open") {
  const Chronicle chronicle = Chronicle().entry();
  Peer peer = serving(chronicle);
  peer.objects.erase(chronicle.path() + "/checkpoint");
  const auto collected = ask_about(chronicle, {&peer});
  CHECK_FALSE(collected.snapshot);
  CHECK(collected.gap);
  check_source(collected.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS, "checkpoint");
}

TEST_CASE("answers that are no history, too large or of nobody") {
  const Chronicle chronicle = Chronicle().list("1");
  Peer peer = serving(chronicle);
  SUBCASE("not found") {
    peer.objects.erase(chronicle.history_path());
    check_source(ask_about(chronicle, {&peer}).sources.at(0), SourceState::no_feed, codes::PEER_FEED_UNKNOWN,
                 "");
  }
  for (const char* nonsense :
       {"", "[]", "{}", R"({"scid":"x","network":"demo.example","entries":[]})", "{\"a\":1,\"a\":2}"}) {
    peer.objects[chronicle.history_path()] = nonsense;
    const auto collected = ask_about(chronicle, {&peer});
    CHECK_FALSE(collected.history);
    CHECK(name_of(collected.sources.at(0).state) == "bad-evidence");
  }
  SUBCASE("giant") {
    peer.objects[chronicle.history_path()] = std::string(kHistoryBytesMax + 1, ' ');
    check_source(ask_about(chronicle, {&peer}).sources.at(0), SourceState::bad_evidence,
                 codes::PEER_EVIDENCE_BAD, concat(kHistoryBytesMax));
  }
  SUBCASE("of another network than the one chosen") {
    Peer honest = serving(chronicle);
    const auto collected = ask({&honest}, chronicle.did(), "elsewhere");
    CHECK_FALSE(collected.history);
    check_source(collected.sources.at(0), SourceState::no_feed, codes::PEER_FEED_UNKNOWN, "elsewhere");
  }
}

TEST_CASE("a feed of more leaves than a command reads is refused before they are asked for") {
  Chronicle chronicle;
  Peer peer = serving(chronicle);
  const merkle::TreeHead giant{kLeavesMax + 1, merkle::leaf_hash(as_bytes(std::string("x")))};
  peer.objects[chronicle.path() + "/checkpoint"] =
      feed::sign_head(chronicle.origin(), giant, world::kHeadAt, made::key(test::kFirstFeedKey).signer)
          .value()
          .note;
  const auto collected = ask_about(chronicle, {&peer});
  check_source(collected.sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               concat(kLeavesMax));
  CHECK_FALSE(collected.snapshot);
}

TEST_CASE("a body that is kept back is asked for elsewhere, and blamed on who names it") {
  const Chronicle chronicle = rotated();
  Peer keeper = serving(chronicle);
  keeper.objects.erase(chronicle.last_body);
  const auto alone = ask_about(chronicle, {&keeper});
  REQUIRE(alone.snapshot);
  CHECK(alone.snapshot->missing_count == 1);
  check_source(alone.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS, "body");
  Peer other = serving(chronicle);
  const auto collected = ask_about(chronicle, {&keeper, &other});
  CHECK(collected.snapshot->missing_count == 0);
}

TEST_CASE("a doubt about the newest epoch counts, one about an epoch that is over does not") {
  const Chronicle chronicle = rotated();
  Peer doubting = serving(chronicle);
  auto history = history_json(chronicle);
  history["feed"]["contradicted"] = true;
  doubting.objects[chronicle.history_path()] = history.dump();
  CHECK(ask_about(chronicle, {&doubting}).snapshot->hearsay == feed::Hearsay{true, std::nullopt});
  history["feed"]["origin"] = chronicle.origin(1).text();
  doubting.objects[chronicle.history_path()] = history.dump();
  CHECK(ask_about(chronicle, {&doubting}).snapshot->hearsay == feed::Hearsay{});
}

TEST_CASE("two networks with a feed each are for the asker to choose between") {
  const Chronicle chronicle = Chronicle().list("1");
  Peer honest = serving(chronicle);
  Peer liar = serving(chronicle);
  auto history = history_json(chronicle);
  history["network"] = "elsewhere";  // where the DID names no feed: a word alone makes no network
  liar.objects[chronicle.history_path()] = history.dump();
  const auto collected = ask_about(chronicle, {&honest, &liar});
  CHECK(collected.networks.empty());
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->origin == chronicle.origin());
}

TEST_CASE("a DID's history alone costs no body") {
  const Chronicle chronicle = rotated();
  Peer peer = serving(chronicle);
  std::vector<PeerSource> sources{{"a", "https://unused", std::nullopt}};
  CollectOptions options;
  options.bodies = false;
  options.connect_to = [&peer](const PeerSource&) -> Get {
    return [&peer](const std::string& path, std::int64_t) -> Result<node::HttpResponse> {
      peer.asked.push_back(path);
      node::HttpResponse response;
      const auto found = peer.objects.find(path);
      response.status = found == peer.objects.end() ? 404 : 200;
      if (found != peer.objects.end()) response.body = found->second;
      return response;
    };
  };
  const auto collected = collect_history(chronicle.scid(), sources, world::kNow, options);
  CHECK(versions(collected) == 2);
  for (const std::string& path : peer.asked) CHECK_FALSE(path.starts_with("/bodies/"));
}
