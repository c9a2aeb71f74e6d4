// Peers that lie, withhold or cannot be reached: each has a state and a sentence of its own, and none makes
// an answer better.
#include "node/cli/collect.h"

#include <algorithm>

#include "crypto/base/limits.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/net/codes.h"
#include "protocol/did/codes.h"
#include "tests/unit/node/cli/lying_peers.h"

using namespace vcnode;
using namespace vcnode::cli;
using namespace vcnode::cli::lying_peers;

TEST_CASE("an honest peer's feed is taken whole, by public addresses only") {
  const Log log = Log().list("1").list("2");
  Peer peer(log);
  const auto collected = ask(peer);
  check_good(collected.sources.at(0), SourceState::newest);
  REQUIRE(collected.snapshot);
  CHECK(collected.snapshot->head.tree.size == 2);
  CHECK(collected.snapshot->missing_bodies.empty());
  for (const std::string& path : peer.asked) CHECK(peer.objects.contains(path));
  CHECK(peer.asked.size() == peer.objects.size());
}

TEST_CASE("the only peer's own doubt counts, and nonsense in its place is none") {
  const Log log = Log().list("1");
  Peer peer(log);
  const auto collected = ask(peer.says(true, 9));
  check_good(collected.sources.at(0), SourceState::newest);
  CHECK(collected.sources.at(0).says_contradicted);
  CHECK(collected.sources.at(0).says_pending_size == 9u);
  CHECK(collected.snapshot->hearsay == feed::Hearsay{true, 9});
  CHECK_FALSE(collected.snapshot->contradicted);  // nobody signed that
  CHECK_FALSE(collected.snapshot->pending);

  auto row = nlohmann::json{{"issuer", one_issuer().did().text()},
                            {"origin", log.origin().text()},
                            {"contradicted", "yes"},
                            {"pending", {{"size", -1}}}};
  peer.objects["/feeds"] = nlohmann::json::array({row}).dump();
  const auto nonsense = ask(peer);
  check_good(nonsense.sources.at(0), SourceState::newest);
  CHECK_FALSE(nonsense.sources.at(0).says_contradicted);
  CHECK_FALSE(nonsense.sources.at(0).says_pending_size);
  CHECK(nonsense.snapshot->hearsay == feed::Hearsay{});

  peer.says(true).objects.erase(Peer::checkpoint());  // said, whatever else goes wrong
  const auto headless = ask(peer);
  CHECK(name_of(headless.sources.at(0).state) == "withholds");
  CHECK(headless.sources.at(0).says_contradicted);
  CHECK_FALSE(headless.sources.at(0).says_pending_size);
}

TEST_CASE("a peer's doubt is undone by another peer that shows the same or a newer head without it") {
  Log log = Log().list("1").list("2");
  Peer doubting(log);
  doubting.says(true, 9);
  Peer same(log);
  Peer newer(Log().list("1").list("2").list("3"));
  log.time = world::kHeadAt.plus_seconds(
      feed::kReassertPeriodSeconds -
      (world::kHeadAt.seconds() - feed::reassert_offset(log.origin().hash())) % feed::kReassertPeriodSeconds);
  Peer reasserted(log);
  for (Peer* other : {&same, &newer, &reasserted}) {
    for (const auto& peers : {std::vector<Peer*>{&doubting, other}, std::vector<Peer*>{other, &doubting}}) {
      const auto collected = ask(peers);
      CHECK(collected.snapshot->hearsay == feed::Hearsay{});
      const auto& report = collected.sources.at(peers[0] == &doubting ? 0 : 1);
      CHECK(report.says_contradicted);  // and is still said
      CHECK(report.says_pending_size == 9u);
    }
  }
  // One whose head is older by its time alone may not have heard of it yet.
  reasserted.says(true);
  CHECK(ask({&reasserted, &same}).snapshot->hearsay == feed::Hearsay{true, std::nullopt});
}

