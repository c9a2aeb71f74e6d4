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
#include "node/config/private_file.h"
#include "node/config/urls.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"

namespace vcnode::node {
namespace {

namespace fs = std::filesystem;

constexpr KeyFileCost kInteractiveCost{.ops = 2, .memory_bytes = 64ull * 1024 * 1024};
constexpr std::size_t kSecretBytes = 32;  // generated passphrases and tokens: 256 bits

Result<void> write_private(const fs::path& path, std::string_view text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(codes::FILE_UNREADABLE, "cannot create ", path.string(), ": ", std::strerror(errno));
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int reason = errno;
      ::close(descriptor);
      return fail(codes::FILE_UNREADABLE, "cannot write ", path.string(), ": ", std::strerror(reason));
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) return fail(codes::FILE_UNREADABLE, "cannot sync ", path.string());
  return {};
}

std::string random_text(Rng& rng) {
  SecretBytes secret(kSecretBytes);
  rng.fill(secret.span());
  return base58btc_encode(secret.view());
}

std::string toml_string(std::string_view text) {
  return nlohmann::json(text).dump();
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

// Only this makes last what was created in, or moved into, a folder.
Result<void> sync_folder(const fs::path& path) {
  VCNODE_TRY(const auto folder, Descriptor::open(path));
  return folder.sync();
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

struct NewHome {
  Ed25519KeyPair issuer_key;
  Ed25519KeyPair node_key;
  std::string public_url;
  std::vector<std::string> hosts;
};

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

Result<std::string> config_text(const InitOptions& options, const NewHome& made) {
  const std::string issuer = did_key::did_of(made.issuer_key.public_key()).text();
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
      "shutdown_ms = 5000\n\n"
      "[[issuer]]\n"
      "name = ",
      toml_string(options.issuer_name),
      "\n"
      "did = ",
      toml_string(issuer),
      "\n"
      "key_file = ",
      toml_string(concat("keys/issuer-", options.issuer_name, ".json")),
      "\n"
      "\n# One [[peer]] per node to connect to; node_key is optional and pins the peer's key.\n");
  for (const std::string& peer : options.peers) {
    VCNODE_TRY(auto table, peer_table(peer));
    text += table;
  }
  return text;
}

Result<void> write_keys(const InitOptions& options, const NewHome& made, const fs::path& directory,
                        Rng& rng) {
  const std::string source_text = options.passphrase.value_or("file:passphrase");
  if (!options.passphrase) VCNODE_CHECK(write_private(directory / "passphrase", random_text(rng) + "\n"));
  VCNODE_TRY(auto source, PassphraseSource::parse(source_text));
  if (source.kind == PassphraseSource::Kind::file) source.value = (directory / source.value).string();
  VCNODE_TRY(auto passphrase, read_private_passphrase(source));
  const KeyFileCost cost = options.fast_key_file ? kInteractiveCost : KeyFileCost{};
  VCNODE_TRY(auto issuer_text, key_file_seal(made.issuer_key, "assertion+feed", passphrase, cost, rng));
  VCNODE_TRY(auto node_text, key_file_seal(made.node_key, "node", passphrase, cost, rng));
  VCNODE_CHECK(make_folder(directory / "keys"));
  VCNODE_CHECK(
      key_file_write(directory / "keys" / concat("issuer-", options.issuer_name, ".json"), issuer_text));
  VCNODE_CHECK(key_file_write(directory / "keys" / "node.json", node_text));
  return sync_folder(directory / "keys");
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
  const std::string default_url =
      endpoint.port == 443 ? "https://localhost" : concat("https://localhost:", endpoint.port);
  NewHome made{Ed25519KeyPair::generate(rng),
               Ed25519KeyPair::generate(rng),
               options.public_url.value_or(default_url),
               {}};
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
  VCNODE_TRY(auto text, config_text(options, made));
  VCNODE_TRY(const auto config, parse_config(text, directory, {}));
  if (options.judge) VCNODE_CHECK(options.judge(config));
  VCNODE_CHECK(write_keys(options, made, directory, rng));
  if (!options.tls_certificate) {
    VCNODE_CHECK(make_folder(directory / "tls"));
    VCNODE_CHECK(
        write_self_signed(directory / "tls" / "certificate.pem", directory / "tls" / "key.pem", made.hosts));
    VCNODE_CHECK(sync_folder(directory / "tls"));
  }
  VCNODE_CHECK(write_private(directory / "config.toml", text));
  VCNODE_TRY(auto token, write_tokens(directory, rng));
  const Did issuer = did_key::did_of(made.issuer_key.public_key());
  VCNODE_TRY(auto origin, feed::Origin::of(options.network_name, issuer));
  return InitReport{issuer,          multikey_encode(made.node_key.public_key()),
                    origin.text(),   options.home / "config.toml",
                    made.public_url, std::move(token)};
}

// A file that an operator names is looked for from where they stand, not inside the home that is not there
// yet.
Result<InitOptions> with_absolute_passphrase(InitOptions options) {
  if (!options.passphrase) return options;
  VCNODE_TRY(const auto source, PassphraseSource::parse(*options.passphrase));
  if (source.kind != PassphraseSource::Kind::file) return options;
  std::error_code error;
  const fs::path path = fs::absolute(source.value, error);
  if (error) return fail(codes::FILE_UNREADABLE, "the current folder cannot be read: ", error.message());
  options.passphrase = "file:" + path.lexically_normal().string();
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
  VCNODE_TRY(const auto options, with_absolute_passphrase(given));
  if (options.tls_certificate && options.tls_key)
    VCNODE_CHECK(load_private_tls(*options.tls_certificate, *options.tls_key));
  VCNODE_TRY(auto made, plan_home(options, rng));
  std::error_code error;
  const fs::path home = fs::absolute(options.home, error).lexically_normal();
  if (error) return fail(codes::FILE_UNREADABLE, "the current folder cannot be read: ", error.message());
  const fs::path target = home.filename().empty() ? home.parent_path() : home;
  fs::create_directories(target.parent_path(), ignored);  // if not, making the folder says so
  // Everything is made beside the home and moved in one step, so that a failure leaves nothing behind.
  VCNODE_TRY(auto folder, NewFolder::beside(target));
  VCNODE_TRY(auto report, fill_home(options, made, folder.path(), rng));
  VCNODE_CHECK(folder.become(target));
  return report;
}

}  // namespace vcnode::node
