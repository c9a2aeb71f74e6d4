#include "protocol/webvh/author.h"

#include <nlohmann/json.hpp>

#include "crypto/jcs.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/webvh/text.h"

namespace vcnode::webvh {
namespace {

nlohmann::json witness_json(const WitnessRule& rule) {
  if (!rule.active()) return nlohmann::json::object();
  auto witnesses = nlohmann::json::array();
  for (const std::string& id : rule.witnesses) witnesses.push_back({{"id", id}});
  return {{"threshold", rule.threshold}, {"witnesses", std::move(witnesses)}};
}

nlohmann::json parameters_json(const Changes& changes) {
  auto out = nlohmann::json::object();
  if (changes.update_keys) out["updateKeys"] = *changes.update_keys;
  if (changes.next_key_hashes) out["nextKeyHashes"] = *changes.next_key_hashes;
  if (changes.witness) out["witness"] = witness_json(*changes.witness);
  if (changes.watchers) out["watchers"] = *changes.watchers;
  if (changes.portable) out["portable"] = *changes.portable;
  if (changes.deactivated) out["deactivated"] = *changes.deactivated;
  if (changes.ttl_seconds) out["ttl"] = *changes.ttl_seconds;
  return out;
}

credential::ProofOptions proof_options(const Signer& signer, Timestamp created) {
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(signer.public_key());
  options.created = created;
  return options;
}

// `entry` holds its predecessor's versionId in place of its own, and no proof yet.
Result<Authored> finished(const State* parent, nlohmann::json entry, std::uint32_t number, const Pen& pen) {
  VCNODE_TRY(const auto hashed, jcs::canonicalize(entry));
  entry["versionId"] = VersionId::of(number, multihash_of(hashed)).text();
  VCNODE_TRY(auto secured, credential::add_proof(entry, proof_options(pen.signer, pen.time), pen.signer));
  secured["proof"] = nlohmann::json::array({secured["proof"]});
  VCNODE_TRY(auto line, jcs::canonicalize(secured));
  VCNODE_TRY(const auto parsed, Entry::parse(line));
  VCNODE_TRY(auto state, apply(parent, parsed, Rules{pen.time, pen.did}));
  return Authored{std::move(line), std::move(state)};
}

// Every string that is the DID or a DID URL of it, in values and member names, gets the new DID.
void rename(nlohmann::json& value, const std::string& from, const std::string& to) {
  const auto renamed = [&](const std::string& text) {
    const bool of_did =
        text.starts_with(from) && (text.size() == from.size() ||
                                   std::string_view("/?#").find(text[from.size()]) != std::string_view::npos);
    return of_did ? to + text.substr(from.size()) : text;
  };
  if (value.is_string()) {
    value = renamed(value.get<std::string>());
  } else if (value.is_array()) {
    for (auto& element : value) rename(element, from, to);
  } else if (value.is_object()) {
    auto out = nlohmann::json::object();
    for (auto& [name, member] : value.items()) {
      rename(member, from, to);
      out[renamed(name)] = std::move(member);
    }
    value = std::move(out);
  }
}

}  // namespace

Result<Authored> create(const nlohmann::json& document, const Changes& changes, const Pen& pen) {
  auto parameters = parameters_json(changes);
  parameters["method"] = kMethodVersion;
  parameters["scid"] = kScidPlaceholder;
  const nlohmann::json preliminary = {{"versionId", kScidPlaceholder},
                                      {"versionTime", pen.time.to_string()},
                                      {"parameters", std::move(parameters)},
                                      {"state", document}};
  VCNODE_TRY(const auto text, jcs::canonicalize(preliminary));
  VCNODE_TRY(auto entry, json::read(replaced(text, kScidPlaceholder, multihash_of(text))));
  return finished(nullptr, std::move(entry), 1, pen);
}

Result<Authored> update(const State& parent, const nlohmann::json* document, const Changes& changes,
                        const Pen& pen) {
  nlohmann::json entry = {{"versionId", parent.version_id().text()},
                          {"versionTime", pen.time.to_string()},
                          {"parameters", parameters_json(changes)},
                          {"state", document == nullptr ? json::to_nlohmann(parent.document()) : *document}};
  return finished(&parent, std::move(entry), parent.version_id().number() + 1, pen);
}

Result<Authored> relocate(const State& parent, std::string_view location, const Changes& changes,
                          const Pen& pen) {
  return relocate(parent, json::to_nlohmann(parent.document()), location, changes, pen);
}

Result<Authored> relocate(const State& parent, nlohmann::json document, std::string_view location,
                          const Changes& changes, const Pen& pen) {
  const std::string& old_did = parent.did().text();
  auto names = nlohmann::json::array();
  if (const auto given = document.find("alsoKnownAs"); given != document.end() && given->is_array())
    names = *given;
  document.erase("alsoKnownAs");
  rename(document, old_did, concat("did:webvh:", parent.did().scid(), ":", location));
  names.push_back(old_did);
  document["alsoKnownAs"] = std::move(names);
  return update(parent, &document, changes, pen);
}

Result<std::vector<Authored>> deactivate(const State& parent, std::vector<std::string> revealed,
                                         const Pen& pen) {
  std::vector<Authored> out;
  Pen last = pen;
  if (parent.parameters().pre_rotation()) {
    Changes opening;
    opening.update_keys = std::move(revealed);
    opening.next_key_hashes.emplace();
    VCNODE_TRY(auto opened, update(parent, nullptr, opening, pen));
    out.push_back(std::move(opened));
    last.time = pen.time.plus_seconds(1);  // versions must rise in time
  }
  Changes closing;
  closing.deactivated = true;
  closing.update_keys.emplace();
  VCNODE_TRY(auto closed, update(out.empty() ? parent : out.back().state, nullptr, closing, last));
  out.push_back(std::move(closed));
  return out;
}

Result<WitnessProof> approve(const VersionId& version_id, Signer& signer, Timestamp created) {
  const nlohmann::json document = {{"versionId", version_id.text()}};
  VCNODE_TRY(const auto secured, credential::add_proof(document, proof_options(signer, created), signer));
  VCNODE_TRY(auto proof, jcs::canonicalize(secured["proof"]));
  return WitnessProof{version_id, did_key::did_of(signer.public_key()).text(), std::move(proof)};
}

}  // namespace vcnode::webvh
