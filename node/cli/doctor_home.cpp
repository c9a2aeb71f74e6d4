#include "node/cli/doctor_home.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "crypto/base/assert.h"
#include "crypto/codes.h"
#include "crypto/descriptor.h"
#include "crypto/key_file.h"
#include "crypto/multikey.h"
#include "node/app/clock.h"
#include "node/app/codes.h"
#include "node/app/startup.h"
#include "node/app/tokens.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/config/issuer_place.h"
#include "node/config/private_file.h"
#include "node/http/codes.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"
#include "protocol/issuer/codes.h"
#include "storage/codes.h"
#include "storage/sqlite/sqlite_store.h"

namespace vcnode::cli {
namespace {

constexpr std::uint64_t kFreeBytesLow =
    200ull * 1024 * 1024;  // a day of replication at European scale, with WAL

constexpr std::string_view kPermissionsRemedy =
    "let only the node's user read it: `chmod 600`, owner the node's user";

std::string_view key_remedy(Code code) {
  if (code == codes::KEY_FILE_PERMISSIONS) return kPermissionsRemedy;
  if (code == codes::KEY_FILE_PASSPHRASE)
    return "check [keys] passphrase in config.toml: it is not the one this file was sealed with; else "
           "restore the "
           "file from your backup";
  if (code == codes::KEY_FILE_PURPOSE)
    return "correct key_file in config.toml: this is the file of another key";
  return "restore the file from your backup, owned by the node's user, mode 0600";
}

// Opens one key file; the key's public half if it opens.
std::optional<Ed25519PublicKey> examine_key(Examination& seen, const std::filesystem::path& path,
                                            std::string_view purpose, const SecretBytes& passphrase) {
  const auto text = key_file_read(path);
  const auto key = text ? key_file_open(*text, purpose, passphrase) : Result<Ed25519KeyPair>(text.failure());
  if (!key) {
    const bool named = key.error().message.find(path.string()) != std::string::npos;
    seen.problem("key file", concat(named ? "" : path.string() + ": ", sentence_of(key.error())),
                 std::string(key_remedy(key.error().code)));
    return std::nullopt;
  }
  seen.ok("key file", concat(path.string(), " opens"));
  return key->public_key();
}

// Who uses which public key: a second user is a finding.
class KeyUsers {
 public:
  explicit KeyUsers(Examination& seen) : seen_(seen) {}
  void add(const Ed25519PublicKey& key, const std::string& user) {
    const auto [first, added] = users_.emplace(key, user);
    if (added) return;
    seen_.problem("keys",
                  concat("the key ", multikey_encode(key), " is used by ", first->second, " and by ", user,
                         "; 1 use is the limit [", codes::KEY_REUSED.slug, "]"),
                  "one key has one purpose: make a new key, and a new home or [[issuer]] for it");
  }

