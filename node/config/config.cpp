#include "node/config/config.h"

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "crypto/base/edit_distance.h"
#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/descriptor.h"
#include "crypto/multikey.h"
#include "node/config/codes.h"
#include "node/config/environment.h"
#include "node/config/observe_table.h"
#include "node/config/own_address.h"
#include "node/config/toml_values.h"
#include "node/config/urls.h"
#include "protocol/webvh/did_webvh.h"
#include "protocol/wire/frame.h"

namespace vcnode::node {
namespace {

constexpr std::int64_t kWorkerThreadsMax = 256;   // more threads than any machine this runs on has cores
constexpr std::int64_t kShutdownMsMax = 600'000;  // an operator waits ten minutes at most
constexpr std::size_t kPeersMax = 64;             // the engine's bound on links
constexpr std::size_t kIssuersMax = 256;          // one status-list pair in memory each: 32 KiB
constexpr std::size_t kShownBytesMax = 320;       // of a sentence about a value, the value included
constexpr std::int64_t kFetchIntervalSecondsMax = 31 * 24 * 3600;  // less often, and nobody calls it watching
constexpr std::int64_t kTimeBatchSecondsMax = 60;                  // whoever issues waits for the batch
constexpr std::size_t kObserveTablesMax = 256;  // with the status lists, what one feed keeps

// One known key: how to put its value into a Config.
struct Key {
  std::string_view name;
  std::function<Result<void>(Config&, const Setting&)> apply;
};

Failure bad(const Setting& setting, std::string_view name, std::string_view what) {
  return fail(codes::CONFIG_VALUE, setting.place, ": ", name, " ", excerpt(what, kShownBytesMax));
}

Result<std::string> text_of(const Setting& setting, std::string_view name) {
  if (const auto* text = std::get_if<std::string>(&setting.value); text != nullptr && !text->empty())
    return *text;
  return bad(setting, name, "must be a non-empty string");
}

Result<std::vector<std::string>> list_of(const Setting& setting, std::string_view name) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&setting.value)) return *list;
  return bad(setting, name, "must be a list of strings");
}

Result<std::int64_t> integer_of(const Setting& setting, std::string_view name, std::int64_t low,
                                std::int64_t high) {
  const auto* number = std::get_if<std::int64_t>(&setting.value);
  if (number == nullptr) return bad(setting, name, concat("must be an integer from ", low, " to ", high));
  if (*number < low || *number > high) {
    return bad(setting, name, concat("is ", *number, ", it must be from ", low, " to ", high));
  }
  return *number;
}

// Adapts a member of Config to a path key; relative paths are resolved against the home.
Key path_key(std::string_view name, std::filesystem::path Config::*member) {
  return {name, [=](Config& config, const Setting& setting) -> Result<void> {
            VCNODE_TRY(auto text, text_of(setting, name));
            config.*member = config.home / text;
            return {};
          }};
}

// As many as a node can hold feeds of.
Result<std::vector<Did>> dids_of(const Setting& setting, std::string_view name) {
  VCNODE_TRY(auto list, list_of(setting, name));
  if (list.size() > wire::kHelloOriginsMax)
    return bad(setting, name,
               concat("lists ", list.size(), " issuers, the limit is ", wire::kHelloOriginsMax));
  std::vector<Did> out;
  for (const std::string& text : list) {
    auto did = Did::parse(text);
    if (!did) return bad(setting, name, concat("holds '", text, "': ", did.error().message));
    out.push_back(*std::move(did));
  }
  return out;
}

Result<void> apply_admit(Config& config, const Setting& setting) {
  VCNODE_TRY(config.admit, dids_of(setting, "network.admit"));
  return {};
}

Result<void> apply_sponsors(Config& config, const Setting& setting) {
  VCNODE_TRY(config.sponsors, dids_of(setting, "network.sponsors"));
  return {};
}

Result<void> apply_network_name(Config& config, const Setting& setting) {
  VCNODE_TRY(config.network_name, text_of(setting, "network.name"));
  if (auto checked = check_network_name(config.network_name); !checked)
    return bad(setting, "network.name", checked.error().message);
  return {};
}

