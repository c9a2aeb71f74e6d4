#include "node/cli/own_issuer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/multikey.h"
#include "node/app/all_codes.h"
#include "node/app/clock.h"
#include "node/app/codes.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/codes/cli_codes.h"
#include "node/config/identity.h"
#include "node/config/private_file.h"
#include "node/http/codes.h"
#include "node/net/codes.h"
#include "protocol/webvh/codes.h"
#include "storage/codes.h"

namespace vcnode::cli {
namespace {

using node::ListedKey;

// A refusal of the node as an error: its sentence and its code, which is one of this program's.
Failure refusal_of(const node::HttpResponse& response) {
  const auto problem = json::Document::parse(response.body);
  const auto member = [&](std::string_view name) {
    return problem ? problem->root().find_string(name).value_or("") : std::string_view();
  };
  for (const CodeInfo* known : node::all_codes())
    if (known->slug == member("code")) return fail(Code(*known), member("detail"));
  return fail(codes::HTTP_PROTOCOL, "the node answers ", response.status, " and no reason that is known");
}

Failure unreadable_answer() {
  return fail(codes::HTTP_PROTOCOL, "the node's answer about the issuer cannot be read");
}

Result<merkle::TreeHead> tree_of(const nlohmann::json& feed) {
  if (feed.is_null()) return merkle::TreeHead{0, merkle::empty_root()};
  if (!feed.is_object()) return unreadable_answer();
  const auto size = feed.value("size", nlohmann::json());
  const auto text = feed.value("root", nlohmann::json());
  if (!size.is_number_integer() || size < 0 || !text.is_string()) return unreadable_answer();
  const auto bytes = hex_decode(text.get<std::string>(), Sha256Digest::kSize);
  const auto root = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
  if (!root) return unreadable_answer();
  return merkle::TreeHead{size.get<std::uint64_t>(), *root};
}

Result<std::vector<issuer::EntryBody>> bodies_of(const nlohmann::json& log) {
  if (!log.is_array()) return unreadable_answer();
  std::vector<issuer::EntryBody> out;
  for (const nlohmann::json& text : log) {
    if (!text.is_string()) return unreadable_answer();
    VCNODE_TRY(auto body, issuer::EntryBody::parse(text.get<std::string>()));
    out.push_back(std::move(body));
  }
  return out;
}

// Whether the node may hold the entry although it answers so: the answer came too early, or what happened to
// the entry is not known.
bool leaves_doubt(Code code) {
  return std::ranges::any_of(
      std::array{&codes::SERVER_BUSY, &codes::SHUTTING_DOWN, &codes::INTERNAL_FAULT, &codes::STORE_FAILED,
                 &codes::STORE_BUSY, &codes::STORE_CONFLICT, &codes::STORE_CORRUPT, &codes::HTTP_PROTOCOL},
      [&](const CodeInfo* one) { return Code(*one) == code; });
}

// The name of a key file tells the same as the log: of the method, of the epoch, of the version to be signed.
std::uint64_t number_of_next(const issuer::OwnLog& log, std::string_view purpose) {
  if (purpose == node::kFeedKeyPurpose) return log.feed() ? log.feed()->epoch + 1 : 1;
  if (purpose == node::kAssertionKeyPurpose) return issuer::next_assertion_number(log);
  return log.versions().size() + 2;  // the key that signs the next one is there already
}

// Whether a key of the past is of no use for anything that comes.
bool is_spent(const issuer::OwnLog& log, const ListedKey& file) {
  if (!log.names(file.key)) return false;  // of an entry that is still to be made
  if (file.purpose == node::kUpdateKeyPurpose) return !log.may_be_signed_by(file.key);
  if (file.purpose == node::kFeedKeyPurpose) return !log.feed() || log.feed()->key != file.key;
  const auto methods = issuer::assertion_methods(log.newest());
  return std::ranges::none_of(methods,
                              [&](const issuer::AssertionMethod& method) { return method.key == file.key; });
}

}  // namespace

Ask ask_of(const Global& global) {
  return [global](const std::string& method, const std::string& path, const std::string& body) {
    return ask_node(global, method, path, body);
  };
}

Result<std::set<Ed25519PublicKey>> keys_in_use(const node::Config& config, std::string_view but_issuer) {
  std::vector<ListedKey> listed;
  const auto add = [&listed](const std::filesystem::path& file) -> Result<void> {
    VCNODE_TRY(auto key, node::list_key(file));
    listed.push_back(std::move(key));
    return {};
  };
  VCNODE_CHECK(add(config.node_key_file));
  if (config.witness) VCNODE_CHECK(add(config.witness->key_file));
  for (const node::IssuerConfig& other : config.issuers) {
    if (other.name == but_issuer) continue;
    if (!other.has_history()) {
      VCNODE_CHECK(add(other.key_file));
      continue;
    }
    VCNODE_TRY(const auto keys, node::list_keys(other.keys_folder));
    listed.insert(listed.end(), keys.begin(), keys.end());
  }
  std::set<Ed25519PublicKey> out;
  for (const ListedKey& one : listed) out.insert(one.key);
  return out;
}

Result<OwnIssuer> OwnIssuer::open(OwnIssuerOptions options) {
  OwnIssuer out(std::move(options));
  VCNODE_CHECK(out.choose());
  VCNODE_CHECK(out.refresh());
  return out;
}

Result<node::IssuerConfig> hosted_issuer(const node::Config& config, const std::optional<std::string>& name) {
  const auto found = std::ranges::find_if(
      config.issuers, [&](const node::IssuerConfig& one) { return !name || one.name == *name; });
  if (found != config.issuers.end()) return *found;
  return fail(codes::ISSUER_UNKNOWN, "config.toml has no [[issuer]]",
              name ? concat(" named '", excerpt(*name), "'") : std::string());
}

Result<void> OwnIssuer::choose() {
  VCNODE_TRY(const auto found, hosted_issuer(config(), options_.choice.issuer));
  if (!found.has_history())
    return fail(
        codes::ISSUER_WITHOUT_LOG, "the issuer ", found.name, " is ", found.did.text(),
        ": a did:key is one key for ever; `vcnode issuer new NAME --domain HOST` makes an issuer whose "
        "keys can change");
  issuer_ = found;
  update_folder_ =
      options_.choice.update_keys.value_or(node::default_update_keys(config().home)) / found.name;
  return {};
}

Result<void> OwnIssuer::refresh() {
  VCNODE_TRY(const auto response, options_.ask("GET", concat("/admin/issuers/", issuer().name), ""));
  if (response.status != 200) return refusal_of(response);
  VCNODE_TRY(const auto answer, json::read(response.body));
  if (!answer.is_object()) return unreadable_answer();
  VCNODE_TRY(const auto bodies, bodies_of(answer.value("log", nlohmann::json())));
  VCNODE_TRY(end_of_feed_, tree_of(answer.value("feed", nlohmann::json())));
  VCNODE_TRY(auto log, issuer::OwnLog::read(config().network_name, bodies, now()));
  log_ = std::move(log);
  return {};
}

// Each source once: a descriptor gives its passphrase only once.
Result<void> OwnIssuer::read_passphrases() {
  if (passphrase_) return {};
  if (options_.choice.update_passphrase) {
    VCNODE_TRY(const auto source, PassphraseSource::parse(*options_.choice.update_passphrase));
    VCNODE_TRY(update_passphrase_, node::read_private_passphrase(source));
  }
  VCNODE_TRY(passphrase_, node::read_private_passphrase(config().passphrase));
  return {};
}

void OwnIssuer::warn(Error warning) {
  print_warning(warning);
  warnings_.push_back(std::move(warning));
}

// New keys cost what the home's others do.
Result<ListedKey> OwnIssuer::unnamed_key(const std::filesystem::path& folder, std::string_view purpose,
                                         const SecretBytes& passphrase, Leftover leftover) {
  VCNODE_TRY(const auto cost, node::cost_of(config().node_key_file));
  VCNODE_TRY(auto used, taken());
  VCNODE_TRY(const auto listed, node::list_keys(folder));
  for (const ListedKey& one : listed)
    if (leftover == Leftover::distrusted || log().names(one.key)) used.insert(one.key);
  VCNODE_TRY(auto key, node::unused_key(folder, purpose, used, {passphrase, cost, rng_},
                                        number_of_next(log(), purpose)));
  if (std::ranges::find(listed, key.path, &ListedKey::path) == listed.end()) made_.push_back(key);
  return key;
}

// Once for all attempts: to open its file takes as long as to make it.
Result<ListedKey> OwnIssuer::next_update_key() {
  if (!next_update_key_ || log().names(next_update_key_->key)) {
    VCNODE_TRY(next_update_key_,
               unnamed_key(update_folder_, node::kUpdateKeyPurpose, update_passphrase(), Leftover::used));
  }
  return *next_update_key_;
}

Result<std::set<Ed25519PublicKey>> OwnIssuer::taken() const {
  return keys_in_use(config(), issuer().name);
}

Result<void> OwnIssuer::check_open() const {
  if (!log().newest().deactivated()) return {};
  return fail(
      codes::WEBVH_DEACTIVATED, log().newest().did().text(),
      " is deactivated: nothing about it changes any more, and no key of it can be declared compromised");
}

Result<Ed25519PublicKey> OwnIssuer::fresh_key(std::string_view purpose, Leftover leftover) {
  VCNODE_CHECK(check_open());
  VCNODE_CHECK(read_passphrases());
  if (const auto signer = update_signer(); !signer) return signer.failure();
  VCNODE_TRY(const auto key, unnamed_key(issuer().keys_folder, purpose, *passphrase_, leftover));
  return key.key;
}

Result<std::shared_ptr<Signer>> OwnIssuer::update_signer() {
  VCNODE_TRY(const auto listed, node::list_keys(update_folder_));
  for (const ListedKey& one : listed) {
    if (one.purpose != node::kUpdateKeyPurpose || !log().may_be_signed_by(one.key)) continue;
    if (update_signer_ != nullptr && update_signer_file_ == one.path) return update_signer_;
    VCNODE_TRY(update_signer_, node::open_key(one.path, node::kUpdateKeyPurpose, update_passphrase()));
    update_signer_file_ = one.path;
    return update_signer_;
  }
  return fail(codes::UPDATE_KEY_MISSING, "none of the ", listed.size(), " key files in ",
              update_folder_.string(), " is the update key that version ",
              log().newest().version_id().number(), " of ", log().newest().did().text(),
              " asks for; bring the folder from its safe place, or name the one it is in with --update-keys");
}

Result<void> OwnIssuer::hand_over(const issuer::EntryBody& body) {
  VCNODE_TRY(auto longer, log().extended(body, now()));
  nlohmann::json request{{"entry", body.text()}};
  if (recovers_) request["recover"] = true;
  if (takes_back_) request["takeBack"] = true;
  const auto response =
      options_.ask("POST", concat("/admin/issuers/", issuer().name, "/entries"), json_text(request));
  if (!response || response->status != 200) {
    const Failure failed = response ? refusal_of(*response) : response.failure();
    may_be_out_ = may_be_out_ || !response || leaves_doubt(failed.error.code);
    const std::string written = longer.newest().version_id().text();
    // The answer may have been lost, and the entry not: then it is done.
    if (const auto asked = refresh(); !asked || log().newest().version_id().text() != written) return failed;
    warn(failed.error);
    return {};
  }
  log_ = std::move(longer);
  pass_on_warnings(*response);
  return {};
}

// Of what was done and lasts.
void OwnIssuer::pass_on_warnings(const node::HttpResponse& response) {
  const auto answer = json::Document::parse(response.body);
  const json::Value* warnings = answer ? answer->root().find("warnings") : nullptr;
  if (warnings == nullptr || !warnings->is_array()) return;
  for (const json::Value& one : warnings->elements())
    for (const CodeInfo* known : node::all_codes())
      if (known->slug == one.find_string("code").value_or(""))
        warn({Code(*known), std::string(one.find_string("sentence").value_or(""))});
}

// What takes time comes first: what the node is asked last for is as it is when the entry is signed.
Result<std::vector<issuer::EntryBody>> OwnIssuer::entries_of(const Write& write) {
  VCNODE_TRY(const auto signer, update_signer());
  VCNODE_TRY(const auto next, next_update_key());
  VCNODE_TRY(auto others, taken());
  VCNODE_CHECK(refresh());
  auto bodies = write(*this, issuer::Hand{*signer, next.key, now(), std::move(others),
                                          entry_out().has_value(), config().public_url});
  if (!bodies && bodies.error().code == codes::WEBVH_WITNESS_THRESHOLD)
    return fail(
        codes::WEBVH_WITNESS_THRESHOLD, bodies.error().message,
        "; write the entry with --entry-out FILE, have the witnesses approve it, and hand both over with "
        "`vcnode issuer submit`");
  return bodies;
}

Result<void> OwnIssuer::attempt(const Write& write) {
  VCNODE_TRY(const auto bodies, entries_of(write));
  for (const issuer::EntryBody& body : bodies) VCNODE_CHECK(hand_over(body));
  return {};
}

Result<void> OwnIssuer::author(const Write& write) {
  VCNODE_TRY(auto bodies, entries_of(write));
  std::string text;
  for (const issuer::EntryBody& body : bodies) text += concat(body.line, "\n");
  VCNODE_TRY(auto file, OutputFile::open(*entry_out(), text.size()));
  may_be_out_ = true;
  VCNODE_CHECK(file.commit(text));
  authored_ = std::move(bodies);
  return {};
}

Result<void> OwnIssuer::submit(const std::vector<issuer::EntryBody>& bodies) {
  for (const issuer::EntryBody& body : bodies) {
    VCNODE_TRY(const auto entry, webvh::Entry::parse(body.line));
    const bool held = std::ranges::any_of(log().versions(), [&](const issuer::Version& version) {
      return version.state.version_id() == entry.version_id();
    });
    if (!held) VCNODE_CHECK(hand_over(body));
  }
  if (const auto retired = retire(); !retired) warn(retired.error());
  return {};
}

bool OwnIssuer::worth_another(Code code) const {
  const bool moved_on = code == Code(codes::SEAL_OUTDATED) && !recovers_;  // else the seal was given
  return moved_on || code == Code(codes::ENTRY_TIME_PASSED);
}

Result<void> OwnIssuer::change(const Write& write) {
  const auto changed = write_and_hand_over(write);
  if (!changed) remove_made_keys();
  return changed;
}

// But for those that a version names: of two entries the first may be published.
void OwnIssuer::remove_made_keys() {
  if (may_be_out_) return;
  for (const ListedKey& one : std::exchange(made_, {}))
    if (!log().names(one.key))
      if (const auto removed = node::remove_key(one); !removed) warn(removed.error());
}

Result<void> OwnIssuer::write_and_hand_over(const Write& write) {
  VCNODE_CHECK(check_open());
  VCNODE_CHECK(read_passphrases());
  if (entry_out()) return author(write);
  for (int left = kEntryAttemptsMax;; --left) {
    const auto done = attempt(write);
    if (done) break;
    if (left == 1 || !worth_another(done.error().code)) return done;
    options_.wait();
    VCNODE_CHECK(refresh());
  }
  if (const auto retired = retire(); !retired) warn(retired.error());
  return {};
}

Result<void> OwnIssuer::retire() const {
  for (const std::filesystem::path& folder : {issuer().keys_folder, update_folder_}) {
    VCNODE_TRY(const auto listed, node::list_keys(folder));
    for (const ListedKey& one : listed)
      if (is_spent(log(), one)) VCNODE_CHECK(node::retire_key(one));
  }
  return {};
}

Result<OwnIssuer> open_own_issuer(const Global& global, const IdentityChoice& choice) {
  VCNODE_TRY(auto config, node::load_config(global.home));
  return OwnIssuer::open({std::move(config), choice, ask_of(global),
                          [] { return node::SystemClock().now().wall; },
                          [] { std::this_thread::sleep_for(std::chrono::seconds(1)); }});
}

}  // namespace vcnode::cli
