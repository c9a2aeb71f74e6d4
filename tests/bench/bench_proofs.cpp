// What a proof over a feed costs: building inclusion and consistency proofs from its leaf hashes, beside the
// hashing of the whole tree that a builder without stored nodes cannot save; and checking them, beside the
// bare hashing of their path.
#include <string>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "tests/bench/figures.h"

namespace vcnode::bench {
namespace {

struct Log {
  std::vector<Sha256Digest> leaves;
  merkle::TreeHead head;
};

Log log_of(std::uint64_t size) {
  Log out;
  out.leaves.reserve(size);
  for (std::uint64_t i = 0; i < size; ++i)
    out.leaves.push_back(merkle::leaf_hash(as_bytes(concat("leaf ", i))));
  out.head = {size, merkle::root_of(out.leaves)};
  return out;
}

std::string counted(std::uint64_t size) {
  return concat(size, " leaves");
}

void building(FigureReport& report, const Command& command, const Log& log) {
  SeededRng rng(1);
  const auto whole = [&] { return merkle::root_of(log.leaves) == log.head.root; };
  const auto inclusion = [&] {
    const std::uint64_t index = rng.below(log.head.size);
    const auto proof = merkle::inclusion_proof(log.leaves, index);
    return merkle::verify_inclusion(log.leaves[index], index, log.head, proof).has_value();
  };
  const Turns how{command.quick || command.once ? 2 : 7, 1, command.once ? 1 : 2};
  const auto included = measure_paired(how, inclusion, whole);
  report.add(Figure{concat("inclusion proof built, ", counted(log.head.size)), "us", included.candidate_us,
                    included.checked, std::nullopt, "from leaf hashes in memory, without stored nodes"});
  report.add(Figure{concat("  hashing the whole tree, ", counted(log.head.size)), "us", included.baseline_us,
                    included.checked});
  report.add(Figure{concat("  inclusion proof / whole tree, ", counted(log.head.size)), "ratio",
                    included.ratio, included.checked});

  const std::uint64_t old_size = log.head.size * 2 / 3;
  const merkle::TreeHead older{old_size, merkle::root_of(std::span(log.leaves).first(old_size))};
  const auto consistency = [&] {
    const auto proof = merkle::consistency_proof(log.leaves, old_size);
    return merkle::verify_consistency(older, log.head, proof).has_value();
  };
  const auto consistent = measure_paired(how, consistency, whole);
  report.add(Figure{concat("consistency proof built, ", counted(log.head.size)), "us",
                    consistent.candidate_us, consistent.checked});
}

void checking(FigureReport& report, const Command& command, const Log& log) {
  const std::uint64_t index = log.head.size / 3;
  const auto path = merkle::inclusion_proof(log.leaves, index);
  const auto check = [&] {
    return merkle::verify_inclusion(log.leaves[index], index, log.head, path).has_value();
  };
  const auto bare = [&] {
    Sha256Digest digest = log.leaves[index];
    for (const Sha256Digest& sibling : path) digest = merkle::node_hash(digest, sibling);
    return digest != log.head.root;  // each is hashed on the left: the same work, another root
  };
  const Turns how{command.quick ? 3 : 15, command.once ? 1 : 20, command.once ? 1 : 200};
  const auto checked = measure_paired(how, check, bare);
  report.add(Figure{concat("inclusion proof checked, ", counted(log.head.size)), "us", checked.candidate_us,
                    checked.checked, std::nullopt, concat(path.size(), " hashes")});
  report.add(Figure{concat("  bare hashing of its path, ", counted(log.head.size)), "us", checked.baseline_us,
                    checked.checked});
  report.add(Figure{concat("  proof checked / bare hashing, ", counted(log.head.size)), "ratio",
                    checked.ratio, checked.checked});

  const std::uint64_t old_size = log.head.size * 2 / 3;
  const merkle::TreeHead older{old_size, merkle::root_of(std::span(log.leaves).first(old_size))};
  const auto proof = merkle::consistency_proof(log.leaves, old_size);
  const auto consistent = measure_paired(
      how, [&] { return merkle::verify_consistency(older, log.head, proof).has_value(); }, bare);
  report.add(Figure{concat("consistency proof checked, ", counted(log.head.size)), "us",
                    consistent.candidate_us, consistent.checked, std::nullopt,
                    concat(proof.size(), " hashes, two roots from them")});
}

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode;
  const auto command = bench::read_command(argc, argv);
  bench::FigureReport report("bench_proofs");
  const auto log = bench::log_of(command.once ? 10'000 : 1'000'000);
  bench::building(report, command, log);
  bench::checking(report, command, log);
  report.print(command.json);
  return 0;
}
