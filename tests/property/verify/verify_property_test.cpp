// Invariants of the verdict: it is a function of its inputs, less evidence never helps, and no changed text
// is ever accepted.
#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/jcs.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/verify/world.h"

namespace vcnode::verify {
namespace {

using namespace world;
using Snapshot = std::shared_ptr<feed::FeedSnapshot>;

constexpr std::uint8_t kIssuers = 4;

const Issuer& issuer(std::size_t which = 0) {
  static const std::array<Issuer, kIssuers> all = {Issuer(1), Issuer(2), Issuer(3), Issuer(4)};
  return all[which];
}

// Signing lists is slow; what differs between cases is changed in a copy.
Snapshot snapshot_of(std::size_t which, bool revoked, bool suspended) {
  static std::array<std::array<Snapshot, 4>, kIssuers> made;
  auto& slot = made[which][(revoked ? 1u : 0u) + (suspended ? 2u : 0u)];
  Lists lists;
  if (revoked) lists.revoked = {kIndex};
  if (suspended) lists.suspended = {kIndex};
  if (slot == nullptr) slot = feed_of(issuer(which), lists);
  return std::make_shared<feed::FeedSnapshot>(*slot);
}

const std::string& good_text() {
  static const std::string text = sign(issuer(), badge(issuer()));
  return text;
}

// What an accepting reader would act on: higher is better news.
int acceptance(Outcome outcome) {
  if (outcome == Outcome::valid) return 2;
  return outcome == Outcome::issuer_not_confirmed ? 1 : 0;
}

// How good the evidence about the issuer's status is; each flag makes it worse.
struct Evidence {
  bool revoked = false;
  bool suspended = false;
  bool revocation_body_missing = false;
  bool suspension_body_bad = false;
  bool pending = false;
  bool contradicted = false;
  bool feed_missing = false;
  bool list_missing = false;
  bool old = false;  // beyond the policy's maximum

