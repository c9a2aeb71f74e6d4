#include "protocol/observe/answers.h"

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/did/jwk.h"
#include "protocol/did/key.h"
#include "protocol/observe/codes.h"
#include "protocol/status/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using observe::Observers;
using status::Purpose;
using status::StatusEntry;
using status::StatusIndex;

using test::kIssuer;

namespace {

const std::string kDocument = kIssuer.document_url();
const std::string kList = kIssuer.list_url();

Timestamp day(std::int64_t n) {
  return Timestamp(1'800'000'000 + 86'400 * n);
}

Ed25519PublicKey key(std::uint8_t seed) {
  return test::key_of_seed(seed).public_key();
}

StatusEntry entry(std::uint64_t index, Purpose purpose = Purpose::revocation) {
  return {purpose, kList, StatusIndex(index)};
}

Observers alone(const test::ObserverFeed& feed, bool doubted = false) {
  return Observers({feed.observer(doubted)}, 1);
}

Observers both(const test::ObserverFeed& a, const test::ObserverFeed& b, std::uint32_t quorum = 1) {
  return Observers({a.observer(), b.observer()}, quorum);
}

// Saw the document on day 10 and since.
test::ObserverFeed watching() {
  test::ObserverFeed feed;
  feed.see(kDocument, day(10), kIssuer.document());
  return feed;
}

}  // namespace

TEST_CASE("a key is known from the first time it was seen") {
  test::ObserverFeed feed = watching();
  feed.see(kDocument, day(17), kIssuer.document());
  const auto seen = alone(feed);
  const auto answer = seen.key_of(kIssuer.method(), {day(12), day(30)});
  REQUIRE_OK(answer);
  CHECK(answer->key == key(1));
  CHECK(answer->seen == observe::Seen{1, day(10), day(17)});
  CHECK(seen.key_of(kIssuer.method(), {day(10), day(30)}).has_value());
  CHECK(seen.key_of(kIssuer.method(), {day(3000), day(3000)}).has_value());  // its server is gone for good
  CHECK_CODE_NAMES(seen.key_of(kIssuer.method(), {day(10).plus_seconds(-1), day(30)}),
                   codes::KEY_NOT_OBSERVED, day(10).to_string());
  // What was seen after `at` is not known at `at`.
  CHECK_CODE(seen.key_of(kIssuer.method(), {day(20), day(9)}), codes::KEY_NOT_OBSERVED);
  CHECK(seen.key_of(kIssuer.method(), {day(12), day(12)})->seen.last == day(12));
}

TEST_CASE("a key that was replaced stays known for the time in which it was seen") {
  test::ObserverFeed feed = watching();
  feed.see(kDocument, day(20), kIssuer.document({{"new", 2}}));
  const auto seen = alone(feed);
  CHECK(seen.key_of(kIssuer.method(), {day(15), day(30)})->key == key(1));
  CHECK_CODE(seen.key_of(kIssuer.method(), {day(20), day(30)}), codes::KEY_NOT_OBSERVED);
  CHECK(seen.key_of(kIssuer.method("new"), {day(20), day(30)})->key == key(2));
  CHECK_CODE(seen.key_of(kIssuer.method("new"), {day(15), day(30)}), codes::KEY_NOT_OBSERVED);
}

TEST_CASE("a method with other key bytes is another key from the time it was seen") {
  test::ObserverFeed feed = watching();
  feed.see(kDocument, day(20), kIssuer.document({{"k", 2}}));
  feed.see(kDocument, day(25), kIssuer.document());
  const auto seen = alone(feed);
  CHECK(seen.key_of(kIssuer.method(), {day(19), day(30)})->key == key(1));
  CHECK(seen.key_of(kIssuer.method(), {day(21), day(30)})->key == key(2));
  CHECK(seen.key_of(kIssuer.method(), {day(21), day(30)})->seen == observe::Seen{1, day(20), day(20)});
  CHECK(seen.key_of(kIssuer.method(), {day(26), day(30)})->seen == observe::Seen{1, day(10), day(25)});
}