TEST_CASE("a peer's doubt is not undone by one that is behind, doubts too, or gives no feed") {
  const Log log = Log().list("1").list("2");
  Peer doubting(log);
  doubting.says(true);
  const feed::Hearsay contradicted{true, std::nullopt};

  Peer behind(Log().list("1"));
  CHECK(ask({&doubting, &behind}).snapshot->hearsay == contradicted);
  Peer pending(log);
  pending.says(false, 7);
  CHECK(ask({&doubting, &pending}).snapshot->hearsay == feed::Hearsay{true, 7});
  Peer more(log);
  more.says(false, 8);
  CHECK(ask({&more, &pending}).snapshot->hearsay == feed::Hearsay{false, 8});
  Peer keeper(log);
  keeper.objects.erase(Peer::tile(2));
  CHECK(ask({&doubting, &keeper}).snapshot->hearsay == contradicted);
  Peer empty;
  empty.objects["/feeds"] = R"({"feeds":[]})";
  CHECK(ask({&empty, &doubting}).snapshot->hearsay == contradicted);
}

TEST_CASE("a head that a peer calls pending and then shows, or another shows, is none any more") {
  const Log log = Log().list("1").list("2");
  Peer caught_up(log);
  CHECK(ask(caught_up.says(false, 2)).snapshot->hearsay == feed::Hearsay{});
  Peer waiting(Log().list("1"));
  waiting.says(false, 2);
  Peer newest(log);
  CHECK(ask({&waiting, &newest}).snapshot->hearsay == feed::Hearsay{});
  CHECK(ask({&waiting, &caught_up}).snapshot->hearsay == feed::Hearsay{});
}

TEST_CASE("what one peer has given no other is asked for, and nobody twice for what it has not") {
  const Log log = Log().list("1").list("2").list("1", {7}, 2);
  Peer first(log);
  Peer second(log);
  const std::string gone = Log().list("1").last_body;
  first.objects.erase(gone);
  second.objects.erase(gone);
  const auto collected = ask({&first, &second});
  check_good(collected.sources.at(0), SourceState::newest);  // an earlier list is not owed
  check_good(collected.sources.at(1), SourceState::newest);
  CHECK(first.asked.size() == first.objects.size() + 1);
  CHECK(std::ranges::count(first.asked, gone) == 1);
  CHECK(second.asked == std::vector<std::string>{"/feeds", Peer::checkpoint(), Peer::tile(3), gone});
}

TEST_CASE("one peer is asked once, however often and in whatever spelling it is named") {
  const auto peers = peers_at({"https://Node.example/", "https://other.example", "https://node.EXAMPLE:443",
                               "https://node.example:8443", "https://node.example/a",
                               "https://other.example/", "https://node.example/a/"});
  REQUIRE_OK(peers);
  std::vector<std::string> names;
  std::vector<std::string> urls;
  for (const PeerSource& peer : *peers) {
    names.push_back(peer.name);
    urls.push_back(peer.url);
  }
  CHECK(names == std::vector<std::string>{"https://Node.example/", "https://other.example",
                                          "https://node.example:8443", "https://node.example/a"});
  CHECK(urls.at(0) == "https://Node.example");
  CHECK_CODE_NAMES(peers_at({"https://a", "http://b"}), codes::CONFIG_VALUE, "--peer 'http://b': ");
}

TEST_CASE("an issuer without a feed that can be checked: nobody is asked, and the reason is said") {
  const std::pair<std::string, Code> cases[] = {
      {"did:web:university.example", codes::DID_METHOD_UNSUPPORTED},
      {"did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", codes::DID_KEY_TYPE_UNSUPPORTED}};
  for (const auto& [did, code] : cases) {
    const auto& captured = did;  // clang 14 captures no structured binding
    CAPTURE(captured);
    Peer a{Log().list("1")};
    Peer b{Log().list("1")};
    const auto collected = ask({&a, &b}, Did::parse(did).value());
    CHECK_FALSE(collected.snapshot);
    REQUIRE(collected.sources.size() == 2);
    for (const auto& source : collected.sources) {
      CHECK(name_of(source.state) == "not-asked");
      REQUIRE(source.error);
      CHECK_CODE(Result<void>(Failure{*source.error}), code);
    }
    CHECK(a.asked.empty());
    CHECK(b.asked.empty());
  }
}

