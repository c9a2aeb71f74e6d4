// issue, revoke, suspend, reinstate: requests to the node running in this home.
#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "node/codes/cli_codes.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"

namespace vcnode::cli {
namespace {

Result<void> write_output(const std::optional<std::string>& path, const std::string& text) {
  if (!path) {
    print_line(text);
    return {};
  }
  std::ofstream out(*path, std::ios::binary | std::ios::trunc);
  out << text << '\n';
  out.close();
  if (!out) return fail(codes::FILE_UNREADABLE, "cannot write ", *path);
  return {};
}

Result<std::string> credential_id(const StatusOptions& options) {
  if (options.id) return *options.id;
  VCNODE_TRY(auto text, read_input(options.input.value_or("-"), limits::kCredentialBytesMax));
  VCNODE_TRY(auto document, json::Document::parse(text));
  const auto id = document.root().find_string("id");
  if (!id) return fail(codes::INPUT_NO_ID, options.input.value_or("standard input"), " holds no credential with an id; name it with --id");
  return std::string(*id);
}

nlohmann::json status_change(StatusAction action) {
  const bool revoke = action == StatusAction::revoke;
  return {{"statusPurpose", revoke ? "revocation" : "suspension"}, {"status", action != StatusAction::reinstate}};
}

std::string_view done_word(StatusAction action) {
  switch (action) {
    case StatusAction::revoke: return "revoked";
    case StatusAction::suspend: return "suspended";
    case StatusAction::reinstate: return "reinstated";
  }
  return "done";
}

}  // namespace

int issue(const Global& global, const IssueOptions& options) {
  const auto text = read_input(options.input, limits::kCredentialBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto document = json::Document::parse(*text);
  if (!document) return report(global, document.error(), kExitUsage);
  const std::string path = options.issuer ? concat("/issuers/", *options.issuer, "/credentials/issue") : "/credentials/issue";
  const auto response = ask_node(global, "POST", path, concat(R"({"credential":)", *text, "}"));
  if (!response) return report(global, response.error(), kExitInternal);
  if (response->status != 201) return report_refusal(global, *response);
  const auto answer = json::read(response->body);
  if (!answer) return report(global, answer.error(), kExitInternal);
  if (const auto written = write_output(options.output, answer->at("verifiableCredential").dump(2)); !written) {
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
