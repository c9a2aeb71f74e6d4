// The commands of `vcnode`: one options struct and one function each; main.cpp maps arguments to them.
//
// A command prints to stdout (its answer) and stderr (what went wrong) and returns the process exit code:
// 0 done or valid, 1 not valid (doctor: a problem; verdict replay: another verdict; verdict check: not signed
// by whom it should be), 2 cannot tell, 3 issuer, or signer of a verdict, not confirmed, 64 usage: wrong
// arguments, input or configuration, 69 unavailable: something the command needs is not there or refuses for
// now (a running node, the store, the listen address, standard output), 70 internal: a fault of this program.
// 64, 69 and 70 are those of sysexits.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "node/cli/statement_words.h"
#include "node/config/config.h"
#include "protocol/recognition/trqp.h"

namespace vcnode::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitNotValid = 1;
inline constexpr int kExitCannotTell = 2;
inline constexpr int kExitNotConfirmed = 3;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitInternal = 70;

struct Global {
  std::filesystem::path home;
  bool json = false;
};

struct RunOptions {
  bool waive_start_check = false;
  bool new_store = false;
};

struct IssueOptions {
  std::string input;                  // path or "-"
  std::optional<std::string> issuer;  // name of a hosted issuer
  std::optional<std::string> output;  // path; stdout otherwise
};

enum class StatusAction : std::uint8_t { revoke, suspend, reinstate };
struct StatusOptions {
  StatusAction action = StatusAction::revoke;
  std::optional<std::string> input;  // credential file or "-"
  std::optional<std::string> id;     // credential id
};

struct VerifyOptions {
  std::string input;  // path or "-"
  std::vector<std::string> peers;
  std::vector<std::string> trust;
  std::vector<std::string> observers;  // DIDs, whose word counts for issuers without a node
  std::uint32_t observer_quorum = 1;
  std::optional<std::string> network;
  bool offline = false;
  std::optional<std::string> at;
  std::optional<std::int64_t> head_age_max_seconds;
  std::optional<std::string> witness_policy;  // file: whose cosignatures prove a time (C2SP tlog-policy)
  std::optional<std::string> policy;          // file: whom the verifier believes (protocol/spec/policy.md)
  std::vector<std::string> evidence;          // files of public objects (protocol/spec/evidence.md)
  bool file_note = false;                     // --report recognition
  // Who presents it, as the verifier sees; compared here and kept nowhere (protocol/verify/subject.h).
  std::optional<std::string> subject_name, subject_birth_date, subject_identifier;
  // Of a presentation: what its holder was asked to sign, and for whom.
  std::optional<std::string> challenge, domain;
};

// A holder's key.
struct HolderOptions {
  std::string key_file;
  std::optional<std::string> passphrase;  // source; default: the file KEY_FILE.passphrase
  bool fast_key_file = false;
};

struct PresentOptions {
  std::vector<std::string> credentials;  // files, or one "-"
  HolderOptions holder;
  std::string challenge, domain;
  std::optional<std::string> output;  // path; stdout otherwise
};

struct StackOptions {
  std::string rule;  // id or SHA-256 of a published StackRule, or its file
  std::vector<std::string> components;
  VerifyOptions how;                   // whom the verifier believes and asks; its `input` is not read
  std::optional<std::string> awarded;  // RFC 3339: when the whole was awarded
  std::optional<std::string> learner;  // id of the person whom all are about
};

struct ResolveOptions {
  std::string did;
  std::optional<std::string> log;           // did.jsonl: path or "-"
  std::optional<std::string> witness_file;  // did-witness.json
  std::optional<std::string> version_id;
  std::optional<std::string> version_time;
  std::optional<std::string> version_number;
  std::optional<std::string> at;
  bool fetch = false;                  // did:web, did:webvh: ask the web; nothing is fetched without it
  std::optional<std::string> ca_file;  // for `fetch`: the only authorities that are trusted
  std::vector<std::string> peers;      // did:webvh: whom to ask for its history
  std::optional<std::string> network;  // with `peers`: whose feed decides
};

struct FactsOptions {
  std::string input;  // path or "-"
};

struct FeedOptions {
  std::string subject;  // a DID, or the origin of a feed
  std::vector<std::string> peers;
  std::optional<std::string> network;
  std::string index;                  // prove: number of the entry
  std::optional<std::string> output;  // prove: path; stdout otherwise
};

// Which hosted issuer's DID is to change, and where its update keys are.
struct IdentityChoice {
  std::optional<std::string> issuer;  // name; default: the first
  // The folder that holds one folder of update keys for each issuer; default: that of `init`.
  std::optional<std::filesystem::path> update_keys;
  std::optional<std::string> update_passphrase;  // source; default: that of the home's keys
  // Where the entry is written instead of handed to the node: its witnesses have to approve it first.
  std::optional<std::filesystem::path> entry_out;
};

struct KeysOptions {
  IdentityChoice choice;
  std::string purpose = "assertion";  // rotate: or "feed"
  std::string method;                 // compromised
  std::string since;                  // compromised: RFC 3339
  std::optional<std::string> seal;    // recover: SIZE:ROOT
  bool take_back = false;             // recover: also what nobody says again
};

struct WitnessOptions {
  std::optional<std::string> name;  // new: of its note key; default: that of WitnessConfig
};

