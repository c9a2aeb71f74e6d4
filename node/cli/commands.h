// The commands of `vcnode`: one options struct and one function each; main.cpp maps arguments to them.
//
// A command prints to stdout (its answer) and stderr (what went wrong) and returns the process exit code:
// 0 done or valid, 1 not valid (doctor: a problem), 2 cannot tell, 3 issuer not confirmed, 64 usage: wrong
// arguments, input or configuration, 69 unavailable: something the command needs is not there or refuses for
// now (a running node, the store, the listen address, standard output), 70 internal: a fault of this program.
// 64, 69 and 70 are those of sysexits.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "node/config/config.h"

namespace vcnode::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitNotValid = 1;
inline constexpr int kExitCannotTell = 2;
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
  std::optional<std::string> network;
  bool offline = false;
  std::optional<std::string> at;
  std::optional<std::int64_t> head_age_max_seconds;
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
};

int init(const Global& global, const node::InitOptions& options);
int run(const Global& global, const RunOptions& options);
int issue(const Global& global, const IssueOptions& options);
int change_status(const Global& global, const StatusOptions& options);
int verify(const Global& global, const VerifyOptions& options);
int resolve(const Global& global, const ResolveOptions& options);
int status(const Global& global);
int peers(const Global& global);
int doctor(const Global& global);
int config_check(const Global& global);
int config_show(const Global& global);
int version(const Global& global);

}  // namespace vcnode::cli
