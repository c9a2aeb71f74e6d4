// issue, revoke, suspend, reinstate: requests to the node running in this home.
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "node/app/codes.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/cli/peer_report.h"
#include "node/cli/replication.h"
#include "node/codes/cli_codes.h"
#include "protocol/credential/credential.h"
#include "protocol/verify/verify.h"
#include "protocol/webvh/did_webvh.h"

namespace vcnode::cli {
namespace {

// What issuing adds to a credential: id, dates, two status entries, a time-batch entry and a proof.
constexpr std::size_t kIssuingBytesMax = 40 * 1024;
// An issuer with proven times answers after its next time batch, and that of a batch under way.
constexpr std::int64_t kIssueMsMax = 180'000;

// Where an issued credential goes; nullopt is standard output. Opened before anything is asked of the node: a
// credential that is issued and then cannot be written would be lost.
Result<std::optional<OutputFile>> open_output(const std::optional<std::string>& path,
                                              std::size_t input_bytes) {
  std::optional<OutputFile> file;
  if (path) {
    VCNODE_TRY(auto opened, OutputFile::open(*path, input_bytes + kIssuingBytesMax));
    file.emplace(std::move(opened));
  }
  return file;
}

// Canonical text: what was within the size limit when it was issued is so when it is verified. With --json
// and a file, what was issued is said in one object; without a file, the credential is that object.
Result<void> write_output(const Global& global, std::optional<OutputFile>& file,
                          const std::optional<std::string>& path, const nlohmann::json& credential) {
  VCNODE_TRY(auto text, jcs::canonicalize(credential));
  const std::string id = credential.value("id", "without id");
  if (!file) {
    print_line(text);
    const auto finished = finish_output();
    return finished ? finished
                    : fail(codes::FILE_UNREADABLE, "the credential ", id,
                           " was issued but could not be written to standard output");
  }
  if (const auto written = file->commit(text + '\n'); !written)
    return fail(codes::FILE_UNREADABLE, "the credential ", id,
                " was issued but could not be written: ", written.error().message);
  if (global.json) print_json({{"id", id}, {"output", *path}});
  return {};
}

// What is to be changed: by id, or, of a credential in hand that the node does not know, by list and index.
struct StatusTarget {
  std::string id;
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> entries;  // purpose → list, index
};

// Anybody can write a file with somebody else's credential id in it: only what the issuer signed says what is
// meant. With whichever of its keys: what a stolen one signed is to be revoked above all. The log of a
// did:webvh issuer is the node's.
Result<void> check_signed(const Global& global, std::string_view text, const std::string& issuer) {
  const Timestamp now = clock_now();
  verify::SnapshotView view;
  if (const auto did = webvh::DidWebvh::parse(issuer)) {
    VCNODE_TRY(const auto own_node, peers_to_ask(global, {}));
    CollectOptions options;
    options.bodies = false;
    if (const auto collected = collect(did->did(), own_node, now, options); collected.history)
      view.put_history(std::string(did->scid()), collected.history);
  }
  VCNODE_TRY(const auto verdict, verify::verify_credential(text, view, verify::Policy(), now));
  for (const verify::Check& check : verdict.checks) {
    const bool about_signer = check.check == verify::CheckName::format ||
                              check.check == verify::CheckName::proof ||
                              check.check == verify::CheckName::issuer;
    if (about_signer && check.result != verify::CheckResult::pass)
      return fail(check.code, check.detail.empty() ? std::string(check.code.sentence()) : check.detail);
  }
  return {};
}

Result<StatusTarget> read_target(const Global& global, const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  VCNODE_TRY(auto text, read_input(path, limits::kCredentialBytesMax));
  VCNODE_TRY(auto document, json::Document::parse(text));
  const auto id = document.root().find_string("id");
  if (!id) return fail(codes::INPUT_NO_ID, name, " holds no credential with an id; name it with --id");
  const auto refuse = [&](const Error& error) {
    return fail(error.code, name, " is not what an issuer signed, and nothing was changed: ", error.message,
                "; --id changes the status of a credential by its id alone");
  };
  const auto credential = credential::Credential::from(std::move(document));
  if (!credential) return refuse(credential.error());
  if (const auto checked = check_signed(global, text, std::string(credential->issuer_id())); !checked)
    return refuse(checked.error());
  StatusTarget target{std::string(*credential->id()), {}};
  for (const credential::StatusReference& entry : credential->status()) {
    const auto purpose = entry.value.find_string("statusPurpose");
    const auto list = entry.value.find_string("statusListCredential");
    const auto index = entry.value.find_string("statusListIndex");
    if (purpose && list && index)
      target.entries.try_emplace(std::string(*purpose), std::string(*list), std::string(*index));
  }
  return target;
}

Result<StatusTarget> target_of(const Global& global, const StatusOptions& options) {
  if (options.id) return StatusTarget{*options.id, {}};
  return read_target(global, options.input.value_or("-"));
}

nlohmann::json status_change(StatusAction action) {
  const bool revoke = action == StatusAction::revoke;
  return {{"statusPurpose", revoke ? "revocation" : "suspension"},
          {"status", action != StatusAction::reinstate}};
}

bool is_unknown(const node::HttpResponse& response) {
  if (response.status != 404) return false;
  const auto problem = json::Document::parse(response.body);
  return problem && problem->root().find_string("code") == codes::CREDENTIAL_UNKNOWN.slug;
}

std::string_view done_word(StatusAction action) {
  switch (action) {
    case StatusAction::revoke:
      return "revoked";
    case StatusAction::suspend:
      return "suspended";
    case StatusAction::reinstate:
      return "reinstated";
  }
  return "done";
}

// What "done" alone would hide: that a revoked credential is valid no more than before, and that a change no
// peer hears of is known to this node alone. Whoever revokes must not think that the world knows.
std::vector<Error> warnings_of(StatusAction action, const nlohmann::json& answer) {
  std::vector<Error> out;
  if (action == StatusAction::reinstate && answer.value("revoked", nlohmann::json()) == true) {
    out.push_back({codes::STILL_REVOKED,
                   "the credential stays revoked: a revocation is final, and only a suspension was ended"});
  }
  if (auto alone = not_replicated(answer, "change")) out.push_back(*std::move(alone));
  return out;
}

void print_change(const Global& global, const node::HttpResponse& response, StatusAction action,
                  const std::string& done) {
  auto answer = json::read(response.body);
  const auto warnings = answer && answer->is_object() ? warnings_of(action, *answer) : std::vector<Error>();
  if (!global.json) {
    print_line(done);
    for (const Error& warning : warnings)
      std::cerr << "warning " << warning.code.slug() << ": " << warning.message << '\n';
  } else if (warnings.empty()) {
    print_line(response.body);
  } else {
    nlohmann::json& shown = (*answer)["warnings"] = nlohmann::json::array();
    for (const Error& warning : warnings)
      shown.push_back({{"code", warning.code.slug()}, {"sentence", warning.message}});
    print_json(*answer);
  }
}

}  // namespace

int issue(const Global& global, const IssueOptions& options) {
  const auto text = read_input(options.input, limits::kCredentialBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto document = json::Document::parse(*text);
  if (!document) return report(global, document.error(), kExitUsage);
  auto out = open_output(options.output, text->size());
  if (!out) return report(global, out.error(), kExitUsage);
  const std::string path =
      options.issuer ? concat("/issuers/", *options.issuer, "/credentials/issue") : "/credentials/issue";
  const auto response = ask_node(global, "POST", path, concat(R"({"credential":)", *text, "}"), kIssueMsMax);
  if (!response) return report(global, response.error());
  if (response->status != 201) return report_refusal(global, *response);
  const auto answer = json::read(response->body);
  if (!answer) return report(global, answer.error(), kExitInternal);
  const auto written = write_output(global, *out, options.output, answer->at("verifiableCredential"));
  return written ? kExitOk : report(global, written.error(), kExitUnavailable);
}

int change_status(const Global& global, const StatusOptions& options) {
  const auto target = target_of(global, options);
  if (!target) return report(global, target.error(), kExitUsage);
  const nlohmann::json change = status_change(options.action);
  auto response = ask_node(
      global, "POST", "/credentials/status",
      json_text({{"credentialId", target->id}, {"credentialStatus", nlohmann::json::array({change})}}));
  // A node whose store was restored from before this credential was issued knows nothing of its id; what its
  // own issuer signed still says which bit of which list is meant.
  const auto entry = target->entries.find(change.at("statusPurpose").get_ref<const std::string&>());
  const bool by_index = response && is_unknown(*response) && entry != target->entries.end();
  if (by_index) {
    response = ask_node(global, "POST", "/credentials/status",
                        json_text({{"list", entry->second.first},
                                   {"index", entry->second.second},
                                   {"credentialStatus", nlohmann::json::array({change})}}));
  }
  if (!response) return report(global, response.error());
  if (response->status != 200) return report_refusal(global, *response);
  std::string done = concat(done_word(options.action), " ", printable(target->id));
  if (by_index)
    done += concat(" (its id is not known here; by index ", printable(entry->second.second), " of ",
                   printable(entry->second.first), ")");
  print_change(global, *response, options.action, done);
  if (finish_output()) return kExitOk;
  return report(global,
                {codes::FILE_UNREADABLE, concat(done,
                                                ": that is done and lasts, but the answer could not be "
                                                "written to standard output")},
                kExitUnavailable);
}

}  // namespace vcnode::cli
