// verdict check: who signed a verdict. verdict signer new, show: the key with which the node of this home
// signs what it says.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/cli/signature_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/identity.h"
#include "node/config/key_folder.h"
#include "node/config/private_file.h"
#include "node/config/toml_values.h"
#include "protocol/did/key.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/stated.h"

namespace vcnode::cli {
namespace {

// ---- check

Result<std::set<Did>> read_signers(const std::vector<std::string>& texts) {
  std::set<Did> out;
  for (const std::string& text : texts) {
    auto did = Did::parse(text);
    const auto key = did ? did_key::key_of(*did) : Result<Ed25519PublicKey>(did.failure());
    if (!key) return fail(key.error().code, "--signer: ", key.error().message);
    out.insert(*std::move(did));
  }
  return out;
}

// What the signer said, of each credential; members that are not there are null.
nlohmann::json said_json(const json::Value& verdict) {
  auto out = nlohmann::json::array();
  const json::Value* several = verdict.find("verdicts");
  for (const json::Value& one : (several != nullptr ? *several : verdict).one_or_many()) {
    nlohmann::json row;
    for (const char* name : {"verdict", "code", "at", "credential", "policy"}) {
      const auto text = one.find_string(name);
      row[name] = text ? nlohmann::json(std::string(*text)) : nlohmann::json();
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::string said_line(const nlohmann::json& row) {
  const auto text = [&row](const char* name) {
    const auto& value = row.at(name);
    return value.is_string() ? printable(excerpt(value.get_ref<const std::string&>())) : std::string("-");
  };
  return concat("  it says: ", text("verdict"), " at ", text("at"), ", of the credential ",
                text("credential"), ", by the policy ", text("policy"));
}

int exit_code_of_check(Code code) {
  if (code == codes::VERDICT_SIGNER_UNKNOWN) return kExitNotConfirmed;
  return code.slug().ends_with("_UNSUPPORTED") ? kExitCannotTell : kExitNotValid;
}

// Its signature holds; `signer` says whether somebody named its key.
int report_signature(const Global& global, const json::Value& verdict,
                     const evidence::VerdictSignature& signature, const Result<void>& signer) {
  const nlohmann::json said = said_json(verdict);
  if (global.json) {
    nlohmann::json out = signature_json(signature);
    out["signerNamed"] = signer.has_value();
    out["verdict"] = evidence::digest_text(signature.verdict);
    out["says"] = said;
    if (!signer) out["error"] = {{"code", signer.error().code.slug()}, {"message", signer.error().message}};
    print_json(out);
  } else {
    print_line(
        concat("The verdict ", evidence::digest_text(signature.verdict), " was ", signature_line(signature)));
    for (const auto& row : said) print_line(said_line(row));
    if (!signer) return report(global, signer.error(), exit_code_of_check(signer.error().code));
    print_line("  the key is one that you named");
  }
  return signer ? kExitOk : exit_code_of_check(signer.error().code);
}

// ---- signer

struct ShownSigner {
  Did did;
  std::filesystem::path file;
};

Result<node::Config> make_signer(const node::Config& config) {
  if (config.verdict_key_file)
    return fail(codes::USAGE, "this home signs verdicts already, with the key file ",
                config.verdict_key_file->string(), "; `vcnode verdict signer show` shows it");
  VCNODE_TRY(const auto passphrase, node::read_private_passphrase(config.passphrase));
  VCNODE_TRY(const auto cost, node::cost_of(config.node_key_file));
  SystemRng rng;
  VCNODE_TRY(const auto key,
             node::make_key(config.home / "keys", node::kVerdictKeyPurpose, {passphrase, cost, rng}));
  return node::add_table(config,
                         concat("[verdict]\nkey_file = ",
                                node::toml_string(key.path.lexically_relative(config.home).string()), "\n"));
}

Result<ShownSigner> shown_signer(const node::Config& config) {
  if (!config.verdict_key_file)
    return fail(codes::USAGE, "this home signs no verdicts; `vcnode verdict signer new` makes the key");
  VCNODE_TRY(const auto listed, node::list_key(*config.verdict_key_file));
  return ShownSigner{did_key::did_of(listed.key), *config.verdict_key_file};
}

int show_signer(const Global& global, const node::Config& config, bool is_new) {
  const auto signer = shown_signer(config);
  if (!signer) return report(global, signer.error());
  if (global.json) {
    print_json({{"signer", signer->did.text()},
                {"node", config.public_url},
                {"network", config.network_name},
                {"keyFile", signer->file.string()},
                {"restartNeeded", is_new}});
    return kExitOk;
  }
  if (is_new)
    print_line(
        concat("Made a key, ", signer->file.string(),
               ", and added [verdict] to config.toml: restart the node.\n"
               "From then on it signs verdicts for whoever asks for that (\"sign\": true). Publish this DID "
               "where people know that it is yours; they check with `vcnode verdict check --signer`:"));
  print_line(signer->did.text());
  return kExitOk;
}

}  // namespace

int verdict_check(const Global& global, const SignatureOptions& options) {
  const auto expected = read_signers(options.signers);
  if (!expected) return report(global, expected.error(), kExitUsage);
  const auto text = read_input(options.answer, evidence::kVerdictBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto document = json::Document::parse(*text, evidence::kVerdictLimits);
  if (!document) return report(global, document.error(), kExitUsage);
  const auto signature = evidence::check_signature(document->root(), clock_now());
  if (!signature && signature.error().code == codes::VERDICT_MALFORMED)
    return report(global, signature.error(), kExitUsage);
  if (!signature) return report(global, signature.error(), exit_code_of_check(signature.error().code));
  const auto signer = evidence::check_signer(*signature, *expected);
  if (!signer && signer.error().code != codes::VERDICT_SIGNER_UNKNOWN)
    return report(global, signer.error(), kExitNotValid);
  return report_signature(global, *document->root().find("verdict"), *signature, signer);
}

int verdict_signer_new(const Global& global) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error());
  const auto made = make_signer(*config);
  return made ? show_signer(global, *made, true) : report(global, made.error());
}

int verdict_signer_show(const Global& global) {
  const auto config = node::load_config(global.home);
  return config ? show_signer(global, *config, false) : report(global, config.error());
}

}  // namespace vcnode::cli
