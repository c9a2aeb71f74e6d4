#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using Tree = nlohmann::json;

namespace {

// 53 vectors, good ones among them, hold words in place of hashes: each word stands for a digest of its own.
// An empty text stands for nothing, which our types cannot express: nullopt, and the vector is refused.
std::optional<Sha256Digest> digest_of(const Tree& base64) {
  const Bytes bytes = base64_decode(base64.get_ref<const std::string&>(), 64).value();
  if (bytes.empty()) return std::nullopt;
  return Sha256Digest::from(bytes).value_or(sha256(bytes));
}

std::optional<std::vector<Sha256Digest>> proof_of(const Tree& list) {
  std::vector<Sha256Digest> proof;
  if (list.is_null()) return proof;
  for (const auto& hash : list) {
    const auto digest = digest_of(hash);
    if (!digest) return std::nullopt;
    proof.push_back(*digest);
  }
  return proof;
}

bool inclusion_holds(const Tree& vector) {
  const auto root = digest_of(vector["root"]);
  const auto leaf = digest_of(vector["leafHash"]);
  const auto proof = proof_of(vector["proof"]);
  if (!root || !leaf || !proof) return false;
  const merkle::TreeHead head{vector["treeSize"].get<std::uint64_t>(), *root};
  return merkle::verify_inclusion(*leaf, vector["leafIdx"].get<std::uint64_t>(), head, *proof).has_value();
}

bool consistency_holds(const Tree& vector) {
  const auto root1 = digest_of(vector["root1"]);
  const auto root2 = digest_of(vector["root2"]);
  const auto proof = proof_of(vector["proof"]);
  if (!root1 || !root2 || !proof) return false;
  const merkle::TreeHead older{vector["size1"].get<std::uint64_t>(), *root1};
  const merkle::TreeHead newer{vector["size2"].get<std::uint64_t>(), *root2};
  return merkle::verify_consistency(older, newer, *proof).has_value();
}

int run(std::string_view folder, bool (*holds)(const Tree&)) {
  const auto directory = test::shared_path(folder);
  if (!directory) return -1;
  int vectors = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*directory)) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path().string());
    const auto vector = Tree::parse(test::read_file(entry.path()));
    CHECK(holds(vector) != vector["wantErr"].get<bool>());
    ++vectors;
  }
  return vectors;
}

}  // namespace

TEST_CASE("transparency-dev: 98 inclusion proofs, good and bad") {
  const int vectors = run("merkle/inclusion", inclusion_holds);
  if (vectors >= 0) CHECK(vectors == 98);
}

TEST_CASE("transparency-dev: 98 consistency proofs, good and bad") {
  const int vectors = run("merkle/consistency", consistency_holds);
  if (vectors >= 0) CHECK(vectors == 98);
}