Result<void> apply_listen(Config& config, const Setting& setting) {
  VCNODE_TRY(auto text, text_of(setting, "http.listen"));
  auto endpoint = parse_listen(text);
  if (!endpoint) return bad(setting, "http.listen", concat("is '", text, "': ", endpoint.error().message));
  config.listen_address = endpoint->host;
  config.listen_port = endpoint->port;
  return {};
}

Result<void> apply_public_url(Config& config, const Setting& setting) {
  VCNODE_TRY(auto text, text_of(setting, "http.public_url"));
  auto url = parse_service_url(text, "https");
  if (!url) return bad(setting, "http.public_url", concat("is '", text, "': ", url.error().message));
  if (text.ends_with('/'))
    return bad(setting, "http.public_url", concat("is '", text, "', it must not end with '/'"));
  config.public_url = std::move(text);
  return {};
}

Result<void> apply_passphrase(Config& config, const Setting& setting) {
  VCNODE_TRY(auto text, text_of(setting, "keys.passphrase"));
  auto source = PassphraseSource::parse(text);
  if (!source) return bad(setting, "keys.passphrase", concat("is wrong: ", source.error().message));
  config.passphrase = *std::move(source);
  if (config.passphrase.kind == PassphraseSource::Kind::file) {
    config.passphrase.value = (config.home / config.passphrase.value).string();
  }
  return {};
}

Result<void> apply_log_level(Config& config, const Setting& setting) {
  VCNODE_TRY(config.log_level, text_of(setting, "log.level"));
  static constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warn", "error", "off"};
  if (std::ranges::find(kLevels, config.log_level) == kLevels.end()) {
    return bad(setting, "log.level",
               concat("is '", config.log_level, "', it must be debug, info, warn, error or off"));
  }
  return {};
}

WitnessConfig& witness_in(Config& config) {
  return config.witness ? *config.witness : config.witness.emplace();
}

Result<void> apply_witness_key(Config& config, const Setting& setting) {
  VCNODE_TRY(const auto text, text_of(setting, "witness.key_file"));
  witness_in(config).key_file = config.home / text;
  return {};
}

Result<void> apply_witness_name(Config& config, const Setting& setting) {
  VCNODE_TRY(auto text, text_of(setting, "witness.name"));
  if (auto checked = check_witness_name(text); !checked)
    return bad(setting, "witness.name", checked.error().message);
  witness_in(config).name = std::move(text);
  return {};
}

// The environment knows texts only.
Result<bool> bool_of(const Setting& setting, std::string_view name) {
  const auto* text = std::get_if<std::string>(&setting.value);
  const auto* value = std::get_if<bool>(&setting.value);
  const bool is_word = text != nullptr && (*text == "true" || *text == "false");
  if (value == nullptr && !is_word) return bad(setting, name, "must be true or false");
  return value != nullptr ? *value : *text == "true";
}

Result<void> apply_fetch_enabled(Config& config, const Setting& setting) {
  VCNODE_TRY(config.fetch.enabled, bool_of(setting, "fetch.enabled"));
  return {};
}

Result<void> apply_trqp_authorities(Config& config, const Setting& setting) {
  VCNODE_TRY(config.trqp.authorities, dids_of(setting, "trqp.authorities"));
  return {};
}

Result<void> apply_trqp_token(Config& config, const Setting& setting) {
  VCNODE_TRY(config.trqp.token_required, bool_of(setting, "trqp.token_required"));
  return {};
}