TEST_CASE("a peer that cannot be reached is unreachable, and only that") {
  const Code cases[] = {codes::HTTP_UNREACHABLE, codes::HTTP_TIMEOUT, codes::HTTP_PROTOCOL};
  for (const Code code : cases) {
    Peer peer{Log().list("1")};
    peer.broken.emplace("/feeds", Error{code, "nobody answers at a"});
    check_source(ask(peer).sources.at(0), SourceState::unreachable, code, "nobody answers at a");
  }
  Peer flood{Log().list("1")};
  flood.broken.emplace("/feeds", Error{codes::HTTP_TOO_LARGE, "more than 4194304 bytes"});
  check_source(ask(flood).sources.at(0), SourceState::bad_evidence, codes::HTTP_TOO_LARGE, "4194304");
}

TEST_CASE("a peer without the feed says so") {
  Peer empty;
  empty.objects["/feeds"] = R"({"feeds":[]})";
  check_source(ask(empty).sources.at(0), SourceState::no_feed, codes::PEER_FEED_UNKNOWN,
               concat("holds no feed of ", one_issuer().did().text()));
  Peer nothing;
  check_source(ask(nothing).sources.at(0), SourceState::no_feed, codes::PEER_FEED_UNKNOWN,
               "nothing at /feeds");
}

TEST_CASE(
    "a list of feeds that is no list, or names an origin that cannot be this issuer's, is bad evidence") {
  const world::Issuer other(2);
  const std::pair<std::string, std::string> cases[] = {
      {origin_of(other).text(), concat("the origin ", origin_of(other).text(), " as that of ")},
      {concat("test/", one_issuer().did().method_specific_id(), "/2"), "ORIGIN_INVALID"},
      // well-formed and of an epoch that only a did:webvh has
      {"test/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG/2", "whose it cannot be"},
      {"", "ORIGIN_INVALID"}};
  for (const auto& [origin, names] : cases) {
    const auto& captured = origin;  // clang 14 captures no structured binding
    CAPTURE(captured);
    Peer peer{Log().list("1")};
    peer.list_feed(one_issuer().did(), origin);
    check_source(ask(peer).sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD, names);
    CHECK(peer.asked.size() == 1);
  }
  Peer garbage;
  garbage.objects["/feeds"] = "<html>";
  check_source(ask(garbage).sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD,
               "JSON_SYNTAX");
}

TEST_CASE("a forged checkpoint over true entries is bad evidence") {
  Peer peer{Log().list("1")};
  peer.objects[Peer::checkpoint()] = Log().list("2").head().note;  // true signature: but of other entries
  check_source(ask(peer).sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD,
               "HEAD_ROOT_MISMATCH");
  std::string& note = peer.objects[Peer::checkpoint()];
  note.replace(note.find("\n1\n"), 3, "\n2\n");
  check_source(ask(peer).sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD, "HEAD_INVALID");
}

TEST_CASE("forged or garbled entries under a true checkpoint are bad evidence") {
  const Log log = Log().list("1").list("2");
  Peer forged(log);
  std::string& bundle = forged.objects[Peer::tile(2)];
  bundle = flipped_digit(bundle, bundle.size() - bundle.find("\"d\":\"") - 5);
  check_source(ask(forged).sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD,
               "HEAD_ROOT_MISMATCH");
  Peer garbled(log);
  garbled.objects[Peer::tile(2)].pop_back();
  const auto collected = ask(garbled);
  check_source(collected.sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD, "TILE_INVALID");
  CHECK_FALSE(collected.snapshot);
}