TEST_CASE("who has not seen the issuer, or holds no text that can be read, says nothing of a key") {
  const test::ObserverFeed nothing;
  test::ObserverFeed without_text;
  without_text.see(kDocument, day(10), kIssuer.document(), false);
  test::ObserverFeed nonsense;
  nonsense.see(kDocument, day(10), "<html>");
  for (const test::ObserverFeed* feed :
       std::initializer_list<const test::ObserverFeed*>{&nothing, &without_text, &nonsense}) {
    CHECK_CODE(alone(*feed).key_of(kIssuer.method(), {day(12), day(30)}), codes::KEY_NOT_OBSERVED);
    CHECK(both(*feed, watching()).key_of(kIssuer.method(), {day(12), day(30)})->seen.observers == 1);
  }
  CHECK_CODE(alone(watching(), true).key_of(kIssuer.method(), {day(12), day(30)}), codes::KEY_NOT_OBSERVED);
  CHECK_CODE(Observers({}, 1).key_of(kIssuer.method(), {day(12), day(30)}), codes::KEY_NOT_OBSERVED);
  CHECK_FALSE(alone(nothing).first_seen(kDocument).has_value());
}

TEST_CASE("a method that the document ends or revokes is told as such") {
  const auto with_member = [](const char* member, const std::string& value) {
    auto document = nlohmann::json::parse(kIssuer.document());
    document["verificationMethod"][0][member] = value;
    return document.dump();
  };
  test::ObserverFeed ending;
  ending.see(kDocument, day(10), with_member("expires", day(15).to_string()));
  const auto ended = [&](const Observers& observers, Timestamp signed_at) {
    return observers.key_of(kIssuer.method(), {signed_at, day(30)});
  };
  CHECK(ended(alone(ending), day(15).plus_seconds(-1))->is_good());
  CHECK(ended(alone(ending), day(15))->expired == day(15));
  CHECK_FALSE(ended(alone(ending), day(15))->is_good());
  // An observer whose document says nothing of an end gives another answer.
  CHECK_CODE(ended(both(ending, watching()), day(16)), codes::OBSERVERS_DIFFER);
  CHECK(ended(both(ending, watching()), day(14))->seen.observers == 2);

  test::ObserverFeed revoking = watching();
  revoking.see(kDocument, day(20), with_member("revoked", day(18).to_string()));
  revoking.see(kDocument, day(21), kIssuer.document());  // and silent about it later
  for (const Timestamp signed_at : {day(12), day(19), day(25)})
    CHECK(ended(alone(revoking), signed_at)->revoked == day(18));
  CHECK(alone(revoking).key_of(kIssuer.method(), {day(12), day(19)})->is_good());  // not known yet
  CHECK(ended(both(watching(), revoking), day(12))->revoked == day(18));
  const Observers doubted({revoking.observer(true), watching().observer()}, 1);
  CHECK(ended(doubted, day(12))->revoked == day(18));
}

TEST_CASE("a method of a type that is not read was seen all the same") {
  auto document = nlohmann::json::parse(kIssuer.document());
  document["verificationMethod"][0]["type"] = "Foo";
  test::ObserverFeed feed;
  feed.see(kDocument, day(10), document.dump());
  CHECK_CODE_NAMES(alone(feed).key_of(kIssuer.method(), {day(12), day(30)}),
                   codes::VERIFICATION_METHOD_UNREAD, "Foo");
  CHECK(both(feed, watching()).key_of(kIssuer.method(), {day(12), day(30)})->seen.observers == 1);
}

