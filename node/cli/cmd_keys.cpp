// keys list, rotate, compromised, recover: the keys of a did:webvh issuer of this home.
#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "node/app/codes.h"
#include "node/cli/changed.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/own_issuer.h"
#include "node/codes/cli_codes.h"
#include "protocol/webvh/key_history.h"

namespace vcnode::cli {
namespace {

// One entry.
OwnIssuer::Write one(std::function<Result<issuer::EntryBody>(const OwnIssuer&, const issuer::Hand&)> write) {
  return [write = std::move(write)](const OwnIssuer& own,
                                    const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
    VCNODE_TRY(auto body, write(own, hand));
    return std::vector<issuer::EntryBody>{std::move(body)};
  };
}

Result<merkle::TreeHead> read_seal(const std::string& text) {
  const auto wrong = [&](std::string_view why) {
    return fail(codes::USAGE, "--seal '", excerpt(text), "' is not SIZE:ROOT: ", why);
  };
  const auto colon = text.find(':');
  if (colon == std::string::npos) return wrong("there is no colon");
  merkle::TreeHead out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, out.size);
  if (error != std::errc() || end != text.data() + colon) return wrong("the size is no number");
  const auto bytes = hex_decode(std::string_view(text).substr(colon + 1), Sha256Digest::kSize);
  const auto root = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
  if (!root) return wrong("the root is not 64 hexadecimal digits");
  out.root = *root;
  return out;
}

struct ShownKey {
  std::string purpose, key, method, state, file;
};

std::string state_in(const issuer::OwnLog& log, const node::ListedKey& file) {
  std::vector<webvh::State> states;
  for (const issuer::Version& version : log.versions()) states.push_back(version.state);
  if (const auto since = webvh::revoked_since(states, file.key))
    return concat("compromised since ", since->second().to_string());
  if (!log.names(file.key)) return "unused";
  if (file.purpose == node::kUpdateKeyPurpose) return log.may_be_signed_by(file.key) ? "next" : "retired";
  if (file.purpose == node::kFeedKeyPurpose)
    return log.feed() && log.feed()->key == file.key ? concat("in force, epoch ", log.feed()->epoch)
                                                     : "retired";
  for (const issuer::AssertionMethod& method : issuer::assertion_methods(log.newest()))
    if (method.key == file.key) return "in force";
  return "retired";
}

std::string state_of(const issuer::OwnLog& log, const node::ListedKey& file) {
  std::string state = state_in(log, file);
  const bool alive = state.starts_with("in force") || state == "next";
  return alive && log.newest().deactivated() ? "deactivated" : state;
}

std::string method_of(const issuer::OwnLog& log, const Ed25519PublicKey& key) {
  for (auto version = log.versions().rbegin(); version != log.versions().rend(); ++version)
    for (const issuer::AssertionMethod& method : issuer::assertion_methods(version->state))
      if (method.key == key) return method.id;
  return {};
}

struct ShownKeys {
  std::vector<ShownKey> keys;
  std::vector<Error> damaged;  // files that cannot be read
};

Result<ShownKeys> shown_keys(const OwnIssuer& own) {
  ShownKeys out;
  for (const std::filesystem::path& folder : {own.issuer().keys_folder, own.update_folder()}) {
    for (const std::filesystem::path& place : {folder, folder / node::kRetiredFolder}) {
      VCNODE_TRY(const auto files, node::read_key_files(place));
      out.damaged.insert(out.damaged.end(), files.damaged.begin(), files.damaged.end());
      for (const node::ListedKey& file : files.keys)
        out.keys.push_back({file.purpose, multikey_encode(file.key), method_of(own.log(), file.key),
                            state_of(own.log(), file), file.path.string()});
    }
  }
  return out;
}

}  // namespace

