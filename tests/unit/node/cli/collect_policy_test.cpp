// What judging by a policy reads is found by asking, collecting what was missed, and asking again.
#include "node/cli/collect_policy.h"

#include <algorithm>

#include "node/codes/cli_codes.h"
#include "protocol/did/lookup_name.h"
#include "tests/support/check.h"
#include "tests/unit/protocol/verify/world.h"

namespace vcnode::cli {
namespace {

std::string lookup(const Did& did) {
  return std::string(lookup_name_of(did.text()));
}

// A feed whose only statement accredits `subject`.
std::shared_ptr<feed::FeedSnapshot> feed_accrediting(const world::Issuer& author, const Did& subject) {
  auto made = std::make_shared<statement::Statement>();
  made->id = "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c12";
  made->digest = sha256(as_bytes(made->id));
  made->issuer_did = author.did().text();
  made->subject_id = subject.text();
  made->from = world::kIssuedAt;
  made->says = statement::Accreditation{};
  auto feed = world::feed_of(author);
  feed->statements = std::make_shared<const statement::StatementLog>(
      statement::StatementLog().with({{std::move(made), {1, 2}}}));
  return feed;
}

// A network of feeds, and who of it was asked for.
struct Served {
  std::map<std::string, std::shared_ptr<feed::FeedSnapshot>> feeds;
  std::vector<std::string> asked;
  Collected operator()(const Did& did) {
    asked.push_back(lookup(did));
    Collected out;
    if (const auto found = feeds.find(lookup(did)); found != feeds.end()) out.snapshot = found->second;
    return out;
  }
};

recognition::Policy anchored_at(const Did& did) {
  recognition::Policy policy;
  policy.anchors.emplace_back().did = did.text();
  return policy;
}

// Follows accreditations from `start`, as judging does.
auto follows(const Did& start) {
  return [start](const verify::View& view) {
    std::vector<std::string> open{start.text()};
    std::set<std::string> seen;
    while (!open.empty()) {
      const std::string did = open.back();
      open.pop_back();
      if (!seen.insert(did).second) continue;
      const auto feed = view.feed_of(did);
      if (!feed) continue;
      for (const auto* entry : feed->statements->entries()) open.push_back(entry->statement->subject_id);
    }
  };
}

TEST_CASE("bodies are collected as the statements of others lead to them, each once") {
  const world::Issuer ministry(7);
  const world::Issuer agency(8);
  const world::Issuer school(9);
  Served served;
  served.feeds[lookup(ministry.did())] = feed_accrediting(ministry, agency.did());
  served.feeds[lookup(agency.did())] = feed_accrediting(agency, school.did());
  verify::SnapshotView view;
  REQUIRE_OK(
      collect_for_policy(anchored_at(ministry.did()), {}, follows(ministry.did()), std::ref(served), view));
  CHECK(served.asked ==
        std::vector<std::string>{lookup(ministry.did()), lookup(agency.did()), lookup(school.did())});
  CHECK(view.feed_of(agency.did().text()) != nullptr);
  CHECK(view.feed_of(school.did().text()) == nullptr);  // nobody has it, and it was asked for once
}

TEST_CASE("what nobody named is not asked for") {
  const world::Issuer ministry(7);
  const world::Issuer stranger(8);
  Served served;
  verify::SnapshotView view;
  const auto ask = [&](const verify::View& held) { (void)held.feed_of(stranger.did().text()); };
  REQUIRE_OK(collect_for_policy(anchored_at(ministry.did()), {}, ask, std::ref(served), view));
  CHECK(served.asked.empty());
  REQUIRE_OK(collect_for_policy(anchored_at(ministry.did()), {stranger.did()}, ask, std::ref(served), view));
  CHECK(served.asked == std::vector<std::string>{lookup(stranger.did())});
}

TEST_CASE("a policy that leads to too many bodies says so, and what came is kept") {
  recognition::Policy policy;
  std::vector<Did> named;
  for (std::size_t i = 0; i <= kBodiesOfPolicyMax; ++i)
    named.push_back(*Did::parse(concat("did:web:body", i, ".example")));
  for (std::size_t i = 0; i < recognition::kPolicyNamesMax && i < named.size(); ++i)
    policy.referencing_from.insert(named[i]);
  Served served;
  verify::SnapshotView view;
  const auto ask = [&](const verify::View& held) {
    for (const Did& did : named) (void)held.feed_of(did.text());
  };
  CHECK_CODE_NAMES(collect_for_policy(policy, named, ask, std::ref(served), view), codes::POLICY_TOO_WIDE,
                   "1000");
  CHECK(served.asked.size() == kBodiesOfPolicyMax);
}

}  // namespace
}  // namespace vcnode::cli