TEST_CASE("an answer that is neither there nor absent is bad evidence, with its number") {
  Peer peer{Log().list("1")};
  CollectOptions options;
  options.connect_to = [](const PeerSource&) -> Get {
    return [](const std::string&, std::int64_t) -> Result<node::HttpResponse> {
      node::HttpResponse response;
      response.status = 302;
      return response;
    };
  };
  const auto collected =
      collect(one_issuer().did(), {{"a", "https://unused", std::nullopt}}, world::kNow, options);
  check_source(collected.sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD,
               "answered 302 for /feeds");
}

TEST_CASE("a head may be dated ahead as far as clocks differ, and no second more") {
  Log log = Log().list("1");
  log.time = world::kNow.plus_seconds(limits::kClockSkewSecondsMax);
  Peer within(log);
  check_good(ask(within).sources.at(0), SourceState::newest);
  log.time = world::kNow.plus_seconds(limits::kClockSkewSecondsMax + 1);
  Peer ahead(log);
  const auto collected = ask(ahead);
  check_source(collected.sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD,
               concat("dated ", log.time.to_string(), ", more than 300 seconds ahead"));
  CHECK_FALSE(collected.snapshot);
}

TEST_CASE("a feed beyond the limit is not read, and its head still counts as news that is not held") {
  const Log log = Log().list("1");
  Peer huge(log);
  const auto head = feed::sign_head(origin_of(one_issuer()), {kLeavesMax + 1, log.head().tree.root},
                                    world::kHeadAt, one_issuer().signer());
  huge.objects[Peer::checkpoint()] = head.value().note;
  check_source(ask(huge).sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               "1000001 leaves, the limit of this command is 1000000");
  CHECK(huge.asked.size() == 2);
  Peer honest(log);
  const auto collected = ask({&huge, &honest});
  CHECK(name_of(collected.sources.at(0).state) == "too-large");
  check_good(collected.sources.at(1), SourceState::newest);
  REQUIRE(collected.snapshot->pending);
  CHECK(collected.snapshot->pending->tree.size == kLeavesMax + 1);
}

TEST_CASE("a peer that shows a head and keeps back its entries withholds") {
  const Log old_log = Log().list("1");
  const Log log = Log().list("1").list("2");
  Peer keeper(log);
  keeper.objects.erase(Peer::tile(2));
  Peer behind(old_log);
  const auto collected = ask({&keeper, &behind});
  check_source(collected.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS,
               concat("nothing at ", Peer::tile(2)));
  CHECK(collected.sources.at(0).head->tree.size == 2);
  REQUIRE(collected.snapshot->pending);
  CHECK(collected.snapshot->pending->tree.size == 2);

  keeper.broken.emplace(Peer::tile(2), Error{codes::HTTP_TIMEOUT, "no answer within 10000 ms"});
  check_source(ask(keeper).sources.at(0), SourceState::withholds, codes::HTTP_TIMEOUT, "10000 ms");

  Peer headless(log);
  headless.objects.erase(Peer::checkpoint());
  check_source(ask(headless).sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS,
               concat("nothing at ", Peer::checkpoint()));
}

TEST_CASE("a body that is kept back or forged is named, and unknown until another peer gives it") {
  const Log log = Log().list("1").list("2");
  const std::string path = log.bodies.begin()->first;
  Peer keeper(log);
  keeper.objects.erase(path);
  const std::string named = "sha256:" + path.substr(std::string("/bodies/").size());
  const auto alone = ask(keeper);
  check_source(alone.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS,
               concat("did not give the body ", named, " that its feed names"));
  CHECK(alone.snapshot->missing_bodies.size() == 1);

  Peer forger(log);
  forger.objects[path] = log.bodies.rbegin()->second;  // a true list of the issuer, in another's place
  const auto forged = ask(forger);
  check_source(forged.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS, named);
  CHECK(forged.snapshot->missing_bodies.size() == 1);

  Peer honest(log);
  const auto both = ask({&keeper, &honest});
  check_source(both.sources.at(0), SourceState::withholds, codes::PEER_WITHHOLDS, named);
  check_good(both.sources.at(1), SourceState::newest);
  CHECK(both.snapshot->missing_bodies.empty());
}

