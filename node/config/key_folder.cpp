#include "node/config/key_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/codes.h"
#include "crypto/descriptor.h"
#include "crypto/multikey.h"
#include "node/config/codes.h"

namespace vcnode::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".key";
// A rotation a week for twenty years. What is in such a folder was put there by its owner.
constexpr std::size_t kFilesMax = 1000;

Failure in_file(const fs::path& file, const Error& error) {
  if (error.message.find(file.string()) != std::string::npos) return fail(error.code, error.message);
  return fail(error.code, file.string(), ": ", error.message);
}

// Of "<purpose>-<number>.key" and "<purpose>-<number>-<attempt>.key"; 0 for any other name.
std::uint64_t number_of(const fs::path& path) {
  const std::string stem = path.stem().string();
  const auto dash = stem.find('-');
  if (dash == std::string::npos) return 0;
  std::uint64_t number = 0;
  const char* last = stem.data() + stem.size();
  const auto [end, error] = std::from_chars(stem.data() + dash + 1, last, number);
  return error == std::errc() && (end == last || *end == '-') ? number : 0;
}

Result<json::Document> read_document(const fs::path& file) {
  auto text = key_file_read(file);
  if (!text) return in_file(file, text.error());
  auto document = json::Document::parse(*text);
  if (!document || !document->root().is_object())
    return fail(codes::KEY_FILE_INVALID, file.string(), " is not a key file: it is no JSON object");
  return document;
}

// Names of key files, without what key_file_write() is still writing.
Result<std::vector<fs::path>> files_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  if (fs::status(folder, error).type() == fs::file_type::not_found) return out;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == kSuffix) out.push_back(at->path());
    if (out.size() > kFilesMax)
      return fail(codes::FILE_UNREADABLE, folder.string(), " holds more than ", kFilesMax,
                  " key files, the limit");
  }
  if (error) return fail(codes::FILE_UNREADABLE, "cannot read ", folder.string(), ": ", error.message());
  return out;
}

Result<std::uint64_t> next_number(const fs::path& folder, std::string_view purpose) {
  std::uint64_t last = 0;
  for (const fs::path& place : {folder, folder / kRetiredFolder}) {
    VCNODE_TRY(const auto files, files_of(place));
    for (const fs::path& file : files)
      if (file.filename().string().starts_with(concat(purpose, "-"))) last = std::max(last, number_of(file));
  }
  return last + 1;
}

// Of neither a key in use nor one put away.
fs::path free_name(const fs::path& folder, std::string_view purpose, std::uint64_t number) {
  std::error_code ignored;
  for (std::size_t attempt = 1;; ++attempt) {
    const std::string more = attempt == 1 ? std::string() : concat("-", attempt);
    const fs::path name = concat(purpose, "-", number, more, kSuffix);
    if (!fs::exists(folder / name, ignored) && !fs::exists(folder / kRetiredFolder / name, ignored))
      return folder / name;
  }
}

// Whether free_name() may have given this name.
bool has_number(const fs::path& file, std::string_view purpose, std::uint64_t number) {
  const std::string name = file.filename().string();
  const std::string stem = concat(purpose, "-", number);
  return name.starts_with(concat(stem, "-")) || name == concat(stem, kSuffix);
}

}  // namespace

Result<void> sync_folder(const fs::path& folder) {
  VCNODE_TRY(const auto descriptor, Descriptor::open(folder.empty() ? fs::path(".") : folder));
  return descriptor.sync();
}

Result<void> write_private(const fs::path& path, std::string_view text) {
  VCNODE_TRY(const auto file, Descriptor::create(path, S_IRUSR | S_IWUSR));
  VCNODE_CHECK(file.write_all(as_bytes(text)));
  return file.sync();
}

Result<void> make_private_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    const fs::path parent = folder.parent_path();
    if (!parent.empty() && !fs::exists(parent, error)) VCNODE_CHECK(make_private_folder(parent));
    if (::mkdir(folder.c_str(), S_IRWXU) != 0) return system_failure("create", folder, errno);
    return sync_folder(parent);
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return system_failure("read", folder, errno);
  if (!S_ISDIR(status.st_mode)) return fail(codes::FILE_UNREADABLE, folder.string(), " is not a folder");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  const unsigned mode = status.st_mode & 0777u;
  return fail(codes::SECRET_FILE_PERMISSIONS, "the folder of keys ", folder.string(), " has mode 0",
              mode >> 6, mode >> 3 & 7u, mode & 7u, ", group and others must have no rights (0700)");
}

