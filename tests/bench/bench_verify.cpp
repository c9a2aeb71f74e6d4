// How much a whole verification costs beside its one signature check.
//
// Baseline: crypto_sign_verify_detached over the same 64 bytes that the micro-credential's proof signs.
// Measured: verify_credential, the very function the HTTP handler calls, from text to verdict, with the
// issuer's feed in the view; then the parts, so that one sees where time goes.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "tests/bench/documents.h"
#include "tests/bench/figures.h"
#include "tests/bench/ratio_reporter.h"

namespace vcnode::bench {
namespace {

using verify::world::Issuer;

constexpr std::string_view kBaseline = "crypto_sign_verify_detached, 64 B (baseline)";
constexpr double kRatioAim = 0.80;  // of the baseline's rate (tests/bench/README.md)
constexpr int kBatch =
    16;  // calls per turn: long beside reading the clock, short beside a change of clock frequency

// Everything that is prepared once, outside every measurement.
struct Inputs {
  Issuer issuer{1};
  std::string micro_text = signed_micro_credential(issuer);
  std::string mandatory_text = signed_mandatory_elements(issuer);
  std::string badge_text = signed_badge(issuer);
  verify::SnapshotView view = verify::world::view_of(verify::world::feed_of(issuer));
  verify::Policy policy = verify::world::trusting(issuer);
  json::Document micro = json::Document::parse(micro_text).value();
  std::string list = list_of_one_percent().encode();

  static status::Bitmap list_of_one_percent() {
    auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
    SeededRng rng(1);
    for (std::uint64_t i = 0; i < bitmap.entries() / 100; ++i)
      bitmap.set(status::StatusIndex(rng.below(bitmap.entries())), true).value();
    return bitmap;
  }
};

const Inputs& inputs() {
  static const Inputs one;
  return one;
}

// The baseline: the one signature check that cannot be saved.
class RawSignature {
 public:
  RawSignature() {
    const json::Value& proof = *inputs().micro.root().find("proof");
    message_ = credential::eddsa_jcs_2022::signing_input(inputs().micro.root(), proof, {}).bytes();
    signature_ =
        base58btc_decode(proof.find_string("proofValue")->substr(1), Ed25519Signature::kSize).value();
    key_ = inputs().issuer.signer().public_key();
  }
  [[nodiscard]] bool verify() const {
    return crypto_sign_verify_detached(signature_.data(), message_.data(), message_.size(), key_.data()) == 0;
  }