TEST_CASE("two histories signed by one issuer are told apart from a peer that is merely behind") {
  const Log log = Log().list("1").list("2");
  Peer newest(log);
  Peer behind(Log().list("1"));
  const auto agreeing = ask({&behind, &newest});
  check_good(agreeing.sources.at(0), SourceState::behind);
  check_good(agreeing.sources.at(1), SourceState::newest);
  CHECK_FALSE(agreeing.snapshot->contradicted);

  Peer shorter(Log().list("other"));
  const auto one = ask({&shorter, &newest});
  check_source(one.sources.at(0), SourceState::contradicts, codes::PEER_CONTRADICTS,
               "signed two histories: at size 1 this peer's head has another root than the feed that b gave");
  check_good(one.sources.at(1), SourceState::newest);
  CHECK(one.snapshot->contradicted);

  Peer same_size(Log().list("1").list("other"));
  const auto two = ask({&newest, &same_size});
  check_source(two.sources.at(1), SourceState::contradicts, codes::PEER_CONTRADICTS, "at size 2");
  CHECK(two.snapshot->contradicted);
}

TEST_CASE("feeds of two networks are never mixed: neither is the other's second history nor its answer") {
  Peer real(Log().in("real").list("1", {7}));
  Peer trial(Log().in("trial").list("1").list("2"));
  const auto mixed = ask({&real, &trial});
  CHECK_FALSE(mixed.snapshot);
  CHECK(mixed.networks == std::set<std::string>{"real", "trial"});
  for (const auto& source : mixed.sources) {
    check_source(source, SourceState::other_network, codes::PEER_NETWORKS_DIFFER,
                 "in the network 'real' (at a) and one in 'trial' (at b); say with --network");
  }
  Peer again(Log().in("real").list("1", {7}));
  const auto chosen = ask({&real, &trial, &again}, one_issuer().did(), "real");
  check_good(chosen.sources.at(0), SourceState::newest);
  CHECK(chosen.sources.at(0).network == "real");
  check_source(chosen.sources.at(1), SourceState::no_feed, codes::PEER_FEED_UNKNOWN,
               "in the network 'real'; it holds one in 'trial'");
  check_good(chosen.sources.at(2), SourceState::newest);
  REQUIRE(chosen.snapshot);
  CHECK(chosen.networks.empty());
  CHECK(chosen.snapshot->origin == origin_of(one_issuer(), "real"));
  CHECK_FALSE(chosen.snapshot->contradicted);

  // A head alone says in which network its peer is.
  trial.objects.erase(Peer::tile(2, 0, "trial"));
  const auto headed = ask({&real, &trial});
  CHECK_FALSE(headed.snapshot);
  CHECK(name_of(headed.sources.at(1).state) == "other-network");
}

TEST_CASE("a peer that lists one issuer in two networks must be told which one counts") {
  Peer both(Log().in("real").list("1"));
  nlohmann::json rows = nlohmann::json::array();
  for (const char* network : {"trial", "real"})
    rows.push_back(
        {{"issuer", one_issuer().did().text()}, {"origin", origin_of(one_issuer(), network).text()}});
  both.objects["/feeds"] = nlohmann::json{{"feeds", rows}}.dump();
  const auto undecided = ask(both);
  check_source(undecided.sources.at(0), SourceState::other_network, codes::PEER_NETWORKS_DIFFER,
               "in the network 'trial' and one in 'real'");
  CHECK(undecided.networks == std::set<std::string>{"real", "trial"});
  check_good(ask({&both}, one_issuer().did(), "real").sources.at(0), SourceState::newest);
}

