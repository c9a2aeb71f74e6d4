#include "tests/unit/protocol/verify/world.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "protocol/credential/credential.h"
#include "protocol/did/key.h"

namespace vcnode::verify::world {
namespace {

constexpr std::string_view kNetwork = "test";

KeyPairSigner key_of(std::uint8_t seed_byte) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(seed_byte);
  return KeyPairSigner(Ed25519KeyPair::from_seed(seed).value());
}

}  // namespace

Issuer::Issuer(std::uint8_t seed_byte)
    : signer_(std::make_unique<KeyPairSigner>(key_of(seed_byte))),
      did_(did_key::did_of(signer_->public_key())),
      method_(did_key::verification_method_of(signer_->public_key())) {}

credential::ProofOptions Issuer::proof_options() const {
  credential::ProofOptions options;
  options.verification_method = method_;
  options.created = kIssuedAt;
  return options;
}

nlohmann::json badge(const Issuer& issuer) {
  return {
      {"@context", {credential::kContextV2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"}},
      {"id", "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c11"},
      {"type", {"VerifiableCredential", "OpenBadgeCredential"}},
      {"issuer", {{"id", issuer.did().text()}, {"type", {"Profile"}}, {"name", "Example Institute"}}},
      {"validFrom", kIssuedAt.to_string()},
      {"name", "Data Literacy"},
      {"credentialSubject",
       {{"type", {"AchievementSubject"}},
        {"name", "Maria Example"},
        {"achievement",
         {{"id", "https://issuer.example/achievements/data-literacy"},
          {"type", {"Achievement"}},
          {"name", "Data Literacy"},
          {"description", "Reads, questions and presents data."},
          {"criteria", {{"narrative", "Final project, assessed by two examiners."}}}}}}},
      {"credentialStatus",
       {status_entry(status::Purpose::revocation), status_entry(status::Purpose::suspension)}}};
}

nlohmann::json status_entry(status::Purpose purpose, std::string_view list, std::uint64_t index) {
  const auto own = purpose == status::Purpose::revocation ? kRevocationList : kSuspensionList;
  return status::status_entry_json({.purpose = purpose,
                                    .list_uri = std::string(list.empty() ? own : list),
                                    .index = status::StatusIndex(index)});
}

std::string sign(const Issuer& issuer, const nlohmann::json& document) {
  return sign(issuer, document, issuer.proof_options());
}

std::string sign(const Issuer& issuer, const nlohmann::json& document,
                 const credential::ProofOptions& options) {
  return credential::add_proof(document, options, issuer.signer()).value().dump();
}

std::string signed_list(const Issuer& issuer, std::string_view uri, status::Purpose purpose,
                        const std::vector<std::uint64_t>& set, Timestamp valid_from) {
  auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
  for (const auto index : set) bitmap.set(status::StatusIndex(index), true).value();
  const status::SignedListOptions options{.uri = std::string(uri),
                                          .purpose = purpose,
                                          .issuer = issuer.did(),
                                          .verification_method = issuer.method(),
                                          .valid_from = valid_from};
  return status::sign_status_list(bitmap, options, issuer.signer()).value();
}

std::shared_ptr<feed::FeedSnapshot> feed_of(const Issuer& issuer, const Lists& lists) {
  const auto origin = feed::Origin::of(kNetwork, issuer.did()).value();
  std::vector<Sha256Digest> leaf_hashes;
  std::map<std::string, feed::StatusListState, std::less<>> states;
  const auto publish = [&](std::string_view uri, status::Purpose purpose,
                           const std::vector<std::uint64_t>& set) {
    const std::string text = signed_list(issuer, uri, purpose, set);
    const auto digest = sha256(as_bytes(text));
    const feed::Leaf leaf{std::string(feed::kStatusLeaf), feed::StatusLeafKey{std::string(uri), 1}.text(),
                          hex_encode(digest.view())};
    leaf_hashes.push_back(merkle::leaf_hash(leaf.encode()));
    auto list = status::verify_status_list(text, uri, issuer.did(), DidKeyResolver()).value();
    states.emplace(uri, feed::StatusListState{.sequence = 1,
                                              .digest = digest,
                                              .body = feed::BodyState::held,
                                              .list = std::make_shared<status::StatusList>(std::move(list)),
                                              .reason = std::nullopt});
  };
  publish(kRevocationList, status::Purpose::revocation, lists.revoked);
  publish(kSuspensionList, status::Purpose::suspension, lists.suspended);
  const merkle::TreeHead tree{leaf_hashes.size(), merkle::root_of(leaf_hashes)};
  return std::make_shared<feed::FeedSnapshot>(
      feed::FeedSnapshot{.origin = origin,
                         .issuer = issuer.did(),
                         .head = feed::sign_head(origin, tree, kHeadAt, issuer.signer()).value(),
                         .status_lists = std::move(states),
                         .pending = std::nullopt,
                         .missing_bodies = {},
                         .contradicted = false});
}

SnapshotView view_of(const std::shared_ptr<const feed::FeedSnapshot>& snapshot) {
  SnapshotView view;
  view.put(snapshot);
  return view;
}

Policy trusting(const Issuer& issuer) {
  Policy::Values values;
  values.trust.insert(issuer.did());
  return Policy(std::move(values));
}

const Check* find(const Verdict& verdict, CheckName name) {
  const auto at = std::find_if(verdict.checks.begin(), verdict.checks.end(),
                               [&](const Check& check) { return check.check == name; });
  return at == verdict.checks.end() ? nullptr : &*at;
}

}  // namespace vcnode::verify::world