  static constexpr std::array kFlags = {&Evidence::revoked,
                                        &Evidence::suspended,
                                        &Evidence::revocation_body_missing,
                                        &Evidence::suspension_body_bad,
                                        &Evidence::pending,
                                        &Evidence::contradicted,
                                        &Evidence::feed_missing,
                                        &Evidence::list_missing,
                                        &Evidence::old};
};

SnapshotView view_with(const Evidence& evidence) {
  SnapshotView view;
  if (evidence.feed_missing) return view;
  const Snapshot snapshot = snapshot_of(0, evidence.revoked, evidence.suspended);
  auto& revocation = snapshot->status_lists.find(kRevocationList)->second;
  if (evidence.revocation_body_missing) {
    revocation.body = feed::BodyState::missing;
    revocation.list = nullptr;
    snapshot->missing_bodies = {revocation.digest};
  }
  if (evidence.suspension_body_bad)
    snapshot->status_lists.find(kSuspensionList)->second.body = feed::BodyState::bad;
  if (evidence.list_missing) snapshot->status_lists.erase(std::string(kSuspensionList));
  if (evidence.pending) snapshot->pending = feed::PendingHead{{3, {}}, kNow};
  snapshot->contradicted = evidence.contradicted;
  if (evidence.old) snapshot->head.time = kNow.plus_seconds(-10'000);
  view.put(snapshot);
  return view;
}

Outcome outcome_with(const Evidence& evidence, bool trusted) {
  Policy::Values values;
  if (trusted) values.trust.insert(issuer().did());
  values.head_age_max_seconds = 9'999;
  return verify_credential(good_text(), view_with(evidence), Policy(values), kNow).value().outcome;
}

TEST_CASE("worse evidence never improves the outcome") {
  CHECK_PROPERTY("worse evidence never improves the outcome", [](bool trusted) {
    Evidence evidence;
    for (const auto flag : Evidence::kFlags)
      evidence.*flag = *rc::gen::weightedElement<bool>({{3, false}, {1, true}});
    const int before = acceptance(outcome_with(evidence, trusted));
    for (const auto flag : Evidence::kFlags) {
      Evidence worse = evidence;
      worse.*flag = true;
      RC_ASSERT(acceptance(outcome_with(worse, trusted)) <= before);
    }
  });
}

TEST_CASE("any one flaw in otherwise good evidence is enough to refuse") {
  CHECK(acceptance(outcome_with({}, true)) == 2);
  CHECK(acceptance(outcome_with({}, false)) == 1);
  for (const auto flag : Evidence::kFlags) {
    Evidence flawed;
    flawed.*flag = true;
    CHECK(acceptance(outcome_with(flawed, true)) == 0);
  }
}

TEST_CASE("the verdict's bytes depend on the inputs alone, not on the order in which a view was filled") {
  CHECK_PROPERTY("equal inputs give equal bytes", [](bool revoked, bool suspended) {
    const auto subject = *rc::gen::inRange<std::size_t>(0, kIssuers);
    const auto at = kNow.plus_seconds(*rc::gen::inRange(-1'000'000, 1'000'000));
    const std::string text = sign(issuer(subject), badge(issuer(subject)));
    const auto run = [&](std::vector<std::size_t> order) {
      SnapshotView view;
      for (const std::size_t which : order) view.put(snapshot_of(which, revoked, suspended));
      return verify_credential(text, view, trusting(issuer()), at).value().to_jcs();
    };
    std::vector<std::size_t> order = {0, 1, 2, 3};
    const std::string expected = run(order);
    for (std::size_t i = order.size() - 1; i > 0; --i)
      std::swap(order[i], order[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    RC_ASSERT(run(order) == expected);
    RC_ASSERT(run({subject}) == expected);  // other issuers' feeds are not part of it
  });
}

TEST_CASE("threads that verify at once get the same bytes") {
  const SnapshotView view = view_of(snapshot_of(0, false, false));
  const Policy policy = trusting(issuer());
  const std::string expected = verify_credential(good_text(), view, policy, kNow).value().to_jcs();
  std::array<int, 4> different{};
  std::vector<std::thread> threads;
  for (int& count : different) {
    threads.emplace_back([&view, &policy, &expected, &count] {
      for (int i = 0; i < 50; ++i)
        count += verify_credential(good_text(), view, policy, kNow).value().to_jcs() == expected ? 0 : 1;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(different == std::array<int, 4>{});
}

// One random edit: replace, insert, delete or duplicate a stretch.
std::string edited(std::string text) {
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  const auto length = *rc::gen::inRange<std::size_t>(1, 4);
  const auto printable =
      rc::gen::map(rc::gen::inRange(0, 96), [](int c) { return static_cast<char>(c < 95 ? c + ' ' : '\n'); });
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      text[at] = *printable;
      break;
    case 1:
      text.insert(at, 1, *printable);
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(at, text.substr(at, length));
      break;
    default:
      text[at] = static_cast<char>(text[at] ^ (1 << *rc::gen::inRange(0, 8)));
      break;
  }
  return text;
}

// The JCS of a text, or nothing: two texts with one JCS are one credential (white space, escapes, member
// order).
std::optional<std::string> meaning(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document) return std::nullopt;
  return jcs::canonicalize(document->root());
}

TEST_CASE("no edit of the text that changes its meaning is accepted") {
  const SnapshotView view = view_of(snapshot_of(0, false, false));
  const Policy policy = trusting(issuer());
  const auto original = meaning(good_text());
  std::size_t refused = 0;
  CHECK_PROPERTY("an edited credential is refused", [&] {
    for (int variant = 0; variant < 20; ++variant) {
      std::string text = good_text();
      const int edits = *rc::gen::inRange(1, 4);
      for (int i = 0; i < edits; ++i) text = edited(std::move(text));
      const Outcome outcome = verify_credential(text, view, policy, kNow).value().outcome;
      if (meaning(text) == original) {
        RC_ASSERT(outcome == Outcome::valid);
      } else {
        RC_ASSERT(acceptance(outcome) == 0);
        ++refused;
      }
    }
  });
  CHECK(refused >= 1'000);  // most of the 2,000 texts have another meaning
}

}  // namespace
}  // namespace vcnode::verify
