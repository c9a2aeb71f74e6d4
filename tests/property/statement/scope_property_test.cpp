#include "protocol/statement/scope.h"

#include <algorithm>

#include "tests/support/property.h"
#include "tests/unit/protocol/statement/fixtures.h"

using namespace vcnode;
using statement::covers;
using statement::Interval;
using statement::is_empty;
using statement::meet;
using statement::Names;
using statement::Scope;

namespace {

rc::Gen<std::optional<Names>> some_of(const Names& all) {
  return rc::gen::exec([all]() -> std::optional<Names> {
    if (*rc::gen::inRange(0, 3) == 0) return std::nullopt;
    Names out;
    for (const std::string& name : all)
      if (*rc::gen::arbitrary<bool>()) out.push_back(name);
    if (out.empty()) out.push_back(all.front());
    return out;
  });
}

// Made as a statement's scope is: by reading JSON.
rc::Gen<Scope> any_scope() {
  return rc::gen::exec([] {
    statement::test::Json json = statement::test::Json::object();
    const auto put = [&](const char* name, const std::optional<Names>& names) {
      if (names) json[name] = *names;
    };
    put("country", *some_of({"DE", "EE", "LV"}));
    put("isced", *some_of({"06", "061", "0613", "07", "0713", "10"}));
    put("credentialType", *some_of({"Degree", "MicroCredential"}));
    put("setting", *some_of({"formal", "informal", "non-formal"}));
    if (*rc::gen::arbitrary<bool>()) {
      const int low = *rc::gen::inRange(1, 9);
      json["eqf"] = {{"min", low}, {"max", *rc::gen::inRange(low, 9)}};
    }
    if (*rc::gen::arbitrary<bool>()) json["maxEcts"] = *rc::gen::inRange(1, 5);
    const int from = *rc::gen::inRange(0, 6);
    if (*rc::gen::arbitrary<bool>()) json["issuedFrom"] = Timestamp(from).to_string();
    if (*rc::gen::arbitrary<bool>())
      json["issuedUntil"] = Timestamp(*rc::gen::inRange(from + 1, 8)).to_string();
    return statement::test::scope_from(json);
  });
}

// A credential's facts, as far as a scope looks at them.
struct Point {
  std::string country, isced, type, setting;
  int eqf = 0;
  double ects = 0;
  Timestamp issued;
};

rc::Gen<Point> any_point() {
  return rc::gen::exec([] {
    return Point{*rc::gen::element<std::string>("DE", "EE", "LV"),
                 *rc::gen::element<std::string>("06", "0613", "0619", "0713", "0715", "10"),
                 *rc::gen::element<std::string>("Degree", "MicroCredential"),
                 *rc::gen::element<std::string>("formal", "informal", "non-formal"),
                 *rc::gen::inRange(1, 9),
                 static_cast<double>(*rc::gen::inRange(1, 6)),
                 Timestamp(*rc::gen::inRange(0, 8))};
  });
}

bool allows(const Scope& scope, const Point& point) {
  const auto in = [](const std::optional<Names>& names, const std::string& name) {
    return !names || std::find(names->begin(), names->end(), name) != names->end();
  };
  return in(scope.countries, point.country) && in(scope.types, point.type) &&
         in(scope.settings, point.setting) &&
         (!scope.isced || statement::has_field(*scope.isced, point.isced)) &&
         (!scope.eqf || scope.eqf->contains(point.eqf)) &&
         (!scope.max_ects || point.ects <= *scope.max_ects) && (!scope.from || *scope.from <= point.issued) &&
         (!scope.until || point.issued < *scope.until);
}

}  // namespace

TEST_CASE("scopes are a semilattice, and covers is its order") {
  CHECK_PROPERTY("meet is commutative, associative and idempotent", [] {
    const Scope a = *any_scope();
    const Scope b = *any_scope();
    const Scope c = *any_scope();
    RC_ASSERT(meet(a, b) == meet(b, a));
    RC_ASSERT(meet(a, meet(b, c)) == meet(meet(a, b), c));
    RC_ASSERT(meet(a, a) == a);
    RC_ASSERT(meet(a, Scope()) == a);
  });
  CHECK_PROPERTY("both cover their meet; who covers a scope is not changed by it", [] {
    const Scope a = *any_scope();
    const Scope b = *any_scope();
    RC_ASSERT(covers(a, meet(a, b)));
    RC_ASSERT(covers(b, meet(a, b)));
    RC_ASSERT(covers(a, a));
    RC_ASSERT(covers(a, b) == (meet(a, b) == b));
    const Scope c = *any_scope();
    if (covers(a, b) && covers(b, c)) RC_ASSERT(covers(a, c));
  });
}

TEST_CASE("a scope means the credentials that it allows") {
  CHECK_PROPERTY("a meet allows what both allow", [] {
    const Scope a = *any_scope();
    const Scope b = *any_scope();
    const Point point = *any_point();
    RC_ASSERT(allows(meet(a, b), point) == (allows(a, point) && allows(b, point)));
    if (is_empty(meet(a, b))) RC_ASSERT(!allows(a, point) || !allows(b, point));
    if (covers(a, b) && allows(b, point)) RC_ASSERT(allows(a, point));
  });
}

TEST_CASE("what is written is read as the same scope") {
  CHECK_PROPERTY("scope_from(to_json(x)) == x", [] {
    const Scope scope = *any_scope();
    RC_ASSERT(statement::test::scope_from(to_json(scope)) == scope);
    const Scope other = meet(scope, *any_scope());
    if (!is_empty(other)) RC_ASSERT(statement::test::scope_from(to_json(other)) == other);
  });
}
