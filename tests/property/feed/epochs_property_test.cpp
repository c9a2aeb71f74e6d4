// Feeds of several epochs: the state is a function of the leaves and bodies, however they came.
#include <algorithm>
#include <set>

#include "crypto/base/rng.h"
#include "tests/property/feed/random.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::FeedReplica;
using feed::Leaf;
using feed::LeafPlace;
using feed::test::Entry;
using feed::test::Epoch;
using feed::test::kStart;
using feed::test::leaves_of;
using feed::test::shuffle;
using feed::test::uri_of;

namespace {

constexpr std::uint8_t kDelegate = 50;

// All that a replica answers, as text.
std::string state_of(const FeedReplica& replica) {
  std::string out = concat(replica.size(), " ", hex_encode(replica.frontier().root().view()), "\n");
  for (const auto& [uri, list] : replica.status_lists()) {
    out += concat(uri, " ", list.sequence, " ", hex_encode(list.digest.view()), " ", list.place.epoch, "/",
                  list.place.index, " ", static_cast<int>(list.body));
    out += list.reason ? concat(" ", list.reason->code.slug(), "\n") : std::string("\n");
  }
  for (const feed::BodyNeed& need : replica.missing())
    out += concat(need.type, " ", need.key, " ", need.place.epoch, "/", need.place.index, "\n");
  for (const auto& [uri, leaves] : replica.status_leaf_counts()) out += concat(uri, " ", leaves, "\n");
  for (const feed::VersionLeaf& leaf : replica.version_leaves())
    out += concat(leaf.index, leaf.version_id, "\n");
  out += hex_encode(replica.state_map().root().view());
  if (replica.head()) {
    const auto snapshot = replica.snapshot();
    out += concat(snapshot->missing_count, snapshot->closed ? " closed" : "",
                  snapshot->false_state ? " false" : "");
  }
  return out;
}

struct Chapter {  // of a history: an epoch and its leaves, of which all but the last epoch's are sealed
  Epoch epoch;
  std::vector<Entry> entries;
};

// An issuer that errs: void lists, lists by strangers and delegates, false state leaves, bad Closed
// statements.
class Author {
 public:
  explicit Author(Rng& rng) : rng_(rng) {}

  std::vector<Chapter> history() {
    std::vector<Chapter> chapters;
    const std::uint64_t epochs = 1 + rng_.below(3);
    for (std::uint64_t number = 1; number <= epochs; ++number) {
      chapters.push_back({Epoch(number, static_cast<std::uint8_t>(number)), {}});
      Chapter& chapter = chapters.back();
      state_leaves_ = 0;
      lists_.clear();
      const std::uint64_t leaves = rng_.below(9) + (number < epochs ? 1 : 0);
      for (std::uint64_t i = 0; i < leaves; ++i) add(chapter.epoch, chapter.entries);
    }
    return chapters;
  }

 private:
  void add(Epoch& epoch, std::vector<Entry>& entries) {
    entries.push_back(next(epoch));
    says_.put(Leaf::parse(entries.back().leaf).value());
  }
  Entry next(Epoch& epoch) {
    switch (rng_.below(10)) {
      case 0:
        return statement_entry(epoch.as, concat("urn:s:", rng_.below(4)));
      case 1:
        return delegation_entry(epoch, {.id = concat("urn:d:", rng_.below(2))});
      case 2:
        return feed::test::bare(feed::kListKeyLeaf, concat("urn:d:", rng_.below(2)), "");
      case 3:
        return feed::test::bare(feed::kWebvhLeaf, "3", feed::test::version_id(3));
      case 4: {
        const auto root = rng_.below(3) == 0 ? Sha256Digest() : says_.root();
        return feed::test::bare(feed::kStateLeaf, concat(++state_leaves_), hex_encode(root.view()));
      }
      case 5:
        if (rng_.below(3) == 0) {
          feed::test::Issuer stranger(9);
          stranger.did = epoch.as.did;
          return closed_entry(stranger);
        }
        return rng_.below(3) == 0 ? closed_entry(epoch.as) : feed::test::bare("offering", "urn:o#1", "x");
      default:
        return list(epoch);
    }
  }
  Entry list(Epoch& epoch) {
    const std::uint64_t uri = rng_.below(2);
    // A restart compares with so many lists before the newest of an epoch.
    if (++lists_[uri] > feed::kListsBackMax + 1) return feed::test::bare("offering", "urn:o#1", "x");
    const std::uint64_t count = ++counts_[uri];
    if (rng_.below(8) == 0) set_[uri].clear();
    set_[uri].insert(rng_.below(20));
    const feed::test::ListContent content{.uri = uri_of(uri),
                                          .sequence = rng_.below(6) == 0 ? count + 1 : count,
                                          .set = {set_[uri].begin(), set_[uri].end()},
                                          .seconds = ++seconds_};
    return rng_.below(3) == 0 ? delegated_list(epoch, content, kDelegate) : list_entry(epoch.as, content);
  }

