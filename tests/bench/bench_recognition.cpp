// What judging costs: closure and queries over 120,000 statements of a world of agencies, with and without
// 400,000 statements of strangers, cold (closure and query) and with the closure kept.
#include <algorithm>
#include <string>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/recognition/judge.h"
#include "tests/bench/figures.h"
#include "tests/support/recognition_world.h"

namespace vcnode::bench {
namespace {

using recognition::Outcome;

struct Sizes {
  std::uint64_t countries = 40;
  std::uint64_t agencies = 4;  // per country
  std::uint64_t providers = 5'000;
  std::uint64_t accreditations = 120'000;
  std::uint64_t junk = 400'000;
  int queries = 2'000;
};

std::string country(std::uint64_t number) {
  return concat("ministry", number);
}
std::string agency(std::uint64_t land, std::uint64_t number) {
  return concat("agency", land, "x", number);
}
std::string provider(std::uint64_t number) {
  return concat("provider", number);
}

statement::Scope level_scope(Rng& rng) {
  statement::Scope scope;
  const int low = 4 + static_cast<int>(rng.below(3));
  scope.eqf = statement::Interval{low, low + 2};
  return scope;
}

// The anchor recognises every ministry, some recognise each other; agencies accredit.
test::RecognitionWorld honest(const Sizes& sizes, Rng& rng) {
  test::RecognitionWorld world;
  for (std::uint64_t i = 0; i < sizes.countries; ++i) {
    world.recognise("anchor", country(i), i % 2 == 0 ? "level-automatic" : "presumption");
    for (std::uint64_t j = 0; j < 8; ++j) world.recognise(country(i), country(rng.below(sizes.countries)));
    for (std::uint64_t j = 0; j < sizes.agencies; ++j)
      world.delegate(country(i), agency(i, j), level_scope(rng), 1);
  }
  for (std::uint64_t i = 0; i < sizes.accreditations; ++i)
    world.accredit(agency(rng.below(sizes.countries), rng.below(sizes.agencies)),
                   provider(rng.below(sizes.providers)), level_scope(rng));
  return world;
}

// Strangers accredit and recognise whom they like, the honest ones too.
void flood(test::RecognitionWorld& world, const Sizes& sizes, Rng& rng) {
  for (std::uint64_t i = 0; i < sizes.junk; ++i) {
    const std::string stranger = concat("stranger", rng.below(1'000));
    if (i % 3 == 0)
      world.recognise(stranger, country(rng.below(sizes.countries)), "level-automatic", {}, true);
    if (i % 3 == 1) world.delegate(stranger, agency(rng.below(sizes.countries), 0), {}, 8);
    if (i % 3 == 2) world.accredit(stranger, provider(rng.below(sizes.providers)));
  }
}

struct Measured {
  std::vector<double> cold_us;
  std::vector<double> cached_us;
  std::vector<double> steps;
  std::size_t closure_steps = 0;
  std::vector<std::string> answers;
};

double since_us(double start) {
  return (thread_cpu_seconds() - start) * 1e6;
}

Measured measure(const test::RecognitionWorld& made, const Sizes& sizes) {
  Measured out;
  const auto world = made.world();
  const auto policy = std::make_shared<const recognition::Policy>(test::anchored("anchor"));
  const recognition::Levels levels(*policy, world);
  std::shared_ptr<const recognition::Closure> closure;
  for (int i = 0; i < 5; ++i) {
    const double start = thread_cpu_seconds();
    closure = recognition::Closure::of(policy, world, test::kJudgedAt);
    out.cold_us.push_back(since_us(start));
  }
  out.closure_steps = closure->steps();
  facts::Facts facts = test::micro_credential();
  SeededRng rng(7);
  for (int i = 0; i < sizes.queries; ++i) {
    facts.eqf = 4 + static_cast<int>(rng.below(5));
    const std::string issuer = test::body_did(provider(rng.below(sizes.providers)));
    const recognition::Query query{facts, issuer, {test::kAwarded, std::nullopt}, test::kJudgedAt};
    const double start = thread_cpu_seconds();
    const auto answer = judge(*closure, levels, query, world);
    out.cached_us.push_back(since_us(start));
    out.steps.push_back(static_cast<double>(answer.steps));
    out.answers.push_back(concat(name_of(answer.outcome), answer.chain.size(), answer.code().slug()));
  }
  return out;
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void report_of(FigureReport& report, const Measured& measured, std::string_view which) {
  const auto checked = static_cast<std::uint64_t>(measured.answers.size());
  report.add(Figure{concat("closure, ", which), "us", measured.cold_us, 1, std::nullopt,
                    concat(measured.closure_steps, " statements looked at")});
  report.add(Figure{
      concat("query p50, closure kept, ", which), "us", {percentile(measured.cached_us, 0.5)}, checked});
  report.add(Figure{concat("query p99, closure kept, ", which),
                    "us",
                    {percentile(measured.cached_us, 0.99)},
                    checked,
                    FigureAim{false, 1000.0}});
  report.add(Figure{concat("  chains looked at, mean, ", which),
                    "chains",
                    {[&] {
                      double sum = 0;
                      for (const double one : measured.steps) sum += one;
                      return sum / static_cast<double>(measured.steps.size());
                    }()},
                    checked});
}

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode;
  const auto command = bench::read_command(argc, argv);
  bench::Sizes sizes;
  if (command.quick) sizes.queries = 500;
  if (command.once) sizes = {10, 2, 200, 4'000, 8'000, 100};
  bench::FigureReport report("bench_recognition");
  SeededRng rng(1);
  auto world = bench::honest(sizes, rng);
  const auto plain = bench::measure(world, sizes);
  bench::flood(world, sizes, rng);
  const auto flooded = bench::measure(world, sizes);
  bench::require(plain.answers == flooded.answers, "junk changed an answer");
  bench::require(plain.steps == flooded.steps && plain.closure_steps == flooded.closure_steps,
                 "junk changed what an answer costs");
  const bool both = std::any_of(plain.answers.begin(), plain.answers.end(),
                                [](const std::string& one) { return one.starts_with("recognised"); }) &&
                    std::any_of(plain.answers.begin(), plain.answers.end(),
                                [](const std::string& one) { return one.starts_with("not-established"); });
  bench::require(both, "the queries have no recognised or no refused answer");
  bench::report_of(report, plain, "honest statements");
  bench::report_of(report, flooded, "with junk");
  report.add(
      bench::Figure{"  query p99 with junk / without",
                    "ratio",
                    {bench::percentile(flooded.cached_us, 0.99) / bench::percentile(plain.cached_us, 0.99)},
                    plain.answers.size()});
  report.print(command.json);
  return 0;
}
