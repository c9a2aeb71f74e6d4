// What a feed's statement leaves say: FeedSnapshot::statements.
#include "protocol/statement/codes.h"
#include "protocol/statement/create.h"
#include "tests/support/check.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::FeedReplica;
using feed::LeafPlace;
using feed::test::Entry;
using feed::test::Epoch;
using feed::test::Issuer;
using feed::test::leaves_of;
using statement::Kind;
using statement::StatementLog;

namespace {

using Json = nlohmann::json;

constexpr std::string_view kBody = "did:web:ministry.example";

// `number` makes the id, `quota` another statement of that id.
Json sponsorship(const Issuer& issuer, int number, int quota = 0) {
  const statement::DraftOptions options{concat("urn:uuid:", number), issuer.did.text(), feed::test::kStart};
  return statement::draft(Kind::sponsorship, {{"id", kBody}, {"quota", quota}}, options).value();
}

Entry said(Issuer& issuer, const Json& document) {
  return feed::test::entry_of(feed::kStatementLeaf, document["id"].get<std::string>(),
                              feed::test::signed_text(document, issuer));
}

Entry sponsored(Issuer& issuer, int number, int quota = 0) {
  return said(issuer, sponsorship(issuer, number, quota));
}

std::vector<LeafPlace> places(const FeedReplica& replica) {
  std::vector<LeafPlace> out;
  for (const statement::Entry* entry : replica.snapshot()->statements->entries()) out.push_back(entry->place);
  return out;
}

FeedReplica restored(Issuer& issuer, const std::vector<Entry>& entries, const std::vector<Entry>& held) {
  const auto leaves = leaves_of(entries);
  auto replica = FeedReplica::restore(issuer.origin, issuer.did, issuer.key(), issuer.head(leaves).note,
                                      leaves, feed::test::reader_of(held), issuer.resolver);
  REQUIRE_OK(replica);
  return *std::move(replica);
}

}  // namespace

TEST_CASE("a feed without statements shows the empty log, never none") {
  Issuer issuer;
  FeedReplica replica = issuer.replica();
  feed::test::grow(replica, issuer, leaves_of({feed::test::list_entry(issuer, {})}));
  CHECK(replica.snapshot()->statements == StatementLog::none());
}

TEST_CASE("a statement is listed as missing until its body is there, and then at its place") {
  Issuer issuer;
  const auto first = sponsored(issuer, 1, 3);
  const auto second = sponsored(issuer, 2);
  FeedReplica replica = issuer.replica();
  feed::test::grow(replica, issuer, leaves_of({feed::test::list_entry(issuer, {}), first, second}));
  CHECK(replica.has_statement("urn:uuid:1"));
  CHECK_FALSE(replica.has_statement("urn:uuid:3"));
  auto log = replica.snapshot()->statements;
  CHECK(log->size() == 0);
  CHECK(log->gaps().missing_count == 2);
  CHECK(log->gaps().missing == std::vector{std::min(first.need.digest, second.need.digest),
                                           std::max(first.need.digest, second.need.digest)});
  CHECK(log->gaps().first_missing == LeafPlace{1, 1});

  feed::test::add_body(replica, issuer, first);
  log = replica.snapshot()->statements;
  CHECK(log->gaps().missing == std::vector{second.need.digest});
  CHECK(log->gaps().first_missing == LeafPlace{1, 2});
  const auto* entry = log->by_id("urn:uuid:1");
  REQUIRE(entry != nullptr);
  CHECK(entry->place == LeafPlace{1, 1});
  CHECK(entry->statement->digest == first.need.digest);
  CHECK(entry->statement->as<statement::Sponsorship>()->quota == 3);
  CHECK(log->of(Kind::sponsorship, kBody).size() == 1);
}

