// Folders of key files whose keys come and go: the keys of a did:webvh issuer inside the home, and its update
// keys outside of it.
//
// A file is named `<purpose>-<number>.key`, or `<purpose>-<number>-<attempt>.key` where that name is in use;
// the names order files for people and mean nothing else. A caller who knows how many keys of the purpose
// there have been gives the number: a file that was moved away must not meet another of its name when it
// comes back. Which key is in force is said by the DID, so files are told apart by public key. A key file
// shows its purpose and its public key without being opened; what opens it vouches for them.
//
// Errors: those of crypto/key_file.h, naming the file. Threading: pure but for the file system.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/ed25519.h"
#include "crypto/key_file.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

namespace vcnode::node {

// Purposes written into key files.
inline constexpr std::string_view kNodeKeyPurpose = "node";
inline constexpr std::string_view kAssertionKeyPurpose = "assertion";
inline constexpr std::string_view kFeedKeyPurpose = "feed";
inline constexpr std::string_view kUpdateKeyPurpose = "update";
inline constexpr std::string_view kWitnessKeyPurpose = "witness";
inline constexpr std::string_view kVerdictKeyPurpose = "verdict";
// Of a did:key issuer, whose one key does both.
inline constexpr std::string_view kIssuerKeyPurpose = "assertion+feed";

// Where files go whose keys are out of force; nothing in it is opened.
inline constexpr std::string_view kRetiredFolder = "retired";

struct ListedKey {
  std::filesystem::path path;
  std::string purpose;
  Ed25519PublicKey key;  // as the file says
};

// Of one file.
[[nodiscard]] Result<ListedKey> list_key(const std::filesystem::path& file);
// All files "*.key" of the folder, by purpose and number; none if there is no such folder. Those that cannot
// be read, apart.
struct KeyFiles {
  std::vector<ListedKey> keys;
  std::vector<Error> damaged;
};
[[nodiscard]] Result<KeyFiles> read_key_files(const std::filesystem::path& folder);
// The same where one that cannot be read is an error.
[[nodiscard]] Result<std::vector<ListedKey>> list_keys(const std::filesystem::path& folder);

// Errors also: KEY_FILE_PURPOSE.
[[nodiscard]] Result<std::unique_ptr<Signer>> open_key(const std::filesystem::path& file,
                                                       std::string_view purpose,
                                                       const SecretBytes& passphrase);

struct KeyMaking {
  const SecretBytes& passphrase;
  KeyFileCost cost;
  Rng& rng;
};
// A new key, durable when this returns. `number`: of its name; 0: the next free one.
[[nodiscard]] Result<ListedKey> make_key(const std::filesystem::path& folder, std::string_view purpose,
                                         const KeyMaking& making, std::uint64_t number = 0);
// The first key of this purpose that is not among `used`, which an earlier attempt left; else a new one. With
// a `number` only of files that have it: what a file is named after, its key is used for.
[[nodiscard]] Result<ListedKey> unused_key(const std::filesystem::path& folder, std::string_view purpose,
                                           const std::set<Ed25519PublicKey>& used, const KeyMaking& making,
                                           std::uint64_t number = 0);
// Its file is gone for good; for keys that nothing names.
[[nodiscard]] Result<void> remove_key(const ListedKey& key);
// Into the folder of the retired; durable.
[[nodiscard]] Result<void> retire_key(const ListedKey& key);

// What opening an existing key file costs, for new ones beside it.
[[nodiscard]] Result<KeyFileCost> cost_of(const std::filesystem::path& file);

// A folder for secrets, mode 0700, that lasts; its parents too. One that is there already must be the owner's
// alone (SECRET_FILE_PERMISSIONS).
[[nodiscard]] Result<void> make_private_folder(const std::filesystem::path& folder);
// Only this makes last what was created in, moved into or moved out of a folder.
[[nodiscard]] Result<void> sync_folder(const std::filesystem::path& folder);
// A new file of mode 0600, durable but for its folder.
[[nodiscard]] Result<void> write_private(const std::filesystem::path& path, std::string_view text);

}  // namespace vcnode::node
