// Key file: one JSON text that holds one Ed25519 seed encrypted under a passphrase.
//
//   {"v":1,"kdf":"argon2id","ops":N,"mem":BYTES,"salt":b64url(16),"nonce":b64url(24),
//    "purpose":"assertion"|"node"|…,"publicKeyMultibase":"z6Mk…","ciphertext":b64url(32+16)}
// Key = Argon2id(passphrase, salt, ops, mem); ciphertext = XChaCha20-Poly1305 of the seed with the JCS of all
// other members as additional data, so purpose and public key cannot be swapped.
//
// The purpose is checked on opening: one key, one purpose. Costs out of range are refused before any work
// (a hostile file must not ask for 64 GiB). Files are written 0600 by write-to-temporary, fsync, rename, and
// never over an existing file.
//
// Errors: KEY_FILE_INVALID, KEY_FILE_PASSPHRASE, KEY_FILE_PURPOSE, KEY_FILE_EXISTS, KEY_FILE_PERMISSIONS
// (readable by group or others), FILE_UNREADABLE.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/ed25519.h"
#include "crypto/secret.h"

namespace vcnode {

struct KeyFileCost {
  // Defaults: libsodium's "moderate" (256 MiB, 3 passes) — once per start of a server. Tests lower both.
  std::uint64_t ops = 3;
  std::uint64_t memory_bytes = 256ull * 1024 * 1024;
};

[[nodiscard]] Result<std::string> key_file_seal(const Ed25519KeyPair& key, std::string_view purpose,
                                                const SecretBytes& passphrase, KeyFileCost cost, Rng& rng);
[[nodiscard]] Result<Ed25519KeyPair> key_file_open(std::string_view text, std::string_view purpose,
                                                   const SecretBytes& passphrase);

[[nodiscard]] Result<void> key_file_write(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] Result<std::string> key_file_read(const std::filesystem::path& path);

// Where a passphrase comes from: a file, an inherited descriptor (`fd:3`), or a systemd credential
// (`credential:NAME`, under $CREDENTIALS_DIRECTORY). One trailing newline is dropped; 1 to 1024 bytes.
// Errors: PASSPHRASE_UNAVAILABLE.
struct PassphraseSource {
  enum class Kind { file, descriptor, credential } kind = Kind::file;
  std::string value;
  [[nodiscard]] static Result<PassphraseSource> parse(
      std::string_view text);  // "file:PATH" | "fd:N" | "credential:NAME"
};
[[nodiscard]] Result<SecretBytes> read_passphrase(const PassphraseSource& source);

}  // namespace vcnode
