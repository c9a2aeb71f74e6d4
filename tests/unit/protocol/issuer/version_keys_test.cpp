#include "protocol/issuer/version_keys.h"

#include "protocol/did/codes.h"
#include "protocol/issuer/origins.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using issuer::PlacedKeys;

namespace {

DidUrl url(const std::string& text) {
  return DidUrl::parse(text).value();
}

// Entry 1 and an entry that changes nothing but is committed at (1, 4).
struct Two {
  Two() {
    REQUIRE_OK(add(set, branch.body(0)));
    set.commit(1, 0, branch.tip());
    branch.add();
    set.commit(1, 4, branch.tip());
  }
  Branch branch;
  issuer::EntrySet set = set_of(branch);
};

}  // namespace

TEST_CASE(
    "the newest version below a place judges it, and nothing does where one that stands there is not held") {
  Two t;
  CHECK(t.set.first_missing() == feed::LeafPlace{1, 4});
  PlacedKeys before(t.set);
  CHECK(before.at({1, 0}) == nullptr);  // nothing stands below the first leaf
  CHECK(before.at({1, 4}) != nullptr);
  CHECK(before.at({1, 5}) == nullptr);
  CHECK(before.at({2, 0}) == nullptr);

  REQUIRE_OK(add(t.set, t.branch.newest()));
  CHECK_FALSE(t.set.first_missing().has_value());
  const auto history = t.set.history();
  REQUIRE(history.versions.size() == 2);
  CHECK(history.versions[1].placed == feed::LeafPlace{1, 4});
  CHECK(history.version_at({1, 0}) == nullptr);
  CHECK(history.version_at({1, 4}) == &history.versions[0]);
  CHECK(history.version_at({1, 5}) == &history.versions[1]);
  CHECK(history.version_at({3, 0}) == &history.versions[1]);
  PlacedKeys after(t.set);
  CHECK(after.at({1, 5}) == after.at({2, 0}));
  CHECK(after.at({1, 5}) != after.at({1, 1}));
}

TEST_CASE("a version is placed by the first of its leaves, and entries are listed parents first") {
  Two t;
  REQUIRE_OK(add(t.set, t.branch.newest()));
  t.set.commit(1, 9, t.branch.tip());
  t.set.commit(2, 1, t.branch.tip());
  CHECK(t.set.history().versions[1].placed == feed::LeafPlace{1, 4});
  const auto held = t.set.held();
  REQUIRE(held.size() == 2);
  CHECK(held[0].number() == 1);
  CHECK(held[1] == t.branch.tip());
}

TEST_CASE("the keys of a version are its assertion methods, at whatever time") {
  Branch branch;
  issuer::EntrySet set = set_of(branch);
  REQUIRE_OK(add(set, branch.body(0)));
  const issuer::VersionKeys keys(set.history().versions[0].state);
  const std::string did = branch.maker().did();
  const auto method = keys.resolve_method(url(did + "#sig1"), Timestamp(0));
  REQUIRE_OK(method);
  CHECK(method->key == made::key(101).signer.public_key());
  CHECK(method->controller.text() == did);
  CHECK(method->version_id == branch.tip().text());
  CHECK_FALSE(method->low_assurance);
  // The feed key asserts nothing.
  CHECK_CODE(keys.resolve_method(url(did + "#feed-1"), std::nullopt), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK(keys.resolve_method(url(made::key(7).method), std::nullopt)->key == made::key(7).signer.public_key());
  CHECK_CODE(keys.resolve_method(url("did:web:uni.example#sig1"), std::nullopt),
             codes::DID_METHOD_UNSUPPORTED);
}

TEST_CASE("an issuer's log and feeds are named by its SCID") {
  const Branch branch;
  CHECK(issuer::origin_of(kNetwork, branch.scid(), 3)->text() == concat(kNetwork, "/", branch.scid(), "/3"));
  CHECK_FALSE(issuer::origin_of(kNetwork, "no-scid", 1).has_value());
  CHECK(issuer::topic_of(kNetwork, branch.scid()) != issuer::topic_of("other.example", branch.scid()));
  CHECK(issuer::topic_of(kNetwork, branch.scid()) != issuer::origin_of(kNetwork, branch.scid(), 1)->hash());
}
