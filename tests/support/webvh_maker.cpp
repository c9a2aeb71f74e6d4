#include "tests/support/webvh_maker.h"

#include <map>
#include <memory>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "crypto/multikey.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/webvh/author.h"
#include "protocol/webvh/text.h"

namespace vcnode::test::webvh {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

KeyPairSigner signer_of(std::uint8_t seed_byte) {
  return KeyPairSigner(Ed25519KeyPair::from_seed(Bytes(32, seed_byte)).value());
}

void bend(const Bend& change, nlohmann::json& value) {
  if (change) change(value);
}

}  // namespace

TestKey::TestKey(std::uint8_t seed_byte)
    : signer(signer_of(seed_byte)),
      multikey(multikey_encode(signer.public_key())),
      did("did:key:" + multikey),
      method(did + "#" + multikey),
      hash(vcnode::webvh::key_hash(multikey)) {}

const TestKey& key(std::uint8_t number) {
  static std::map<std::uint8_t, std::unique_ptr<TestKey>> keys;
  auto& known = keys[number];
  if (known == nullptr) known = std::make_unique<TestKey>(number);
  return *known;
}

std::vector<std::string> multikeys(const std::vector<std::uint8_t>& numbers) {
  std::vector<std::string> out;
  for (const auto number : numbers) out.push_back(key(number).multikey);
  return out;
}

std::vector<std::string> hashes(const std::vector<std::uint8_t>& numbers) {
  std::vector<std::string> out;
  for (const auto number : numbers) out.push_back(key(number).hash);
  return out;
}

nlohmann::json witness_rule(int threshold, const std::vector<std::uint8_t>& witnesses) {
  auto list = nlohmann::json::array();
  for (const auto number : witnesses) list.push_back({{"id", key(number).did}});
  return {{"threshold", threshold}, {"witnesses", std::move(list)}};
}

nlohmann::json document_with(const std::string& did, std::uint8_t number) {
  const std::string method = did + "#sig1";
  return {{"@context", {"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}},
          {"id", did},
          {"verificationMethod",
           {{{"id", method},
             {"type", "Multikey"},
             {"controller", did},
             {"publicKeyMultibase", key(number).multikey}}}},
          {"assertionMethod", {method}}};
}

nlohmann::json LogMaker::document() const {
  return document_ ? *document_ : document_with("did:webvh:{SCID}:" + location_, 101);
}

nlohmann::json LogMaker::first_entry(const Making& making) {
  nlohmann::json parameters = {
      {"method", "did:webvh:1.0"}, {"scid", "{SCID}"}, {"updateKeys", multikeys({1})}};
  parameters.update(making.parameters);
  nlohmann::json entry = {{"versionId", "{SCID}"},
                          {"versionTime", making.time.value_or(kFirstTime.to_string())},
                          {"parameters", std::move(parameters)},
                          {"state", making.document ? *making.document : document()}};
  bend(making.before_scid, entry);
  const std::string text = jcs::canonicalize(entry).value();
  scid_ = vcnode::webvh::multihash_of(text);
  version_id_ = scid_;
  return nlohmann::json::parse(vcnode::webvh::replaced(text, "{SCID}", scid_));
}

LogMaker& LogMaker::add(const Making& making) {
  const auto day = static_cast<std::int64_t>(number_);
  nlohmann::json entry;
  if (number_ == 0) {
    entry = first_entry(making);
  } else {
    entry = {{"versionId", version_id_},
             {"versionTime", making.time.value_or(kFirstTime.plus_seconds(day * kSecondsPerDay).to_string())},
             {"parameters", making.parameters},
             {"state", making.document ? *making.document : document()}};
  }
  bend(making.before_hash, entry);
  document_ = entry["state"];
  ++number_;
  version_id_ = concat(number_, "-", vcnode::webvh::multihash_of(jcs::canonicalize(entry).value()));
  entry["versionId"] = version_id_;
  bend(making.before_sign, entry);
  auto secured = entry;
  for (const auto number : making.signers) {
    credential::ProofOptions options;
    options.verification_method = key(number).method;
    options.created = kFirstTime.plus_seconds(day * kSecondsPerDay);
    secured = credential::add_proof(secured, options, key(number).signer).value();
  }
  if (!secured.contains("proof")) secured["proof"] = nlohmann::json::array();
  if (secured["proof"].is_object()) secured["proof"] = nlohmann::json::array({secured["proof"]});
  bend(making.after_sign, secured);
  lines_.push_back(secured.dump());
  return *this;
}

LogMaker& LogMaker::witness(std::uint8_t number) {
  const auto version_id = vcnode::webvh::VersionId::parse(version_id_).value();
  proofs_.push_back(vcnode::webvh::approve(version_id, key(number).signer, kFirstTime).value());
  return *this;
}

LogMaker& LogMaker::line(std::string text) {
  lines_.push_back(std::move(text));
  return *this;
}

std::string LogMaker::text() const {
  std::string out;
  for (const std::string& line : lines_) out += line + "\n";
  return out;
}

vcnode::webvh::Log LogMaker::read() const {
  return vcnode::webvh::Log::read(text(), vcnode::webvh::write_witness_file(proofs_), rules());
}

nlohmann::json expiring_proof(const nlohmann::json& document, std::uint8_t number) {
  nlohmann::json proof = {{"type", "DataIntegrityProof"},
                          {"cryptosuite", "eddsa-jcs-2022"},
                          {"created", kFirstTime.to_string()},
                          {"expires", "2099-01-01T00:00:00Z"},
                          {"verificationMethod", key(number).method},
                          {"proofPurpose", "assertionMethod"}};
  const auto input =
      credential::eddsa_jcs_2022::signing_input(document, proof, nlohmann::json::array()).value();
  const auto signature = key(number).signer.sign(input.bytes()).value();
  proof["proofValue"] = multibase_encode(Multibase::base58btc, signature.view());
  return proof;
}

}  // namespace vcnode::test::webvh