TEST_CASE("only a did:web is asked for") {
  const auto did_key = DidUrl::parse(did_key::verification_method_of(key(1))).value();
  CHECK_CODE(alone(watching()).key_of(did_key, {day(12), day(30)}), codes::DID_METHOD_UNSUPPORTED);
  CHECK_CODE(alone(watching()).key_of(DidUrl::parse("did:web:127.0.0.1#k").value(), {day(12), day(30)}),
             codes::DID_HOST);
}

TEST_CASE("observers that see one key are counted, and as many as were asked for must see it") {
  test::ObserverFeed other;
  other.see(kDocument, day(5), kIssuer.document());
  other.see(kDocument, day(12), kIssuer.document());
  const auto answer = both(watching(), other, 2).key_of(kIssuer.method(), {day(11), day(30)});
  REQUIRE_OK(answer);
  CHECK(answer->seen == observe::Seen{2, day(5), day(12)});
  // Only one of them had seen it by then.
  CHECK_CODE(both(watching(), other, 2).key_of(kIssuer.method(), {day(6), day(30)}), codes::OBSERVERS_DIFFER);
  CHECK(both(watching(), other).key_of(kIssuer.method(), {day(6), day(30)})->seen.observers == 1);
}

TEST_CASE("observers that see different keys differ, unless one key has the voices") {
  test::ObserverFeed other;
  other.see(kDocument, day(5), kIssuer.document({{"k", 2}}));
  CHECK_CODE(both(watching(), other).key_of(kIssuer.method(), {day(11), day(30)}), codes::OBSERVERS_DIFFER);
  CHECK_CODE(both(watching(), other, 2).key_of(kIssuer.method(), {day(11), day(30)}),
             codes::OBSERVERS_DIFFER);
  const Observers three({watching().observer(), other.observer(), watching().observer()}, 2);
  CHECK(three.key_of(kIssuer.method(), {day(11), day(30)})->key == key(1));
  CHECK(three.key_of(kIssuer.method(), {day(11), day(30)})->seen.observers == 2);
  // Who saw the document without the method has seen no other key.
  test::ObserverFeed before;
  before.see(kDocument, day(10), kIssuer.document({}));
  CHECK(both(watching(), before).key_of(kIssuer.method(), {day(11), day(30)})->key == key(1));
}

TEST_CASE("a bit is that of the newest list at or before the time") {
  test::ObserverFeed feed = watching();
  feed.see(kList, day(11), kIssuer.list({.valid_from = day(11)}));
  feed.see(kList, day(20), kIssuer.list({.set_bits = {7}, .valid_from = day(19)}));
  feed.see(kList, day(27), kIssuer.list({.set_bits = {7}, .valid_from = day(19)}));
  const auto seen = alone(feed);
  const auto clear = seen.bit_of(entry(8), kIssuer.did(), day(40));
  REQUIRE_OK(clear);
  CHECK_FALSE(clear->set);
  CHECK(clear->seen == observe::Seen{1, day(20), day(27)});
  CHECK(clear->evidence.size() == 1);
  CHECK(seen.bit_of(entry(7), kIssuer.did(), day(40))->set);
  CHECK_FALSE(seen.bit_of(entry(7), kIssuer.did(), day(19))->set);
  CHECK_CODE(seen.bit_of(entry(7), kIssuer.did(), day(10)), codes::STATUS_NOT_OBSERVED);
}

