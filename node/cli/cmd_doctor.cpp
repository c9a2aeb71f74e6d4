// doctor: looks at this home and, if it runs, at its node, and says what is wrong and what to do.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "crypto/base/assert.h"
#include "crypto/base/json.h"
#include "crypto/key_file.h"
#include "crypto/multikey.h"
#include "node/app/startup.h"
#include "node/app/tokens.h"
#include "node/cli/commands.h"
#include "node/cli/doctor_peers.h"
#include "node/cli/examination.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"
#include "storage/sqlite/sqlite_store.h"

namespace vcnode::cli {
namespace {

constexpr std::uint64_t kFreeBytesLow =
    200ull * 1024 * 1024;  // a day of replication at European scale, with WAL

std::string sentence_of(const Error& error) {
  return concat(error.message, " [", error.code.slug(), "]");
}

// Opens one key file; the key's public half if it opens.
std::optional<Ed25519PublicKey> examine_key(Examination& seen, const std::filesystem::path& path,
                                            std::string_view purpose, const SecretBytes& passphrase) {
  const auto text = key_file_read(path);
  if (!text) {
    seen.problem("key file", sentence_of(text.error()),
                 "restore the file from your backup, owned by the node's user, mode 0600");
    return std::nullopt;
  }
  const auto key = key_file_open(*text, purpose, passphrase);
  if (!key) {
    seen.problem("key file", concat(path.string(), ": ", sentence_of(key.error())),
                 "check [keys] passphrase in config.toml, or restore the file from your backup");
    return std::nullopt;
  }
  seen.ok("key file", concat(path.string(), " opens"));
  return key->public_key();
}

void examine_keys(Examination& seen, const node::Config& config) {
  const auto passphrase = read_passphrase(config.passphrase);
  if (!passphrase) {
    seen.problem("passphrase", sentence_of(passphrase.error()), "check [keys] passphrase in config.toml");
    return;
  }
  const auto node_key = examine_key(seen, config.node_key_file, "node", *passphrase);
  for (const node::IssuerConfig& issuer : config.issuers) {
    const auto key = examine_key(seen, issuer.key_file, "assertion+feed", *passphrase);
    if (!key) continue;
    if (did_key::did_of(*key) != issuer.did) {
      seen.problem("issuer",
                   concat("the key of issuer '", issuer.name, "' belongs to ", did_key::did_of(*key).text(),
                          ", config.toml says ", issuer.did.text()),
                   "correct the did or the key_file of this [[issuer]]");
    }
    if (node_key && *key == *node_key) {
      seen.problem("keys", concat("issuer '", issuer.name, "' and the node use one key"),
                   "one key has one purpose: make a new node key");
    }
  }
}

void examine_disk(Examination& seen, const node::Config& config) {
  const auto directory = config.store_path.parent_path();
  if (::access(directory.c_str(), W_OK) != 0) {
    seen.problem("disk", concat(directory.string(), " cannot be written: ", std::strerror(errno)),
                 "give the node's user write access, or remount the file system");
    return;
  }
  struct statvfs space {};
  if (::statvfs(directory.c_str(), &space) != 0) return;
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  const std::string sentence = concat(free_bytes / (1024 * 1024), " MiB are free at ", directory.string());
  if (free_bytes < kFreeBytesLow) {
    seen.warning(
        "disk", sentence,
        concat("free space; below ", kFreeBytesLow / (1024 * 1024), " MiB the node may stop writing"));
  } else {
    seen.ok("disk", sentence);
  }
}

// Only while no node of this home runs: a running one holds the store.
void examine_store(Examination& seen, const node::Config& config) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.store_path, ignored)) return;
  const std::string remedy = "stop what uses it, or restore the file from a backup; peers refill the feeds";
  const auto store = storage::open_sqlite_store(config.store_path);
  if (!store) return seen.problem("store", sentence_of(store.error()), remedy);
  const auto admitted = node::admitted_issuers(config);
  if (!admitted) return seen.problem("issuer", sentence_of(admitted.error()), "correct [network] admit");
  const auto feeds = node::restore_feeds(*admitted, **store);
  if (!feeds) return seen.problem("store", sentence_of(feeds.error()), remedy);
  seen.ok("store", concat(config.store_path.string(), " opens, its ", feeds->size(), " feeds are whole"));
}