 private:
  Examination& seen_;
  std::map<Ed25519PublicKey, std::string> users_;
};

void examine_issuer_key(Examination& seen, const node::IssuerConfig& issuer, const Ed25519PublicKey& key) {
  if (did_key::did_of(key) == issuer.did) return;
  seen.problem("issuer",
               concat("the key of issuer '", issuer.name, "' belongs to ", did_key::did_of(key).text(),
                      ", config.toml says ", issuer.did.text(), " [", codes::ISSUER_KEY_MISMATCH.slug, "]"),
               "correct the did or the key_file of this [[issuer]]");
}

// Which of them the DID has in force, the running node says.
void examine_keys_folder(Examination& seen, const node::IssuerConfig& issuer, const SecretBytes& passphrase,
                         KeyUsers& users) {
  const auto listed = node::list_keys(issuer.keys_folder);
  if (!listed) {
    return seen.problem("key file", concat("issuer '", issuer.name, "': ", sentence_of(listed.error())),
                        std::string(key_remedy(listed.error().code)));
  }
  bool asserts = false;
  for (const node::ListedKey& file : *listed) {
    const bool assertion = file.purpose == node::kAssertionKeyPurpose;
    asserts = asserts || assertion;
    const auto purpose = assertion ? node::kAssertionKeyPurpose : node::kFeedKeyPurpose;
    if (const auto key = examine_key(seen, file.path, purpose, passphrase))
      users.add(*key, concat("issuer '", issuer.name, "' for ", purpose));
  }
  if (asserts) return;
  seen.problem("issuer",
               concat("there is no assertion key of issuer '", issuer.name, "' in ",
                      issuer.keys_folder.string(), " [", codes::ISSUER_KEY_MISSING.slug, "]"),
               "restore the folder from your backup, or correct keys in config.toml");
}

// The permissions of the other secret files; what is wrong with them is one finding, what is in them another.
void examine_secrecy(Examination& seen, const char* subject, const Result<void>& checked) {
  if (!checked) seen.problem(subject, sentence_of(checked.error()), std::string(kPermissionsRemedy));
}

void examine_keys(Examination& seen, const node::Config& config) {
  if (config.passphrase.kind == PassphraseSource::Kind::file)
    examine_secrecy(seen, "passphrase", node::check_private(config.passphrase.value, "the passphrase file"));
  const auto passphrase = read_passphrase(config.passphrase);
  if (!passphrase) {
    return seen.problem("passphrase", sentence_of(passphrase.error()),
                        "check [keys] passphrase in config.toml; without it no key file could be checked");
  }
  KeyUsers users(seen);
  if (const auto key = examine_key(seen, config.node_key_file, node::kNodeKeyPurpose, *passphrase))
    users.add(*key, "the node");
  if (config.witness)
    if (const auto key = examine_key(seen, config.witness->key_file, node::kWitnessKeyPurpose, *passphrase))
      users.add(*key, "the witness");
  if (config.verdict_key_file)
    if (const auto key = examine_key(seen, *config.verdict_key_file, node::kVerdictKeyPurpose, *passphrase))
      users.add(*key, "what signs verdicts");
  for (const node::IssuerConfig& issuer : config.issuers) {
    if (issuer.has_history()) {
      examine_keys_folder(seen, issuer, *passphrase, users);
      continue;
    }
    const auto key = examine_key(seen, issuer.key_file, node::kIssuerKeyPurpose, *passphrase);
    if (!key) continue;
    examine_issuer_key(seen, issuer, *key);
    users.add(*key, concat("issuer '", issuer.name, "'"));
  }
}

void examine_witness_policies(Examination& seen, const node::Config& config) {
  for (const node::IssuerConfig& issuer : config.issuers) {
    if (!issuer.time_batch) continue;
    const auto policy = node::load_asked_witnesses(issuer.time_batch->witness_policy);
    if (policy)
      seen.ok("witness policy", concat("issuer '", issuer.name, "' asks ", policy->witnesses().size(),
                                       " witnesses, of whom ", policy->absent_max(), " may be away"));
    else
      seen.problem("witness policy", concat("issuer '", issuer.name, "': ", sentence_of(policy.error())),
                   "correct the file that witness_policy of this [[issuer]] names: a quorum, and each "
                   "witness's line with its https address (`vcnode witness show` prints it there)");
  }
}

void examine_certificate(Examination& seen, const node::Config& config) {
  examine_secrecy(seen, "certificate", node::check_private(config.tls_key, "the TLS private key"));
  const auto tls = node::TlsServerContext::load(config.tls_certificate, config.tls_key);
  if (tls) {
    seen.ok("certificate", concat(config.tls_certificate.string(), " loads"));
  } else {
    seen.problem("certificate", sentence_of(tls.error()),
                 "point [http] tls_certificate and tls_key at a matching pair in PEM form");
  }
}

void examine_space(Examination& seen, const std::filesystem::path& directory) {
  struct statvfs space {};
  if (::statvfs(directory.c_str(), &space) != 0) {
    return seen.warning(
        "disk",
        concat("the free space at ", directory.string(), " could not be checked: ", std::strerror(errno)),
        "look at the file system with `df`");
  }
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  const std::string sentence = concat(free_bytes / (1024 * 1024), " MiB are free at ", directory.string());
  if (free_bytes >= kFreeBytesLow) return seen.ok("disk", sentence);
  seen.warning("disk", concat(sentence, "; below ", kFreeBytesLow / (1024 * 1024), " MiB is low"),
               "free space there: on a full disk the node stops writing until it is started again");
}

bool writable(const std::filesystem::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

// The admin socket is made in the home, the store where the configuration says.
void examine_disk(Examination& seen, const node::Config& config) {
  for (const auto& directory : std::set{config.home, config.store_path.parent_path()}) {
    if (writable(directory)) {
      examine_space(seen, directory);
    } else {
      seen.problem("disk", concat(directory.string(), " cannot be written: ", std::strerror(errno)),
                   "give the node's user write access, or mount the file system for writing");
    }
  }
}

// Whoever can write one of these can give the node another configuration, other keys or another store.
void examine_writers(Examination& seen, const node::Config& config) {
  std::set paths{config.home, config.home / "config.toml", config.node_key_file.parent_path(),
                 config.store_path.parent_path(), config.store_path};
  for (const node::IssuerConfig& issuer : config.issuers)
    paths.insert(issuer.has_history() ? issuer.keys_folder : issuer.key_file.parent_path());
  for (const std::filesystem::path& path : paths) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) continue;  // what is missing is a finding of its own
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) continue;
    const unsigned mode = status.st_mode & 0777u;
    const bool others = (mode & S_IWOTH) != 0;
    const std::string sentence = concat(path.string(), " can be written by ", others ? "others" : "its group",
                                        ": its mode is 0", mode >> 6, mode >> 3 & 7u, mode & 7u);
    std::string remedy = concat("let only the node's user write there: `chmod go-w ", path.string(), "`");
    if (others) {
      seen.problem("permissions", sentence, std::move(remedy));
    } else {
      seen.warning("permissions", sentence, std::move(remedy));
    }
  }
}

