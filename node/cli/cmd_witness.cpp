// witness new, show: the key with which the node of this home cosigns heads of others' feeds.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "node/config/identity.h"
#include "node/config/key_folder.h"
#include "node/config/private_file.h"
#include "node/config/toml_values.h"
#include "protocol/feed/note.h"

namespace vcnode::cli {
namespace {

std::string table_of_witness(const node::Config& config, const std::filesystem::path& file,
                             const std::optional<std::string>& name) {
  return concat("[witness]\nkey_file = ", node::toml_string(file.lexically_relative(config.home).string()),
                "\n", name ? concat("name = ", node::toml_string(*name), "\n") : std::string());
}

// Always a key that has signed nothing: what an old one signed may be forgotten here.
Result<node::Config> make_witness(const node::Config& config, const WitnessOptions& options) {
  if (config.witness)
    return fail(codes::USAGE, "this home is a witness already, with the key file ",
                config.witness->key_file.string(), "; `vcnode witness show` shows it");
  VCNODE_TRY(const auto passphrase, node::read_private_passphrase(config.passphrase));
  VCNODE_TRY(const auto cost, node::cost_of(config.node_key_file));
  SystemRng rng;
  VCNODE_TRY(const auto key,
             node::make_key(config.home / "keys", node::kWitnessKeyPurpose, {passphrase, cost, rng}));
  return node::add_table(config, table_of_witness(config, key.path, options.name));
}

struct ShownWitness {
  std::string name;  // of its notes
  std::string vkey;
  std::string url;
  std::string line;  // of a policy
};

// Names in a policy hold no space; the notes' name is as good as any.
Result<ShownWitness> shown_witness(const node::Config& config) {
  if (!config.witness)
    return fail(codes::USAGE, "this home is no witness; `vcnode witness new` makes it one");
  VCNODE_TRY(const auto listed, node::list_key(config.witness->key_file));
  const feed::NoteKey key{config.witness->name, feed::NoteKeyType::cosignature_v1, listed.key};
  ShownWitness out{key.name, key.vkey(), config.public_url + "/witness", {}};
  out.line = concat("witness ", out.name, " ", out.vkey, " ", out.url);
  return out;
}

int show(const Global& global, const node::Config& config, bool is_new) {
  const auto witness = shown_witness(config);
  if (!witness) return report(global, witness.error(), kExitUsage);
  if (global.json) {
    print_json({{"name", witness->name},
                {"vkey", witness->vkey},
                {"url", witness->url},
                {"policyLine", witness->line},
                {"keyFile", config.witness->key_file.string()},
                {"restartNeeded", is_new}});
    return kExitOk;
  }
  if (is_new)
    print_line(
        concat("Made a witness key, ", config.witness->key_file.string(),
               ", and added [witness] to config.toml: restart the node.\n"
               "Never put this key into a backup: a witness that forgets what it signed is worse than "
               "none. Who lost its store makes a new key.\n"
               "It cosigns the feeds of the issuers that [network] admit names. Their policy line for it:"));
  print_line(printable(witness->line));
  return kExitOk;
}

}  // namespace

int witness_new(const Global& global, const WitnessOptions& options) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error());
  const auto made = make_witness(*config, options);
  return made ? show(global, *made, true) : report(global, made.error());
}

int witness_show(const Global& global, const WitnessOptions&) {
  const auto config = node::load_config(global.home);
  return config ? show(global, *config, false) : report(global, config.error());
}

}  // namespace vcnode::cli