TEST_CASE("answers larger than they can be are bad evidence, and nothing more is asked") {
  Peer wide{Log().list("1")};
  wide.objects[Peer::tile(1)] = std::string(2 + limits::kLeafBytesMax + 1, 'x');
  const auto collected = ask(wide);
  check_source(collected.sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD,
               "gave 2051 bytes for");
  CHECK(wide.asked.size() == 3);
  Peer talkative{Log().list("1")};
  talkative.objects[Peer::checkpoint()] += std::string(limits::kNoteBytesMax, 'x');
  check_source(ask(talkative).sources.at(0), SourceState::bad_evidence, codes::PEER_EVIDENCE_BAD, "16384");
}

TEST_CASE("one time limit holds for all that a peer is asked") {
  Log log;
  for (std::size_t i = 0; i < 20; ++i) log.junk(i, concat("body ", i));
  Peer slow(log);
  slow.answers_in_ms = 9'000;
  const auto collected = ask(slow);
  check_source(collected.sources.at(0), SourceState::withholds, codes::HTTP_TIMEOUT,
               "everything within 60000 ms");
  CHECK(slow.timeouts_ms == std::vector<std::int64_t>{10'000, 10'000, 10'000, 10'000, 10'000, 10'000, 6'000});
  Peer honest(log);
  const auto beside = ask({&slow, &honest});  // the time of one is not the time of another
  check_good(beside.sources.at(1), SourceState::newest);
  CHECK(beside.snapshot->missing_bodies.empty());
}

TEST_CASE("after the first transport error a peer is asked nothing more") {
  Log log;
  for (std::size_t i = 0; i < 5; ++i) log.junk(i, concat("body ", i));
  Peer broken(log);
  for (const auto& [path, bytes] : log.bodies)
    broken.broken.emplace(path, Error{codes::HTTP_TIMEOUT, "late"});
  check_source(ask(broken).sources.at(0), SourceState::withholds, codes::HTTP_TIMEOUT, "late");
  CHECK(broken.asked.size() == 4);
  Peer honest(log);
  const auto both = ask({&broken, &honest});
  CHECK(broken.asked.size() == 8);
  CHECK(both.snapshot->missing_bodies.empty());
}

TEST_CASE("no feed makes this command read bodies without end") {
  Log many;
  for (std::size_t i = 0; i <= kBodiesMax; ++i) many.junk(i, concat("body ", i));
  Peer crowd(many);
  check_source(ask(crowd).sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               "names 513 bodies; this command reads 512 of them");
  Log large;
  const std::size_t fit = kBodiesBytesMax / limits::kBodyBytesMax;
  for (std::size_t i = 0; i <= fit + 1; ++i) {
    std::string body(limits::kBodyBytesMax, 'x');
    body.replace(0, 4, std::to_string(1000 + i));
    large.junk(i, body);
  }
  Peer heavy(large);
  check_source(ask(heavy).sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               "67108864 bytes");
  CHECK(heavy.asked.size() == 3 + fit + 1);
}

TEST_CASE("statements have a limit of their own") {
  Log register_of_schools;
  register_of_schools.list("1");
  for (std::size_t i = 0; i <= kStatementBodiesMax; ++i) register_of_schools.statement(i);
  Peer peer(register_of_schools);
  const auto collected = ask(peer);
  check_source(collected.sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               "names 20001 statements; this command reads 20000 of them");
  CHECK(collected.snapshot->missing_bodies.size() == 1);
  CHECK(collected.snapshot->statements->gaps().missing_count == 1);
}

TEST_CASE("a crowd of lists takes no statement away") {
  Log log;
  for (std::size_t i = 0; i <= kBodiesMax; ++i) log.junk(i, concat("body ", i));
  for (std::size_t i = 0; i < kBodiesMax; ++i) log.statement(i);
  Peer peer(log);
  const auto collected = ask(peer);
  check_source(collected.sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               "names 513 bodies; this command reads 512 of them");
  CHECK(collected.snapshot->statements->gaps().missing_count == 0);
}