constexpr std::string_view kCorruptRemedy =
    "keep a copy, restore the file from a backup and start: peers give what is newer. Without a backup, "
    "and if peers hold the feeds, move it away and start with `vcnode run --new-store`";

std::string_view store_remedy(Code code) {
  if (code == codes::STORE_LOCKED)
    return "stop the process that holds the file (`fuser FILE.lock` names it); one home runs one node";
  if (code == codes::STORE_BUSY)
    return "stop the program that holds the file (`fuser FILE` names it), then look again";
  if (code == codes::STORE_SCHEMA)
    return "use the version of vcnode that wrote the file, or point [store] path at a store of this one";
  if (code == codes::STORE_FAILED) return "see what the sentence names: space, rights or the disk itself";
  return kCorruptRemedy;  // STORE_CORRUPT, and what says that leaves and head of a feed do not fit each other
}

// What [store] path names by a slip, such as a key file or a folder. It is not opened as a store: it must not
// be taken for damage, nor get SQLite's files beside it. A store whose first block the disk lost is blank.
bool is_something_else(const std::filesystem::path& path) {
  static constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return true;
  const auto file = Descriptor::open_regular(path);
  std::array<std::uint8_t, kSqliteMagic.size()> start{};
  if (!file || !file->read_up_to(start)) return false;  // opening it as a store says why
  const bool blank = std::ranges::all_of(start, [](std::uint8_t byte) { return byte == 0; });
  return !blank && as_text(start) != kSqliteMagic;
}

}  // namespace

std::string sentence_of(const Error& error) {
  return concat(error.message, " [", error.code.slug(), "]");
}

namespace {

void examine_tokens(Examination& seen, const node::Config& config) {
  const std::string file = config.tokens_file().string();
  const auto tokens = node::TokenTable::load(config.tokens_file());
  std::error_code ignored;
  if (!tokens && tokens.error().code == codes::SECRET_FILE_PERMISSIONS) {
    seen.problem("tokens", sentence_of(tokens.error()), std::string(kPermissionsRemedy));
  } else if (!tokens) {
    seen.problem("tokens", sentence_of(tokens.error()),
                 "correct or restore the file; without it only the admin socket may write");
  } else if (!std::filesystem::exists(config.tokens_file(), ignored)) {
    seen.warning("tokens", concat(file, " is not there: nobody may write over HTTPS"),
                 "restore the file, unless this node is to be written to through its admin socket only");
  } else {
    seen.ok("tokens", concat(file, " is good"));
  }
}

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// REQUIRES: a numeric address, which is all the configuration accepts.
SocketAddress socket_address(const node::Config& config) {
  SocketAddress out;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(config.listen_port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(config.listen_port);
  if (::inet_pton(AF_INET, config.listen_address.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&out.bytes, &v4, out.size = sizeof v4);
  } else if (::inet_pton(AF_INET6, config.listen_address.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&out.bytes, &v6, out.size = sizeof v6);
  }
  VCNODE_ASSERT(out.size != 0);
  return out;
}

}  // namespace

bool examine_admin_socket(Examination& seen, const node::Config& config) {
  constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;  // and a zero
  const std::string path = config.admin_socket().string();
  struct stat status {};
  if (path.size() > kPathBytesMax) {
    seen.problem("node",
                 concat("the path of the admin socket, ", path, ", is ", path.size(), " bytes long; ",
                        kPathBytesMax, " is the limit of the system [", codes::LISTEN_FAILED.slug, "]"),
                 "move the home to a shorter path: no node can run in this one");
    return false;
  }
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    seen.problem("node",
                 concat(path, " is no socket, but the node makes its admin socket there [",
                        codes::LISTEN_FAILED.slug, "]"),
                 "move away what is there: no node can run beside it");
    return false;
  }
  return true;
}