TEST_CASE("what changes no statement changes no log, and leaves the one that was shown as it is") {
  Issuer issuer;
  std::vector<Entry> entries{sponsored(issuer, 1)};
  FeedReplica replica = issuer.replica();
  feed::test::grow(replica, issuer, leaves_of(entries));
  feed::test::add_body(replica, issuer, entries[0]);
  const auto before = replica.snapshot();
  entries.push_back(feed::test::list_entry(issuer, {}));
  feed::test::grow(replica, issuer, leaves_of(entries));
  CHECK(replica.snapshot() != before);
  CHECK(replica.snapshot()->statements == before->statements);
  entries.push_back(sponsored(issuer, 2));
  feed::test::grow(replica, issuer, leaves_of(entries));
  feed::test::add_body(replica, issuer, entries[2]);
  CHECK(before->statements->size() == 1);
  CHECK(replica.snapshot()->statements->size() == 2);
  CHECK(replica.snapshot()->statements->by_id("urn:uuid:1")->statement ==
        before->statements->by_id("urn:uuid:1")->statement);
}

TEST_CASE("of one id only the first leaf counts, whatever the later ones name") {
  Issuer issuer;
  const auto first = sponsored(issuer, 1, 1);
  const auto again = sponsored(issuer, 1, 2);
  const auto later = sponsored(issuer, 1, 3);
  FeedReplica replica = issuer.replica();
  feed::test::grow(replica, issuer, leaves_of({first, first, again}));
  feed::test::grow(replica, issuer, leaves_of({first, first, again, later}));
  CHECK(replica.missing() == std::vector{first.need});
  feed::test::add_body(replica, issuer, again);
  CHECK(replica.snapshot()->statements->size() == 0);
  feed::test::add_body(replica, issuer, first);
  feed::test::add_body(replica, issuer, later);
  CHECK(places(replica) == std::vector{LeafPlace{1, 0}});
  CHECK(replica.snapshot()->statements->by_id("urn:uuid:1")->statement->digest == first.need.digest);
}

TEST_CASE("an id is spent by a bad statement too") {
  Issuer issuer;
  auto document = sponsorship(issuer, 1);
  document["credentialSubject"]["quota"] = "many";
  const auto malformed = said(issuer, document);
  const auto checked = feed::check_body(malformed.need, malformed.body, issuer.did, issuer.resolver);
  REQUIRE(checked.bad.has_value());
  CHECK(checked.bad->code == codes::STATEMENT_MALFORMED);
  CHECK(checked.statement == nullptr);
  FeedReplica replica = issuer.replica();
  feed::test::grow(replica, issuer, leaves_of({malformed, sponsored(issuer, 1)}));
  replica.add_body(checked);
  CHECK(replica.missing().empty());
  CHECK(replica.snapshot()->statements->size() == 0);
  CHECK(replica.snapshot()->statements->gaps().bad_count == 1);
}

TEST_CASE("a credential of no kind that is known is held and says nothing") {
  Issuer issuer;
  const auto foreign = feed::test::statement_entry(issuer, "urn:s:1");
  FeedReplica replica = issuer.replica();
  feed::test::grow(replica, issuer, leaves_of({foreign}));
  feed::test::add_body(replica, issuer, foreign);
  CHECK(replica.missing().empty());
  CHECK(replica.snapshot()->statements->size() == 0);
  CHECK(replica.snapshot()->statements->gaps() == statement::Gaps());
}

TEST_CASE("a start reads statements from the store, and checks them again") {
  Issuer issuer, other(2);
  const auto good = sponsored(issuer, 1);
  const auto gone = sponsored(issuer, 2);
  const auto foreign = feed::test::statement_entry(issuer, "urn:s:1");
  auto document = sponsorship(issuer, 3);
  const auto stolen =
      feed::test::entry_of(feed::kStatementLeaf, "urn:uuid:3", feed::test::signed_text(document, other));
  const auto replica = restored(issuer, {foreign, good, gone, stolen}, {foreign, good, stolen});
  CHECK(replica.missing() == std::vector{gone.need});
  CHECK(places(replica) == std::vector{LeafPlace{1, 1}});
  CHECK(replica.snapshot()->statements->gaps().bad_count == 1);
  CHECK(replica.snapshot()->statements->gaps().first_missing == LeafPlace{1, 2});
}

