// Lists that take back a revocation: who saw an earlier list, whatever peer gave it, is not deceived.
#include "node/cli/list_history.h"

#include "node/codes/cli_codes.h"
#include "protocol/feed/codes.h"
#include "tests/unit/node/cli/lying_peers.h"

using namespace vcnode;
using namespace vcnode::cli;
using namespace vcnode::cli::lying_peers;

namespace {

const feed::StatusListState& list_of(const Collected& collected, const std::string& name = "1") {
  REQUIRE(collected.snapshot);
  return collected.snapshot->status_lists.at("https://issuer.example/" + name);
}

void check_cleared(const Collected& collected, std::uint64_t sequence) {
  const auto& list = list_of(collected);
  CHECK(list.sequence == sequence);
  CHECK(list.body == feed::BodyState::bad);
  REQUIRE(list.reason);
  CHECK_CODE(Result<void>(Failure{*list.reason}), codes::STATUS_LIST_CLEARED_REVOCATION);
}

}  // namespace

TEST_CASE("a list that clears what the one before had revoked is bad, whoever gave the one before") {
  const Log revoked = Log().list("1", {7});
  const Log cleared = Log().list("1", {7}).list("1", {}, 2);
  Peer newest(cleared);
  Peer behind(revoked);
  check_cleared(ask(newest), 2);
  check_cleared(ask({&newest, &behind}), 2);
  check_cleared(ask({&behind, &newest}), 2);

  Peer keeper(cleared);
  keeper.objects.erase(revoked.last_body);
  const auto alone = ask(keeper);  // nobody serves the one before: what there was without it
  check_good(alone.sources.at(0), SourceState::newest);
  CHECK(list_of(alone).body == feed::BodyState::held);
  check_cleared(ask({&keeper, &behind}), 2);
  check_cleared(ask({&behind, &keeper}), 2);

  Peer archive(cleared);  // keeps back its own newest and holds the one before
  archive.objects.erase(cleared.last_body);
  const auto both = ask({&keeper, &archive});
  check_good(both.sources.at(0), SourceState::newest);
  check_good(both.sources.at(1), SourceState::newest);  // nobody asked it for what was there
  check_cleared(both, 2);
}

TEST_CASE("a revocation is not washed away by as many lists as are looked back on, with one peer alone") {
  Log log = Log().list("1", {5}).list("1", {5, 7}, 2).list("1", {}, 3).list("1", {1}, 4);
  Peer peer(log);
  check_cleared(ask(peer), 4);
  log.list("1", {1}, 5).list("1", {1}, 6);  // the list that revoked 7 is the fourth before this one
  Peer later(log);
  check_cleared(ask(later), 6);
  Peer forgetful(log);  // peers need not keep what is superseded, and one list of those suffices
  for (const std::uint64_t sequence : {3U, 4U, 5U}) forgetful.objects.erase(log.body_of("1", sequence));
  const auto collected = ask(forgetful);
  check_good(collected.sources.at(0), SourceState::newest);
  check_cleared(collected, 6);
}

TEST_CASE("one list more hides it from who sees one peer, not from who sees one that is behind") {
  Log log = Log().list("1", {5}).list("1", {5, 7}, 2);
  Peer behind(log);
  for (std::uint64_t sequence = 3; sequence <= 3 + feed::kListsBackMax; ++sequence)
    log.list("1", {5}, sequence);
  Peer newest(log);
  CHECK(list_of(ask(newest)).body == feed::BodyState::held);
  check_cleared(ask({&newest, &behind}), 3 + feed::kListsBackMax);
}

TEST_CASE("of every list the same number of predecessors, the nearest of all lists first") {
  Log log = Log().list("1").list("2").list("3");
  for (std::uint64_t sequence = 2; sequence <= 7; ++sequence) log.list("1", {}, sequence);
  log.list("2", {}, 2);
  const auto digest = [&](const std::string& name, std::uint64_t sequence) {
    return log.body_of(name, sequence);
  };
  std::vector<std::string> paths;
  for (const Sha256Digest& found : earlier_lists(log.leaves))
    paths.push_back("/bodies/" + hex_encode(found.view()));
  CHECK(paths == std::vector<std::string>{digest("1", 6), digest("2", 1), digest("1", 5), digest("1", 4),
                                          digest("1", 3)});
}

TEST_CASE("a cleared revocation does not come back to honour by another list after it") {
  const Log revoked = Log().list("1", {7});
  Peer behind(revoked);
  const Log later = Log().list("1", {7}).list("1", {}, 2).list("1", {8}, 3);
  Peer newest(later);
  check_cleared(ask(newest), 3);
  check_cleared(ask({&newest, &behind}), 3);
  Peer keeper(later);
  keeper.objects.erase(Log().list("1", {7}).list("1", {}, 2).last_body);
  check_cleared(ask({&keeper, &behind}), 3);
}

TEST_CASE("honest lists follow each other, and a void or strange leaf between them judges nothing") {
  Peer honest(Log().list("1", {7}).list("2").list("1", {7, 8}, 2).list("1", {7, 8, 9}, 3));
  const auto collected = ask(honest);
  check_good(collected.sources.at(0), SourceState::newest);
  CHECK(list_of(collected).body == feed::BodyState::held);
  CHECK(list_of(collected).sequence == 3);
  CHECK(honest.asked.size() == honest.objects.size());

  Peer with_void(Log().list("1").list("1", {7}, 5).list("1", {}, 3));  // the second is void: 5 is not 2
  const auto passed = ask(with_void);
  CHECK(list_of(passed).body == feed::BodyState::held);
  CHECK(list_of(passed).sequence == 3);
  CHECK_FALSE(list_of(passed).list->bitmap.get(status::StatusIndex(7)).value());
}

TEST_CASE("no crowd of leaves hides the list that revoked behind its own digest") {
  Log log;
  const Log revoking = Log().list("1", {7});
  const std::string digest = revoking.last_body.substr(std::string("/bodies/").size());
  for (const char* uri : {"https://issuer.example/0", "https://issuer.example/9"}) {
    log.leaves.push_back(
        feed::Leaf{std::string(feed::kStatusLeaf), feed::StatusLeafKey{uri, 1}.text(), digest}.encode());
  }
  log.list("1", {7}).list("1", {}, 2);
  Peer peer(log);
  check_cleared(ask(peer), 2);
}

TEST_CASE("earlier lists count against the limit on bodies, after all that the feed needs") {
  Log many;
  for (std::size_t i = 0; i < kBodiesMax; ++i) many.junk(i, concat("body ", i));
  many.leaves.pop_back();
  many.list("1", {7}).list("1", {}, 2);
  Peer crowd(many);
  const auto collected = ask(crowd);
  check_source(collected.sources.at(0), SourceState::too_large, codes::PEER_FEED_TOO_LARGE,
               "names 513 bodies; this command reads 512 of them");
  CHECK(collected.snapshot->missing_bodies.empty());
}
