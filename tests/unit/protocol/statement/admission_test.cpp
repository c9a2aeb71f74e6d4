#include "protocol/statement/admission.h"

#include "tests/unit/protocol/statement/sponsors.h"

using namespace vcnode;
using namespace vcnode::statement;
using statement::test::body_did;
using statement::test::Sponsors;

namespace {

using Set = std::set<std::string>;

}  // namespace

TEST_CASE("a root is admitted, and whom it names, and whom they name") {
  Sponsors sponsors;
  sponsors.grant("root", "ministry", 10);
  sponsors.grant("ministry", "university", 0);
  sponsors.grant("university", "friend", 0);
  sponsors.grant("stranger", "other", 5);
  CHECK(sponsors.names("root", 100) == Set{"root", "ministry", "university"});
  const auto set = sponsors.admitted_by("root", 100);
  CHECK(set.at("ministry").quota == 10);
  CHECK(set.at("ministry").dids == std::set<std::string>{body_did("ministry")});
  CHECK_FALSE(set.at("ministry").root);
  CHECK(set.at("root").root);
  CHECK(set.at("root").quota == 100);
}

TEST_CASE("each grant costs 1 + its quota, in leaf order, until the first that does not fit") {
  Sponsors sponsors;
  sponsors.grant("root", "a", 4);   // 5
  sponsors.grant("root", "b", 10);  // 11
  sponsors.grant("root", "c", 0);   // 1
  CHECK(sponsors.names("root", 4) == Set{"root"});
  CHECK(sponsors.names("root", 5) == Set{"root", "a"});
  CHECK(sponsors.names("root", 15) == Set{"root", "a"});
  CHECK(sponsors.names("root", 16) == Set{"root", "a", "b"});
  CHECK(sponsors.names("root", 17) == Set{"root", "a", "b", "c"});
}

TEST_CASE("several grants to one issuer cost, and count, as the largest") {
  Sponsors sponsors;
  sponsors.grant("root", "a", 2);  // 3
  sponsors.grant("root", "a", 5);  // 6 in all
  sponsors.grant("root", "a", 1);
  sponsors.grant("root", "b", 0);  // 7
  CHECK(sponsors.names("root", 5) == Set{"root", "a"});
  CHECK(sponsors.admitted_by("root", 5).at("a").quota == 2);
  CHECK(sponsors.admitted_by("root", 7).at("a").quota == 5);
  CHECK(sponsors.names("root", 7) == Set{"root", "a", "b"});
}

TEST_CASE("of several sponsors' grants the largest counts") {
  Sponsors sponsors;
  sponsors.grant("root", "a", 20);
  sponsors.grant("root", "b", 20);
  sponsors.grant("a", "x", 1);
  sponsors.grant("b", "x", 3);
  sponsors.grant("x", "y", 2);
  CHECK(sponsors.names("root", 100) == Set{"root", "a", "b", "x", "y"});
  CHECK(sponsors.admitted_by("root", 100).at("x").quota == 3);
}

TEST_CASE(
    "a cycle that no root reaches admits nobody, and one that a root reaches admits no more than its quota") {
  Sponsors sponsors;
  sponsors.grant("a", "b", 1000);
  sponsors.grant("b", "a", 1000);
  sponsors.grant("a", "a", 1000);
  CHECK(sponsors.names("root", 100) == Set{"root"});
  sponsors.grant("root", "c", 3);
  sponsors.grant("c", "d", 2);
  sponsors.grant("d", "c", 1);
  sponsors.grant("d", "e", 0);
  CHECK(sponsors.names("root", 100) == Set{"root", "c", "d"});
  CHECK(sponsors.admitted_by("root", 100).at("c").quota == 3);
}

TEST_CASE("a leaf whose body is missing ends the walk, and so does an unsealed fork") {
  Sponsors sponsors;
  sponsors.grant("root", "a", 0);
  sponsors.miss("root");
  sponsors.grant("root", "b", 0);
  CHECK(sponsors.names("root", 100) == Set{"root", "a"});
  Sponsors forked;
  forked.grant("root", "a", 0);
  forked.grant("root", "b", 0);
  forked.fork("root", {1, 1});
  CHECK(forked.names("root", 100) == Set{"root", "a"});
}

