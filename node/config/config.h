// Config: what an operator decides, read once from `<home>/config.toml`, immutable after start.
//
// Every key has a default or is written by `vcnode init`. An unknown key is an error that names its line and
// the nearest known key; a value of the wrong type or out of range names the key, the value and the limit.
// Precedence: command line flag > environment (VCNODE_<SECTION>_<KEY>) > file. Relative paths are relative to
// the home. Errors: CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_VALUE, CONFIG_MISSING_KEY.
// Whether the files that it names are there and fit is judged by open_setup() (node/app/startup.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/key_file.h"
#include "protocol/did/did.h"
#include "protocol/gossip/engine.h"
#include "protocol/observe/target.h"

namespace vcnode::node {

// Time batches, for issuers who want to prove when they issued (protocol/spec/time-batch.md).
struct TimeBatchConfig {
  std::filesystem::path witness_policy;  // C2SP tlog-policy, with the addresses of the witnesses
  std::int64_t seconds = 60;             // from one batch to the next
};

struct IssuerConfig {
  std::string name;                        // [a-z0-9-]{1,32}, part of /issuers/{name}/…
  Did did;                                 // did:key, or did:webvh: any DID that its log ever had
  std::filesystem::path key_file = {};     // did:key: the file of its one key
  std::filesystem::path keys_folder = {};  // did:webvh: holds assertion-*.key and feed-*.key (key_folder.h)
  // [[issuer]] witness_policy, time_batch_seconds; none: times of issue are not proven
  std::optional<TimeBatchConfig> time_batch = {};
  [[nodiscard]] bool has_history() const { return did.method() == "webvh"; }
};

// The node cosigns heads of feeds as a witness (C2SP tlog-witness).
struct WitnessConfig {
  std::filesystem::path key_file;
  std::string name;  // of its note key; default: host and port of the public URL, and "/witness"
};

// Whether, and how, this node reads what strangers publish on the web.
struct FetchConfig {
  bool enabled = false;
  std::optional<std::filesystem::path>
      ca_file;                                // the only authorities that are trusted; default: the system's
  std::int64_t interval_seconds = 24 * 3600;  // between two visits to an observed file
};

// Questions of the Trust Registry Query Protocol (POST /authorization, /recognition).
struct TrqpConfig {
  std::optional<std::vector<Did>>
      authorities;              // whom this node answers for; default: all whose feeds it holds
  bool token_required = false;  // of role read or operator
};

struct Config {
  std::filesystem::path home;
  // [network]
  std::string network_name;  // [network] name
  // Whose feeds are replicated, besides those of hosted issuers: the operator's own list, and sponsors with
  // whoever they sponsor.
  std::vector<Did> admit;                  // [network] admit
  std::vector<Did> sponsors;               // [network] sponsors
  std::vector<gossip::PeerAddress> peers;  // [[peer]] url, node_key
  // [http]
  std::string listen_address;  // [http] listen = "127.0.0.1:8443"
  std::uint16_t listen_port = 0;
  std::string public_url;  // [http] public_url: base of list URIs, https, no trailing slash
  std::vector<std::string>
      hosts;  // [http] hosts: accepted Host values (DNS rebinding); the public_url's host is always accepted
  std::filesystem::path tls_certificate;  // [http] tls_certificate, tls_key
  std::filesystem::path tls_key;
  // [keys]
  PassphraseSource passphrase;  // [keys] passphrase = "file:passphrase"
  std::filesystem::path node_key_file;
  // [[issuer]] name, did, and key_file (did:key) or keys (did:webvh); witness_policy, time_batch_seconds
  std::vector<IssuerConfig> issuers;
  std::optional<WitnessConfig> witness;  // [witness] key_file, name; none: this node is no witness
  FetchConfig fetch;                     // [fetch] enabled = false, ca_file, interval_seconds
  std::vector<observe::Target> observe;  // [[observe]] did, status_url: at least one of them
  TrqpConfig trqp;                       // [trqp] authorities, token_required = false
  // [verdict] key_file: what signs verdicts for askers who want that; none: nothing does
  std::optional<std::filesystem::path> verdict_key_file;
  // [store] path
  std::filesystem::path store_path;
  // [log] level = "info"
  std::string log_level;
  // [server] worker_threads, shutdown_ms
  std::uint32_t worker_threads = 0;  // 0: one per core
  std::int64_t shutdown_ms = 5'000;
  // command line only
  bool waive_start_check = false;
  bool new_store = false;  // the store begins empty although the issuers may have signed before

  [[nodiscard]] std::filesystem::path admin_socket() const { return home / "admin.sock"; }
  [[nodiscard]] std::filesystem::path tokens_file() const { return home / "tokens.json"; }
};

constexpr std::size_t kConfigBytesMax = 1024 * 1024;  // admit lists of a thousand DIDs fit many times

[[nodiscard]] Result<Config> load_config(const std::filesystem::path& home);
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::filesystem::path& home,
                                          const std::map<std::string, std::string>& environment);

struct InitOptions {
  std::filesystem::path home;
  std::string issuer_name = "main";
  std::string network_name = "vcnode-dev";
  std::string listen = "127.0.0.1:8443";
  std::optional<std::string> public_url;  // default https://localhost:<port>
  std::vector<std::string> admit;
  std::vector<std::string> sponsors;
  std::vector<std::string> peers;  // wss://host:port/peer[#nodekey]
  // Source; default: a generated one in <home>/passphrase. A relative file is one of the current folder.
  std::optional<std::string> passphrase;
  // HOST[:PORT][/PATH] of a did:webvh issuer; none: a did:key, which has no history.
  std::optional<std::string> domain;
  // Where its update keys go, in a folder of the issuer's name; default: default_update_keys(home).
  std::optional<std::filesystem::path> update_keys;
  Timestamp now = {};                            // versionTime of its first log entry
  std::optional<std::string> update_passphrase;  // source; default: that of the other keys
  // Both or neither; default: a self-signed pair.
  std::optional<std::filesystem::path> tls_certificate, tls_key;
  bool fast_key_file = false;  // --key-cost interactive: 64 MiB, 2 passes
  // What else `run` would refuse of the configuration to be written: asked before anything is kept.
  std::function<Result<void>(const Config&)> judge;
};
// Of a did:webvh issuer: what the new store must hold before the node runs.
struct FirstEntry {
  std::string scid;
  std::string version_id;
  std::string body;  // EntryBody text
};
struct InitReport {
  Did issuer;
  std::string node_key;
  std::string origin;
  std::filesystem::path config;
  std::string public_url;
  std::string operator_token;                  // shown once, only its hash is kept
  std::optional<FirstEntry> first_entry = {};  // did:webvh
  std::filesystem::path update_folder = {};    // did:webvh: where its update keys are
};
// Creates the home with one issuer, node key, certificate, commented config and tokens. Refuses what is no
// empty folder (HOME_EXISTS), update keys that are there already (UPDATE_KEYS_EXIST), what `judge` refuses,
// files that `run` would refuse (SECRET_FILE_PERMISSIONS, TLS_CERTIFICATE, FILE_UNREADABLE,
// PASSPHRASE_UNAVAILABLE), and leaves nothing behind when it fails.
[[nodiscard]] Result<InitReport> init_home(const InitOptions& options, Rng& rng);

}  // namespace vcnode::node
