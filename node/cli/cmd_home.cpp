// init, run, config, version: this home, without asking a running node.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "crypto/base/bytes.h"
#include "node/app/app.h"
#include "node/app/clock.h"
#include "node/app/codes.h"
#include "node/app/startup.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "storage/sqlite/sqlite_store.h"

namespace vcnode::cli {

namespace {

// From now on a missing store is a lost one. A did:webvh begins with its first log entry, which nobody else
// has.
Result<void> make_store(const std::filesystem::path& path, const node::InitReport& made) {
  VCNODE_TRY(const auto store, storage::open_sqlite_store(path));
  if (!made.first_entry) return {};
  StoreBatch batch;
  batch.entries.push_back(
      {made.first_entry->scid, made.first_entry->version_id, to_bytes(made.first_entry->body)});
  return store->commit(batch);
}

nlohmann::json init_json(const node::InitOptions& options, const node::InitReport& made) {
  nlohmann::json out{{"home", options.home.string()},
                     {"issuer", made.issuer.text()},
                     {"nodeKey", made.node_key},
                     {"origin", made.origin},
                     {"config", made.config.string()},
                     {"publicUrl", made.public_url},
                     {"assurance", made.first_entry ? "high" : "low"},
                     {"operatorToken", made.operator_token}};
  if (made.first_entry) out["updateKeys"] = made.update_folder.string();
  return out;
}

void print_assurance(const node::InitReport& made) {
  if (made.first_entry) {
    print_line(concat("  update keys     ", made.update_folder.string()));
  } else {
    print_line(
        "  assurance       low assurance: a did:key can neither change its key nor say that it was "
        "stolen; `init --domain HOST` makes an issuer that can");
  }
}

}  // namespace

int init(const Global& global, const node::InitOptions& given) {
  SystemRng rng;
  node::InitOptions options = given;
  options.now = node::SystemClock().now().wall;
  options.judge = [](const node::Config& config) -> Result<void> {
    VCNODE_CHECK(node::admitted_issuers(config));
    return {};
  };
  const auto made = node::init_home(options, rng);
  if (!made) return report(global, made.error(), kExitUsage);
  if (const auto stored = make_store(options.home / "store.sqlite", *made); !stored) {
    std::error_code ignored;
    std::filesystem::remove_all(options.home, ignored);
    if (made->first_entry) std::filesystem::remove_all(made->update_folder, ignored);
    return report(global, stored.error());
  }
  if (global.json) {
    print_json(init_json(options, *made));
    return kExitOk;
  }
  print_line(concat("Created ", options.home.string()));
  print_line(concat("  issuer          ", made->issuer.text()));
  print_assurance(*made);
  print_line(concat("  node key        ", made->node_key));
  print_line(concat("  operator token  ", made->operator_token, "  (shown once; only its hash is kept)"));
  print_line("Next:");
  print_line(
      concat("  1. Back up ", (options.home / "keys").string(),
             " and the passphrase, in two different places, and regularly the store: it alone knows which "
             "credential has which status index."));
  print_line(concat("  2. Review ", made->config.string(),
                    ": whom to replicate ([network] admit, sponsors) and whom to connect to ([[peer]])."));
  print_line(concat("  3. vcnode --home ", options.home.string(), " run"));
  if (made->first_entry)
    print_line(concat("  4. Take the update keys in ", made->update_folder.string(),
                      " offline, with a second copy elsewhere: whoever holds them can change this DID, and "
                      "without them nobody can. The node does not need them; README.txt there says more."));
  return kExitOk;
}

int run(const Global& global, const RunOptions& options) {
  auto config = node::load_config(global.home);
  if (!config) return report(global, config.error(), kExitUsage);
  config->waive_start_check = options.waive_start_check;
  const bool missing = node::store_is_missing(config->store_path);
  config->new_store = missing && options.new_store;
  if (config->new_store && config->peers.empty() && !config->issuers.empty() && !options.waive_start_check) {
    return report(
        global,
        {codes::STORE_MISSING,
         concat(
             "there is no store at ", config->store_path.string(),
             " and no [[peer]] that could be asked for what it held. If any node holds this issuer's feed, "
             "beginning anew beside it ends the issuer for good: configure that node as a [[peer]] first; if "
             "none does, add --waive-start-check")},
        kExitUnavailable);
  }
  if (missing && !options.new_store) {
    return report(
        global,
        {codes::STORE_MISSING,
         concat("there is no store at ", config->store_path.string(),
                "; restore it from a backup. Without it this node would begin its feed anew beside the "
                "one its peers hold: if it is lost for good, `vcnode run --new-store` asks them first")},
        kExitUnavailable);
  }
  auto setup = node::open_setup(*config);
  if (!setup) return report(global, setup.error(), kExitUsage);
  const auto ended =
      node::run_app(*std::move(config), *std::move(setup), [&global](const node::RunningInfo& info) {
        print_line(global.json ? nlohmann::json{{"ready", true},
                                                {"url", info.url},
                                                {"peerUrl", info.peer_url},
                                                {"nodeKey", info.node_key}}
                                     .dump()
                               : concat("ready url=", info.url, " peer_url=", info.peer_url,
                                        " node_key=", info.node_key));
        // Who waits for this line waits now. A node whose standard output is gone runs on.
        if (!finish_output()) std::clearerr(stdout);
      });
  if (ended) return kExitOk;
  // The configuration was good: what is in the way is the store, the address or a fault of this program.
  const bool own_fault = ended.error().code == codes::INTERNAL_FAULT;
  return report(global, ended.error(), own_fault ? kExitInternal : kExitUnavailable);
}

int config_check(const Global& global) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error(), kExitUsage);
  if (const auto setup = node::open_setup(*config); !setup) return report(global, setup.error(), kExitUsage);
  print_line(global.json ? R"({"ok":true})" : concat((global.home / "config.toml").string(), " is good"));
  return kExitOk;
}

