// Facts beside a verdict: who signed what about an issuer that nobody confirms.
#include "protocol/verify/known_issuer.h"

#include "tests/unit/protocol/verify/organisation.h"
#include "tests/unit/protocol/verify/saying.h"

namespace vcnode::verify {
namespace {

using namespace world;

const Issuer& voucher() {
  static const Issuer one(9);
  return one;
}

KnownIssuer known_from(const std::vector<std::shared_ptr<feed::FeedSnapshot>>& feeds, Timestamp at = kNow) {
  Speakers speakers;
  for (const auto& feed : feeds) speakers.feeds.push_back({feed, nullptr});
  return known_issuer({one_issuer().did().text(), at}, speakers);
}

std::vector<Said> one_of_each_kind() {
  const std::string issuer = one_issuer().did().text();
  statement::Identity identity = named("Example Institute");
  identity.identifiers = {{"deqar", "DEQARINST0000"}};
  return {{issuer, statement::Sponsorship{3}},
          {issuer, statement::Endorsement{"workers-organisation", "labour-market-relevant", {}, {}}},
          {issuer, statement::Recognition{{}, "presumption"}},
          {issuer, statement::Accreditation{}},
          {issuer, std::move(identity)},
          {issuer, statement::Delegation{}}};
}

TEST_CASE("five kinds of statements by others are listed, by kind, each with whose word it is") {
  const KnownIssuer known = known_from({feed_saying(voucher(), one_of_each_kind())});
  std::vector<statement::Kind> kinds;
  for (const auto& word : known.words) {
    CHECK(word.statement->issuer_did == voucher().did().text());
    CHECK_FALSE(word.own);
    CHECK_FALSE(word.in_doubt);
    kinds.push_back(word.statement->kind());
  }
  using enum statement::Kind;
  CHECK(kinds == std::vector{identity, accreditation, recognition, endorsement, sponsorship});
  CHECK(known.registers ==
        std::vector<KnownIssuer::Register>{{"deqar", "DEQARINST0000", voucher().did().text(), false}});
  CHECK_FALSE(known.domain.has_value());
  CHECK_FALSE(known.more);
}

TEST_CASE("of its own word only who it says it is, and it is said to be its own") {
  const KnownIssuer known = known_from({feed_saying(one_issuer(), one_of_each_kind())});
  REQUIRE(known.words.size() == 1);
  CHECK(known.words[0].own);
  CHECK(known.registers[0].own);
  const auto sentences = sentences_of(known);
  CHECK(sentences.back() == "nobody else says anything about it in what was read");
}

TEST_CASE("what is over is not listed, what cannot be relied on is marked") {
  std::vector<Said> all = one_of_each_kind();
  for (Said& one : all) one.until = kNow;
  CHECK(known_from({feed_saying(voucher(), all)}).words.empty());
  CHECK(known_from({feed_saying(voucher(), all)}, kNow.plus_seconds(-1)).words.size() == 5);
  CHECK(known_from({feed_saying(voucher(), one_of_each_kind(), 1)}).words[0].in_doubt);
}

TEST_CASE("strangers neither flood the list nor order it") {
  std::vector<std::shared_ptr<feed::FeedSnapshot>> feeds;
  std::vector<Said> crowd;
  for (std::size_t i = 0; i < 50; ++i)
    crowd.push_back(
        {one_issuer().did().text(), statement::Endorsement{"crowd", concat("claim ", i), {}, {}}});
  for (std::uint8_t seed = 20; seed < 30; ++seed) feeds.push_back(feed_saying(Issuer(seed), crowd));
  feeds.push_back(feed_saying(voucher(), one_of_each_kind()));
  const KnownIssuer known = known_from(feeds);
  CHECK(known.more);
  CHECK(known.words.size() == kKnownPerKindMax + 4);
  CHECK(known.words[1].statement->kind() == statement::Kind::accreditation);
  std::reverse(feeds.begin(), feeds.end());
  CHECK(to_json(known_from(feeds)) == to_json(known));
}

TEST_CASE("a did:webvh names a domain since the version that first had it, and has a history") {
  Organisation moved("old.example");
  moved.rotate("#sig2", 102).move("new.example").rotate("#sig3", 103);
  const auto history = moved.history();
  const std::string did = moved.did();
  const KnownIssuer known = known_issuer({did, kNow, history.get()}, {});
  REQUIRE(known.domain.has_value());
  CHECK(known.domain->name == "new.example");
  CHECK(known.domain->since == history->versions[2].state.version_time().second());
  CHECK(known.first == history->versions[0].state.version_time().second());
  const KnownIssuer unseen = known_issuer({did, kNow, nullptr}, {});
  CHECK(unseen.domain->name == "new.example");
  CHECK_FALSE(unseen.domain->since.has_value());
}

TEST_CASE("a did:web names the domain where others saw its key, if any did") {
  const KnownIssuer seen =
      known_issuer({"did:web:uni.example", kNow, nullptr, observe::Seen{2, kIssuedAt, kHeadAt}}, {});
  CHECK(seen.domain->observed);
  CHECK(seen.domain->since == kIssuedAt);
  CHECK_FALSE(known_issuer({"did:web:uni.example", kNow}, {}).domain->observed);
}

TEST_CASE("facts belong beside a verdict only where the issuer signed and nobody confirms it") {
  const SnapshotView view = view_of(feed_of(one_issuer()));
  const std::string signed_text = sign(one_issuer(), badge(one_issuer()));
  CHECK(wants_known_issuer(verify_credential(signed_text, view, Policy(), kNow).value()));
  CHECK_FALSE(wants_known_issuer(verify_credential(signed_text, view, trusting(one_issuer()), kNow).value()));
  CHECK_FALSE(wants_known_issuer(verify_credential("{}", view, Policy(), kNow).value()));
  Policy::Values values;
  recognition::Policy asking;
  asking.anchors.emplace_back().did = voucher().did().text();
  REQUIRE_OK(values.follow(std::make_shared<const recognition::Policy>(asking)));
  CHECK_FALSE(
      wants_known_issuer(verify_credential(signed_text, view, Policy(std::move(values)), kNow).value()));
}

TEST_CASE("the sentences say who says so, and never that it is recognised") {
  const KnownIssuer known = known_from({feed_saying(voucher(), one_of_each_kind())});
  for (const std::string& sentence : sentences_of(known)) {
    CAPTURE(sentence);
    CHECK(sentence.find("recognised") == std::string::npos);
  }
  const Json json = to_json(known);
  for (const char* member : {"issuer", "domain", "since", "registers", "statements", "more"})
    CHECK(json.contains(member));
  CHECK(json["statements"][1]["says"] == Json({{"decision", "positive"}, {"standing", "obligatory"}}));
  CHECK(json["statements"][0]["statement"] ==
        concat("sha256:", hex_encode(digest_of_said(voucher().did(), 4).view())));
}

}  // namespace
}  // namespace vcnode::verify
