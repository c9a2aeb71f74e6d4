// issue, revoke, suspend, reinstate: requests to the node running in this home.
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/codes/cli_codes.h"

namespace vcnode::cli {
namespace {

// What issuing adds to a credential: id, dates, two status entries and a proof.
constexpr std::size_t kIssuingBytesMax = 8 * 1024;

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
  auto out = open_output(options.output, text->size());
  if (!out) return report(global, out.error(), kExitUsage);
  const std::string path =
      options.issuer ? concat("/issuers/", *options.issuer, "/credentials/issue") : "/credentials/issue";
  const auto response = ask_node(global, "POST", path, concat(R"({"credential":)", *text, "}"));
  if (!response) return report(global, response.error(), kExitInternal);
  if (response->status != 201) return report_refusal(global, *response);
  const auto answer = json::read(response->body);
  if (!answer) return report(global, answer.error(), kExitInternal);
  const auto written = write_output(global, *out, options.output, answer->at("verifiableCredential"));
  return written ? kExitOk : report(global, written.error(), kExitInternal);
}

int change_status(const Global& global, const StatusOptions& options) {
  const auto id = credential_id(options);
  if (!id) return report(global, id.error(), kExitUsage);
  const nlohmann::json request{{"credentialId", *id}, {"credentialStatus", {status_change(options.action)}}};
  const auto response = ask_node(global, "POST", "/credentials/status", json_text(request));
  if (!response) return report(global, response.error(), kExitInternal);
  if (response->status != 200) return report_refusal(global, *response);
  print_line(global.json ? response->body : concat(done_word(options.action), " ", printable(*id)));
  return kExitOk;
}

}  // namespace vcnode::cli
