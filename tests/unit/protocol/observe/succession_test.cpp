#include "protocol/observe/succession.h"

#include "protocol/feed/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using test::kIssuer;

namespace {

Timestamp nth_day(std::int64_t n) {
  return test::kStart.plus_seconds(86'400 * n);
}

// An observer that saw the document, and these lists a day apart.
test::ObserverFeed holding(const std::vector<std::string>& lists) {
  test::ObserverFeed feed;
  feed.see(kIssuer.document_url(), nth_day(0), kIssuer.document());
  std::int64_t day = 0;
  for (const std::string& list : lists) feed.see(kIssuer.list_url(), nth_day(++day), list);
  return feed;
}

Result<void> follows(const test::ObserverFeed& feed, const std::string& list) {
  return observe::check_succession(feed.observer(), kIssuer.list_url(), list, nth_day(90));
}

}  // namespace

TEST_CASE("a list that is older than one that was seen is not taken over, one of the same date is") {
  const std::string clear = kIssuer.list({.valid_from = nth_day(-9)});
  const std::string set = kIssuer.list({.set_bits = {7}, .valid_from = nth_day(-8)});
  const auto feed = holding({clear, set});
  CHECK_CODE_NAMES(follows(feed, clear), codes::STATUS_LIST_NOT_RISING, nth_day(-8).to_string());
  CHECK_CODE(follows(feed, kIssuer.list({.set_bits = {7}, .valid_from = nth_day(-10)})),
             codes::STATUS_LIST_NOT_RISING);
  REQUIRE_OK(follows(feed, kIssuer.list({.set_bits = {7, 8}, .valid_from = nth_day(-7)})));
  // Platforms that keep validFrom sign anew.
  REQUIRE_OK(
      follows(feed, kIssuer.list({.set_bits = {7, 8}, .valid_from = nth_day(-8), .created = nth_day(-7)})));
  const auto renewed =
      holding({kIssuer.list({.set_bits = {7}, .valid_from = nth_day(-8), .created = nth_day(-7)})});
  CHECK_CODE(follows(renewed, set), codes::STATUS_LIST_NOT_RISING);
  REQUIRE_OK(follows(holding({}), clear));
  REQUIRE_OK(observe::check_succession({}, kIssuer.list_url(), clear, nth_day(90)));
}

TEST_CASE("a list that takes a revocation back is not taken over, a suspension may end") {
  const auto feed = holding({kIssuer.list({.set_bits = {7}, .valid_from = nth_day(-8)})});
  CHECK_CODE(follows(feed, kIssuer.list({.set_bits = {8}, .valid_from = nth_day(-7)})),
             codes::STATUS_LIST_CLEARED_REVOCATION);
  CHECK_CODE(
      follows(
          feed,
          kIssuer.list({.set_bits = {7}, .valid_from = nth_day(-7), .purpose = status::Purpose::suspension})),
      codes::STATUS_LIST_CLEARED_REVOCATION);
  const test::WebIssuer::List suspended{
      .set_bits = {7}, .valid_from = nth_day(-8), .purpose = status::Purpose::suspension};
  test::WebIssuer::List released = suspended;
  released.set_bits.clear();
  released.valid_from = nth_day(-7);
  REQUIRE_OK(follows(holding({kIssuer.list(suspended)}), kIssuer.list(released)));
  // What fell back before anybody looked for it does not become the rule.
  const auto fallen = holding({kIssuer.list({.set_bits = {7}, .valid_from = nth_day(-8)}),
                               kIssuer.list({.valid_from = nth_day(-9)})});
  CHECK_CODE(follows(fallen, kIssuer.list({.valid_from = nth_day(-6)})),
             codes::STATUS_LIST_CLEARED_REVOCATION);
}

TEST_CASE("only lists that verify as the issuer's bar the way") {
  const std::string good = kIssuer.list({.valid_from = nth_day(-7)});
  const std::string forged = kIssuer.list({.set_bits = {7}, .valid_from = nth_day(60), .seed = 2});
  REQUIRE_OK(follows(holding({forged}), good));
  REQUIRE_OK(follows(holding({good, forged}), kIssuer.list({.valid_from = nth_day(-6)})));
  REQUIRE_OK(follows(holding({kIssuer.list({.set_bits = {7}, .valid_from = nth_day(9000)})}), good));
  // What cannot be read is somebody else's to judge, as ever.
  REQUIRE_OK(follows(holding({good}), forged));
  REQUIRE_OK(follows(holding({good}), "{}"));
  REQUIRE_OK(
      follows(holding({good}), kIssuer.list({.valid_from = nth_day(-9), .issuer = "did:web:other.example"})));
}
