#include "protocol/webvh/state.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/webvh/codes.h"

namespace vcnode::webvh {
namespace {

constexpr std::string_view kEntryPurpose = "assertionMethod";

Result<void> check_place(const State* parent, const Entry& entry) {
  const std::uint32_t expected = parent == nullptr ? 1 : parent->version_id().number() + 1;
  if (parent != nullptr && parent->deactivated())
    return fail(codes::WEBVH_DEACTIVATED, "version ", parent->version_id().number(),
                " deactivated the DID, no entry may follow");
  if (entry.version_id().number() != expected)
    return fail(codes::WEBVH_VERSION_ID, "the version number is ", entry.version_id().number(),
                ", it must be ", expected);
  return {};
}

Result<void> check_time(const State* parent, const Entry& entry, Timestamp now) {
  if (parent != nullptr && entry.version_time() <= parent->version_time())
    return fail(codes::WEBVH_VERSION_TIME, "versionTime ", excerpt(entry.version_time_text()),
                " is not later than the parent's, ", excerpt(parent->entry().version_time_text()));
  if (entry.version_time() > Instant(now.plus_seconds(limits::kClockSkewSecondsMax)))
    return fail(codes::WEBVH_TIME_FUTURE, "versionTime ", excerpt(entry.version_time_text()),
                " is more than ", limits::kClockSkewSecondsMax, " seconds later than now, ", now.to_string());
  return {};
}

// Of a first entry. REQUIRES: parameters_after() found scid to be there.
Result<std::string_view> check_scid(const Entry& entry) {
  const auto claimed = entry.parameters().find_string("scid");
  if (!claimed || !is_multihash(*claimed))
    return fail(codes::WEBVH_SCID, "parameters/scid is not the base58btc form of a SHA-256 multihash");
  VCNODE_TRY(const auto computed, entry.scid_of(*claimed));
  if (computed != *claimed)
    return fail(codes::WEBVH_SCID, "parameters/scid is ", *claimed, ", the hash of the first entry is ",
                computed);
  return *claimed;
}

Result<void> check_hash(const Entry& entry, std::string_view predecessor) {
  const std::string computed = entry.hash_after(predecessor);
  if (computed != entry.version_id().entry_hash())
    return fail(codes::WEBVH_ENTRY_HASH, "versionId ends with ", entry.version_id().entry_hash(),
                ", the hash of the entry after ", excerpt(predecessor), " is ", computed);
  return {};
}

Result<DidWebvh> document_did(const Entry& entry, std::string_view scid, DidOptions options) {
  const auto id = entry.document().find_string("id");
  if (!id) return fail(codes::WEBVH_STATE, "state/id is missing or not a string");
  auto did = DidWebvh::parse(*id, options);
  if (!did) return Failure{{did.error().code, concat("state/id: ", did.error().message)}};
  if (did->scid() != scid)
    return fail(codes::WEBVH_STATE, "state/id has the SCID ", did->scid(), ", the log's is ", scid);
  return did;
}

bool is_also_known_as(const json::Value& document, std::string_view did) {
  const json::Value* names = document.find("alsoKnownAs");
  if (names == nullptr || !names->is_array()) return false;
  const auto elements = names->elements();
  return std::any_of(elements.begin(), elements.end(),
                     [did](const json::Value& name) { return name.is_string() && name.string() == did; });
}

Result<void> check_move(const State& parent, const Entry& entry, const DidWebvh& did, bool portable) {
  if (parent.did() == did) return {};
  if (!portable)
    return fail(codes::WEBVH_NOT_PORTABLE, "state/id moves from ", excerpt(parent.did().text()), " to ",
                excerpt(did.text()), ", but the DID is not portable");
  if (!is_also_known_as(entry.document(), parent.did().text()))
    return fail(codes::WEBVH_NOT_PORTABLE, "state/alsoKnownAs does not name ", excerpt(parent.did().text()),
                ", from which the DID moves");
  return {};
}

// An update key signs entries and nothing else, and a log may bring a new one with each. A key of mixed
// order, which only the check of the order would refuse, hurts nobody but the log's own author.
class UpdateKeys final : public Resolver {
 public:
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> /*at*/) const override {
    VCNODE_TRY(const auto key, did_key::unchecked_key_of_method(method));
    return ResolvedMethod{
        .key = key, .controller = method.did(), .version_id = std::nullopt, .low_assurance = true};
  }
};

// The multikeys whose proofs the entry carries; every proof must verify.
Result<std::vector<std::string>> verified_signers(const Entry& entry) {
  const auto outcome = credential::verify_proofs(entry.root(), kEntryPurpose, UpdateKeys());
  if (!outcome) return fail(codes::WEBVH_PROOF, outcome.error().message);
  if (!outcome->verified) return fail(codes::WEBVH_PROOF, outcome->failure->message);
  std::vector<std::string> signers;
  for (const auto& proof : outcome->proofs) {
    if (proof.expires)
      return fail(codes::WEBVH_PROOF, "a proof has an expiry date, but history does not lapse");
    const auto fragment = proof.verification_method.find('#');
    signers.push_back(proof.verification_method.substr(fragment + 1));
  }
  return signers;
}

Result<void> check_authorised(const std::vector<std::string>& signers,
                              const std::vector<std::string>& active) {
  for (const std::string& signer : signers)
    if (std::find(active.begin(), active.end(), signer) == active.end())
      return fail(codes::WEBVH_KEY_NOT_AUTHORISED, "the entry is signed by ", excerpt(signer),
                  ", which is not among the ", active.size(), " active updateKeys");
  return {};
}

}  // namespace

Result<State> apply(const State* parent, const Entry& entry, const Rules& rules) {
  VCNODE_CHECK(check_place(parent, entry));
  VCNODE_CHECK(check_time(parent, entry, rules.now));
  const auto inherited = parent == nullptr ? nullptr : parent->data_->parameters;
  VCNODE_TRY(auto parameters, parameters_after(inherited, entry.parameters()));
  std::string_view scid;
  if (parent == nullptr) {
    VCNODE_TRY(scid, check_scid(entry));
  } else {
    scid = parent->did().scid();
  }
  VCNODE_CHECK(check_hash(entry, parent == nullptr ? scid : parent->version_id().text()));
  VCNODE_TRY(auto did, document_did(entry, scid, rules.did));
  if (parent != nullptr) VCNODE_CHECK(check_move(*parent, entry, did, parameters->portable));
  VCNODE_TRY(auto signers, verified_signers(entry));
  // "Authorized Keys": without pre-rotation those in force before the entry, with it those the entry reveals.
  const bool own_keys = parent == nullptr || inherited->pre_rotation();
  VCNODE_CHECK(check_authorised(signers, own_keys ? parameters->update_keys : inherited->update_keys));
  const bool witnessed_before = parent != nullptr && inherited->witness.active();
  auto governing = witnessed_before ? inherited : parameters;
  return State(std::make_shared<const State::Data>(
      State::Data{entry, std::move(did), std::move(parameters), std::move(governing),
                  parent == nullptr ? std::string() : parent->version_id().text(), std::move(signers)}));
}

}  // namespace vcnode::webvh