TEST_CASE("any observer's set bit is set, and clear needs the voices") {
  test::ObserverFeed with;
  with.see(kDocument, day(10), kIssuer.document());
  with.see(kList, day(20), kIssuer.list({.set_bits = {7}, .valid_from = day(19)}));
  test::ObserverFeed without = watching();
  without.see(kList, day(30), kIssuer.list({.valid_from = day(11)}));
  CHECK(both(with, without).bit_of(entry(7), kIssuer.did(), day(40))->set);
  CHECK(both(without, with, 2).bit_of(entry(7), kIssuer.did(), day(40))->set);
  CHECK(both(without, with, 2).bit_of(entry(7), kIssuer.did(), day(40))->seen.observers == 1);
  CHECK(both(without, with, 2).bit_of(entry(8), kIssuer.did(), day(40))->seen.observers == 2);
  CHECK(both(without, with, 2).bit_of(entry(8), kIssuer.did(), day(40))->evidence.size() == 2);
  CHECK_CODE(both(without, watching(), 2).bit_of(entry(8), kIssuer.did(), day(40)), codes::OBSERVERS_DIFFER);
  // An observer that told two histories can still show a revocation, but clears nothing.
  CHECK(alone(with, true).bit_of(entry(7), kIssuer.did(), day(40)).has_value() == false);
  const Observers doubted({with.observer(true), without.observer()}, 1);
  CHECK(doubted.bit_of(entry(7), kIssuer.did(), day(40))->set);
  CHECK_FALSE(doubted.bit_of(entry(8), kIssuer.did(), day(40))->set);
  CHECK(doubted.bit_of(entry(8), kIssuer.did(), day(40))->seen.observers == 1);
}