int keys_list(const Global& global, const KeysOptions& options) {
  const auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const auto keys = shown_keys(*own);
  if (!keys) return report(global, keys.error());
  // The rest is shown, and a script still learns that it is not all.
  for (const Error& damaged : keys->damaged) print_warning(damaged);
  const int exit_code = keys->damaged.empty() ? kExitOk : exit_code_of(keys->damaged.front().code);
  nlohmann::json shown = nlohmann::json::array();
  for (const ShownKey& key : keys->keys)
    shown.push_back({{"purpose", key.purpose},
                     {"publicKeyMultibase", key.key},
                     {"method", key.method.empty() ? nlohmann::json() : nlohmann::json(key.method)},
                     {"state", key.state},
                     {"file", key.file}});
  if (global.json) {
    nlohmann::json out{{"issuer", own->issuer().name},
                       {"did", own->log().newest().did().text()},
                       {"versionId", own->log().newest().version_id().text()},
                       {"deactivated", own->log().newest().deactivated()},
                       {"keys", shown}};
    if (!keys->damaged.empty()) out["damaged"] = warnings_json(keys->damaged);
    print_json(out);
    return exit_code;
  }
  print_line(concat("issuer  ", own->issuer().name, "  ", own->log().newest().did().text(),
                    own->log().newest().deactivated() ? "  DEACTIVATED" : ""));
  for (const ShownKey& key : keys->keys)
    print_line(concat(key.purpose, "  ", key.key, "  ", key.state, "  ", printable(key.file),
                      key.method.empty() ? "" : "  ", printable(key.method)));
  return exit_code;
}

int keys_rotate(const Global& global, const KeysOptions& options) {
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const bool feed = options.purpose == node::kFeedKeyPurpose;
  const auto key = own->fresh_key(options.purpose, OwnIssuer::Leftover::used);
  if (!key) return report(global, key.error());
  const auto changed = own->change(one([&](const OwnIssuer& now, const issuer::Hand& hand) {
    return feed ? issuer::rotate_feed_key(now.log(), *key, now.end_of_feed(), hand)
                : issuer::rotate_assertion_key(now.log(), *key, hand);
  }));
  if (!changed) return report(global, changed.error());
  return report_changed(global, *own, concat("the new ", options.purpose, " key is ", multikey_encode(*key)));
}

int keys_compromised(const Global& global, const KeysOptions& options) {
  const auto since = Timestamp::parse(options.since);
  if (!since) return report(global, {codes::USAGE, concat("--since: ", since.error().message)}, kExitUsage);
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const auto in_force = issuer::is_in_force(own->log(), options.method);
  if (!in_force) return report(global, in_force.error());
  issuer::Compromise compromise{options.method, *since, std::nullopt};
  if (*in_force) {
    const auto key = own->fresh_key(node::kAssertionKeyPurpose, OwnIssuer::Leftover::distrusted);
    if (!key) return report(global, key.error());
    compromise.replacement = *key;
  }
  const auto changed = own->change(one([&](const OwnIssuer& now, const issuer::Hand& hand) {
    return issuer::declare_compromised(now.log(), compromise, hand);
  }));
  if (!changed) return report(global, changed.error());
  return report_changed(
      global, *own,
      concat(printable(options.method), " is declared compromised since ", since->to_string(),
             compromise.replacement
                 ? concat("; the new assertion key is ", multikey_encode(*compromise.replacement))
                 : std::string()));
}

int keys_recover(const Global& global, const KeysOptions& options) {
  std::optional<merkle::TreeHead> given;
  if (options.seal) {
    const auto seal = read_seal(*options.seal);
    if (!seal) return report(global, seal.error(), kExitUsage);
    given = *seal;
  }
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const auto key = own->fresh_key(node::kFeedKeyPurpose, OwnIssuer::Leftover::distrusted);
  if (!key) return report(global, key.error());
  if (given) own->recover(options.take_back);
  merkle::TreeHead sealed;
  const auto changed = own->change(one([&](const OwnIssuer& now, const issuer::Hand& hand) {
    sealed = given.value_or(now.end_of_feed());
    return issuer::rotate_feed_key(now.log(), *key, sealed, hand);
  }));
  if (!changed && given && changed.error().code == codes::SEAL_OUTDATED)  // what was given does not fit
    return report(global, changed.error(), kExitUsage);
  if (!changed) return report(global, changed.error());
  return report_changed(global, *own,
                        concat("epoch ", own->log().feed()->epoch, " is open under the feed key ",
                               multikey_encode(*key), "; the one before ends at size ", sealed.size));
}

}  // namespace vcnode::cli
