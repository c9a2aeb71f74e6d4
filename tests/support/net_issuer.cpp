#include "tests/support/net_issuer.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/statement/create.h"

namespace vcnode::test {

KeyPairSigner named_key(std::string_view name) {
  return KeyPairSigner(*Ed25519KeyPair::from_seed(sha256(as_bytes(name)).view()));
}

NetIssuer::NetIssuer(std::string_view name, std::string_view network)
    : signer(named_key(concat("issuer ", name))),
      did(did_key::did_of(signer.public_key())),
      method(did_key::verification_method_of(signer.public_key())),
      origin(*feed::Origin::of(network, did)) {}

feed::NewStatement NetIssuer::statement(const std::string& id, Timestamp at) {
  const nlohmann::json document = {{"@context", nlohmann::json::array({credential::kContextV2})},
                                   {"id", id},
                                   {"type", {"VerifiableCredential"}},
                                   {"issuer", did.text()},
                                   {"validFrom", at.to_string()},
                                   {"credentialSubject", {{"id", "did:example:subject"}}}};
  credential::ProofOptions options;
  options.verification_method = method;
  options.created = at;
  return {id, to_bytes(credential::add_proof(document, options, signer)->dump())};
}

feed::NewStatement NetIssuer::say(statement::Kind kind, const std::string& id,
                                  const std::string& subject_json, Timestamp at) {
  const auto draft = statement::draft(kind, nlohmann::json::parse(subject_json), {id, did.text(), at});
  VCNODE_ASSERT(draft.has_value());
  credential::ProofOptions options;
  options.verification_method = method;
  options.created = at;
  return {id, to_bytes(credential::add_proof(*draft, options, signer)->dump())};
}

feed::NewStatement NetIssuer::sponsorship(const std::string& id, std::string_view subject,
                                          std::uint64_t quota, Timestamp at) {
  const nlohmann::json subject_members{{"id", subject}, {"quota", quota}};
  return say(statement::Kind::sponsorship, id, subject_members.dump(), at);
}

feed::NewStatement NetIssuer::withdrawal(const std::string& id, const feed::NewStatement& ended,
                                         Timestamp at) {
  statement::Statement of;
  of.id = ended.id;
  of.digest = sha256(ended.signed_text);
  return say(statement::Kind::withdrawal, id,
             statement::withdrawal_of(of, statement::Ending::ends, at).dump(), at);
}

feed::Head NetIssuer::head(const std::vector<Bytes>& leaves, Timestamp at) {
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
  return *feed::sign_head(origin, {tree.size(), tree.root()}, at, signer);
}

Bytes statement_leaf(const feed::NewStatement& statement) {
  return feed::Leaf{std::string(feed::kStatementLeaf), statement.id,
                    hex_encode(sha256(statement.signed_text).view())}
      .encode();
}

}  // namespace vcnode::test
