#include "crypto/hash.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;

Sha256Digest digest_of(std::string_view text) {
  return sha256(as_bytes(text));
}

TEST_CASE("the policy digest covers everything that can change an answer, defaults included") {
  CHECK(
      Policy().digest() ==
      digest_of(R"({"headAgeMaxSeconds":null,"headAgeWarnSeconds":172800,"observerQuorum":1,"observers":[],)"
                R"("ruleset":"vcnode-rules/1","trust":[],"v":1,"witnesses":null})"));
  Policy::Values values;
  values.trust = {Did::parse("did:example:b").value(), Did::parse("did:example:a").value()};
  values.head_age_warn_seconds = 60;
  values.head_age_max_seconds = 3600;
  values.observers = {Did::parse("did:example:c").value()};
  values.observer_quorum = 2;
  CHECK(
      Policy(values).digest() ==
      digest_of(
          R"({"headAgeMaxSeconds":3600,"headAgeWarnSeconds":60,"observerQuorum":2,"observers":["did:example:c"],)"
          R"("ruleset":"vcnode-rules/1","trust":["did:example:a","did:example:b"],"v":1,"witnesses":null})"));
}

TEST_CASE("the policy in a verdict is the one that was used") {
  const Issuer issuer(1);
  const Policy policy = trusting(issuer);
  const SnapshotView view = view_of(feed_of(issuer));
  const std::string text = sign(issuer, badge(issuer));
  CHECK(verify_credential(text, view, policy, kNow).value().policy == policy.digest());
  CHECK(verify_credential(text, view, Policy(), kNow).value().policy == Policy().digest());
  CHECK(policy.digest() != Policy().digest());
}

TEST_CASE("a snapshot view keeps one snapshot per issuer, the last one put") {
  const Issuer issuer(1);
  SnapshotView view;
  CHECK(view.feed_of(issuer.did().text()) == nullptr);
  const auto first = feed_of(issuer);
  const auto second = feed_of(issuer, {.revoked = {kIndex}, .suspended = {}});
  view.put(first);
  CHECK(view.feed_of(issuer.did().text()) == first);
  view.put(second);
  CHECK(view.feed_of(issuer.did().text()) == second);
  CHECK(view.feed_of("did:example:nobody") == nullptr);
}

}  // namespace
}  // namespace vcnode::verify
