// The issuer's names in a verdict: its own word, and whose confirmation the policy leads to.
#include "protocol/verify/issuer_names.h"

#include "tests/unit/protocol/verify/saying.h"

namespace vcnode::verify {
namespace {

using namespace world;
using Confirmed = std::optional<std::string>;

const Issuer& register_body() {
  static const Issuer one(7);
  return one;
}
const Issuer& delegate_body() {
  static const Issuer one(8);
  return one;
}

Said about_issuer(std::string name, std::string country = "EE") {
  return {one_issuer().did().text(), named(std::move(name), std::move(country))};
}

// The names by a policy with the register as its anchor, `limits` more members of that anchor.
IssuerNames names_with(const SnapshotView& view, std::string_view limits = "", std::string_view more = "") {
  const std::string text =
      concat(R"({"anchors":[{"id":")", register_body().did().text(), R"(")", limits, "}]", more, "}");
  Policy::Values values;
  REQUIRE_OK(
      values.follow(std::make_shared<const recognition::Policy>(recognition::Policy::parse(text).value())));
  auto verdict =
      verify_credential(sign(one_issuer(), badge(one_issuer())), view, Policy(std::move(values)), kNow);
  REQUIRE_OK(verdict);
  return verdict->issuer_names;
}

SnapshotView view_with(const std::vector<std::shared_ptr<feed::FeedSnapshot>>& feeds) {
  SnapshotView view = view_of(feed_of(one_issuer()));
  for (const auto& feed : feeds) view.put(feed);
  return view;
}

const IssuerNames& only_claimed() {
  static const IssuerNames names = {{"Example Institute", std::nullopt}};
  return names;
}

TEST_CASE("what the credential and the issuer's own feed say is a claim") {
  const Policy nobody;
  const auto names_in = [&](const SnapshotView& view) {
    return verify_credential(sign(one_issuer(), badge(one_issuer())), view, nobody, kNow)
        .value()
        .issuer_names;
  };
  CHECK(names_in(view_of(feed_of(one_issuer()))) == only_claimed());
  const SnapshotView view = view_of(
      feed_saying(one_issuer(), {about_issuer("Example Institute"), about_issuer("Institute, Ltd.")}));
  CHECK(names_in(view) ==
        IssuerNames{{"Example Institute", std::nullopt}, {"Institute, Ltd.", std::nullopt}});
}

TEST_CASE(
    "an Identity of a body that the anchors lead to confirms a name, and stands in the verdict's bytes") {
  const std::string by = register_body().did().text();
  const auto names = names_with(view_with(
      {feed_saying(register_body(), {about_issuer("Example Institute"), about_issuer("Näidisinstituut")})}));
  CHECK(names == IssuerNames{{"Example Institute", by}, {"Näidisinstituut", by}});

  Verdict verdict;
  verdict.issuer_names = {{"A", std::nullopt}, {"B", by}};
  CHECK(verdict.to_jcs().find(concat(R"("names":[{"confirmedBy":")", by,
                                     R"(","name":"B"},{"confirmedBy":null,"name":"A"}])")) !=
        std::string::npos);
}

TEST_CASE("a name that nobody confirms stays a claim beside a confirmed one") {
  const auto names = names_with(view_with({feed_saying(register_body(), {about_issuer("Another Name")})}));
  CHECK(names ==
        IssuerNames{{"Another Name", register_body().did().text()}, {"Example Institute", std::nullopt}});
}

