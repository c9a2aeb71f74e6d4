// Witness policies, proofs of logging, requests for cosignatures. The first byte chooses: 0 a policy, 1 a
// proof, 2 a request, each from the rest; otherwise a request is made and signed here and its text edited:
// what is still accepted leads to the tree that was signed.
#include "protocol/witness/cosigner.h"
#include "protocol/witness/tlog_proof.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

constexpr std::size_t kEntries = 9;
const std::string kLog = "a.example/log";

feed::NoteKey key_of(feed::NoteKeyType type, const fuzz::Person& person) {
  return {kLog, type, person.signer.public_key()};
}

const std::vector<Sha256Digest>& entries() {
  static const auto made = [] {
    std::vector<Sha256Digest> out;
    for (std::size_t i = 0; i < kEntries; ++i) out.push_back(merkle::leaf_hash(as_bytes(concat(i))));
    return out;
  }();
  return made;
}

merkle::TreeHead tree(std::size_t size) {
  return {size, merkle::root_of(std::span(entries()).first(size))};
}

void check_policy(std::string_view text) {
  const auto policy = witness::WitnessPolicy::parse(text);
  fuzz::check(policy);
  if (!policy) return;
  const std::size_t witnesses = policy->witnesses().size();
  VCNODE_ASSERT(policy->liars_for_two_branches() <= witnesses && policy->absent_max() <= witnesses);
  if (policy->asks_for_witnesses()) VCNODE_ASSERT(policy->absent_max() < witnesses);
  const auto unsigned_note = feed::Note{feed::Checkpoint{kLog, tree(3)}.text(), {}};
  VCNODE_ASSERT(policy->judge(unsigned_note).quorum == !policy->asks_for_witnesses());
}

void check_proof(std::string_view text) {
  const auto proof = witness::TlogProof::parse(text);
  fuzz::check(proof);
  if (proof) VCNODE_ASSERT(proof->text() == text);
}

void check_request(std::string_view text) {
  const auto request = witness::AddCheckpoint::parse(text);
  fuzz::check(request);
  if (!request) return;
  VCNODE_ASSERT(request->text() == text);
  fuzz::check(witness::origin_of(*request));
}

void check_signed(fuzz::Recipe& recipe) {
  const fuzz::Person& log = fuzz::issuer();
  const auto key = key_of(feed::NoteKeyType::ed25519, log);
  const std::size_t newer = recipe.number(1) % (kEntries + 1);
  const std::size_t older = recipe.number(1) % (newer + 1);
  witness::AddCheckpoint request{older, {}, {}};
  if (older > 0 && older < newer)
    request.proof = merkle::consistency_proof(std::span(entries()).first(newer), older);
  const std::string text = feed::Checkpoint{kLog, tree(newer)}.text();
  request.checkpoint = text + "\n" + feed::signature_line(text, key, log.signer).value();

  const witness::WitnessRecord held{tree(older), Timestamp(static_cast<std::int64_t>(recipe.number(2)))};
  const Timestamp now(static_cast<std::int64_t>(recipe.number(2)));
  const auto judged = witness::judge_add_checkpoint(request, key, held, now);
  VCNODE_ASSERT(judged && judged->tree == tree(newer) && judged->time >= held.time && judged->time >= now);

  const auto edited = witness::AddCheckpoint::parse(fuzz::edited(recipe, request.text()));
  if (!edited) return fuzz::check(edited);
  const auto origin = witness::origin_of(*edited);
  if (!origin || *origin != kLog) return;
  const auto again = witness::judge_add_checkpoint(*edited, key, held, now);
  fuzz::check(again);
  if (again) VCNODE_ASSERT(*again == *judged);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  switch (recipe.byte()) {
    case 0:
      check_policy(recipe.rest());
      break;
    case 1:
      check_proof(recipe.rest());
      break;
    case 2:
      check_request(recipe.rest());
      break;
    default:
      check_signed(recipe);
  }
  return 0;
}
