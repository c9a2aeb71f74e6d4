// The keys of a hosted issuer as its key files hold them, and which of them a version of its DID puts in
// force.
//
// A did:key issuer has one key, which signs credentials and feed alike. A did:webvh issuer has a folder: a
// rotation writes the new key there before the DID names it, so at any time it may hold keys of the past and
// of the future. What is in force is chosen by public key.
//
// Threading: const access from several threads is safe; signers are thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "crypto/base/result.h"
#include "crypto/secret.h"
#include "crypto/signer.h"
#include "node/config/config.h"
#include "protocol/issuer/feed_service.h"
#include "protocol/webvh/state.h"

namespace vcnode::node {

struct OpenKeyFile {
  std::filesystem::path path;
  std::shared_ptr<Signer> signer;
};

struct IssuerKeys {
  std::string issuer;                                 // its name, for sentences
  std::filesystem::path place;                        // the key file or the folder
  std::map<Ed25519PublicKey, OpenKeyFile> assertion;  // by public key
  std::map<Ed25519PublicKey, OpenKeyFile> feed;       // of a did:key issuer the same one
};

// Opens all there are. Errors: those of key files, KEY_FILE_PURPOSE for a file that is neither; each names
// the issuer and the file.
[[nodiscard]] Result<IssuerKeys> open_issuer_keys(const IssuerConfig& issuer, const SecretBytes& passphrase);
// Opens what has come into the folder since.
[[nodiscard]] Result<void> open_new_keys(IssuerKeys& keys, const SecretBytes& passphrase);

struct AssertionKey {
  std::string verification_method;  // absolute
  std::shared_ptr<Signer> signer;
};
// The last method under assertionMethod whose key is held and not declared compromised. Errors:
// ISSUER_KEY_MISSING.
[[nodiscard]] Result<AssertionKey> assertion_key_of(const IssuerKeys& keys, const webvh::State& version);
// Errors: ISSUER_KEY_MISSING.
[[nodiscard]] Result<std::shared_ptr<Signer>> feed_signer_of(const IssuerKeys& keys,
                                                             const issuer::FeedService& feed);

}  // namespace vcnode::node