  Rng& rng_;
  std::map<std::uint64_t, std::uint64_t> counts_, lists_;
  std::map<std::uint64_t, std::set<std::uint64_t>> set_;
  feed::StateMap says_;
  std::uint64_t state_leaves_ = 0;
  std::int64_t seconds_ = 0;
};

// Whose keys are in force at a place: those of its epoch.
feed::ResolverAt resolver_of(const std::vector<Chapter>& chapters) {
  return [&chapters](const LeafPlace& place) { return chapters.at(place.epoch - 1).epoch.resolver; };
}

feed::BodyReader reader_of(const std::vector<Chapter>& chapters,
                           const std::set<Sha256Digest>& withheld = {}) {
  std::vector<Entry> all;
  for (const Chapter& chapter : chapters)
    for (const Entry& entry : chapter.entries)
      if (!entry.body.empty() && !withheld.contains(entry.need.digest)) all.push_back(entry);
  return feed::test::reader_of(all);
}

void replay_newest(FeedReplica& replica, Chapter& chapter, const feed::BodyReader& read,
                   const feed::ResolverAt& at) {
  const auto leaves = leaves_of(chapter.entries);
  RC_ASSERT(replica.replay(chapter.epoch.head(leaves).note, leaves, read, at).has_value());
}

FeedReplica in_one_go(std::vector<Chapter>& chapters, const feed::BodyReader& read) {
  const auto at = resolver_of(chapters);
  FeedReplica replica = chapters.front().epoch.replica();
  for (std::size_t i = 0; i + 1 < chapters.size(); ++i) {
    const auto leaves = leaves_of(chapters[i].entries);
    RC_ASSERT(replica.replay_sealed(Epoch::tree_of(leaves), leaves, read, at).has_value());
    replica = continued(std::move(replica), chapters[i + 1].epoch);
  }
  replay_newest(replica, chapters.back(), read, at);
  return replica;
}

// Whatever of `read` is missing, in random order, until nothing helps.
void add_missing(FeedReplica& replica, const std::vector<Chapter>& chapters, const feed::BodyReader& read,
                 Rng& rng) {
  auto needs = replica.missing();
  shuffle(needs, rng);
  const auto at = resolver_of(chapters);
  for (const feed::BodyNeed& need : needs)
    if (const auto body = read(need.digest))
      replica.add_body(check_body(need, *body, replica.issuer(), *at(need.place)));
}

// Leaf by leaf, or several at once; bodies as they are asked for.
FeedReplica in_pieces(std::vector<Chapter>& chapters, const feed::BodyReader& read, Rng& rng, bool singly) {
  FeedReplica replica = chapters.front().epoch.replica();
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const auto leaves = leaves_of(chapters[i].entries);
    for (std::size_t size = 0; size <= leaves.size(); size += singly ? 1 : 1 + rng.below(4)) {
      chapters[i].epoch.grow(replica, {leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size)});
      if (singly) add_missing(replica, chapters, read, rng);
    }
    chapters[i].epoch.grow(replica, leaves);
    add_missing(replica, chapters, read, rng);
    if (i + 1 == chapters.size()) break;
    replica.set_seal(Epoch::tree_of(leaves));
    replica = continued(std::move(replica), chapters[i + 1].epoch);
  }
  return replica;
}

// Which list of each URI is in force, leaf by leaf over all epochs.
std::map<std::string, std::string> in_force(const std::vector<Chapter>& chapters) {
  std::map<std::string, std::string> newest;
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t epoch = 0; epoch < chapters.size(); ++epoch) {
    for (std::size_t i = 0; i < chapters[epoch].entries.size(); ++i) {
      const Leaf leaf = Leaf::parse(chapters[epoch].entries[i].leaf).value();
      if (leaf.type != "status") continue;
      const auto uri = leaf.key.substr(0, leaf.key.find('#'));
      if (leaf.key == concat(uri, "#", ++counts[uri]))
        newest[uri] = concat(counts[uri], " ", leaf.digest, " ", epoch + 1, "/", i);
    }
  }
  return newest;
}

}  // namespace

TEST_CASE("epochs in one go, or leaf by leaf with the bodies that are asked for, end alike") {
  CHECK_PROPERTY("in one go == in pieces == restored", [](std::uint64_t seed) {
    SeededRng rng(seed);
    auto chapters = Author(rng).history();
    const auto read = reader_of(chapters);
    const auto whole = state_of(in_one_go(chapters, read));
    RC_ASSERT(state_of(in_pieces(chapters, read, rng, true)) == whole);
    RC_ASSERT(state_of(in_one_go(chapters, read)) == whole);
  });
}

TEST_CASE("the list in force over all epochs is the one the rule says, counted naively") {
  CHECK_PROPERTY("lists against model", [](std::uint64_t seed) {
    SeededRng rng(seed);
    auto chapters = Author(rng).history();
    const FeedReplica replica = in_pieces(chapters, feed::test::reader_of({}), rng, false);
    std::map<std::string, std::string> found;
    for (const auto& [uri, list] : replica.status_lists())
      found[uri] = concat(list.sequence, " ", hex_encode(list.digest.view()), " ", list.place.epoch, "/",
                          list.place.index);
    RC_ASSERT(found == in_force(chapters));
  });
}

TEST_CASE("the order in which bodies come does not matter, nor which of them came before a restart") {
  CHECK_PROPERTY("bodies in any order", [](std::uint64_t seed) {
    SeededRng rng(seed);
    auto chapters = Author(rng).history();
    std::set<Sha256Digest> withheld, late;
    for (const Chapter& chapter : chapters)
      for (const Entry& entry : chapter.entries) {
        if (rng.below(5) == 0) withheld.insert(entry.need.digest);
        if (rng.below(2) == 0) late.insert(entry.need.digest);
      }
    const auto read = reader_of(chapters, withheld);
    const auto finished = [&](FeedReplica replica) {
      for (int round = 0; round < 3; ++round) add_missing(replica, chapters, read, rng);
      return state_of(replica);
    };
    const auto nothing = feed::test::reader_of({});
    const auto whole = finished(in_one_go(chapters, nothing));
    RC_ASSERT(finished(in_one_go(chapters, nothing)) == whole);
    RC_ASSERT(finished(in_pieces(chapters, nothing, rng, false)) == whole);
  });
}
