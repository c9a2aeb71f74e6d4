// A hosted did:webvh issuer as the commands see it that change its DID: its log from the running node, its
// keys in the home, its update keys outside of it.
//
// Order is what makes these commands safe to repeat: every new key is durable before the entry that names it
// leaves this process, the entry is published by the node or not at all, and key files move away only once
// the node has said that it is. A change that is refused takes the key files away that it made. A run that
// ended early, or whose entry may have arrived, has left at most keys that nothing names; the next run uses
// them.
//
// Threading: one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/commands.h"
#include "node/config/config.h"
#include "node/config/key_folder.h"
#include "node/http/message.h"
#include "protocol/issuer/documents.h"

namespace vcnode::cli {

// Attempts to write an entry: while the node signs, its feed grows and its clock moves on.
inline constexpr int kEntryAttemptsMax = 3;

// One request to the node of the home.
using Ask = std::function<Result<node::HttpResponse>(const std::string& method, const std::string& path,
                                                     const std::string& body)>;
[[nodiscard]] Ask ask_of(const Global& global);

// The [[issuer]] of this name; without one, the first. Errors: ISSUER_UNKNOWN.
[[nodiscard]] Result<node::IssuerConfig> hosted_issuer(const node::Config& config,
                                                       const std::optional<std::string>& name);

struct OwnIssuerOptions {
  node::Config config;
  IdentityChoice choice;
  Ask ask;
  std::function<Timestamp()> now;
  std::function<void()> wait;  // until the next second
};

class OwnIssuer {
 public:
  // Asks for the log. Errors: ISSUER_UNKNOWN, ISSUER_WITHOUT_LOG, those of `ask`, of the node, and of
  // OwnLog::read.
  [[nodiscard]] static Result<OwnIssuer> open(OwnIssuerOptions options);

  [[nodiscard]] const node::IssuerConfig& issuer() const noexcept { return *issuer_; }
  [[nodiscard]] const node::Config& config() const noexcept { return options_.config; }
  [[nodiscard]] const issuer::OwnLog& log() const { return *log_; }
  [[nodiscard]] const std::filesystem::path& update_folder() const noexcept { return update_folder_; }
  // Where the accepted feed ends now; an empty feed has no head yet.
  [[nodiscard]] const merkle::TreeHead& end_of_feed() const noexcept { return end_of_feed_; }
  [[nodiscard]] Timestamp now() const { return options_.now(); }

  // Where a key was stolen, those that lay beside it are not to be trusted either.
  enum class Leftover : std::uint8_t { used, distrusted };
  // A key for the home's folder that no version names: new, or left by an earlier run. Nothing is made unless
  // the update key opens that is to sign for it. It is gone again if the change() that follows is refused.
  [[nodiscard]] Result<Ed25519PublicKey> fresh_key(std::string_view purpose, Leftover leftover);

  // One or more entries that follow log(), in order.
  using Write = std::function<Result<std::vector<issuer::EntryBody>>(const OwnIssuer&, const issuer::Hand&)>;
  // Writes and hands over, again if the node says that its feed or its time has moved on; then log() has the
  // new entries, and files of keys that are out of force are moved to folders of the retired.
  // Errors: UPDATE_KEY_MISSING, those of `write`, of key files, of `ask` and of the node.
  // With an `entry_out` the entries are only written there, and log() stays as it is.
  [[nodiscard]] Result<void> change(const Write& write);
  // Entries made earlier, with their proofs. Those that log() has already are passed over.
  [[nodiscard]] Result<void> submit(const std::vector<issuer::EntryBody>& bodies);
  // What change() wrote to `entry_out`.
  [[nodiscard]] const std::vector<issuer::EntryBody>& authored() const noexcept { return authored_; }
  [[nodiscard]] const std::optional<std::filesystem::path>& entry_out() const noexcept {
    return options_.choice.entry_out;
  }
  // From now on entries open an epoch by themselves, with whatever seal they state; one that leaves out what
  // nobody says again only if it `takes_back`.
  void recover(bool takes_back) noexcept {
    recovers_ = true;
    takes_back_ = takes_back;
  }
  // What its owner should know although the change is made and lasts; said on stderr at once.
  void warn(Error warning);
  [[nodiscard]] const std::vector<Error>& warnings() const noexcept { return warnings_; }

 private:
  explicit OwnIssuer(OwnIssuerOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Result<void> choose();
  [[nodiscard]] Result<void> refresh();
  [[nodiscard]] Result<void> check_open() const;
  [[nodiscard]] Result<void> read_passphrases();
  [[nodiscard]] Result<std::set<Ed25519PublicKey>> taken() const;
  [[nodiscard]] Result<node::ListedKey> unnamed_key(const std::filesystem::path& folder,
                                                    std::string_view purpose, const SecretBytes& passphrase,
                                                    Leftover leftover);
  [[nodiscard]] const SecretBytes& update_passphrase() const {
    return update_passphrase_ ? *update_passphrase_ : *passphrase_;
  }
  [[nodiscard]] Result<std::shared_ptr<Signer>> update_signer();
  [[nodiscard]] Result<node::ListedKey> next_update_key();
  [[nodiscard]] Result<std::vector<issuer::EntryBody>> entries_of(const Write& write);
  [[nodiscard]] Result<void> write_and_hand_over(const Write& write);
  [[nodiscard]] bool worth_another(Code code) const;
  [[nodiscard]] Result<void> attempt(const Write& write);
  [[nodiscard]] Result<void> author(const Write& write);
  [[nodiscard]] Result<void> hand_over(const issuer::EntryBody& body);
  void pass_on_warnings(const node::HttpResponse& response);
  void remove_made_keys();
  [[nodiscard]] Result<void> retire() const;

  OwnIssuerOptions options_;
  std::optional<node::IssuerConfig> issuer_;
  std::filesystem::path update_folder_;
  std::optional<issuer::OwnLog> log_;
  merkle::TreeHead end_of_feed_;
  SystemRng rng_;
  bool recovers_ = false;
  bool takes_back_ = false;
  std::vector<node::ListedKey> made_;  // by this run
  std::optional<node::ListedKey> next_update_key_;
  bool may_be_out_ = false;  // an entry that names them: handed over without a clear answer, or written
  std::optional<SecretBytes> passphrase_, update_passphrase_;
  std::filesystem::path update_signer_file_;
  std::shared_ptr<Signer> update_signer_;  // of that file; opening one takes a while
  std::vector<Error> warnings_;
  std::vector<issuer::EntryBody> authored_;
};

// Of the configuration in the home, asked for as the command line says.
[[nodiscard]] Result<OwnIssuer> open_own_issuer(const Global& global, const IdentityChoice& choice);

// The public keys that a configuration's key files say they hold, but for those of one issuer: no other use
// may be made of them. Errors: those of key files.
[[nodiscard]] Result<std::set<Ed25519PublicKey>> keys_in_use(const node::Config& config,
                                                             std::string_view but_issuer);

}  // namespace vcnode::cli
