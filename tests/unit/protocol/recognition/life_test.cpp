// Sets of moments, and the lives of statements.
#include "protocol/recognition/life.h"

#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::Life;
using recognition::Span;
using recognition::Spans;
using statement::Ending;

Spans spans(std::initializer_list<std::pair<int, int>> all) {
  Spans out;
  for (const auto& one : all) out.add({Timestamp(one.first), Timestamp(one.second)});
  return out;
}

TEST_CASE("spans join, split and compare") {
  CHECK(spans({{1, 3}, {5, 7}}).all().size() == 2);
  CHECK(spans({{1, 3}, {3, 5}}) == spans({{1, 5}}));
  CHECK(spans({{5, 7}, {1, 3}, {2, 6}}) == spans({{1, 7}}));
  CHECK(spans({{4, 4}}).all().empty());
  Spans hole = spans({{1, 9}});
  hole.remove(spans({{3, 4}, {8, 20}}));
  CHECK(hole == spans({{1, 3}, {4, 8}}));
  CHECK(hole.contains(Timestamp(1)));
  CHECK_FALSE(hole.contains(Timestamp(3)));
  CHECK(hole.meets(Timestamp(3), Timestamp(4)));
  CHECK_FALSE(hole.meets(Timestamp(8), Timestamp(9)));
  CHECK(spans({{0, 10}}).covers(hole));
  CHECK_FALSE(hole.covers(spans({{2, 5}})));
}

TEST_CASE("a life covers another if it always holds where the other does") {
  const Life wide{{Timestamp(0), Timestamp(10)}, {}, false};
  const Life holed{{Timestamp(0), Timestamp(10)}, spans({{3, 4}}), false};
  const Life voided{{Timestamp(0), Timestamp(10)}, {}, true};
  CHECK(covers(wide, holed));
  CHECK_FALSE(covers(holed, wide));
  CHECK(covers(holed, voided));
  CHECK_FALSE(covers(voided, holed));
}

TEST_CASE("the life around a moment ends where an answer could change") {
  const Life life{{Timestamp(0), Timestamp(10)}, spans({{3, 5}}), false};
  CHECK(life.steady_around(Timestamp(2)) == Span{Timestamp(0), Timestamp(3)});
  CHECK(life.steady_around(Timestamp(4)) == Span{Timestamp(3), Timestamp(5)});
  CHECK(life.steady_around(Timestamp(11)) == Span{Timestamp(10), recognition::kNever});
}

TEST_CASE("withdrawals of withdrawals are all read, up to a limit beyond which nothing is known") {
  RecognitionWorld world;
  auto last = world.accredit("qa", "uni");
  const auto first = last;
  const auto life = [&] {
    const auto map = world.world();
    return recognition::life_of(*map.of(body_did("qa"))->statements, *first);
  };
  for (std::size_t depth = 1; depth <= recognition::kWithdrawalsMax; ++depth) {
    last = world.withdraw(last, Ending::voids, year(2021));
    if (depth > 12 && depth + 2 < recognition::kWithdrawalsMax) continue;
    CAPTURE(depth);
    CHECK(life().voided == (depth % 2 == 1));  // each takes back the one before
    CHECK_FALSE(life().cut_short);
  }
  world.withdraw(last, Ending::voids, year(2021));
  CHECK(life().cut_short);
  CHECK(life().holds_at(year(2022)).grade == recognition::Grade::unknown);
  CHECK(life().holds_at(year(2019)).code == Code(codes::NOT_IN_FORCE));  // that stands whatever was withdrawn
  CHECK_FALSE(covers(life(), Life{life().span, {}, false}));
  CHECK(covers(Life{life().span, {}, false}, life()));
  const recognition::IssueTime never;
  CHECK(Life{{}, {}, false, true}.holds_at_issue(never, kJudgedAt, false).grade ==
        recognition::Grade::unknown);
}

}  // namespace
}  // namespace vcnode::test
