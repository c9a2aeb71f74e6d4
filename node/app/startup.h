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
#include "node/app/issuer_keys.h"
#include "node/app/tokens.h"
#include "node/config/config.h"
#include "node/config/key_folder.h"
#include "node/net/tls.h"
#include "protocol/gossip/admitted.h"
#include "protocol/gossip/engine.h"
#include "protocol/ports.h"
#include "protocol/witness/policy.h"

namespace vcnode::node {

struct Keys {
  std::unique_ptr<Signer> node;
  std::vector<IssuerKeys> issuers;  // in the order of Config::issuers
  std::unique_ptr<Signer> witness;  // none: this node is no witness
  std::unique_ptr<Signer> verdict;  // none: this node signs no verdicts
  // What opened them: a rotation adds key files while the node runs, and a source may give it only once.
  SecretBytes passphrase;
};
// Errors: PASSPHRASE_UNAVAILABLE, SECRET_FILE_PERMISSIONS, KEY_FILE_*, FILE_UNREADABLE, ISSUER_KEY_MISMATCH,
// ISSUER_KEY_MISSING, KEY_REUSED.
[[nodiscard]] Result<Keys> open_keys(const Config& config);
// That each key has one user and one purpose: again after open_new_keys(). Errors: KEY_REUSED.
[[nodiscard]] Result<void> check_distinct(const Keys& keys);

// The sponsor roots that are did:key issuers, each once: hosted ones and [network] sponsors admit whom they
// sponsor, [network] admit nobody else. What the store and the peers hold of the others is found by the
// engine.
// Errors: ADMITTED_TOO_MANY (of both kinds), ISSUER_PLACE_TAKEN, ISSUER_METHOD_UNSUPPORTED, DID_KEY_*,
// KEY_INVALID, ORIGIN_INVALID.
[[nodiscard]] Result<std::vector<gossip::AdmittedIssuer>> admitted_issuers(const Config& config);
// Those that are did:webvh issuers, each once; under the DID that an [[issuer]] table
// gives it, if one does. Errors: WEBVH_DID, WEBVH_HOST.
[[nodiscard]] Result<std::vector<gossip::AdmittedHistory>> admitted_histories(const Config& config);

// Reads everything that the node would read at its start: the feeds of the roots and of whom they sponsor.
// Returns how many are held. Errors: as above, and those of restore_feeds and restore_issuer.
[[nodiscard]] Result<std::size_t> read_all_feeds(const Config& config, const FeedArchive& archive,
                                                 const gossip::Now& now);

// Of 62 cosignatures that a note holds beside the log's own; a quorum needs a handful.
inline constexpr std::size_t kAskedWitnessesMax = 32;
// The witnesses that are to be asked: each has an address, and some of them are the quorum. Errors:
// FILE_UNREADABLE, WITNESS_POLICY_MALFORMED, CONFIG_VALUE.
[[nodiscard]] Result<witness::WitnessPolicy> load_asked_witnesses(const std::filesystem::path& file);

// What the configuration names and a node needs before its store and its port: all that an operator can get
// wrong in config.toml and the files it points to. `run` begins with it and `config check` is nothing else,
// so that the two cannot differ.
struct Setup {
  std::vector<gossip::AdmittedIssuer> admitted;
  std::vector<gossip::AdmittedHistory> histories;
  TokenTable tokens;
  std::shared_ptr<TlsServerContext> tls;
  Keys keys;
  std::vector<std::optional<witness::WitnessPolicy>> witness_policies;  // in the order of Config::issuers
};
// Errors: those of admitted_issuers, admitted_histories, load_asked_witnesses, TokenTable::load,
// load_private_tls and open_keys.
[[nodiscard]] Result<Setup> open_setup(const Config& config);

// Whether a home has no store: `init` makes one, so it is lost. An empty file is none; a crash or a full disk
// leaves such a one where a copy was being made.
[[nodiscard]] bool store_is_missing(const std::filesystem::path& path);

// Accepted Host values: [http] hosts, the hosts of the public URL and of hosted did:webvh issuers, and the
// listen address (no name, so no rebinding).
[[nodiscard]] std::set<std::string, std::less<>> accepted_hosts(const Config& config);

}  // namespace vcnode::node
