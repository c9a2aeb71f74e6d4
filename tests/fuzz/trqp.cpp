// Trust registry queries: each has an answer that its own client understands, or a reason why it has none.
#include "protocol/recognition/trqp.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.h"
#include "tests/support/recognition_world.h"

using namespace vcnode;
using recognition::Grade;
using recognition::TrqpEndpoint;

namespace {

const recognition::MapWorld& registry() {
  static const recognition::MapWorld world = [] {
    test::RecognitionWorld made;
    statement::Scope scope;
    scope.countries = {"EE"};
    made.recognise("lv", "ee");
    made.delegate("ee", "qa", scope);
    made.accredit("qa", "uni");
    return made.world();
  }();
  return world;
}

void check_answer(const recognition::TrqpQuery& query, std::string_view answer_of_others) {
  const auto answer = answer_trqp(query, registry(), test::kJudgedAt);
  fuzz::check(answer);
  if (answer && answer->grade != Grade::unknown) {
    const auto body = to_json(query, *answer, test::kJudgedAt).dump();
    const auto read = recognition::read_trqp_answer(query, 200, body, test::kJudgedAt);
    VCNODE_ASSERT(read.has_value() && *read == answer->grade);
  }
  fuzz::check(recognition::read_trqp_answer(query, 200, answer_of_others, test::kJudgedAt));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto endpoint : {TrqpEndpoint::authorization, TrqpEndpoint::recognition}) {
    const auto query = recognition::read_trqp_query(endpoint, as_text({data, size}));
    fuzz::check(query);
    if (query) check_answer(*query, as_text({data, size}));
  }
  return 0;
}