const std::vector<Key>& known_keys() {
  static const std::vector<Key> keys{
      {"network.name", apply_network_name},
      {"network.admit", apply_admit},
      {"network.sponsors", apply_sponsors},
      {"http.listen", apply_listen},
      {"http.public_url", apply_public_url},
      {"http.hosts",
       [](Config& config, const Setting& setting) -> Result<void> {
         VCNODE_TRY(config.hosts, list_of(setting, "http.hosts"));
         return {};
       }},
      path_key("http.tls_certificate", &Config::tls_certificate),
      path_key("http.tls_key", &Config::tls_key),
      {"keys.passphrase", apply_passphrase},
      path_key("keys.node", &Config::node_key_file),
      path_key("store.path", &Config::store_path),
      {"fetch.enabled", apply_fetch_enabled},
      {"fetch.ca_file",
       [](Config& config, const Setting& setting) -> Result<void> {
         VCNODE_TRY(const auto text, text_of(setting, "fetch.ca_file"));
         config.fetch.ca_file = config.home / text;
         return {};
       }},
      {"fetch.interval_seconds",
       [](Config& config, const Setting& setting) -> Result<void> {
         VCNODE_TRY(config.fetch.interval_seconds,
                    integer_of(setting, "fetch.interval_seconds", 1, kFetchIntervalSecondsMax));
         return {};
       }},
      {"witness.key_file", apply_witness_key},
      {"witness.name", apply_witness_name},
      {"verdict.key_file",
       [](Config& config, const Setting& setting) -> Result<void> {
         VCNODE_TRY(const auto text, text_of(setting, "verdict.key_file"));
         config.verdict_key_file = config.home / text;
         return {};
       }},
      {"trqp.authorities", apply_trqp_authorities},
      {"trqp.token_required", apply_trqp_token},
      {"log.level", apply_log_level},
      {"server.worker_threads",
       [](Config& config, const Setting& setting) -> Result<void> {
         VCNODE_TRY(auto n, integer_of(setting, "server.worker_threads", 0, kWorkerThreadsMax));
         config.worker_threads = static_cast<std::uint32_t>(n);
         return {};
       }},
      {"server.shutdown_ms",
       [](Config& config, const Setting& setting) -> Result<void> {
         VCNODE_TRY(config.shutdown_ms, integer_of(setting, "server.shutdown_ms", 100, kShutdownMsMax));
         return {};
       }},
  };
  return keys;
}

constexpr std::array<std::string_view, 2> kPeerKeys{"url", "node_key"};
constexpr std::array<std::string_view, 6> kIssuerKeys{
    "name", "did", "key_file", "keys", "witness_policy", "time_batch_seconds"};

std::string_view nearest_of(std::string_view word, std::span<const std::string_view> known) {
  return *std::ranges::min_element(known, {}, [&](std::string_view k) { return edit_distance(word, k); });
}

Failure unknown_key(const Setting& setting, std::string_view shown, std::string_view key,
                    std::span<const std::string_view> known) {
  return fail(codes::CONFIG_UNKNOWN_KEY, setting.place, ": unknown key '", excerpt(shown),
              "'; the nearest known key is '", nearest_of(key, known), "'");
}

Result<void> check_list_keys(std::string_view section, const Settings& entry,
                             std::span<const std::string_view> known) {
  for (const auto& [key, setting] : entry) {
    if (std::ranges::find(known, key) == known.end())
      return unknown_key(setting, concat(section, ".", key), key, known);
  }
  return {};
}

Result<std::string> required(std::string_view section, const TomlTable& table, std::string_view key) {
  const auto found = table.settings.find(key);
  if (found == table.settings.end())
    return fail(codes::CONFIG_MISSING_KEY, table.place, ": [[", section, "]] lacks the key '", key, "'");
  return text_of(found->second, concat(section, ".", key));
}

Result<void> apply_peer(Config& config, const TomlTable& table) {
  const Settings& entry = table.settings;
  VCNODE_CHECK(check_list_keys("peer", entry, kPeerKeys));
  gossip::PeerAddress peer;
  VCNODE_TRY(peer.url, required("peer", table, "url"));
  const Setting& url_setting = entry.find("url")->second;
  const auto url = parse_service_url(peer.url, "wss");
  if (!url) return bad(url_setting, "peer.url", concat("is '", peer.url, "': ", url.error().message));
  if (is_own_address(config, *url))
    return bad(url_setting, "peer.url", concat("is '", peer.url, "', this node's own address"));
  if (std::ranges::any_of(config.peers, [&](const gossip::PeerAddress& other) {
        return is_same_address(*parse_service_url(other.url, "wss"), *url);
      }))
    return bad(url_setting, "peer.url", concat("is '", peer.url, "', which another [[peer]] names already"));
  if (const auto pinned = entry.find("node_key"); pinned != entry.end()) {
    VCNODE_TRY(auto text, text_of(pinned->second, "peer.node_key"));
    auto key = multikey_decode(text);
    if (!key) return bad(pinned->second, "peer.node_key", concat("is '", text, "': ", key.error().message));
    peer.node_key = *key;
  }
  config.peers.push_back(std::move(peer));
  return {};
}