TEST_CASE("a start reads a statement whose context is written with escapes") {
  Issuer issuer;
  std::string text = feed::test::signed_text(sponsorship(issuer, 1), issuer);
  constexpr std::string_view kPart = "/ns/recognition";
  for (auto at = text.find(kPart); at != std::string::npos; at = text.find(kPart, at + 2))
    text.insert(at, "\\");
  REQUIRE(text.find(statement::kRecognitionContext) == std::string::npos);
  const auto entry = feed::test::entry_of(feed::kStatementLeaf, "urn:uuid:1", text);
  CHECK(restored(issuer, {entry}, {entry}).snapshot()->statements->size() == 1);
}

TEST_CASE("the next epoch goes on with the statements, their places and the ids that are spent") {
  Epoch first(1, 1);
  Epoch second(2, 2);
  const auto held = sponsored(first.as, 1);
  const auto missing = sponsored(first.as, 2);
  const std::vector<Entry> entries{held, missing};
  auto replica = feed::test::continued(feed::test::sealed(first, entries, {held}), second);
  const auto reused = sponsored(second.as, 2, 7);
  const auto fresh = sponsored(second.as, 3);
  second.grow(replica, leaves_of({reused, fresh}));
  CHECK(replica.missing().size() == 2);
  replica.add_body(feed::check_body(fresh.need, fresh.body, second.as.did, *second.resolver));
  CHECK(places(replica) == std::vector{LeafPlace{1, 0}, LeafPlace{2, 1}});
  CHECK(replica.snapshot()->statements->gaps().first_missing == LeafPlace{1, 1});
  replica.add_body(feed::check_body(missing.need, missing.body, first.as.did, *first.resolver));
  CHECK(places(replica) == std::vector{LeafPlace{1, 0}, LeafPlace{1, 1}, LeafPlace{2, 1}});
}

TEST_CASE("a Closed statement that ends the feed is among its statements, and stays behind in its epoch") {
  Epoch epoch(1, 1);
  const statement::DraftOptions options{"urn:uuid:1", epoch.as.did.text(), feed::test::kStart};
  const auto document = statement::draft(Kind::closed, {{"id", epoch.as.did.text()}}, options).value();
  const auto close = feed::test::entry_of(feed::kCloseLeaf, feed::test::kStart.to_string(),
                                          feed::test::signed_text(document, epoch.as));
  const auto held = sponsored(epoch.as, 2);
  auto replica = epoch.replica();
  epoch.grow(replica, leaves_of({held, close}));
  replica.add_body(feed::check_body(close.need, close.body, epoch.as.did, *epoch.resolver));
  CHECK(replica.closed());
  CHECK(replica.snapshot()
            ->statements->of(Kind::closed, epoch.as.did.method_specific_id().substr(0, 46))
            .size() == 1);
  const auto ended = feed::test::sealed(epoch, {held, close}, {held, close});
  CHECK(ended.closed());
  Epoch next(2, 2);
  auto after = feed::test::continued(feed::test::sealed(epoch, {held, close}, {held, close}), next);
  next.grow(after, {held.leaf});
  CHECK(after.snapshot()->statements->of(Kind::closed).empty());
  CHECK(places(after) == std::vector{LeafPlace{1, 0}});
}

TEST_CASE("a Closed body that names no context of ours closes the feed and says nothing") {
  Issuer issuer;
  const auto close = feed::test::closed_entry(issuer);
  const auto checked = feed::check_body(close.need, close.body, issuer.did, issuer.resolver);
  CHECK_FALSE(checked.bad);
  CHECK(checked.statement == nullptr);
}

TEST_CASE("an issuer does not publish what its readers would refuse") {
  Issuer issuer;
  auto publisher = feed::Publisher::open(issuer.publisher_options(), issuer.replica());
  REQUIRE_OK(publisher);
  auto document = sponsorship(issuer, 1);
  document["credentialSubject"]["quota"] = -1;
  feed::Changes changes;
  changes.statements.push_back({"urn:uuid:1", to_bytes(feed::test::signed_text(document, issuer))});
  CHECK_CODE(publisher->prepare(changes, feed::test::kStart), codes::STATEMENT_MALFORMED);
}
