#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/issuer_name.h"
#include "protocol/feed/replica.h"
#include "protocol/feed/statement.h"

namespace vcnode::feed {
namespace {

using credential::Credential;

constexpr std::string_view kClosedType = "Closed";

Result<void> check_proofs(const Credential& statement, std::string_view name, const Did& issuer,
                          const Resolver& resolver) {
  const auto outcome = credential::verify_proofs(statement.root(), "assertionMethod", resolver);
  if (!outcome)
    return bad_statement(name, concat("has a proof that cannot be checked: ", outcome.error().message));
  if (!outcome->verified)
    return bad_statement(name, concat("has a proof that fails: ", outcome->failure->message));
  for (const credential::VerifiedProof& proof : outcome->proofs)
    if (same_issuer(proof.method.controller, issuer)) return {};
  return bad_statement(name, concat("has no proof by a key of ", issuer.text()));
}

Result<void> check_statement(std::string_view id, std::string_view text, const Did& issuer,
                             const Resolver& resolver) {
  VCNODE_TRY(const auto statement, parse_statement(id, text, issuer));
  return check_proofs(statement, id, issuer, resolver);
}

Result<void> check_closed(std::string_view date, std::string_view text, const Did& issuer,
                          const Resolver& resolver) {
  VCNODE_TRY(const auto statement, parse_closed(date, text, issuer));
  return check_proofs(statement, date, issuer, resolver);
}

Result<Credential> parse_of_issuer(std::string_view name, std::string_view text, const Did& issuer) {
  if (text.size() > limits::kBodyBytesMax)
    return bad_statement(name,
                         concat("has ", text.size(), " bytes, over the limit of ", limits::kBodyBytesMax));
  auto statement = Credential::parse(text);
  if (!statement) return bad_statement(name, concat("is not a credential: ", statement.error().message));
  if (!same_issuer(statement->issuer_id(), issuer))
    return bad_statement(name, concat("names the issuer \"", excerpt(statement->issuer_id()),
                                      "\", not the feed's ", issuer.text()));
  return statement;
}

// Says that `issuer` controls its keys under whichever of its DIDs, and did:key methods too: whether such a
// key was delegated is for the replica to say, so it is noted here.
class ListSigners final : public Resolver {
 public:
  ListSigners(const Resolver& keys, const Did& issuer) : keys_(keys), issuer_(issuer) {}

  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override {
    if (method.did().method() != did_key::kMethod) {
      VCNODE_TRY(auto resolved, keys_.resolve_method(method, at));
      if (same_issuer(resolved.controller, issuer_)) resolved.controller = issuer_;
      return resolved;
    }
    VCNODE_TRY(auto resolved, DidKeyResolver().resolve_method(method, at));
    delegate_ = resolved.key;
    resolved.controller = issuer_;
    return resolved;
  }
  [[nodiscard]] const std::optional<Ed25519PublicKey>& delegate() const noexcept { return delegate_; }

 private:
  const Resolver& keys_;
  const Did& issuer_;
  mutable std::optional<Ed25519PublicKey> delegate_;
};

// The issuer by the name it has in the list: an issuer with a history may have moved since.
Did issuer_in(std::string_view text, const Did& issuer) {
  const auto list = Credential::parse(text);
  if (!list || !same_issuer(list->issuer_id(), issuer)) return issuer;
  return Did::parse(list->issuer_id()).value_or(issuer);
}

void check_list(std::string_view text, const Did& issuer, const Resolver& resolver, CheckedBody& checked) {
  const auto key = StatusLeafKey::parse(checked.need.key);
  VCNODE_ASSERT(key.has_value());
  const auto verify = [&](const Did& name, const Resolver& keys) {
    auto list = status::verify_status_list(text, key->uri, name, keys);
    if (list)
      checked.list = std::make_shared<const status::StatusList>(*std::move(list));
    else
      checked.bad = list.error();
  };
  if (!has_history(issuer)) return verify(issuer, resolver);
  const Did name = issuer_in(text, issuer);
  const ListSigners signers(resolver, name);
  verify(name, signers);
  if (checked.list) checked.delegate = signers.delegate();
}

}  // namespace

Failure bad_statement(std::string_view id, std::string_view why) {
  return fail(codes::STATEMENT_INVALID, "the statement \"", excerpt(id), "\" ", why);
}

Result<Credential> parse_statement(std::string_view id, std::string_view text, const Did& issuer) {
  VCNODE_TRY(auto statement, parse_of_issuer(id, text, issuer));
  if (statement.id() != id)
    return bad_statement(id, concat("has the id \"", excerpt(statement.id().value_or("")), "\""));
  return statement;
}

Result<Credential> parse_closed(std::string_view date, std::string_view text, const Did& issuer) {
  VCNODE_TRY(auto statement, parse_of_issuer(date, text, issuer));
  if (!statement.has_type(kClosedType))
    return bad_statement(date, concat("closes the feed and is not of type ", kClosedType));
  if (!statement.valid_from() || statement.valid_from()->to_string() != date)
    return bad_statement(date, "closes the feed and has another validFrom than its leaf's date");
  return statement;
}

CheckedBody check_body(const BodyNeed& need, BytesView bytes, const Did& issuer, const Resolver& resolver) {
  VCNODE_ASSERT(sha256(bytes) == need.digest);
  CheckedBody checked{need, nullptr, std::nullopt};
  const std::string_view text = as_text(bytes);
  const auto note = [&](const auto& result) {
    if (!result) checked.bad = result.error();
  };
  if (need.type == kStatusLeaf) {
    check_list(text, issuer, resolver, checked);
  } else if (need.type == kStatementLeaf) {
    note(check_statement(need.key, text, issuer, resolver));
  } else if (need.type == kCloseLeaf) {
    note(check_closed(need.key, text, issuer, resolver));
  } else if (need.type == kListKeyLeaf) {
    auto delegation = verify_list_delegation(text, need.key, issuer, resolver);
    note(delegation);
    if (delegation) checked.delegation = std::make_shared<const ListDelegation>(*std::move(delegation));
  } else if (need.type == kObservationLeaf) {
    checked.observed = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  }
  return checked;
}

}  // namespace vcnode::feed