// Where the keys are: `keys` for a DID that has a history, `key_file` for one that is its key.
Result<void> apply_keys(IssuerConfig& issuer, const Config& config, const TomlTable& table) {
  const std::string_view wanted = issuer.has_history() ? "keys" : "key_file";
  const std::string_view other = issuer.has_history() ? "key_file" : "keys";
  if (const auto needless = table.settings.find(other); needless != table.settings.end()) {
    return bad(needless->second, concat("issuer.", other),
               concat("is not for a did:", issuer.did.method(), "; it has '", wanted, "'"));
  }
  VCNODE_TRY(const auto text, required("issuer", table, wanted));
  (issuer.has_history() ? issuer.keys_folder : issuer.key_file) = config.home / text;
  return {};
}

Result<void> apply_time_batch(IssuerConfig& issuer, const Config& config, const TomlTable& table) {
  const auto policy = table.settings.find("witness_policy");
  const auto seconds = table.settings.find("time_batch_seconds");
  if (policy == table.settings.end()) {
    if (seconds == table.settings.end()) return {};
    return bad(seconds->second, "issuer.time_batch_seconds",
               "is of no use without 'witness_policy', the witnesses that prove the time");
  }
  issuer.time_batch.emplace();
  VCNODE_TRY(const auto text, text_of(policy->second, "issuer.witness_policy"));
  issuer.time_batch->witness_policy = config.home / text;
  if (seconds == table.settings.end()) return {};
  VCNODE_TRY(issuer.time_batch->seconds,
             integer_of(seconds->second, "issuer.time_batch_seconds", 1, kTimeBatchSecondsMax));
  return {};
}

Result<void> apply_issuer(Config& config, const TomlTable& table) {
  const Settings& entry = table.settings;
  VCNODE_CHECK(check_list_keys("issuer", entry, kIssuerKeys));
  VCNODE_TRY(auto name, required("issuer", table, "name"));
  VCNODE_TRY(auto did_text, required("issuer", table, "did"));
  const Setting& name_setting = entry.find("name")->second;
  VCNODE_CHECK(check_issuer_name(name, name_setting.place));
  if (std::ranges::any_of(config.issuers, [&](const IssuerConfig& other) { return other.name == name; })) {
    return bad(name_setting, "issuer.name", concat("'", name, "' is used twice"));
  }
  auto did = Did::parse(did_text);
  if (!did)
    return bad(entry.find("did")->second, "issuer.did", concat("is '", did_text, "': ", did.error().message));
  IssuerConfig issuer{std::move(name), *std::move(did)};
  if (issuer.has_history()) {
    if (const auto webvh = webvh::DidWebvh::parse(did_text); !webvh)
      return bad(entry.find("did")->second, "issuer.did",
                 concat("is '", did_text, "': ", webvh.error().message));
  }
  VCNODE_CHECK(apply_keys(issuer, config, table));
  VCNODE_CHECK(apply_time_batch(issuer, config, table));
  config.issuers.push_back(std::move(issuer));
  return {};
}

constexpr std::array<std::string_view, 3> kLists{"peer", "issuer", "observe"};

Result<void> apply_lists(Config& config, const TomlDocument& document) {
  for (const auto& [section, tables] : document.lists) {
    if (std::ranges::find(kLists, section) == kLists.end())
      return unknown_key({std::string(), tables.front().place}, concat("[[", section, "]]"), section, kLists);
    const bool is_peer = section == "peer";
    const bool is_observe = section == "observe";
    const std::size_t limit = is_peer ? kPeersMax : is_observe ? kObserveTablesMax : kIssuersMax;
    if (tables.size() > limit) {
      return fail(codes::CONFIG_VALUE, tables[limit].place, ": ", tables.size(), " [[", section,
                  "]] tables, the limit is ", limit);
    }
    for (const TomlTable& table : tables) {
      VCNODE_CHECK(is_peer      ? apply_peer(config, table)
                   : is_observe ? apply_observe_table(config.observe, table)
                                : apply_issuer(config, table));
    }
  }
  return {};
}