namespace {

nlohmann::json texts_of(const std::vector<Did>& dids) {
  nlohmann::json out = nlohmann::json::array();
  for (const Did& did : dids) out.push_back(did.text());
  return out;
}

}  // namespace

int config_show(const Global& global) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error(), kExitUsage);
  nlohmann::json peers = nlohmann::json::array();
  for (const auto& peer : config->peers) peers.push_back(peer.url);
  nlohmann::json issuers = nlohmann::json::array();
  for (const auto& issuer : config->issuers)
    issuers.push_back({{"name", issuer.name}, {"did", issuer.did.text()}});
  nlohmann::json observed = nlohmann::json::array();
  for (const auto& target : config->observe) observed.push_back(target.url);
  const nlohmann::json shown{
      {"home", config->home.string()},
      {"network",
       {{"name", config->network_name},
        {"admit", texts_of(config->admit)},
        {"sponsors", texts_of(config->sponsors)}}},
      {"http",
       {{"listen", concat(config->listen_address, ":", config->listen_port)},
        {"public_url", config->public_url},
        {"hosts", config->hosts},
        {"tls_certificate", config->tls_certificate.string()},
        {"tls_key", config->tls_key.string()}}},
      {"fetch",
       {{"enabled", config->fetch.enabled},
        {"ca_file",
         config->fetch.ca_file ? nlohmann::json(config->fetch.ca_file->string()) : nlohmann::json()},
        {"interval_seconds", config->fetch.interval_seconds}}},
      {"trqp",
       {{"authorities",
         config->trqp.authorities ? texts_of(*config->trqp.authorities) : nlohmann::json("all")},
        {"token_required", config->trqp.token_required}}},
      {"observe", observed},
      {"store", {{"path", config->store_path.string()}}},
      {"log", {{"level", config->log_level}}},
      {"server", {{"worker_threads", config->worker_threads}, {"shutdown_ms", config->shutdown_ms}}},
      {"peer", peers},
      {"issuer", issuers}};
  print_line(global.json ? json_text(shown)
                         : shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return kExitOk;
}

int version(const Global& global) {
  print_line(global.json ? nlohmann::json{{"version", VCNODE_VERSION}}.dump()
                         : concat("vcnode ", VCNODE_VERSION));
  return kExitOk;
}

}  // namespace vcnode::cli
