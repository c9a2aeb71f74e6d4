// Data Integrity proofs. First byte 0: verify_proofs on the rest as it is. Otherwise a document is signed
// here, by one to three keys, and its text edited: if it still verifies, it says what was signed and nothing
// else.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/jcs.h"
#include "protocol/credential/data_integrity.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;
using credential::ProofOptions;

namespace {

constexpr std::string_view kPurpose = "assertionMethod";

Result<credential::ProofOutcome> verified(const json::Document& document) {
  auto outcome = credential::verify_proofs(document.root(), kPurpose, DidKeyResolver());
  fuzz::check(outcome);
  if (outcome && !outcome->verified) fuzz::check_error(outcome->failure.value());
  return outcome;
}

void check_any(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document || !document->root().is_object()) return;
  const auto outcome = verified(*document);
  if (outcome && outcome->verified)
    VCNODE_ASSERT(outcome->proofs.size() == document->root().find("proof")->one_or_many().size());
}

// What the signatures cover, with the proofs as a set: several proofs are equals, and one may be left out. A
// document may go on after the @context that was signed (vc-di-eddsa 3.3.2), so its start is compared.
struct Said {
  std::string document;
  nlohmann::json context;
  std::set<std::string> proofs;  // without proofValue
};
Said said_by(nlohmann::json document) {
  Said said;
  auto proofs = document.at("proof");
  if (!proofs.is_array()) proofs = nlohmann::json::array({proofs});
  for (auto& proof : proofs) {
    proof.erase("proofValue");
    said.proofs.insert(proof.dump());
  }
  const auto context = document.value("@context", nlohmann::json::array());
  said.context = context.is_array() ? context : nlohmann::json::array({context});
  document.erase("proof");
  document.erase("@context");
  said.document = document.dump();
  return said;
}

void check_same_said(const Said& was, const Said& is) {
  VCNODE_ASSERT(was.document == is.document);
  VCNODE_ASSERT(std::includes(was.proofs.begin(), was.proofs.end(), is.proofs.begin(), is.proofs.end()));
  VCNODE_ASSERT(was.context.size() <= is.context.size());
  VCNODE_ASSERT(std::equal(was.context.begin(), was.context.end(), is.context.begin()));
}

Result<nlohmann::json> signed_by_several(fuzz::Recipe& recipe, nlohmann::json document) {
  const std::size_t signatures = 1 + recipe.below(3);
  std::vector<std::string> earlier;
  for (std::size_t i = 0; i < signatures; ++i) {
    const fuzz::Person& person = recipe.byte() % 2 == 0 ? fuzz::issuer() : fuzz::stranger();
    ProofOptions options;
    options.verification_method = person.method;
    options.created = Timestamp(1'793'523'600 + static_cast<std::int64_t>(i));
    options.id = concat("urn:proof:", i);
    if (recipe.byte() % 2 == 1) options.previous_proofs = earlier;
    if (recipe.byte() % 4 == 3) options.challenge = "c";
    earlier.push_back(*options.id);
    auto next = credential::add_proof(document, options, person.signer);
    if (!next) return next;
    document = *std::move(next);
  }
  return document;
}

void check_signed(fuzz::Recipe& recipe) {
  const std::string edits(recipe.counted_text());
  const auto choices = recipe.text(16);
  auto document = json::read(recipe.rest());
  if (!document || !document->is_object()) return;
  document->erase("proof");
  fuzz::Recipe chosen(reinterpret_cast<const std::uint8_t*>(choices.data()), choices.size());
  const auto secured = signed_by_several(chosen, *document);
  VCNODE_ASSERT(secured.has_value());
  const std::string text = secured->dump();
  const auto read = json::Document::parse(text);
  if (!read) return fuzz::check(read);  // at the limit of depth before the proof went in
  VCNODE_ASSERT(verified(*read).value().verified);

  fuzz::Recipe edit(reinterpret_cast<const std::uint8_t*>(edits.data()), edits.size());
  const auto changed = json::Document::parse(fuzz::edited(edit, text));
  if (!changed || !changed->root().is_object()) return;
  const auto outcome = verified(*changed);
  if (outcome && outcome->verified)
    check_same_said(said_by(*secured), said_by(json::to_nlohmann(changed->root())));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  if (recipe.byte() == 0) {
    check_any(recipe.rest());
  } else {
    check_signed(recipe);
  }
  return 0;
}
