#include "node/config/identity.h"

#include "crypto/base/encoding.h"
#include "crypto/descriptor.h"
#include "crypto/hash.h"
#include "node/config/codes.h"
#include "node/config/toml_values.h"
#include "protocol/issuer/documents.h"

namespace vcnode::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kReadme = "README.txt";

std::string readme_text(const IdentityOptions& options, const Did& did) {
  return concat(
      "Update keys of the issuer '", options.name, "', ", did.text(),
      "\n\nWho holds these files and their passphrase can change the DID: its keys, its feed, its place.\n"
      "The running node does not need them. Take this folder offline: copy it to a medium that is kept in\n"
      "a safe place, keep a second copy elsewhere, and delete it here. Keep the passphrase apart from it.\n\n"
      "Bring it back only for `vcnode keys rotate`, `keys compromised`, `keys recover`, `issuer move` and\n"
      "`issuer deactivate` (--update-keys names the folder that holds this one), and take the changed "
      "folder\n"
      "offline again: each of them adds the key that the next one needs. Without these files the DID can\n"
      "never be changed again.\n");
}

Result<void> write_readme(const IdentityOptions& options, const Did& did) {
  const fs::path path = options.update_folder / kReadme;
  std::error_code ignored;
  if (fs::exists(path, ignored)) return {};
  VCNODE_CHECK(write_private(path, readme_text(options, did)));
  return sync_folder(options.update_folder);
}

struct MadeKeys {
  ListedKey assertion, feed, update, next;
};

Result<MadeKeys> make_keys(const IdentityOptions& options) {
  VCNODE_CHECK(make_private_folder(options.keys_folder));
  VCNODE_CHECK(make_private_folder(options.update_folder));
  std::set<Ed25519PublicKey> used = options.taken;
  VCNODE_TRY(auto assertion, unused_key(options.keys_folder, kAssertionKeyPurpose, used, options.keys));
  VCNODE_TRY(auto feed, unused_key(options.keys_folder, kFeedKeyPurpose, used, options.keys));
  VCNODE_TRY(auto update, unused_key(options.update_folder, kUpdateKeyPurpose, used, options.update_keys));
  used.insert(update.key);
  VCNODE_TRY(auto next, unused_key(options.update_folder, kUpdateKeyPurpose, used, options.update_keys));
  return MadeKeys{std::move(assertion), std::move(feed), std::move(update), std::move(next)};
}

// In one step: a config.toml that is half written stops the node.
Result<void> replace_config(const fs::path& home, std::string_view text) {
  const fs::path path = home / "config.toml";
  const fs::path temporary = home / "config.toml.new";
  std::error_code error;
  fs::remove(temporary, error);  // of an attempt that ended here
  VCNODE_CHECK(write_private(temporary, text));
  fs::rename(temporary, path, error);
  if (error) return fail(codes::CONFIG_UNREADABLE, "cannot replace ", path.string(), ": ", error.message());
  return sync_folder(home);
}

Result<std::string> read_config(const fs::path& home) {
  VCNODE_TRY(const auto file, Descriptor::open_regular(home / "config.toml"));
  std::string text(kConfigBytesMax, '\0');
  VCNODE_TRY(const auto size, file.read_up_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  text.resize(size);
  return text;
}

}  // namespace

fs::path default_update_keys(const fs::path& home) {
  std::error_code ignored;
  fs::path full = fs::absolute(home, ignored).lexically_normal();
  if (full.filename().empty()) full = full.parent_path();
  return full.string() + "-update-keys";
}

Result<NewIdentity> make_identity(const IdentityOptions& options) {
  VCNODE_TRY(const auto made, make_keys(options));
  VCNODE_TRY(const auto signer,
             open_key(made.update.path, kUpdateKeyPurpose, options.update_keys.passphrase));
  const issuer::Genesis genesis{options.location, options.network, options.public_url, made.assertion.key,
                                made.feed.key};
  VCNODE_TRY(const auto body, issuer::write_genesis(
                                  genesis, issuer::Hand{*signer, made.next.key, options.now, options.taken}));
  VCNODE_TRY(const auto log, issuer::OwnLog::read(options.network, std::span(&body, 1), options.now));
  const webvh::State& first = log.newest();
  VCNODE_CHECK(write_readme(options, first.did().did()));
  return NewIdentity{first.did().did(), std::string(first.did().scid()), first.version_id().text(),
                     body.text()};
}

Result<void> check_no_update_keys(const fs::path& folder) {
  VCNODE_TRY(const auto keys, list_keys(folder));
  if (keys.empty()) return {};
  return fail(codes::UPDATE_KEYS_EXIST, folder.string(), " holds ", keys.size(),
              " update keys already, perhaps the only ones of another DID; name another folder with "
              "--update-keys, or move it away");
}

Result<void> check_outside_home(const std::optional<fs::path>& update_keys, const fs::path& home) {
  if (!update_keys) return {};
  std::error_code ignored;
  const fs::path inner = fs::weakly_canonical(fs::absolute(*update_keys, ignored), ignored);
  const fs::path outer = fs::weakly_canonical(fs::absolute(home, ignored), ignored);
  const fs::path way = inner.lexically_relative(outer);
  if (way.empty() || *way.begin() == "..") return {};
  return fail(codes::CONFIG_VALUE, "--update-keys ", update_keys->string(), " is inside the home ",
              home.string(),
              ": whoever gets at the home would get these keys too; name a folder outside of it");
}

std::string issuer_table(const std::string& name, const Did& did, const std::string& keys) {
  return concat("[[issuer]]\nname = ", toml_string(name), "\ndid = ", toml_string(did.text()), "\n",
                did.method() == "webvh" ? "keys" : "key_file", " = ", toml_string(keys), "\n");
}

Result<Config> add_table(const Config& config, const std::string& table) {
  VCNODE_TRY(auto text, read_config(config.home));
  text += concat(text.ends_with('\n') ? "\n" : "\n\n", table);
  VCNODE_TRY(auto changed, parse_config(text, config.home, {}));
  VCNODE_CHECK(replace_config(config.home, text));
  return changed;
}

Result<void> rename_issuer(const Config& config, const Did& from, const Did& to) {
  VCNODE_TRY(auto text, read_config(config.home));
  const std::string old = toml_string(from.text());
  bool found = false;
  for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + 1)) {
    text.replace(at, old.size(), toml_string(to.text()));
    found = true;
  }
  if (!found) return {};
  VCNODE_CHECK(parse_config(text, config.home, {}));
  return replace_config(config.home, text);
}

}  // namespace vcnode::node
