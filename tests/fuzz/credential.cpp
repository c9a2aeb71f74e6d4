// The data model and the verdict on arbitrary documents: what is accepted keeps its meaning in canonical
// form, and nobody who did not sign is told "valid".
#include "protocol/credential/credential.h"

#include <nlohmann/json.hpp>
#include <string>

#include "crypto/jcs.h"
#include "protocol/verify/verify.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/verify/world.h"

using namespace vcnode;
using credential::Credential;
using verify::Outcome;

namespace {

constexpr std::uint8_t kIssuerSeed = 0x33;  // its credentials are in the corpus

void check_model(std::string_view text) {
  const auto read = Credential::parse(text);
  fuzz::check(read);
  if (!read) return;
  VCNODE_ASSERT(is_url(read->issuer_id()));
  VCNODE_ASSERT(!read->id() || is_url(*read->id()));
  VCNODE_ASSERT(!read->valid_from() || !read->valid_until() || *read->valid_from() <= *read->valid_until());
  VCNODE_ASSERT(read->has_type("VerifiableCredential"));
  const auto again = Credential::parse(jcs::canonicalize(read->root()));
  VCNODE_ASSERT(again.has_value());
  VCNODE_ASSERT(again->issuer_id() == read->issuer_id() && again->id() == read->id());
  VCNODE_ASSERT(again->valid_from() == read->valid_from() && again->valid_until() == read->valid_until());
  VCNODE_ASSERT(again->status().size() == read->status().size());
}

void check_verdict(std::string_view text) {
  static const verify::world::Issuer known(kIssuerSeed);
  static const verify::SnapshotView view = verify::world::view_of(verify::world::feed_of(known));
  static const verify::Policy policy = verify::world::trusting(known);
  const auto verdict = verify::verify_credential(text, view, policy, verify::world::kNow);
  VCNODE_ASSERT(verdict.has_value());
  VCNODE_ASSERT(!verify::headline(*verdict).empty());
  VCNODE_ASSERT(json::Document::parse(verdict->to_jcs()).has_value());
  VCNODE_ASSERT(verify::messages(*verdict).size() == verdict->checks.size());
  for (const verify::Check& check : verdict->checks)
    if (!check.detail.empty()) fuzz::check_error({check.code, check.detail});
  const auto again = verify::verify_credential(text, view, policy, verify::world::kNow);
  VCNODE_ASSERT(again->to_jcs() == verdict->to_jcs());
  const auto* proof = verify::world::find(*verdict, verify::CheckName::proof);
  const bool proved = proof != nullptr && proof->result == verify::CheckResult::pass;
  if (verdict->outcome == Outcome::valid || verdict->outcome == Outcome::issuer_not_confirmed)
    VCNODE_ASSERT(proved);
  if (verdict->outcome == Outcome::valid) VCNODE_ASSERT(verdict->issuer_did == known.did().text());

  const auto proof_only =
      verify::verify_credential(text, view, policy, verify::world::kNow, verify::Scope::proof_only);
  VCNODE_ASSERT(proof_only->outcome != Outcome::valid);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_model(text);
  check_verdict(text);
  return 0;
}