TEST_CASE("whom an anchor delegates to confirms as well, a stranger does not") {
  statement::Delegation further;
  const auto trusted =
      feed_saying(register_body(), {{delegate_body().did().text(), further, kIssuedAt, std::nullopt}});
  const auto said = feed_saying(delegate_body(), {about_issuer("Example Institute")});
  CHECK(names_with(view_with({trusted, said})) ==
        IssuerNames{{"Example Institute", delegate_body().did().text()}});
  CHECK(names_with(view_with({feed_of(register_body()), said})) == only_claimed());
  // A recognition by a word that is not known says nothing of whom it is about.
  const auto recognising = [&](const char* effect) {
    return feed_saying(register_body(), {{delegate_body().did().text(), statement::Recognition{{}, effect}}});
  };
  CHECK(names_with(view_with({recognising("presumption"), said})) != only_claimed());
  CHECK(names_with(view_with({recognising("rejected"), said})) == only_claimed());
  // The delegation is over at the time that is asked about.
  const auto over = feed_saying(register_body(),
                                {{delegate_body().did().text(), further, kIssuedAt, kNow.plus_seconds(-1)}});
  CHECK(names_with(view_with({over, said})) == only_claimed());
}

TEST_CASE("an anchor is believed for the countries of its scope") {
  const SnapshotView view =
      view_with({feed_saying(register_body(), {about_issuer("Example Institute", "EE")})});
  CHECK(names_with(view, R"(,"for":{"country":["EE"],"eqf":{"min":8,"max":8}})") != only_claimed());
  CHECK(names_with(view, R"(,"for":{"country":["LV"]})") == only_claimed());
}

TEST_CASE("what is withdrawn, over, or cannot be relied on confirms nothing") {
  Said over = about_issuer("Example Institute");
  over.until = kNow;
  CHECK(names_with(view_with({feed_saying(register_body(), {over})})) == only_claimed());

  statement::Withdrawal withdrawal;
  withdrawal.digest = digest_of_said(register_body().did(), 0);
  withdrawal.effective_from = kNow.plus_seconds(-60);
  const auto withdrawn =
      feed_saying(register_body(), {about_issuer("Example Institute"), {id_of_said(0), withdrawal}});
  CHECK(names_with(view_with({withdrawn})) == only_claimed());

  const auto incomplete = feed_saying(register_body(), {about_issuer("Example Institute")}, 1);
  CHECK(names_with(view_with({incomplete})) == only_claimed());
  const auto two_histories = feed_saying(register_body(), {about_issuer("Example Institute")});
  two_histories->contradicted = true;
  CHECK(names_with(view_with({two_histories})) == only_claimed());
  const auto old = feed_saying(register_body(), {about_issuer("Example Institute")});
  CHECK(names_with(view_with({old}), "", R"(,"headAgeMaxSeconds":60)") == only_claimed());
}

TEST_CASE("nobody confirms itself") {
  recognition::Policy policy;
  policy.anchors.emplace_back().did = one_issuer().did().text();
  Policy::Values values;
  REQUIRE_OK(values.follow(std::make_shared<const recognition::Policy>(policy)));
  const SnapshotView view = view_of(feed_saying(one_issuer(), {about_issuer("Example Institute")}));
  const auto verdict =
      verify_credential(sign(one_issuer(), badge(one_issuer())), view, Policy(std::move(values)), kNow);
  REQUIRE_OK(verdict);
  CHECK(verdict->issuer_names == only_claimed());
}

TEST_CASE("names are bounded: the newest of a body, and so many bodies") {
  std::vector<Said> renamed;
  for (std::size_t i = 0; i < kIdentitiesPerPairMax + 3; ++i)
    renamed.push_back(about_issuer(concat("Name ", 100 + i)));
  const auto names = names_with(view_with({feed_saying(register_body(), renamed)}));
  CHECK(names.size() == kIdentitiesPerPairMax + 1);
  CHECK(names[1].first == "Name 103");
}

TEST_CASE("settled names are sorted, each once, and a confirmed one is no claim") {
  const std::string a = "did:web:a.example";
  const std::string b = "did:web:b.example";
  IssuerNames names = {{"Y", std::nullopt}, {"X", a}, {"X", std::nullopt}, {"X", b}, {"X", a}, {"Z", a}};
  settle(names);
  CHECK(names == IssuerNames{{"X", a}, {"X", b}, {"Y", std::nullopt}, {"Z", a}});
}

}  // namespace
}  // namespace vcnode::verify
