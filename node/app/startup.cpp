#include "node/app/startup.h"

#include <algorithm>
#include <map>
#include <utility>

#include "crypto/key_file.h"
#include "crypto/multikey.h"
#include "node/app/codes.h"
#include "node/app/router.h"
#include "node/config/private_file.h"
#include "protocol/did/key.h"

namespace vcnode::node {

namespace {

Result<std::unique_ptr<Signer>> open_key(const std::filesystem::path& file, std::string_view purpose,
                                         const SecretBytes& passphrase) {
  VCNODE_TRY(const auto text, key_file_read(file));
  auto pair = key_file_open(text, purpose, passphrase);
  if (!pair) return fail(pair.error().code, file.string(), ": ", pair.error().message);
  return std::unique_ptr<Signer>(std::make_unique<KeyPairSigner>(*std::move(pair)));
}

Result<gossip::AdmittedIssuer> admitted_issuer(const std::string& network, const Did& did) {
  if (did.method() != "key") {
    return fail(codes::ISSUER_METHOD_UNSUPPORTED, "the issuer ", did.text(), " uses the DID method '",
                did.method(), "'; only did:key issuers have feeds in this version");
  }
  VCNODE_TRY(const auto key, did_key::key_of(did));
  VCNODE_TRY(auto origin, feed::Origin::of(network, did));
  return gossip::AdmittedIssuer{did, std::move(origin), key};
}

}  // namespace

Result<Keys> open_keys(const Config& config) {
  VCNODE_TRY(const auto passphrase, read_private_passphrase(config.passphrase));
  Keys keys;
  VCNODE_TRY(keys.node, open_key(config.node_key_file, kNodeKeyPurpose, passphrase));
  std::map<Ed25519PublicKey, std::string> users{{keys.node->public_key(), "the node"}};
  for (const IssuerConfig& issuer : config.issuers) {
    VCNODE_TRY(auto signer, open_key(issuer.key_file, kIssuerKeyPurpose, passphrase));
    const Ed25519PublicKey& key = signer->public_key();
    const auto [user, added] = users.emplace(key, concat("the issuer ", issuer.name));
    if (!added) {
      return fail(codes::KEY_REUSED, "the key ", multikey_encode(key), " is used by ", user->second,
                  " and by the issuer ", issuer.name, "; each needs its own");
    }
    if (did_key::did_of(key) != issuer.did) {
      return fail(codes::ISSUER_KEY_MISMATCH, "the issuer ", issuer.name, " is ", issuer.did.text(), ", but ",
                  issuer.key_file.string(), " holds the key ", multikey_encode(key));
    }
    keys.issuers.push_back(std::move(signer));
  }
  return keys;
}

Result<std::vector<gossip::AdmittedIssuer>> admitted_issuers(const Config& config) {
  std::set<Did> dids(config.admit.begin(), config.admit.end());
  for (const IssuerConfig& issuer : config.issuers) dids.insert(issuer.did);
  if (dids.size() > wire::kHelloOriginsMax) {
    return fail(codes::ADMITTED_TOO_MANY, "[network] admit and the hosted issuers are ", dids.size(),
                " issuers, the limit is ", wire::kHelloOriginsMax);
  }
  std::vector<gossip::AdmittedIssuer> out;
  for (const Did& did : dids) {
    VCNODE_TRY(auto issuer, admitted_issuer(config.network_name, did));
    out.push_back(std::move(issuer));
  }
  return out;
}

Result<Setup> open_setup(const Config& config) {
  Setup out;
  VCNODE_TRY(out.admitted, admitted_issuers(config));
  VCNODE_TRY(out.tokens, TokenTable::load(config.tokens_file()));
  VCNODE_TRY(out.tls, load_private_tls(config.tls_certificate, config.tls_key));
  VCNODE_TRY(out.keys, open_keys(config));
  return out;
}

namespace {

// As a Host header writes it: an IPv6 address stands in brackets.
std::string as_host(const std::string& host) {
  const bool bare_v6 = !host.starts_with('[') && std::count(host.begin(), host.end(), ':') > 1;
  return host_name_of(bare_v6 ? concat("[", host, "]") : host);
}

}  // namespace

std::set<std::string, std::less<>> accepted_hosts(const Config& config) {
  std::set<std::string, std::less<>> out;
  for (const std::string& host : config.hosts) out.insert(as_host(host));
  out.insert(as_host(config.listen_address));
  std::string_view url = config.public_url;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  out.insert(host_name_of(url.substr(0, url.find('/'))));
  return out;
}

bool store_is_missing(const std::filesystem::path& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return status.type() == std::filesystem::file_type::not_found;
  return std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, failed) == 0 && !failed;
}

}  // namespace vcnode::node
