#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/descriptor.h"
#include "crypto/hash.h"
#include "crypto/multikey.h"
#include "node/config/codes.h"
#include "node/config/config.h"
#include "node/config/identity.h"
#include "node/config/key_folder.h"
#include "node/config/private_file.h"
#include "node/config/toml_values.h"
#include "node/config/urls.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"
#include "protocol/issuer/documents.h"

namespace vcnode::node {
namespace {

namespace fs = std::filesystem;

constexpr KeyFileCost kInteractiveCost{.ops = 2, .memory_bytes = 64ull * 1024 * 1024};
constexpr std::size_t kSecretBytes = 32;  // generated passphrases and tokens: 256 bits

std::string random_text(Rng& rng) {
  SecretBytes secret(kSecretBytes);
  rng.fill(secret.span());
  return base58btc_encode(secret.view());
}

std::string toml_list(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& item : list) out += concat(out.size() > 1 ? ", " : "", toml_string(item));
  return out + "]";
}

Result<void> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  return fail(codes::FILE_UNREADABLE, "cannot create ", path.string(), ": ", std::strerror(errno));
}

// A folder beside the home, removed with all it holds (keys among it) unless it becomes the home.
class NewFolder {
 public:
  [[nodiscard]] static Result<NewFolder> beside(const fs::path& target) {
    std::string pattern = target.string() + ".new-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      return fail(codes::FILE_UNREADABLE, "cannot create a folder beside ", target.string(), ": ",
                  std::strerror(errno));
    }
    return NewFolder(pattern);
  }
  NewFolder(NewFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

  // The token in the home is shown once: the home must be there after a power cut too.
  [[nodiscard]] Result<void> become(const fs::path& target) {
    VCNODE_CHECK(sync_folder(path_));
    if (::rename(path_.c_str(), target.c_str()) != 0)
      return fail(codes::FILE_UNREADABLE, "cannot create ", target.string(), ": ", std::strerror(errno));
    path_ = target;  // until it is known to last it can still be taken back
    VCNODE_CHECK(sync_folder(target.parent_path()));
    path_.clear();
    return {};
  }

 private:
  explicit NewFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// The folder of a new issuer's update keys outside of the home: removed again unless the home comes to be.
class NewUpdateFolder {
 public:
  [[nodiscard]] static Result<NewUpdateFolder> at(const fs::path& path) {
    VCNODE_CHECK(check_no_update_keys(path));
    NewUpdateFolder out;
    std::error_code ignored;
    for (fs::path at = path; !at.empty() && !fs::exists(at, ignored); at = at.parent_path())
      out.made_.push_back(at);
    return out;
  }
  NewUpdateFolder() = default;
  NewUpdateFolder(NewUpdateFolder&& other) noexcept : made_(std::exchange(other.made_, {})) {}
  NewUpdateFolder& operator=(NewUpdateFolder&& other) noexcept {
    std::swap(made_, other.made_);
    return *this;
  }
  ~NewUpdateFolder() {
    std::error_code ignored;
    if (!made_.empty()) fs::remove_all(made_.back(), ignored);
  }
  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;  // folders that were not there before, from the innermost
};

struct NewHome {
  Ed25519KeyPair issuer_key;  // of a did:key issuer
  Ed25519KeyPair node_key;
  std::string public_url;
  std::vector<std::string> hosts;
  std::string location;  // of a did:webvh issuer
  fs::path update_folder;
};

// What opens the key files that are made.
struct Passphrases {
  SecretBytes home;
  std::optional<SecretBytes> update;
};

// A file for a did:key, a folder for a did:webvh; below keys/.
std::string issuer_keys_name(const InitOptions& options) {
  return options.domain ? options.issuer_name : concat("issuer-", options.issuer_name, ".json");
}

Result<std::string> peer_table(const std::string& text) {
  const auto hash = text.find('#');
  const std::string url = text.substr(0, hash);
  if (auto parsed = parse_service_url(url, "wss"); !parsed) {
    return fail(codes::CONFIG_VALUE, "--peer-link '", text, "': ", parsed.error().message);
  }
  std::string table = concat("\n[[peer]]\nurl = ", toml_string(url), "\n");
  if (hash != std::string::npos) {
    VCNODE_TRY(auto key, multikey_decode(text.substr(hash + 1)));
    table += concat("node_key = ", toml_string(multikey_encode(key)), "\n");
  }
  return table;
}

Result<std::string> config_text(const InitOptions& options, const NewHome& made, const Did& issuer) {
  std::string text = concat(
      "# vcnode configuration. `vcnode config check` reads it without starting anything.\n"
      "# Any key can be overridden by an environment variable: http.listen by VCNODE_HTTP_LISTEN.\n\n"
      "[network]\n"
      "# Nodes with different network names refuse each other.\n"
      "name = ",
      toml_string(options.network_name),
      "\n"
      "# Issuers whose feeds this node replicates, besides its own.\n"
      "admit = ",
      toml_list(options.admit),
      "\n"
      "# Sponsors: their feeds are replicated, and those of everybody whom they admit by Sponsorship "
      "statements.\n"
      "sponsors = ",
      toml_list(options.sponsors),
      "\n\n"
      "[http]\n"
      "# HTTPS and peer links share this address.\n"
      "listen = ",
      toml_string(options.listen),
      "\n"
      "# The start of every status list URI this issuer writes into credentials. Never change it.\n"
      "public_url = ",
      toml_string(made.public_url),
      "\n"
      "# Host names that requests may use (against DNS rebinding).\n"
      "hosts = ",
      toml_list(made.hosts), "\n");
  text += concat(
      "tls_certificate = ", toml_string(options.tls_certificate.value_or("tls/certificate.pem").string()),
      "\n"
      "tls_key = ",
      toml_string(options.tls_key.value_or("tls/key.pem").string()),
      "\n\n"
      "[keys]\n"
      "# Where the passphrase of the key files comes from: file:PATH, fd:NUMBER or credential:NAME "
      "(systemd).\n"
      "passphrase = ",
      toml_string(options.passphrase.value_or("file:passphrase")),
      "\n"
      "node = \"keys/node.json\"\n\n"
      "[store]\n"
      "path = \"store.sqlite\"\n\n"
      "[log]\n"
      "level = \"info\"  # debug, info, warn, error, off\n\n"
      "[server]\n"
      "worker_threads = 0  # 0: one per core\n"
      "shutdown_ms = 5000\n\n",
      issuer_table(options.issuer_name, issuer, concat("keys/", issuer_keys_name(options))),
      "\n# One [[peer]] per node to connect to; node_key is optional and pins the peer's key.\n");
  for (const std::string& peer : options.peers) {
    VCNODE_TRY(auto table, peer_table(peer));
    text += table;
  }
  return text;
}

Result<SecretBytes> read_source(const std::string& text, const fs::path& directory) {
  VCNODE_TRY(auto source, PassphraseSource::parse(text));
  if (source.kind == PassphraseSource::Kind::file) source.value = (directory / source.value).string();
  return read_private_passphrase(source);
}

Result<Passphrases> make_passphrases(const InitOptions& options, const fs::path& directory, Rng& rng) {
  Passphrases out;
  if (!options.passphrase) VCNODE_CHECK(write_private(directory / "passphrase", random_text(rng) + "\n"));
  VCNODE_TRY(out.home, read_source(options.passphrase.value_or("file:passphrase"), directory));
  if (options.update_passphrase) {
    VCNODE_TRY(out.update, read_source(*options.update_passphrase, directory));
  }
  return out;
}

KeyFileCost cost_for(const InitOptions& options) {
  return options.fast_key_file ? kInteractiveCost : KeyFileCost{};
}

// The node's, and that of a did:key issuer.
Result<void> write_keys(const InitOptions& options, const NewHome& made, const fs::path& folder,
                        const KeyMaking& making) {
  const auto sealed = [&making](const Ed25519KeyPair& key, std::string_view purpose) {
    return key_file_seal(key, purpose, making.passphrase, making.cost, making.rng);
  };
  VCNODE_TRY(const auto issuer_text, sealed(made.issuer_key, kIssuerKeyPurpose));
  VCNODE_TRY(const auto node_text, sealed(made.node_key, kNodeKeyPurpose));
  VCNODE_CHECK(make_private_folder(folder));
  if (!options.domain) VCNODE_CHECK(key_file_write(folder / issuer_keys_name(options), issuer_text));
  VCNODE_CHECK(key_file_write(folder / "node.json", node_text));
  return sync_folder(folder);
}

Result<NewIdentity> make_history(const InitOptions& options, const NewHome& made, const fs::path& directory,
                                 const Passphrases& passphrases, Rng& rng) {
  const KeyFileCost cost = cost_for(options);
  const SecretBytes& update = passphrases.update ? *passphrases.update : passphrases.home;
  return make_identity({.name = options.issuer_name,
                        .location = made.location,
                        .network = options.network_name,
                        .public_url = made.public_url,
                        .keys_folder = directory / "keys" / options.issuer_name,
                        .update_folder = made.update_folder,
                        .keys = {passphrases.home, cost, rng},
                        .update_keys = {update, cost, rng},
                        .taken = {made.node_key.public_key()},
                        .now = options.now});
}

Result<std::string> write_tokens(const fs::path& directory, Rng& rng) {
  const std::string token = concat("vct_", random_text(rng));
  const nlohmann::json file{{"tokens",
                             {{{"name", "operator"},
                               {"role", "operator"},
                               {"sha256", hex_encode(sha256(as_bytes(token)).view())}}}}};
  VCNODE_CHECK(write_private(directory / "tokens.json", file.dump(2) + "\n"));
  return token;
}

Result<NewHome> plan_home(const InitOptions& options, Rng& rng) {
  auto listen = parse_listen(options.listen);
  if (!listen) return fail(codes::CONFIG_VALUE, "--listen '", options.listen, "': ", listen.error().message);
  const Endpoint& endpoint = *listen;
  std::string default_url =
      endpoint.port == 443 ? "https://localhost" : concat("https://localhost:", endpoint.port);
  std::string location;
  if (options.domain) {
    auto place = issuer::location_of(*options.domain);
    if (!place) return fail(codes::CONFIG_VALUE, "--domain '", *options.domain, "': ", place.error().message);
    location = *std::move(place);
    default_url = concat("https://", issuer::authority_of(location));
  }
  NewHome made{Ed25519KeyPair::generate(rng),
               Ed25519KeyPair::generate(rng),
               options.public_url.value_or(default_url),
               {},
               std::move(location),
               options.update_keys.value_or(default_update_keys(options.home)) / options.issuer_name};
  auto url = parse_service_url(made.public_url, "https");
  if (!url) return fail(codes::CONFIG_VALUE, "--public-url '", made.public_url, "': ", url.error().message);
  made.hosts = {"localhost", "127.0.0.1"};
  for (const std::string& host : {endpoint.host, url->endpoint.host}) {
    if (std::find(made.hosts.begin(), made.hosts.end(), host) == made.hosts.end()) made.hosts.push_back(host);
  }
  return made;
}

// Fills `directory` with everything a home holds.
Result<InitReport> fill_home(const InitOptions& options, const NewHome& made, const fs::path& directory,
                             Rng& rng) {
  VCNODE_TRY(const auto passphrases, make_passphrases(options, directory, rng));
  Did issuer = did_key::did_of(made.issuer_key.public_key());
  std::optional<FirstEntry> first;
  if (options.domain) {
    VCNODE_TRY(auto identity, make_history(options, made, directory, passphrases, rng));
    issuer = identity.did;
    first = FirstEntry{identity.scid, identity.version_id, identity.body};
  }
  VCNODE_TRY(auto text, config_text(options, made, issuer));
  VCNODE_TRY(const auto config, parse_config(text, directory, {}));
  if (options.judge) VCNODE_CHECK(options.judge(config));
  VCNODE_CHECK(write_keys(options, made, directory / "keys", {passphrases.home, cost_for(options), rng}));
  if (!options.tls_certificate) {
    VCNODE_CHECK(make_folder(directory / "tls"));
    VCNODE_CHECK(
        write_self_signed(directory / "tls" / "certificate.pem", directory / "tls" / "key.pem", made.hosts));
    VCNODE_CHECK(sync_folder(directory / "tls"));
  }
  VCNODE_CHECK(write_private(directory / "config.toml", text));
  VCNODE_TRY(auto token, write_tokens(directory, rng));
  VCNODE_TRY(auto origin, feed::Origin::of(options.network_name, issuer));
  return InitReport{issuer,           multikey_encode(made.node_key.public_key()),
                    origin.text(),    options.home / "config.toml",
                    made.public_url,  std::move(token),
                    std::move(first), options.domain ? made.update_folder : fs::path()};
}

// A file that an operator names is looked for from where they stand, not inside the home that is not there
// yet.
Result<std::optional<std::string>> absolute_source(const std::optional<std::string>& text) {
  if (!text) return text;
  VCNODE_TRY(const auto source, PassphraseSource::parse(*text));
  if (source.kind != PassphraseSource::Kind::file) return text;
  std::error_code error;
  const fs::path path = fs::absolute(source.value, error);
  if (error) return fail(codes::FILE_UNREADABLE, "the current folder cannot be read: ", error.message());
  return std::optional("file:" + path.lexically_normal().string());
}

Result<InitOptions> with_absolute_paths(InitOptions options) {
  VCNODE_TRY(options.passphrase, absolute_source(options.passphrase));
  VCNODE_TRY(options.update_passphrase, absolute_source(options.update_passphrase));
  std::error_code error;
  if (options.update_keys) options.update_keys = fs::absolute(*options.update_keys, error).lexically_normal();
  if (error) return fail(codes::FILE_UNREADABLE, "the current folder cannot be read: ", error.message());
  return options;
}

}  // namespace

