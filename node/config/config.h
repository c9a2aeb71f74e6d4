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

namespace vcnode::node {

struct IssuerConfig {
  std::string name;  // [a-z0-9-]{1,32}, part of /issuers/{name}/…
  Did did;
  std::filesystem::path key_file;
};

struct Config {
  std::filesystem::path home;
  // [network]
  std::string network_name;  // [network] name
  std::vector<Did> admit;    // [network] admit; hosted issuers are admitted without being listed
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
  // [[issuer]] name, did, key_file
  std::vector<IssuerConfig> issuers;
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
  std::vector<std::string> peers;  // wss://host:port/peer[#nodekey]
  // Source; default: a generated one in <home>/passphrase. A relative file is one of the current folder.
  std::optional<std::string> passphrase;
  // Both or neither; default: a self-signed pair.
  std::optional<std::filesystem::path> tls_certificate, tls_key;
  bool fast_key_file = false;  // --key-cost interactive: 64 MiB, 2 passes
  // What else `run` would refuse of the configuration to be written: asked before anything is kept.
  std::function<Result<void>(const Config&)> judge;
};
struct InitReport {
  Did issuer;
  std::string node_key;
  std::string origin;
  std::filesystem::path config;
  std::string public_url;
  std::string operator_token;  // shown once, only its hash is kept
};
// Creates the home with one did:key issuer, node key, certificate, commented config and tokens. Refuses what
// is no empty folder (HOME_EXISTS), what `judge` refuses, files that `run` would refuse
// (SECRET_FILE_PERMISSIONS, TLS_CERTIFICATE, FILE_UNREADABLE, PASSPHRASE_UNAVAILABLE), and leaves nothing
// behind when it fails.
[[nodiscard]] Result<InitReport> init_home(const InitOptions& options, Rng& rng);

}  // namespace vcnode::node