// A [section] that no key lives in, empty or not: what was meant by it would be silently left out.
Result<void> check_sections(const TomlDocument& document, const std::vector<std::string_view>& keys) {
  std::vector<std::string_view> known;
  known.reserve(keys.size());
  for (const std::string_view key : keys) known.push_back(key.substr(0, key.find('.')));
  for (const auto& [section, place] : document.sections) {
    if (std::ranges::find(known, section) != known.end()) continue;
    if (std::ranges::find(kLists, section) != kLists.end())
      return fail(codes::CONFIG_UNKNOWN_KEY, place, ": [", section, "] is written [[", section, "]]");
    return fail(codes::CONFIG_UNKNOWN_KEY, place, ": unknown table '[", excerpt(section),
                "]'; the nearest known one is '[", nearest_of(section, known), "]'");
  }
  return {};
}

Result<void> require_all(const Config& config) {
  const auto missing = [](std::string_view key) {
    return fail(codes::CONFIG_MISSING_KEY, "config.toml: the key '", key, "' is missing and has no default");
  };
  if (config.network_name.empty()) return missing("network.name");
  if (config.listen_address.empty()) return missing("http.listen");
  if (config.public_url.empty()) return missing("http.public_url");
  if (config.passphrase.value.empty()) return missing("keys.passphrase");
  if (config.witness && config.witness->key_file.empty()) return missing("witness.key_file");
  if (!config.observe.empty() && config.issuers.empty())
    return fail(codes::CONFIG_MISSING_KEY,
                "config.toml: [[observe]] needs an [[issuer]], in whose feed is kept what was seen");
  return {};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::filesystem::path& home,
                            const std::map<std::string, std::string>& environment) {
  VCNODE_TRY(auto document, read_toml(text));
  std::vector<std::string_view> names;
  for (const Key& key : known_keys()) names.push_back(key.name);
  VCNODE_CHECK(check_sections(document, names));
  for (const auto& [name, setting] : document.settings) {
    if (std::ranges::find(names, name) == names.end()) return unknown_key(setting, name, name, names);
  }
  VCNODE_CHECK(check_environment(environment, names));
  for (const std::string_view name : names) {
    const std::string variable = environment_name(name);
    if (const auto found = environment.find(variable); found != environment.end()) {
      document.settings.insert_or_assign(
          std::string(name),
          Setting{environment_value(name, found->second), concat("environment variable ", variable)});
    }
  }
  Config config;
  config.home = home;
  config.node_key_file = home / "keys" / "node.json";
  config.store_path = home / "store.sqlite";
  config.tls_certificate = home / "tls" / "certificate.pem";
  config.tls_key = home / "tls" / "key.pem";
  config.log_level = "info";
  for (const Key& key : known_keys()) {
    if (const auto found = document.settings.find(key.name); found != document.settings.end()) {
      VCNODE_CHECK(key.apply(config, found->second));
    }
  }
  VCNODE_CHECK(apply_lists(config, document));
  VCNODE_CHECK(require_all(config));
  if (config.witness && config.witness->name.empty()) {
    const std::string_view url =
        std::string_view(config.public_url).substr(std::string_view("https://").size());
    config.witness->name = concat(url.substr(0, url.find('/')), "/witness");
  }
  return config;
}

Result<Config> load_config(const std::filesystem::path& home) {
  const auto path = home / "config.toml";
  const auto file = Descriptor::open_regular(path);
  if (!file) {
    std::error_code ignored;
    if (std::filesystem::exists(home, ignored) && !std::filesystem::is_directory(home, ignored))
      return fail(codes::CONFIG_UNREADABLE, "--home ", home.string(), " is not a folder");
    if (std::filesystem::exists(path, ignored))
      return fail(codes::CONFIG_UNREADABLE, "the configuration is of no use: ", file.error().message);
    return fail(codes::CONFIG_UNREADABLE, "there is no readable configuration at ", path.string(),
                "; `vcnode init` makes one");
  }
  std::string text(kConfigBytesMax + 1, '\0');
  const auto size = file->read_up_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!size) return fail(codes::CONFIG_UNREADABLE, size.error().message);
  if (*size > kConfigBytesMax)
    return fail(codes::CONFIG_UNREADABLE, path.string(), " is longer than the limit of ", kConfigBytesMax,
                " bytes");
  text.resize(*size);
  return parse_config(text, home, vcnode_environment());
}

}  // namespace vcnode::node
