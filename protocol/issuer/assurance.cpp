#include "protocol/issuer/assurance.h"

#include <algorithm>
#include <set>

#include "crypto/base/assert.h"
#include "crypto/multikey.h"
#include "protocol/did/verification_method.h"
#include "protocol/issuer/documents.h"

namespace vcnode::issuer {
namespace {

// Multikeys by what versions name them for.
struct Purposes {
  std::set<std::string, std::less<>> update;       // change the DID
  std::set<std::string, std::less<>> next_hashes;  // of those that may change it next
  std::set<std::string, std::less<>> methods;
  std::set<std::string, std::less<>> asserting;
  std::set<std::string, std::less<>> feed;
};

void add_methods(const webvh::State& version, Purposes& out) {
  for (const json::Member& member : version.document().members())
    for (const json::Value& value : member.value.one_or_many())
      if (auto key = verification_method::multikey_in(value)) out.methods.insert(*std::move(key));
  for (const AssertionMethod& method : assertion_methods(version))
    if (method.key) out.asserting.insert(multikey_encode(*method.key));
}

Purposes purposes_of(const History& history) {
  Purposes out;
  for (const Version& version : history.versions) {
    const webvh::Parameters& parameters = version.state.parameters();
    out.update.insert(parameters.update_keys.begin(), parameters.update_keys.end());
    out.next_hashes.insert(parameters.next_key_hashes.begin(), parameters.next_key_hashes.end());
    add_methods(version.state, out);
  }
  for (const Epoch& epoch : history.epochs) out.feed.insert(multikey_encode(epoch.feed.key));
  return out;
}

std::optional<std::string> reused_in(const Purposes& purposes) {
  for (const std::string& key : purposes.methods)
    if (purposes.update.contains(key) || purposes.next_hashes.contains(webvh::key_hash(key))) return key;
  for (const std::string& key : purposes.feed)
    if (purposes.asserting.contains(key)) return key;
  return std::nullopt;
}

// A commitment to a key that everybody has seen keeps no thief of it out.
bool commits_to_unseen(const webvh::Parameters& parameters, const Purposes& purposes) {
  return parameters.pre_rotation() &&
         std::none_of(purposes.update.begin(), purposes.update.end(), [&](const std::string& key) {
           const auto& hashes = parameters.next_key_hashes;
           return std::find(hashes.begin(), hashes.end(), webvh::key_hash(key)) != hashes.end();
         });
}

}  // namespace

Assurance assurance_of(const History& history) {
  VCNODE_ASSERT(!history.versions.empty());
  const Purposes purposes = purposes_of(history);
  const bool pre_rotation =
      history.deactivated()
          ? std::any_of(history.versions.begin(), history.versions.end(),
                        [](const Version& version) { return version.state.parameters().pre_rotation(); })
          : commits_to_unseen(history.versions.back().state.parameters(), purposes);
  return {pre_rotation, reused_in(purposes)};
}

std::shared_ptr<const History> shared(History history) {
  if (!history.versions.empty()) history.assurance = assurance_of(history);
  return std::make_shared<const History>(std::move(history));
}

}  // namespace vcnode::issuer