Result<ListedKey> list_key(const fs::path& file) {
  VCNODE_TRY(const auto document, read_document(file));
  const auto purpose = document.root().find_string("purpose");
  const auto text = document.root().find_string("publicKeyMultibase");
  if (!purpose || !text)
    return fail(codes::KEY_FILE_INVALID, file.string(), " is not a key file: it lacks ",
                purpose ? "publicKeyMultibase" : "purpose");
  auto key = multikey_decode(*text);
  if (!key) return in_file(file, key.error());
  return ListedKey{file, std::string(*purpose), *key};
}

Result<KeyFiles> read_key_files(const fs::path& folder) {
  VCNODE_TRY(const auto files, files_of(folder));
  KeyFiles out;
  for (const fs::path& file : files) {
    auto key = list_key(file);
    if (key)
      out.keys.push_back(*std::move(key));
    else
      out.damaged.push_back(key.error());
  }
  std::ranges::sort(out.keys, {}, [](const ListedKey& one) {
    return std::tuple(one.purpose, number_of(one.path), one.path.string());
  });
  return out;
}

Result<std::vector<ListedKey>> list_keys(const fs::path& folder) {
  VCNODE_TRY(auto files, read_key_files(folder));
  if (!files.damaged.empty()) return Failure{files.damaged.front()};
  return std::move(files.keys);
}

Result<std::unique_ptr<Signer>> open_key(const fs::path& file, std::string_view purpose,
                                         const SecretBytes& passphrase) {
  auto text = key_file_read(file);
  if (!text) return in_file(file, text.error());
  auto pair = key_file_open(*text, purpose, passphrase);
  if (!pair) return in_file(file, pair.error());
  return std::unique_ptr<Signer>(std::make_unique<KeyPairSigner>(*std::move(pair)));
}

Result<ListedKey> make_key(const fs::path& folder, std::string_view purpose, const KeyMaking& making,
                           std::uint64_t number) {
  const auto pair = Ed25519KeyPair::generate(making.rng);
  VCNODE_TRY(const auto text, key_file_seal(pair, purpose, making.passphrase, making.cost, making.rng));
  if (number == 0) {
    VCNODE_TRY(number, next_number(folder, purpose));
  }
  const fs::path file = free_name(folder, purpose, number);
  VCNODE_CHECK(key_file_write(file, text));
  return ListedKey{file, std::string(purpose), pair.public_key()};
}

Result<ListedKey> unused_key(const fs::path& folder, std::string_view purpose,
                             const std::set<Ed25519PublicKey>& used, const KeyMaking& making,
                             std::uint64_t number) {
  VCNODE_TRY(const auto listed, list_keys(folder));
  for (const ListedKey& one : listed) {
    if (one.purpose != purpose || used.contains(one.key)) continue;
    if (number != 0 && !has_number(one.path, purpose, number)) continue;
    // Whose word for its public key the file is, its passphrase says.
    VCNODE_CHECK(open_key(one.path, purpose, making.passphrase));
    return one;
  }
  return make_key(folder, purpose, making, number);
}

Result<void> remove_key(const ListedKey& key) {
  std::error_code error;
  fs::remove(key.path, error);
  if (error) return fail(codes::FILE_UNREADABLE, "cannot remove ", key.path.string(), ": ", error.message());
  return sync_folder(key.path.parent_path());
}

Result<void> retire_key(const ListedKey& key) {
  const fs::path folder = key.path.parent_path();
  VCNODE_CHECK(make_private_folder(folder / kRetiredFolder));
  std::error_code error;
  fs::rename(key.path, folder / kRetiredFolder / key.path.filename(), error);
  if (error) return fail(codes::FILE_UNREADABLE, "cannot move ", key.path.string(), ": ", error.message());
  VCNODE_CHECK(sync_folder(folder / kRetiredFolder));
  return sync_folder(folder);
}

Result<KeyFileCost> cost_of(const fs::path& file) {
  VCNODE_TRY(const auto document, read_document(file));
  const json::Value* ops = document.root().find("ops");
  const json::Value* memory = document.root().find("mem");
  const auto is_count = [](const json::Value* value) {
    return value != nullptr && value->kind() == json::Kind::integer && value->integer() >= 0;
  };
  if (!is_count(ops) || !is_count(memory))
    return fail(codes::KEY_FILE_INVALID, file.string(), " is not a key file: it lacks ops or mem");
  return KeyFileCost{static_cast<std::uint64_t>(ops->integer()),
                     static_cast<std::uint64_t>(memory->integer())};
}

}  // namespace vcnode::node