void examine_tokens(Examination& seen, const node::Config& config) {
  const std::string file = config.tokens_file().string();
  const auto tokens = node::TokenTable::load(config.tokens_file());
  std::error_code ignored;
  if (!tokens) {
    seen.problem("tokens", sentence_of(tokens.error()),
                 "correct or restore the file; without it only the admin socket may write");
  } else if (!std::filesystem::exists(config.tokens_file(), ignored)) {
    seen.warning("tokens", concat(file, " is not there: nobody may write over HTTPS"),
                 "restore the file, unless this node is to be written to through its admin socket only");
  } else {
    seen.ok("tokens", concat(file, " is good"));
  }
}

void examine_certificate(Examination& seen, const node::Config& config) {
  const auto tls = node::TlsServerContext::load(config.tls_certificate, config.tls_key);
  if (tls) {
    seen.ok("certificate", concat(config.tls_certificate.string(), " loads"));
  } else {
    seen.problem("certificate", sentence_of(tls.error()),
                 "point [http] tls_certificate and tls_key at a matching pair in PEM form");
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

// Whether the listen address can be bound; only asked while no node of this home runs.
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

void examine_running_node(Examination& seen, const Global& global) {
  const auto status = ask_node(global, "GET", "/status");
  const auto answer = status ? json::read(status->body) : Result<nlohmann::json>(status.failure());
  if (!answer) {
    seen.problem("node", sentence_of(answer.error()), "look at the node's log");
    return;
  }
  if (answer->value("ready", false)) seen.ok("node", "runs and is ready");
  for (const auto& reason : answer->value("reasons", nlohmann::json::array())) {
    seen.problem("node",
                 concat("is not ready: ", printable(reason.value("sentence", "")), " [",
                        printable(reason.value("code", "")), "]"),
                 "see the sentence; the log has more");
  }
  const auto peers = ask_node(global, "GET", "/peers");
  const auto rows = peers ? json::read(peers->body) : Result<nlohmann::json>(peers.failure());
  if (rows) examine_peers(seen, rows->value("peers", nlohmann::json::array()));
}

void print(const Global& global, const Examination& seen) {
  static constexpr std::array<std::string_view, 3> kWords{"ok", "warning", "PROBLEM"};
  nlohmann::json rows = nlohmann::json::array();
  for (const Finding& finding : seen.findings()) {
    const std::string_view word = kWords[static_cast<std::size_t>(finding.severity)];
    if (global.json) {
      rows.push_back({{"severity", finding.severity == Severity::problem ? "problem" : word},
                      {"subject", finding.subject},
                      {"sentence", finding.sentence},
                      {"remedy", finding.remedy}});
      continue;
    }
    print_line(concat(word, "  ", finding.subject, ": ", finding.sentence));
    if (!finding.remedy.empty()) print_line(concat("    what to do: ", finding.remedy));
  }
  if (global.json) print_json({{"ok", !seen.has_problem()}, {"findings", rows}});
}

}  // namespace

int doctor(const Global& global) {
  Examination seen;
  const auto config = node::load_config(global.home);
  if (!config) {
    seen.problem("configuration", sentence_of(config.error()),
                 "correct config.toml; `vcnode config check` reads it again");
  } else {
    seen.ok("configuration", "is good");
    examine_keys(seen, *config);
    examine_certificate(seen, *config);
    examine_disk(seen, *config);
    examine_tokens(seen, *config);
    const auto running = ask_node(global, "GET", "/livez");
    if (running) {
      examine_running_node(seen, global);
    } else if (running.error().code == codes::NODE_NOT_RUNNING) {
      seen.warning("node", running.error().message, concat("vcnode --home ", global.home.string(), " run"));
      examine_port(seen, *config);
      examine_store(seen, *config);
    } else {
      seen.problem("node", sentence_of(running.error()),
                   "see the sentence: ask as the node's user, and look at the node's log");
    }
  }
  print(global, seen);
  return seen.has_problem() ? kExitNotValid : kExitOk;
}

}  // namespace vcnode::cli
