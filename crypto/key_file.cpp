#include "crypto/key_file.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/sodium_ready.h"
#include "crypto/codes.h"
#include "crypto/descriptor.h"
#include "crypto/jcs.h"
#include "crypto/multikey.h"

namespace vcnode {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kKdf = "argon2id";
constexpr std::size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kSeedBytes = crypto_sign_SEEDBYTES;
constexpr std::size_t kSealedBytes = kSeedBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES;

// What we write has about 400 bytes; the rest is room for white space.
constexpr std::size_t kTextBytesMax = 4096;
// A word, not a document.
constexpr std::size_t kPurposeBytesMax = 64;
// A file must not make the process that opens it work for minutes or take the machine's memory: 20 passes
// over 1 GiB take a server about half a minute.
constexpr std::uint64_t kOpsMin = crypto_pwhash_argon2id_OPSLIMIT_MIN;
constexpr std::uint64_t kOpsMax = 20;
constexpr std::uint64_t kMemoryBytesMin = crypto_pwhash_argon2id_MEMLIMIT_MIN;
constexpr std::uint64_t kMemoryBytesMax = 1024ull * 1024 * 1024;

constexpr std::array<std::string_view, 9> kMembers = {"ciphertext",         "kdf",     "mem",  "nonce", "ops",
                                                      "publicKeyMultibase", "purpose", "salt", "v"};

struct Parts {
  KeyFileCost cost;
  std::string_view purpose;
  std::string_view public_key;
  Bytes salt, nonce, ciphertext;
  std::string additional_data;
};

Result<void> check_cost(KeyFileCost cost) {
  if (cost.ops < kOpsMin || cost.ops > kOpsMax)
    return fail(codes::KEY_FILE_INVALID, "the key file asks for ", cost.ops, " passes (ops), allowed are ",
                kOpsMin, " to ", kOpsMax);
  if (cost.memory_bytes < kMemoryBytesMin || cost.memory_bytes > kMemoryBytesMax)
    return fail(codes::KEY_FILE_INVALID, "the key file asks for ", cost.memory_bytes,
                " bytes of memory (mem), allowed are ", kMemoryBytesMin, " to ", kMemoryBytesMax);
  return {};
}

Result<void> check_purpose(std::string_view purpose) {
  if (!purpose.empty() && purpose.size() <= kPurposeBytesMax && is_utf8(purpose)) return {};
  return fail(codes::KEY_FILE_INVALID, "the purpose \"", excerpt(purpose), "\" has ", purpose.size(),
              " bytes, allowed are 1 to ", kPurposeBytesMax, " of UTF-8");
}

Result<std::string_view> string_member(const json::Value& file, std::string_view name) {
  const auto text = file.find_string(name);
  if (!text) return fail(codes::KEY_FILE_INVALID, "the key file has no string member \"", name, "\"");
  return *text;
}

Result<std::uint64_t> count_member(const json::Value& file, std::string_view name) {
  const json::Value* value = file.find(name);
  if (value == nullptr || value->kind() != json::Kind::integer || value->integer() < 0)
    return fail(codes::KEY_FILE_INVALID, "the key file has no non-negative integer \"", name, "\"");
  return static_cast<std::uint64_t>(value->integer());
}

Result<Bytes> bytes_member(const json::Value& file, std::string_view name, std::size_t size) {
  VCNODE_TRY(const std::string_view text, string_member(file, name));
  auto bytes = base64url_decode(text, size);
  if (!bytes) return fail(codes::KEY_FILE_INVALID, "\"", name, "\" of the key file: ", bytes.error().message);
  if (bytes->size() != size)
    return fail(codes::KEY_FILE_INVALID, "\"", name, "\" of the key file has ", bytes->size(),
                " bytes, it must have ", size);
  return bytes;
}

Result<void> check_members(const json::Value& file) {
  if (!file.is_object())
    return fail(codes::KEY_FILE_INVALID, "the key file is not a JSON object but of type ",
                json::kind_name(file.kind()));
  for (const json::Member& member : file.members())
    if (std::find(kMembers.begin(), kMembers.end(), member.name) == kMembers.end())
      return fail(codes::KEY_FILE_INVALID, "the key file has the unknown member \"", excerpt(member.name),
                  "\"");
  VCNODE_TRY(const std::uint64_t version, count_member(file, "v"));
  if (version != kVersion)
    return fail(codes::KEY_FILE_INVALID, "the key file has version ", version,
                ", this software reads version ", kVersion);
  VCNODE_TRY(const std::string_view kdf, string_member(file, "kdf"));
  if (kdf != kKdf)
    return fail(codes::KEY_FILE_INVALID, "the key file names the key derivation \"", excerpt(kdf),
                "\", only ", kKdf, " is used here");
  return {};
}

Result<Parts> read_parts(const json::Value& file) {
  VCNODE_CHECK(check_members(file));
  Parts parts;
  VCNODE_TRY(parts.cost.ops, count_member(file, "ops"));
  VCNODE_TRY(parts.cost.memory_bytes, count_member(file, "mem"));
  VCNODE_CHECK(check_cost(parts.cost));
  VCNODE_TRY(parts.purpose, string_member(file, "purpose"));
  VCNODE_CHECK(check_purpose(parts.purpose));
  VCNODE_TRY(parts.public_key, string_member(file, "publicKeyMultibase"));
  VCNODE_TRY(parts.salt, bytes_member(file, "salt", kSaltBytes));
  VCNODE_TRY(parts.nonce, bytes_member(file, "nonce", kNonceBytes));
  VCNODE_TRY(parts.ciphertext, bytes_member(file, "ciphertext", kSealedBytes));
  jcs::append_object_without(parts.additional_data, file, "ciphertext");
  return parts;
}

Result<SecretBytes> derive_key(const SecretBytes& passphrase, BytesView salt, KeyFileCost cost) {
  sodium_ready();
  SecretBytes key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  const std::string_view characters = passphrase.size() == 0 ? "" : as_text(passphrase.view());  // never null
  const int failed =
      crypto_pwhash(key.span().data(), key.size(), characters.data(), characters.size(), salt.data(),
                    cost.ops, static_cast<std::size_t>(cost.memory_bytes), crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0)
    return fail(codes::KEY_FILE_INVALID, "the key file asks for ", cost.memory_bytes,
                " bytes of memory (mem), which the system does not give");
  return key;
}

}  // namespace

