// Making the identity of a did:webvh issuer on disk, and its place in config.toml.
//
// The keys that the node uses go into a folder of the home; the update keys, which alone can change the DID,
// into a folder outside of it that the node never reads. Nothing is lost by a crash: keys last before they
// mean anything, and a second attempt takes up those that the first left.
//
// Errors: those of key_folder.h and of issuer::write_genesis; UPDATE_KEYS_EXIST; CONFIG_*. Threading: one at
// a time for a home.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "node/config/config.h"
#include "node/config/key_folder.h"

namespace vcnode::node {

// "<home>-update-keys", beside the home.
[[nodiscard]] std::filesystem::path default_update_keys(const std::filesystem::path& home);

struct IdentityOptions {
  std::string name;
  std::string location;  // issuer::location_of()
  std::string network;
  std::string public_url;
  std::filesystem::path keys_folder;
  std::filesystem::path update_folder;
  KeyMaking keys;
  KeyMaking update_keys;
  std::set<Ed25519PublicKey> taken;  // by the node and by other issuers
  Timestamp now;
};
struct NewIdentity {
  Did did;
  std::string scid;
  std::string version_id;
  std::string body;  // EntryBody text of the first log entry
};
// Keys that an attempt which ended early has left in the folders are used.
[[nodiscard]] Result<NewIdentity> make_identity(const IdentityOptions& options);

// Refuses a folder that holds keys: they may be the only ones of some DID. Errors: UPDATE_KEYS_EXIST.
[[nodiscard]] Result<void> check_no_update_keys(const std::filesystem::path& folder);

// Update keys inside the home would be copied, backed up and stolen with it. Errors: CONFIG_VALUE.
[[nodiscard]] Result<void> check_outside_home(const std::optional<std::filesystem::path>& update_keys,
                                              const std::filesystem::path& home);

// The table of an issuer as config.toml has it. `keys`: a path from the home.
[[nodiscard]] std::string issuer_table(const std::string& name, const Did& did, const std::string& keys);
// What config.toml would be with one more table, judged like any other; and that, written in one step.
[[nodiscard]] Result<Config> add_table(const Config& config, const std::string& table);
// The issuer's DID has moved. Changes nothing if config.toml does not name the old one.
[[nodiscard]] Result<void> rename_issuer(const Config& config, const Did& from, const Did& to);

}  // namespace vcnode::node