Result<InitReport> init_home(const InitOptions& given, Rng& rng) {
  std::error_code ignored;
  if (fs::exists(given.home, ignored)) {
    if (!fs::is_directory(given.home, ignored))
      return fail(codes::HOME_EXISTS, given.home.string(), " is not a folder; choose another --home");
    if (!fs::is_empty(given.home, ignored)) {
      return fail(codes::HOME_EXISTS, given.home.string(),
                  " is already there and is not empty; choose another --home");
    }
  }
  VCNODE_CHECK(check_issuer_name(given.issuer_name, "--issuer-name"));
  VCNODE_TRY(const auto options, with_absolute_paths(given));
  VCNODE_CHECK(check_outside_home(options.update_keys, options.home));
  if (options.tls_certificate && options.tls_key)
    VCNODE_CHECK(load_private_tls(*options.tls_certificate, *options.tls_key));
  VCNODE_TRY(auto made, plan_home(options, rng));
  std::error_code error;
  const fs::path home = fs::absolute(options.home, error).lexically_normal();
  if (error) return fail(codes::FILE_UNREADABLE, "the current folder cannot be read: ", error.message());
  const fs::path target = home.filename().empty() ? home.parent_path() : home;
  fs::create_directories(target.parent_path(), ignored);  // if not, making the folder says so
  // Everything is made beside the home and moved in one step, so that a failure leaves nothing behind.
  NewUpdateFolder update_folder;
  if (options.domain) {
    VCNODE_TRY(update_folder, NewUpdateFolder::at(made.update_folder));
  }
  VCNODE_TRY(auto folder, NewFolder::beside(target));
  VCNODE_TRY(auto report, fill_home(options, made, folder.path(), rng));
  VCNODE_CHECK(folder.become(target));
  update_folder.keep();
  return report;
}

}  // namespace vcnode::node