Result<std::string> key_file_seal(const Ed25519KeyPair& key, std::string_view purpose,
                                  const SecretBytes& passphrase, KeyFileCost cost, Rng& rng) {
  VCNODE_CHECK(check_cost(cost));
  VCNODE_CHECK(check_purpose(purpose));
  std::array<std::uint8_t, kSaltBytes> salt{};
  std::array<std::uint8_t, kNonceBytes> nonce{};
  rng.fill(salt);
  rng.fill(nonce);
  nlohmann::json file = {{"v", kVersion},
                         {"kdf", kKdf},
                         {"ops", cost.ops},
                         {"mem", cost.memory_bytes},
                         {"salt", base64url_encode(salt)},
                         {"nonce", base64url_encode(nonce)},
                         {"purpose", purpose},
                         {"publicKeyMultibase", multikey_encode(key.public_key())}};
  VCNODE_TRY(const std::string additional_data, jcs::canonicalize(file));
  VCNODE_TRY(const SecretBytes wrapping_key, derive_key(passphrase, salt, cost));
  std::array<std::uint8_t, kSealedBytes> ciphertext{};
  crypto_aead_xchacha20poly1305_ietf_encrypt(ciphertext.data(), nullptr, key.seed().data(), key.seed().size(),
                                             as_bytes(additional_data).data(), additional_data.size(),
                                             nullptr, nonce.data(), wrapping_key.view().data());
  file["ciphertext"] = base64url_encode(ciphertext);
  return jcs::canonicalize(file);
}

Result<Ed25519KeyPair> key_file_open(std::string_view text, std::string_view purpose,
                                     const SecretBytes& passphrase) {
  const auto document = json::Document::parse(text, {.size_max = kTextBytesMax, .depth_max = 1});
  if (!document)
    return fail(codes::KEY_FILE_INVALID, "the key file is malformed: ", document.error().message);
  VCNODE_TRY(const Parts parts, read_parts(document->root()));
  if (parts.purpose != purpose)
    return fail(codes::KEY_FILE_PURPOSE, "the key file holds a key for the purpose \"",
                excerpt(parts.purpose), "\", \"", excerpt(purpose), "\" is needed");
  VCNODE_TRY(const SecretBytes wrapping_key, derive_key(passphrase, parts.salt, parts.cost));
  SecretBytes seed(kSeedBytes);
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      seed.span().data(), nullptr, nullptr, parts.ciphertext.data(), parts.ciphertext.size(),
      as_bytes(parts.additional_data).data(), parts.additional_data.size(), parts.nonce.data(),
      wrapping_key.view().data());
  if (failed != 0)
    return fail(codes::KEY_FILE_PASSPHRASE, "the passphrase does not open the key file of ",
                excerpt(parts.public_key), ", or the file was changed");
  VCNODE_TRY(auto key, Ed25519KeyPair::from_seed(seed.view()));
  if (multikey_encode(key.public_key()) != parts.public_key)
    return fail(codes::KEY_FILE_INVALID, "the key file names the public key ", excerpt(parts.public_key),
                " but holds the key of ", multikey_encode(key.public_key()));
  return key;
}

Result<void> key_file_write(const std::filesystem::path& path, std::string_view text) {
  const Failure exists = fail(codes::KEY_FILE_EXISTS, "there is a file at ", path.string(), " already");
  // Asked first only to spare the work; what decides is link(), which never replaces.
  if (std::error_code ignored; std::filesystem::exists(std::filesystem::symlink_status(path, ignored)))
    return exists;
  std::array<std::uint8_t, 8> random{};
  SystemRng().fill(random);
  const std::filesystem::path temporary = path.string() + "." + hex_encode(random) + ".tmp";
  VCNODE_TRY(Descriptor file, Descriptor::create(temporary, S_IRUSR | S_IWUSR));
  Result<void> written = file.write_all(as_bytes(text));
  if (written.has_value()) written = file.sync();
  const bool linked = written.has_value() && ::link(temporary.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(temporary.c_str());
  if (!written.has_value()) return written;
  if (!linked && error == EEXIST) return exists;
  if (!linked) return system_failure("create", path, error);
  const auto parent = path.parent_path();
  VCNODE_TRY(Descriptor directory, Descriptor::open(parent.empty() ? "." : parent));
  return directory.sync();
}

Result<std::string> key_file_read(const std::filesystem::path& path) {
  VCNODE_TRY(Descriptor file, Descriptor::open_regular(path));
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return system_failure("read", path, errno);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    const unsigned mode = status.st_mode & 0777u;
    return fail(codes::KEY_FILE_PERMISSIONS, "the key file ", path.string(), " has mode 0", mode >> 6,
                mode >> 3 & 7u, mode & 7u, ", group and others must have no rights (0600)");
  }
  std::string text(kTextBytesMax + 1, '\0');
  VCNODE_TRY(const std::size_t size,
             file.read_up_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  if (size > kTextBytesMax)
    return fail(codes::KEY_FILE_INVALID, "the key file ", path.string(), " is longer than the limit of ",
                kTextBytesMax, " bytes");
  text.resize(size);
  return text;
}

}  // namespace vcnode