struct IssuerChangeOptions {
  IdentityChoice choice;
  std::string place;                // move: HOST[:PORT][/PATH]
  std::optional<std::string> date;  // close: RFC 3339; default now
};

struct WitnessesOptions {
  IdentityChoice choice;
  std::vector<std::string> witnesses;  // did:key
  std::uint32_t threshold = 0;         // 0 without witnesses: nobody is asked any more
};

struct SubmitOptions {
  IdentityChoice choice;
  std::string entry;                        // lines of did.jsonl: path or "-"
  std::optional<std::string> witness_file;  // did-witness.json
};

struct NewIssuerOptions {
  std::string name;
  std::optional<std::string> domain;  // HOST[:PORT][/PATH]; none: a did:key
  IdentityChoice choice;              // without `issuer`
};

int keys_list(const Global& global, const KeysOptions& options);
int keys_rotate(const Global& global, const KeysOptions& options);
int keys_compromised(const Global& global, const KeysOptions& options);
int keys_recover(const Global& global, const KeysOptions& options);
int witness_new(const Global& global, const WitnessOptions& options);
int witness_show(const Global& global, const WitnessOptions& options);
int issuer_new(const Global& global, const NewIssuerOptions& options);
int issuer_move(const Global& global, const IssuerChangeOptions& options);
int issuer_deactivate(const Global& global, const IssuerChangeOptions& options);
int issuer_witnesses(const Global& global, const WitnessesOptions& options);
int issuer_submit(const Global& global, const SubmitOptions& options);
int issuer_close(const Global& global, const IssuerChangeOptions& options);
struct PublishOptions {
  statement::Kind kind = statement::Kind::identity;
  std::optional<std::string> issuer;  // name of a hosted issuer
  std::optional<std::string> input;   // path or "-"
  GivenWords words;
  std::optional<std::string> id;
  std::optional<std::string> from, until;  // RFC 3339
  std::optional<std::string> withdrawn;    // withdrawal: id or SHA-256 of the statement that it ends
  bool dry_run = false;
};

struct StatementsOptions {
  std::vector<std::string> peers;
  std::optional<std::string> network;
  std::optional<std::string> issuer;   // DID
  std::optional<std::string> subject;  // DID or IRI
  std::optional<std::string> kind;
  std::optional<std::string> in_force_at;  // RFC 3339
  std::string name;                        // show: id or SHA-256
};

struct TrqpOptions {
  recognition::TrqpEndpoint endpoint = recognition::TrqpEndpoint::authorization;
  std::string url;  // https, of the registry
  std::string entity, authority, action, resource;
  std::optional<std::string> time;   // RFC 3339, Z
  std::vector<std::string> context;  // NAME=TEXT
  std::optional<std::string> token;  // source
  std::optional<std::string> ca_file;
};

struct PolicyOptions {
  std::string input;  // check: path or "-"
  std::vector<std::string> peers;
  std::optional<std::string> network;
  std::string country, purpose;       // new
  std::vector<std::string> use;       // new: ids or SHA-256 of trust lists
  std::optional<std::string> output;  // new: path; stdout otherwise
};

struct ReplayOptions {
  std::string verdict;     // path or "-"
  std::string credential;  // path or "-"
  VerifyOptions how;       // whose policy made it, whom to ask, evidence; its `input` is not read
};

struct SignatureOptions {
  std::string answer;                // path or "-"
  std::vector<std::string> signers;  // did:key
};

struct EvidenceOptions {
  std::string verdict;  // path or "-"
  std::vector<std::string> peers;
  std::optional<std::string> output;  // path; stdout otherwise
};

struct AdoptOptions {
  std::optional<std::string> did;  // did:web
  std::vector<std::string> status_urls;
};

int init(const Global& global, const node::InitOptions& options);
int run(const Global& global, const RunOptions& options);
int issue(const Global& global, const IssueOptions& options);
int change_status(const Global& global, const StatusOptions& options);
int verify(const Global& global, const VerifyOptions& options);
int challenge_new(const Global& global);
int keys_new_holder(const Global& global, const HolderOptions& options);
int present(const Global& global, const PresentOptions& options);
int stack(const Global& global, const StackOptions& options);
int resolve(const Global& global, const ResolveOptions& options);
int show_facts(const Global& global, const FactsOptions& options);
int publish(const Global& global, const PublishOptions& options);
int statements_list(const Global& global, const StatementsOptions& options);
int statements_show(const Global& global, const StatementsOptions& options);
int trqp_ask(const Global& global, const TrqpOptions& options);
int policy_check(const Global& global, const PolicyOptions& options);
int policy_new(const Global& global, const PolicyOptions& options);
int verdict_replay(const Global& global, const ReplayOptions& options);
int verdict_check(const Global& global, const SignatureOptions& options);
int verdict_signer_new(const Global& global);
int verdict_signer_show(const Global& global);
int evidence_export(const Global& global, const EvidenceOptions& options);
int adopt(const Global& global, const AdoptOptions& options);
int feed_show(const Global& global, const FeedOptions& options);
int feed_prove(const Global& global, const FeedOptions& options);
int status(const Global& global);
int peers(const Global& global);
int doctor(const Global& global);
int config_check(const Global& global);
int config_show(const Global& global);
int version(const Global& global);

}  // namespace vcnode::cli
