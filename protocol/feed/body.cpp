#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/issuer_name.h"
#include "protocol/feed/replica.h"
#include "protocol/feed/statement.h"
#include "protocol/statement/codes.h"

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

using SharedStatement = std::shared_ptr<const statement::Statement>;

Result<SharedStatement> check_statement(const BodyNeed& need, std::string_view text, const Did& issuer,
                                        const Resolver& resolver) {
  VCNODE_TRY(const auto credential, parse_statement(need.key, text, issuer));
  VCNODE_CHECK(check_proofs(credential, need.key, issuer, resolver));
  return read_statement(credential, need.digest);
}

// It closes the feed whether or not it can be read as a statement.
Result<SharedStatement> check_closed(const BodyNeed& need, std::string_view text, const Did& issuer,
                                     const Resolver& resolver) {
  VCNODE_TRY(const auto credential, parse_closed(need.key, text, issuer));
  VCNODE_CHECK(check_proofs(credential, need.key, issuer, resolver));
  return read_statement(credential, need.digest).value_or(SharedStatement());
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

// One subject, and it is the feed's issuer under whichever of its DIDs.
bool is_about(const Credential& statement, const Did& issuer) {
  const auto subjects = statement.root().find("credentialSubject")->one_or_many();
  if (subjects.size() != 1) return false;
  const auto id = subjects.front().find_string("id");
  return id && same_issuer(*id, issuer);
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
  if (!is_about(statement, issuer))
    return bad_statement(date, concat("closes the feed and is not about its issuer ", issuer.text()));
  return statement;
}

Result<SharedStatement> read_statement(const Credential& credential, const Sha256Digest& digest) {
  auto read = statement::parse(credential, digest);
  if (read) return SharedStatement(std::make_shared<const statement::Statement>(*std::move(read)));
  if (read.error().code == codes::STATEMENT_KIND_UNKNOWN) return SharedStatement();
  return read.failure();
}

// A JSON string that is the context holds it letter by letter, or escaped.
bool may_say_something(std::string_view text) {
  return text.find(statement::kRecognitionContext) != std::string_view::npos ||
         text.find('\\') != std::string_view::npos;
}

CheckedBody check_body(const BodyNeed& need, BytesView bytes, const Did& issuer, const Resolver& resolver) {
  VCNODE_ASSERT(sha256(bytes) == need.digest);
  CheckedBody checked{need, nullptr, std::nullopt};
  const std::string_view text = as_text(bytes);
  const auto note = [&](const auto& result) {
    if (!result) checked.bad = result.error();
  };
  const auto take = [&](Result<SharedStatement> read) {
    note(read);
    if (read) checked.statement = *std::move(read);
  };
  if (need.type == kStatusLeaf) {
    check_list(text, issuer, resolver, checked);
  } else if (need.type == kStatementLeaf) {
    take(check_statement(need, text, issuer, resolver));
  } else if (need.type == kCloseLeaf) {
    take(check_closed(need, text, issuer, resolver));
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