TEST_CASE("a list that cannot be read or used says nothing") {
  const auto why = [](std::string_view text, const StatusEntry& asked) {
    test::ObserverFeed feed = watching();
    feed.see(kList, day(20), text);
    return alone(feed).bit_of(asked, kIssuer.did(), day(40));
  };
  const auto& refused = codes::STATUS_NOT_OBSERVED;
  CHECK_CODE_NAMES(why(kIssuer.list({.valid_from = day(19), .seed = 2}), entry(8)), refused, "not good");
  CHECK_CODE(why(kIssuer.list({.valid_from = day(19), .issuer = "did:web:other.example"}), entry(8)),
             refused);
  CHECK_CODE(why(kIssuer.list({.valid_from = day(19), .entries = 9'992}), entry(8)), refused);
  CHECK_CODE_NAMES(why(kIssuer.list({.valid_from = day(19), .purpose = Purpose::suspension}), entry(8)),
                   refused, "suspension");
  CHECK_CODE_NAMES(why(kIssuer.list({.valid_from = day(19), .entries = 10'000}), entry(10'000)), refused,
                   "10000");
  CHECK_CODE_NAMES(why(kIssuer.list({.valid_from = day(19), .valid_until = day(39)}), entry(8)), refused,
                   "valid until");
  CHECK_CODE_NAMES(why(kIssuer.list({.valid_from = day(41)}), entry(8)), refused, "begins");
  CHECK_CODE(why("{}", entry(8)), refused);
  CHECK(why(kIssuer.list({.valid_from = day(19), .entries = 10'000}), entry(9'999)).has_value());
  // A revocation is the last word, also in a list that has ended; a suspension is not.
  CHECK(why(kIssuer.list({.set_bits = {8}, .valid_from = day(19), .valid_until = day(39)}), entry(8))->set);
  CHECK_CODE(why(kIssuer.list({.set_bits = {8},
                               .valid_from = day(19),
                               .purpose = Purpose::suspension,
                               .valid_until = day(39)}),
                 entry(8, Purpose::suspension)),
             refused);
}

TEST_CASE("a revocation that was seen once is not taken back by what is seen later") {
  test::ObserverFeed feed = watching();
  feed.see(kList, day(11), kIssuer.list({.valid_from = day(11)}));
  feed.see(kList, day(20), kIssuer.list({.set_bits = {7}, .valid_from = day(19)}));
  const auto set_at = [&](std::int64_t n, Purpose purpose = Purpose::revocation) {
    return alone(feed).bit_of(entry(7, purpose), kIssuer.did(), day(n));
  };
  CHECK_FALSE(set_at(19)->set);
  for (const auto& later : {kIssuer.list({.valid_from = day(11)}),  // the older list again
                            kIssuer.list({.valid_from = day(25)}),  // a newer one that clears
                            std::string("<html>")}) {               // and nothing that is read
    feed.see(kList, day(26), later);
    const auto answer = set_at(40);
    REQUIRE_OK(answer);
    CHECK(answer->set);
    CHECK(answer->seen == observe::Seen{1, day(20), day(20)});
    CHECK(answer->evidence.size() == 1);
    CHECK_FALSE(alone(feed).bit_of(entry(8), kIssuer.did(), day(25))->set);
  }
  test::ObserverFeed suspending = watching();
  suspending.see(kList, day(20),
                 kIssuer.list({.set_bits = {7}, .valid_from = day(19), .purpose = Purpose::suspension}));
  suspending.see(kList, day(21), kIssuer.list({.valid_from = day(21), .purpose = Purpose::suspension}));
  CHECK_FALSE(alone(suspending).bit_of(entry(7, Purpose::suspension), kIssuer.did(), day(40))->set);
}

TEST_CASE("a list by a key that had expired or is revoked is not read") {
  auto document = nlohmann::json::parse(kIssuer.document());
  const auto read_with = [&](const char* member, Timestamp time) {
    auto changed = document;
    changed["verificationMethod"][0][member] = time.to_string();
    test::ObserverFeed feed;
    feed.see(kDocument, day(10), changed.dump());
    return alone(feed).read_list(kIssuer.list({.valid_from = day(5)}), kList, kIssuer.did(), day(30));
  };
  REQUIRE_OK(read_with("expires", day(8)));  // it was in force when the list was signed
  CHECK_CODE_NAMES(read_with("expires", day(5)), codes::STATUS_LIST_PROOF, "expired");
  CHECK_CODE_NAMES(read_with("revoked", day(8)), codes::STATUS_LIST_PROOF, "revoked");
}

TEST_CASE("the newest list decides, never the one before it, that a bit is clear") {
  test::ObserverFeed feed = watching();
  feed.see(kList, day(11), kIssuer.list({.valid_from = day(11)}));
  feed.see(kList, day(20), kIssuer.list({.valid_from = day(19)}), false);
  CHECK_CODE_NAMES(alone(feed).bit_of(entry(8), kIssuer.did(), day(40)), codes::STATUS_NOT_OBSERVED,
                   "not held");
  CHECK(alone(feed).bit_of(entry(8), kIssuer.did(), day(15)).has_value());
}

TEST_CASE("a list signed before anybody looked is read with the keys that were first seen") {
  test::ObserverFeed feed = watching();
  feed.see(kList, day(20), kIssuer.list({.valid_from = day(1)}));
  CHECK(alone(feed).bit_of(entry(8), kIssuer.did(), day(40)).has_value());
  // After the key was replaced, a list that was signed before still counts, one by the old key does not.
  feed.see(kDocument, day(22), kIssuer.document({{"k", 2}}));
  CHECK(alone(feed).bit_of(entry(8), kIssuer.did(), day(40)).has_value());
  feed.see(kList, day(24), kIssuer.list({.valid_from = day(23)}));
  CHECK_CODE(alone(feed).bit_of(entry(8), kIssuer.did(), day(40)), codes::STATUS_NOT_OBSERVED);
  feed.see(kList, day(25), kIssuer.list({.valid_from = day(24), .seed = 2}));
  CHECK(alone(feed).bit_of(entry(8), kIssuer.did(), day(40)).has_value());
}

TEST_CASE("the list of an issuer that is its own document needs no observed document") {
  const Ed25519KeyPair pair = test::key_of_seed(5);
  const Did issuer = did_key::did_of(pair.public_key());
  auto list = nlohmann::json::parse(kIssuer.list({.valid_from = day(1), .issuer = issuer.text()}));
  list.erase("proof");
  test::ObserverFeed feed;
  feed.see(kList, day(20),
           test::WebIssuer::signed_text(list, did_key::verification_method_of(pair.public_key()), 5, day(1)));
  CHECK_FALSE(alone(feed).bit_of(entry(8), issuer, day(40))->set);
}
