// Statements: what is read keeps its meaning in canonical form, and a scope means what it writes.
#include "protocol/statement/statement.h"

#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/statement/codes.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

void check_scope(const statement::Scope& scope) {
  VCNODE_ASSERT(!is_empty(scope));
  VCNODE_ASSERT(meet(scope, scope) == scope && meet(scope, {}) == scope && covers({}, scope));
  const auto text = to_json(scope).dump();
  const auto document = json::Document::parse(text);
  VCNODE_ASSERT(document.has_value());
  const auto again = statement::parse_scope(document->root(), "/scope");
  VCNODE_ASSERT(again.has_value() && *again == scope);
}

void check_statement(const credential::Credential& credential) {
  const auto digest = sha256(as_bytes("the signed bytes"));
  const auto read = statement::parse(credential, digest);
  fuzz::check(read);
  const auto kind = statement::kind_of(credential);
  if (!read) {
    VCNODE_ASSERT((read.error().code == codes::STATEMENT_KIND_UNKNOWN) == !kind.has_value());
    return;
  }
  VCNODE_ASSERT(read->kind() == kind && read->digest == digest && !read->issuer().empty());
  VCNODE_ASSERT(!read->until || read->in_force(read->from));
  VCNODE_ASSERT(statement::read_digest_multibase(statement::digest_multibase(digest)) == digest);
  if (const auto* scope = scope_of(*read)) check_scope(*scope);
  if (const auto* list = read->as<statement::TrustList>())
    for (const statement::Anchor& anchor : list->anchors) check_scope(anchor.scope);
  const auto canonical = credential::Credential::parse(jcs::canonicalize(credential.root()));
  VCNODE_ASSERT(canonical.has_value());
  const auto again = statement::parse(*canonical, digest);
  VCNODE_ASSERT(again.has_value() && again->kind() == read->kind() && again->id == read->id &&
                again->issuer_did == read->issuer_did && again->subject_id == read->subject_id &&
                again->from == read->from && again->until == read->until);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto credential = credential::Credential::parse(as_text({data, size}));
  fuzz::check(credential);
  if (credential) check_statement(*credential);
  return 0;
}
