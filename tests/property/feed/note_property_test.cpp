#include "protocol/feed/codes.h"
#include "protocol/feed/head.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::test::Issuer;

namespace {

merkle::TreeHead any_tree() {
  const auto size = *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 53);
  return {size, sha256(as_bytes(concat(size)))};
}

Timestamp any_time() {
  return Timestamp(*rc::gen::inRange<std::int64_t>(0, 253'402'300'800));
}

// The record's time over a set of times, as design/network.md says it.
Timestamp kept_of(const std::vector<Timestamp>& times, std::int64_t offset) {
  std::optional<Timestamp> reasserted;
  for (const Timestamp time : times)
    if (time.seconds() % 3600 == offset && (!reasserted || time > *reasserted)) reasserted = time;
  return reasserted ? *reasserted : *std::min_element(times.begin(), times.end());
}

}  // namespace

TEST_CASE("a head says what was signed, and only that") {
  CHECK_PROPERTY("verify(sign(x)) == x, and no changed byte verifies", [] {
    Issuer issuer;
    const auto tree = any_tree();
    const Timestamp time = any_time();
    const auto made = feed::sign_head(issuer.origin, tree, time, issuer.signer);
    RC_ASSERT(made.has_value());
    const auto head = feed::verify_head(made->note, issuer.origin, issuer.key());
    RC_ASSERT(head.has_value());
    RC_ASSERT(head->tree.size == tree.size);
    RC_ASSERT(head->tree.root == tree.root);
    RC_ASSERT(head->time == time);
    RC_ASSERT(head->note == made->note);

    std::string damaged = made->note;
    const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
    damaged[at] = static_cast<char>(damaged[at] ^ *rc::gen::inRange(1, 256));
    RC_ASSERT(!feed::verify_head(damaged, issuer.origin, issuer.key()).has_value());
    damaged = made->note.substr(0, at);
    RC_ASSERT(!feed::verify_head(damaged, issuer.origin, issuer.key()).has_value());
  });
}

TEST_CASE("which time is kept is a function of the set of times") {
  CHECK_PROPERTY("folding time_supersedes in any order keeps what the rule says", [] {
    const Issuer issuer;
    const std::int64_t offset = feed::reassert_offset(issuer.origin.hash());
    const auto any = rc::gen::exec([offset] {
      const std::int64_t hour = *rc::gen::inRange<std::int64_t>(400'000, 400'006);
      const std::int64_t second = *rc::gen::weightedOneOf<std::int64_t>(
          {{1, rc::gen::just(offset)}, {1, rc::gen::inRange<std::int64_t>(0, 3600)}});
      return Timestamp(hour * 3600 + second);
    });
    const auto times = *rc::gen::nonEmpty(rc::gen::container<std::vector<Timestamp>>(any));
    Timestamp kept = times.front();
    for (const Timestamp time : times)
      if (feed::time_supersedes(time, kept, issuer.origin.hash())) kept = time;
    RC_ASSERT(kept == kept_of(times, offset));
  });
}
