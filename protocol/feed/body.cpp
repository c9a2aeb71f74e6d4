#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/replica.h"
#include "protocol/feed/statement.h"

namespace vcnode::feed {
namespace {

Result<void> check_statement(std::string_view id, std::string_view text, const Did& issuer,
                             const Resolver& resolver) {
  VCNODE_TRY(const auto statement, parse_statement(id, text, issuer));
  const auto outcome = credential::verify_proofs(statement.root(), "assertionMethod", resolver);
  if (!outcome)
    return bad_statement(id, concat("has a proof that cannot be checked: ", outcome.error().message));
  if (!outcome->verified)
    return bad_statement(id, concat("has a proof that fails: ", outcome->failure->message));
  for (const credential::VerifiedProof& proof : outcome->proofs)
    if (proof.method.controller == issuer) return {};
  return bad_statement(id, concat("has no proof by a key of ", issuer.text()));
}

}  // namespace

Failure bad_statement(std::string_view id, std::string_view why) {
  return fail(codes::STATEMENT_INVALID, "the statement \"", excerpt(id), "\" ", why);
}

Result<credential::Credential> parse_statement(std::string_view id, std::string_view text,
                                               const Did& issuer) {
  if (text.size() > limits::kBodyBytesMax)
    return bad_statement(id,
                         concat("has ", text.size(), " bytes, over the limit of ", limits::kBodyBytesMax));
  auto statement = credential::Credential::parse(text);
  if (!statement) return bad_statement(id, concat("is not a credential: ", statement.error().message));
  if (statement->id() != id)
    return bad_statement(id, concat("has the id \"", excerpt(statement->id().value_or("")), "\""));
  if (statement->issuer_id() != issuer.text())
    return bad_statement(id, concat("names the issuer \"", excerpt(statement->issuer_id()),
                                    "\", not the feed's ", issuer.text()));
  return statement;
}

CheckedBody check_body(const BodyNeed& need, BytesView bytes, const Did& issuer, const Resolver& resolver) {
  VCNODE_ASSERT(sha256(bytes) == need.digest);
  CheckedBody checked{need, nullptr, std::nullopt};
  if (need.type == kStatusLeaf) {
    const auto key = StatusLeafKey::parse(need.key);
    VCNODE_ASSERT(key.has_value());
    auto list = status::verify_status_list(as_text(bytes), key->uri, issuer, resolver);
    if (list)
      checked.list = std::make_shared<const status::StatusList>(*std::move(list));
    else
      checked.bad = list.error();
  } else if (need.type == kStatementLeaf) {
    if (const auto statement = check_statement(need.key, as_text(bytes), issuer, resolver); !statement)
      checked.bad = statement.error();
  }
  return checked;
}

}  // namespace vcnode::feed
