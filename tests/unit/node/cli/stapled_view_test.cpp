// Evidence laid over what a node holds: it goes on from there, or contradicts it, and takes nothing back.
#include "protocol/evidence/stapled_view.h"

#include "node/cli/collect_policy.h"
#include "tests/support/check.h"
#include "tests/unit/node/cli/chronicle.h"

namespace vcnode::cli::stapled_tests {

using namespace vcnode::cli::lying_peers;
using evidence::Bundle;
using evidence::StapledView;

Bundle bundle_of(const Log& log) {
  Bundle out;
  out.feeds.push_back({log.origin(), log.head().note, log.leaves});
  for (const auto& [path, text] : log.bodies) out.add_body(to_bytes(text));
  return out;
}

Bundle bundle_of(const Chronicle& chronicle) {
  Bundle out;
  evidence::History history{chronicle.scid(), test::kNetwork, {}};
  for (std::size_t i = 0; i < chronicle.branch.size(); ++i)
    history.entries.push_back(chronicle.branch.body(i).text());
  out.histories.push_back(std::move(history));
  for (std::size_t epoch = 1; epoch <= chronicle.epochs.size(); ++epoch)
    out.feeds.push_back(
        {chronicle.origin(epoch), chronicle.head(epoch).note, chronicle.epochs[epoch - 1].leaves});
  for (const auto& [path, text] : chronicle.bodies) out.add_body(to_bytes(text));
  return out;
}

verify::SnapshotView held(Peer peer, const Did& issuer) {
  verify::SnapshotView out;
  put(out, ask({&peer}, issuer));
  return out;
}
verify::SnapshotView held(const Log& log) {
  return held(Peer(log), one_issuer().did());
}
verify::SnapshotView held(const Chronicle& chronicle) {
  return held(serving(chronicle), chronicle.did());
}

const std::string& key_issuer() {
  return one_issuer().did().text();
}

TEST_CASE("a feed that is not held is taken from what came with the question") {
  const Log log = Log().list("1", {3});
  const verify::SnapshotView nothing;
  const StapledView view(nothing, bundle_of(log), "test", world::kNow);
  REQUIRE(view.feed_of(key_issuer()));
  CHECK(view.feed_of(key_issuer())->head.tree.size == 1);
  CHECK(view.feed_of(key_issuer())->missing_count == 0);
  CHECK(view.is_stapled(key_issuer()));
  CHECK_FALSE(view.is_stapled("did:web:other.example"));
  CHECK_FALSE(view.feed_of("did:web:other.example"));
}

TEST_CASE("of another network, dated ahead, or without its leaves it is nobody's feed") {
  const verify::SnapshotView nothing;
  Log log = Log().list("1", {3});
  CHECK_FALSE(StapledView(nothing, bundle_of(log), "other", world::kNow).feed_of(key_issuer()));
  log.time = world::kNow.plus_seconds(1'000);
  CHECK_FALSE(StapledView(nothing, bundle_of(log), "test", world::kNow).feed_of(key_issuer()));
  Bundle lacking = bundle_of(Log().list("1", {3}).list("2"));
  lacking.feeds[0].leaves.pop_back();
  CHECK_FALSE(StapledView(nothing, lacking, "test", world::kNow).feed_of(key_issuer()));
}

TEST_CASE("a longer log and a fuller one count, an older one changes nothing") {
  const Log before = Log().list("1", {3});
  const Log after = Log(before).list("1", {3, 7}, 2);
  const auto old = held(before);
  const StapledView longer(old, bundle_of(after), "test", world::kNow);
  CHECK(longer.feed_of(key_issuer())->head.tree.size == 2);
  CHECK(longer.is_stapled(key_issuer()));

  const auto known = held(after);
  const StapledView shorter(known, bundle_of(before), "test", world::kNow);
  CHECK(shorter.feed_of(key_issuer()) == known.feed_of(key_issuer()));
  CHECK_FALSE(shorter.is_stapled(key_issuer()));

  Peer without(after);
  without.objects.erase(after.body_of("1", 2));
  const auto lacking = held(without, one_issuer().did());
  REQUIRE(lacking.feed_of(key_issuer())->missing_count == 1);
  const StapledView fuller(lacking, bundle_of(after), "test", world::kNow);
  CHECK(fuller.feed_of(key_issuer())->missing_count == 0);
}

TEST_CASE("another history of the feed is a contradiction, and nothing that came with it counts") {
  const auto known = held(Log().list("1", {3}));
  for (const Log& other : {Log().list("2"), Log().list("2").list("3")}) {
    const StapledView view(known, bundle_of(other), "test", world::kNow);
    CHECK(view.feed_of(key_issuer())->contradicted);
    CHECK(view.feed_of(key_issuer())->status_lists.contains("https://issuer.example/1"));
    CHECK_FALSE(view.is_stapled(key_issuer()));
  }
}

TEST_CASE("what is known against a feed stays known against a longer one") {
  const Log before = Log().list("1", {3});
  auto feed = std::make_shared<feed::FeedSnapshot>(*held(before).feed_of(key_issuer()));
  feed->contradicted = true;
  feed->pending = feed::PendingHead{{9, {}}, world::kNow};
  verify::SnapshotView doubted;
  doubted.put(feed);
  const StapledView view(doubted, bundle_of(Log(before).list("2")), "test", world::kNow);
  CHECK(view.feed_of(key_issuer())->contradicted);
  REQUIRE(view.feed_of(key_issuer())->pending);
  CHECK(view.feed_of(key_issuer())->pending->tree.size == 9);
}

TEST_CASE("a DID's log counts where it leads on from the one that is held") {
  const Chronicle before = Chronicle().list("1", {3});
  const Chronicle after = Chronicle(before).entry().open_epoch().list("1", {3, 7}, 2);
  const std::string did = before.did().text();
  const auto old = held(before);
  const StapledView longer(old, bundle_of(after), test::kNetwork, world::kNow);
  CHECK(longer.history_of(did)->versions.size() == 3);
  CHECK(longer.feed_of(did)->origin == after.origin(2));
  CHECK(longer.feed_of(did)->status_lists.at("https://uni.example/1").sequence == 2);
  CHECK(longer.is_stapled(did));

  const auto known = held(after);
  const StapledView shorter(known, bundle_of(before), test::kNetwork, world::kNow);
  CHECK(shorter.history_of(did) == known.history_of(did));
  CHECK(shorter.feed_of(did) == known.feed_of(did));

  made::Making elsewhere;
  elsewhere.time = made::kFirstTime.plus_seconds(86'405).to_string();
  Chronicle other = before;
  other.entry(elsewhere).list("9");
  const StapledView forked(known, bundle_of(other), test::kNetwork, world::kNow);
  CHECK(forked.history_of(did) == known.history_of(did));
}

}  // namespace vcnode::cli::stapled_tests