void examine_port(Examination& seen, const node::Config& config) {
  const SocketAddress address = socket_address(config);
  const bool v6 = address.bytes.ss_family == AF_INET6;
  const std::string where =
      concat(v6 ? "[" : "", config.listen_address, v6 ? "]" : "", ":", config.listen_port);
  const int reuse = 1;
  const int descriptor = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 && ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) == 0 &&
      ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) {
    seen.ok("address", concat(where, " is free"));
  } else {
    seen.problem("address", concat(where, " cannot be used: ", std::strerror(errno)),
                 "stop the other program or change [http] listen");
  }
  if (descriptor >= 0) ::close(descriptor);
}

void examine_store(Examination& seen, const node::Config& config) {
  std::error_code failed;
  const bool missing = node::store_is_missing(config.store_path);
  if (missing || !std::filesystem::exists(config.store_path, failed)) {
    const std::string remedy =
        "restore the file from a backup: a node without its store does not know what it has signed; if it is "
        "lost for good, `vcnode run --new-store`, which asks the configured peers";
    if (!missing)
      return seen.warning(
          "store", concat(config.store_path.string(), " could not be checked: ", failed.message()), remedy);
    return seen.problem("store", concat("there is no store at ", config.store_path.string()), remedy);
  }
  if (is_something_else(config.store_path)) {
    return seen.problem("store",
                        concat(config.store_path.string(), " does not begin as a store does [",
                               codes::STORE_CORRUPT.slug, "]"),
                        "correct [store] path in config.toml and leave the file where it is: it is something "
                        "else. If it was the store, restore it from a backup");
  }
  const auto problem = [&](const Error& error) {
    seen.problem("store", sentence_of(error), std::string(store_remedy(error.code)));
  };
  const auto store = storage::open_sqlite_store(config.store_path);
  if (!store) return problem(store.error());
  const auto admitted = node::admitted_issuers(config);
  if (!admitted && admitted.error().code == codes::ISSUER_PLACE_TAKEN) return;  // said already
  if (!admitted) return seen.problem("issuer", sentence_of(admitted.error()), "correct [network] admit");
  const auto histories = node::admitted_histories(config);
  if (!histories) return seen.problem("issuer", sentence_of(histories.error()), "correct [network] admit");
  const auto whole = node::read_all_feeds(config, **store, node::SystemClock().now());
  if (!whole) return problem(whole.error());
  seen.ok("store", concat(config.store_path.string(), " opens, its ", *whole, " feeds are whole"));
}

namespace {

void examine_observing(Examination& seen, const node::Config& config) {
  if (config.observe.empty() || config.fetch.enabled) return;
  seen.warning("observe",
               concat("config.toml names ", config.observe.size(),
                      " addresses to observe, but [fetch] enabled is false: 0 of them are looked at [",
                      codes::FETCH_DISABLED.slug, "]"),
               "set enabled = true under [fetch] in config.toml, or remove the [[observe]] tables");
}

void examine_places(Examination& seen, const node::Config& config) {
  if (const auto places = node::check_places(config.issuers); !places)
    seen.problem("issuer", sentence_of(places.error()),
                 "correct the did of one [[issuer]] in config.toml, or give it a node of its own");
}

}  // namespace

void examine_home(Examination& seen, const node::Config& config) {
  examine_keys(seen, config);
  examine_witness_policies(seen, config);
  examine_certificate(seen, config);
  examine_disk(seen, config);
  examine_writers(seen, config);
  examine_tokens(seen, config);
  examine_observing(seen, config);
  examine_places(seen, config);
}

}  // namespace vcnode::cli
