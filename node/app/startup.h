// What a node needs before it can be put together: keys, feeds as the store holds them, hosts it answers for.
// Each function does one step of the start and names the issuer, file or feed when it fails.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/signer.h"
#include "node/app/tokens.h"
#include "node/config/config.h"
#include "node/net/tls.h"
#include "protocol/gossip/engine.h"
#include "protocol/ports.h"

namespace vcnode::node {

// Purposes written into key files.
inline constexpr std::string_view kNodeKeyPurpose = "node";
inline constexpr std::string_view kIssuerKeyPurpose =
    "assertion+feed";  // of a did:key issuer, whose one key does both

struct Keys {
  std::unique_ptr<Signer> node;
  std::vector<std::unique_ptr<Signer>> issuers;  // in the order of Config::issuers
};
// Errors: PASSPHRASE_UNAVAILABLE, SECRET_FILE_PERMISSIONS, KEY_FILE_*, FILE_UNREADABLE, ISSUER_KEY_MISMATCH,
// KEY_REUSED.
[[nodiscard]] Result<Keys> open_keys(const Config& config);

// The admitted issuers, hosted ones included, each once.
// Errors: ADMITTED_TOO_MANY, ISSUER_METHOD_UNSUPPORTED, DID_KEY_*, KEY_INVALID, ORIGIN_INVALID.
[[nodiscard]] Result<std::vector<gossip::AdmittedIssuer>> admitted_issuers(const Config& config);

// What the configuration names and a node needs before its store and its port: all that an operator can get
// wrong in config.toml and the files it points to. `run` begins with it and `config check` is nothing else,
// so that the two cannot differ.
struct Setup {
  std::vector<gossip::AdmittedIssuer> admitted;
  TokenTable tokens;
  std::shared_ptr<TlsServerContext> tls;
  Keys keys;
};
// Errors: those of admitted_issuers, TokenTable::load, load_private_tls and open_keys.
[[nodiscard]] Result<Setup> open_setup(const Config& config);

// Whether a home has no store: `init` makes one, so it is lost. An empty file is none; a crash or a full disk
// leaves such a one where a copy was being made.
[[nodiscard]] bool store_is_missing(const std::filesystem::path& path);

// Accepted Host values: [http] hosts, the public URL's host and the listen address (no name, so no
// rebinding).
[[nodiscard]] std::set<std::string, std::less<>> accepted_hosts(const Config& config);

}  // namespace vcnode::node