 private:
  std::array<std::uint8_t, 64> message_{};
  Bytes signature_;
  Ed25519PublicKey key_;
};

// One object for all benchmarks: where keys lie in memory shows in the timing.
const RawSignature& raw_signature_check() {
  static const RawSignature one;
  return one;
}

verify::Verdict verdict_of(std::string_view text) {
  return verify::verify_credential(text, inputs().view, inputs().policy, verify::world::kNow).value();
}

// CPU seconds of a batch of calls; negative if one of them failed.
template <class Call>
double batch_seconds(Call&& call) {
  const double start = thread_cpu_seconds();
  bool good = true;
  for (int i = 0; i < kBatch; ++i) good = call() && good;
  return good ? thread_cpu_seconds() - start : -1;
}

// Times `call` and the baseline in turns, so that whatever else the machine does meets both alike. The ratio
// is that of the two times of one turn; the reporter takes the median over all turns.
template <class Call>
void paired(benchmark::State& state, Call&& call) {
  const RawSignature& raw = raw_signature_check();
  std::vector<double> ratios;
  for (auto _ : state) {
    const double baseline = batch_seconds([&] { return raw.verify(); });
    const double candidate = batch_seconds(call);
    if (baseline <= 0 || candidate <= 0) {
      state.SkipWithError("something does not verify");
      return;
    }
    ratios.push_back(baseline / candidate);
    state.SetIterationTime(candidate);
  }
  state.counters[std::string(kRatioCounter)] = median(ratios);
  state.counters[std::string(kBatchCounter)] = kBatch;
}

void raw_signature(benchmark::State& state) {
  paired(state, [] { return raw_signature_check().verify(); });
}

void whole(benchmark::State& state, std::string_view text) {
  paired(state, [&] { return verdict_of(text).outcome == verify::Outcome::valid; });
}

void whole_and_text(benchmark::State& state, std::string_view text) {
  paired(state, [&] { return !verdict_of(text).to_jcs().empty(); });
}

void proofs(benchmark::State& state) {
  paired(state, [] {
    const auto outcome = credential::verify_proofs(inputs().micro.root(), "assertionMethod", inputs().view);
    return outcome.has_value() && outcome->verified;
  });
}

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(json::Document::parse(inputs().micro_text));
}

void model(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(credential::Credential::parse(inputs().micro_text));
}

void canonicalize(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(jcs::canonicalize(inputs().micro.root()));
}

void hash(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(sha256(as_bytes(inputs().micro_text)));
}

void list_decode(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(status::Bitmap::decode(inputs().list));
}

void list_encode(benchmark::State& state) {
  const auto bitmap = Inputs::list_of_one_percent();
  for (auto _ : state) benchmark::DoNotOptimize(bitmap.encode());
}

template <class Run>
benchmark::internal::Benchmark* add(std::string_view name, Run&& run) {
  return benchmark::RegisterBenchmark(std::string(name).c_str(), std::forward<Run>(run));
}

std::string sized(std::string_view what, const std::string& text) {
  return concat(what, ", ", text.size(), " B");
}

// Of the whole sample, exactly as `vcnode issue` makes it.
std::string aimed_at() {
  return concat("verify_credential, ", sized("micro-credential", inputs().micro_text));
}

void add_all() {
  const Inputs& in = inputs();
  const std::string micro = sized("micro-credential", in.micro_text);
  add(kBaseline, raw_signature)->UseManualTime();
  add(aimed_at(), [&in](auto& state) { whole(state, in.micro_text); })->UseManualTime();
  add(concat("verify_credential, ", sized("mandatory elements only", in.mandatory_text)), [&in](auto& state) {
    whole(state, in.mandatory_text);
  })->UseManualTime();
  add(concat("verify_credential, ", sized("badge", in.badge_text)), [&in](auto& state) {
    whole(state, in.badge_text);
  })->UseManualTime();
  add(concat("verify_credential and to_jcs, ", micro), [&in](auto& state) {
    whole_and_text(state, in.micro_text);
  })->UseManualTime();
  add(concat("verify_proofs, ", micro), proofs)->UseManualTime();
  add(concat("JSON reader, ", micro), parse);
  add(concat("JSON reader and data model, ", micro), model);
  add(concat("JCS, ", micro), canonicalize);
  add(concat("SHA-256, ", micro), hash);
  add("status list decode, 131,072 entries, 1 % set", list_decode);
  add("status list encode, 131,072 entries, 1 % set", list_encode);
}

}  // namespace
}  // namespace vcnode::bench

// Usage: bench_verify [--json] [--quick] [--benchmark_…]. --quick runs everything once: a look, not a claim.
int main(int argc, char** argv) {
  std::vector<std::string> arguments = {argv[0], "--benchmark_repetitions=15", "--benchmark_min_time=0.05",
                                        "--benchmark_enable_random_interleaving=true"};
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") {
      json = true;
    } else if (std::string_view(argv[i]) == "--quick") {
      arguments.insert(arguments.end(), {"--benchmark_repetitions=1", "--benchmark_min_time=0.001"});
    } else {
      arguments.emplace_back(argv[i]);
    }
  }
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 64;
  using namespace vcnode::bench;
  add_all();
  RatioReporter reporter(std::string(kBaseline), {.benchmark = aimed_at(), .ratio = kRatioAim}, json);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return reporter.failed() ? 1 : 0;
}
