// issue, revoke, suspend, reinstate: requests to the node running in this home.
#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"

namespace vcnode::cli {
namespace {

// Where an issued credential goes. Opened before anything is asked of the node: a credential that is issued
// and then cannot be written would be lost.
Result<std::ofstream> open_output(const std::optional<std::string>& path) {
  std::ofstream out;
  if (!path) return out;
  out.open(*path, std::ios::binary | std::ios::trunc);
  if (!out) return fail(codes::FILE_UNREADABLE, "cannot write ", *path);
  return out;
}

// Canonical text: what was within the size limit when it was issued is so when it is verified.
Result<void> write_output(std::ofstream& out, const std::optional<std::string>& path,
                          const nlohmann::json& credential) {
  VCNODE_TRY(auto text, jcs::canonicalize(credential));
  const std::string id = credential.value("id", "without id");
  if (!path) {
    print_line(text);
    const auto finished = finish_output();
    return finished ? finished
                    : fail(codes::FILE_UNREADABLE, "the credential ", id,
                           " was issued but could not be written to standard output");
  }
  out << text << '\n';
  out.close();
  if (!out)
    return fail(codes::FILE_UNREADABLE, "the credential ", id, " was issued but could not be written to ",
                *path);
  return {};
}

Result<std::string> credential_id(const StatusOptions& options) {
  if (options.id) return *options.id;
  VCNODE_TRY(auto text, read_input(options.input.value_or("-"), limits::kCredentialBytesMax));
  VCNODE_TRY(auto document, json::Document::parse(text));
  const auto id = document.root().find_string("id");
  if (!id)
    return fail(codes::INPUT_NO_ID, options.input.value_or("standard input"),
                " holds no credential with an id; name it with --id");
  return std::string(*id);
}

nlohmann::json status_change(StatusAction action) {
  const bool revoke = action == StatusAction::revoke;
  return {{"statusPurpose", revoke ? "revocation" : "suspension"},
          {"status", action != StatusAction::reinstate}};
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

}  // namespace

int issue(const Global& global, const IssueOptions& options) {
  const auto text = read_input(options.input, limits::kCredentialBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto document = json::Document::parse(*text);
  if (!document) return report(global, document.error(), kExitUsage);
  auto out = open_output(options.output);
  if (!out) return report(global, out.error(), kExitUsage);
  const std::string path =
      options.issuer ? concat("/issuers/", *options.issuer, "/credentials/issue") : "/credentials/issue";
  const auto response = ask_node(global, "POST", path, concat(R"({"credential":)", *text, "}"));
  if (!response) return report(global, response.error(), kExitInternal);
  if (response->status != 201) return report_refusal(global, *response);
  const auto answer = json::read(response->body);
  if (!answer) return report(global, answer.error(), kExitInternal);
  if (const auto written = write_output(*out, options.output, answer->at("verifiableCredential")); !written) {
    return report(global, written.error(), kExitInternal);
  }
  return kExitOk;
}

int change_status(const Global& global, const StatusOptions& options) {
  const auto id = credential_id(options);
  if (!id) return report(global, id.error(), kExitUsage);
  const nlohmann::json request{{"credentialId", *id}, {"credentialStatus", {status_change(options.action)}}};
  const auto response = ask_node(global, "POST", "/credentials/status", request.dump());
  if (!response) return report(global, response.error(), kExitInternal);
  if (response->status != 200) return report_refusal(global, *response);
  print_line(global.json ? response->body : concat(done_word(options.action), " ", printable(*id)));
  return kExitOk;
}

}  // namespace vcnode::cli
