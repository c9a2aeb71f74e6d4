#include "node/app/issuer_keys.h"

#include <set>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/multikey.h"
#include "node/app/codes.h"
#include "node/config/key_folder.h"
#include "protocol/issuer/documents.h"

namespace vcnode::node {
namespace {

Failure of_issuer(const IssuerKeys& keys, const Error& error) {
  return fail(error.code, "the issuer ", keys.issuer, ": ", error.message);
}

Result<void> open_file(IssuerKeys& keys, const ListedKey& file, const SecretBytes& passphrase) {
  const bool assertion = file.purpose == kAssertionKeyPurpose;
  if (!assertion && file.purpose != kFeedKeyPurpose)
    return fail(codes::KEY_FILE_PURPOSE, file.path.string(), " holds a key for the purpose \"",
                excerpt(file.purpose), "\"; only \"", kAssertionKeyPurpose, "\" and \"", kFeedKeyPurpose,
                "\" belong into the folder of an issuer's keys");
  auto& opened = assertion ? keys.assertion : keys.feed;
  if (const auto known = opened.find(file.key); known != opened.end() && known->second.path == file.path)
    return {};
  VCNODE_TRY(std::shared_ptr<Signer> signer, open_key(file.path, file.purpose, passphrase));
  const Ed25519PublicKey key = signer->public_key();
  opened.insert_or_assign(key, OpenKeyFile{file.path, std::move(signer)});
  return {};
}

Result<void> open_single(IssuerKeys& keys, const SecretBytes& passphrase) {
  VCNODE_TRY(std::shared_ptr<Signer> signer, open_key(keys.place, kIssuerKeyPurpose, passphrase));
  const OpenKeyFile file{keys.place, signer};
  keys.assertion.emplace(signer->public_key(), file);
  keys.feed.emplace(signer->public_key(), file);
  return {};
}

}  // namespace

Result<IssuerKeys> open_issuer_keys(const IssuerConfig& issuer, const SecretBytes& passphrase) {
  IssuerKeys keys{issuer.name, issuer.has_history() ? issuer.keys_folder : issuer.key_file, {}, {}};
  if (issuer.has_history()) {
    VCNODE_CHECK(open_new_keys(keys, passphrase));
    return keys;
  }
  if (const auto opened = open_single(keys, passphrase); !opened) return opened.failure();
  return keys;
}

Result<void> open_new_keys(IssuerKeys& keys, const SecretBytes& passphrase) {
  const auto listed = list_keys(keys.place);
  if (!listed) return of_issuer(keys, listed.error());
  for (const ListedKey& file : *listed)
    if (const auto opened = open_file(keys, file, passphrase); !opened)
      return of_issuer(keys, opened.error());
  return {};
}

namespace {

constexpr std::string_view kOlderStore =
    "; if this store is a back-up older than the keys, its peers give the newer version";

}  // namespace

Result<AssertionKey> assertion_key_of(const IssuerKeys& keys, const webvh::State& version) {
  AssertionKey out;
  for (const issuer::AssertionMethod& method : issuer::assertion_methods(version)) {
    const auto held = method.key ? keys.assertion.find(*method.key) : keys.assertion.end();
    if (held == keys.assertion.end() || method.revoked) continue;
    out = {method.id, held->second.signer};
  }
  if (out.signer != nullptr) return out;
  return fail(codes::ISSUER_KEY_MISSING, "the issuer ", keys.issuer, ": version ",
              version.version_id().number(), " of ", version.did().text(),
              " lists no assertion method whose key is in ", keys.place.string(), kOlderStore);
}

Result<std::shared_ptr<Signer>> feed_signer_of(const IssuerKeys& keys, const issuer::FeedService& feed) {
  if (const auto held = keys.feed.find(feed.key); held != keys.feed.end()) return held->second.signer;
  return fail(codes::ISSUER_KEY_MISSING, "the issuer ", keys.issuer, ": the feed key of epoch ", feed.epoch,
              ", ", multikey_encode(feed.key), ", is not in ", keys.place.string(), kOlderStore);
}

}  // namespace vcnode::node