TEST_CASE("a withdrawn Sponsorship keeps its place, its cost and its issuer") {
  Sponsors sponsors;
  const auto granted = sponsors.grant("root", "a", 4);
  sponsors.grant("a", "x", 0);
  sponsors.grant("root", "b", 0);
  sponsors.withdraw("root", granted);
  CHECK(sponsors.names("root", 5) == Set{"root", "a", "x"});
  CHECK(sponsors.names("root", 6) == Set{"root", "a", "x", "b"});
}

TEST_CASE("its Withdrawal may end what the issuer itself admits, unless another grant carries it") {
  Sponsors sponsors;
  const auto granted = sponsors.grant("root", "a", 9);
  sponsors.grant("root", "b", 9);
  sponsors.grant("a", "x", 0);
  sponsors.grant("a", "y", 0);
  sponsors.withdraw("root", granted, Place{1, 1});
  CHECK(sponsors.names("root", 100) == Set{"root", "a", "b", "x"});
  sponsors.grant("b", "a", 1);
  CHECK(sponsors.names("root", 100) == Set{"root", "a", "b", "x"});  // one grant of quota 1 reaches as far
  sponsors.grant("b", "a", 2);
  CHECK(sponsors.names("root", 100) == Set{"root", "a", "b", "x", "y"});
}

TEST_CASE("several roots admit what each admits") {
  Sponsors sponsors;
  sponsors.grant("one", "a", 0);
  sponsors.grant("two", "b", 0);
  const std::vector<SponsorRoot> roots{{body_did("one")}, {body_did("two"), 0}};
  const auto set = admitted(roots, sponsors.logs());
  CHECK(set.contains("a"));
  CHECK(set.contains("two"));
  CHECK_FALSE(set.contains("b"));
  CHECK(admitted({}, sponsors.logs()).empty());
}

TEST_CASE("through whom an issuer came, and how far from a root, is told") {
  Sponsors sponsors;
  sponsors.grant("root", "a", 9);
  sponsors.grant("a", "x", 4);
  sponsors.grant("x", "y", 0);
  sponsors.grant("root", "x", 0);  // nearer, with less
  for (const std::string name : {"k", "l", "m", "n"}) {
    sponsors.grant("root", name, 1);
    sponsors.grant(name, "z", 0);
  }
  const auto set = sponsors.admitted_by("root", 100);
  CHECK(set.at("root").steps == 0);
  CHECK(set.at("root").sponsors.empty());
  CHECK(set.at("a").steps == 1);
  CHECK(set.at("x").steps == 1);
  CHECK(set.at("y").steps == 3);
  CHECK(set.at("x").sponsors == std::set<std::string>{"a", "root"});
  CHECK(set.at("z").sponsors == std::set<std::string>{"k", "l", "m", "n"});
  sponsors.grant("root", "b", 1);
  sponsors.grant("b", "z", 0);
  CHECK(sponsors.admitted_by("root", 100).at("z").sponsors == std::set<std::string>{"b", "k", "l", "m"});
}

TEST_CASE("of more than are looked at the nearest to the roots are admitted, in leaf order") {
  Sponsors sponsors;
  sponsors.grant("root", "a", 5);
  sponsors.grant("a", "x", 0);
  sponsors.grant("root", "b", 0);
  sponsors.grant("root", "c", 0);
  const std::vector<SponsorRoot> roots{{body_did("root")}};
  const auto names = [&](std::size_t max) {
    Set out;
    for (const auto& [name, one] : admitted(roots, sponsors.logs(), max)) out.insert(name);
    return out;
  };
  CHECK(names(3) == Set{"root", "a", "b"});
  CHECK(names(4) == Set{"root", "a", "b", "c"});
  CHECK(names(5) == Set{"root", "a", "b", "c", "x"});
  CHECK(names(0).empty());
}

TEST_CASE("an issuer that moved has the names that its sponsors know, at most four") {
  Sponsors sponsors;
  for (int i = 9; i > 0; --i) sponsors.grant_did("root", concat("did:webvh:a:host", i, ".example"), 0);
  const auto set = sponsors.admitted_by("root", 100);
  CHECK(set.size() == 2);
  CHECK(set.at("a").dids.size() == kDidsMax);
  CHECK(*set.at("a").dids.begin() == "did:webvh:a:host1.example");
}
