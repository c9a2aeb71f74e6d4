// challenge, present, keys new-holder: a verifier's challenge, and a holder's answer to it.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/codes.h"
#include "crypto/key_file.h"
#include "crypto/signer.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/private_file.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/verify/presentation.h"

namespace vcnode::cli {
namespace {

constexpr std::string_view kHolderKeyPurpose = "holder";
constexpr std::size_t kPassphraseBytes = 32;  // a generated one: 256 bits
constexpr KeyFileCost kTelephoneCost{.ops = 2, .memory_bytes = 64ull * 1024 * 1024};

std::string passphrase_file_of(const std::string& key_file) {
  return key_file + ".passphrase";
}

Result<SecretBytes> passphrase_for(const HolderOptions& options) {
  VCNODE_TRY(const auto source, PassphraseSource::parse(options.passphrase.value_or(
                                    concat("file:", passphrase_file_of(options.key_file)))));
  return node::read_private_passphrase(source);
}

Result<void> make_passphrase(const std::string& path, Rng& rng) {
  SecretBytes secret(kPassphraseBytes);
  rng.fill(secret.span());
  return key_file_write(path, base58btc_encode(secret.view()) + "\n");
}

Result<Did> make_holder(const HolderOptions& options) {
  // Before the passphrase is made: nothing is left behind of what cannot be done.
  std::error_code ignored;
  if (std::filesystem::exists(options.key_file, ignored))
    return fail(codes::KEY_FILE_EXISTS, options.key_file, " is there already");
  SystemRng rng;
  if (!options.passphrase) VCNODE_CHECK(make_passphrase(passphrase_file_of(options.key_file), rng));
  VCNODE_TRY(const auto passphrase, passphrase_for(options));
  const auto key = Ed25519KeyPair::generate(rng);
  const auto cost = options.fast_key_file ? kTelephoneCost : KeyFileCost{};
  VCNODE_TRY(const auto text, key_file_seal(key, kHolderKeyPurpose, passphrase, cost, rng));
  VCNODE_CHECK(key_file_write(options.key_file, text));
  return did_key::did_of(key.public_key());
}

Result<std::vector<std::string>> read_credentials(const std::vector<std::string>& files) {
  std::vector<std::string> out;
  for (const std::string& file : files) {
    VCNODE_TRY(auto text, read_input(file, limits::kCredentialBytesMax));
    if (auto read = json::Document::parse(text, {.size_max = limits::kCredentialBytesMax}); !read)
      return fail(read.error().code, file, ": ", read.error().message);
    out.push_back(std::move(text));
  }
  return out;
}

Result<std::string> make_presentation(const PresentOptions& options) {
  VCNODE_TRY(const auto credentials, read_credentials(options.credentials));
  VCNODE_TRY(const auto sealed, key_file_read(options.holder.key_file));
  VCNODE_TRY(const auto passphrase, passphrase_for(options.holder));
  VCNODE_TRY(auto key, key_file_open(sealed, kHolderKeyPurpose, passphrase));
  KeyPairSigner signer(std::move(key));
  VCNODE_TRY(const auto draft, verify::draft_presentation(credentials, did_key::did_of(signer.public_key())));
  credential::ProofOptions proof;
  proof.verification_method = did_key::verification_method_of(signer.public_key());
  proof.created = clock_now();
  proof.proof_purpose = verify::kAuthenticationPurpose;
  proof.challenge = options.challenge;
  proof.domain = options.domain;
  VCNODE_TRY(const auto made, credential::add_proof(draft, proof, signer));
  return made.dump();
}

}  // namespace

int challenge_new(const Global& global) {
  SystemRng rng;
  const Timestamp now = clock_now();
  const std::string challenge = verify::new_challenge(now, rng);
  const std::string expires = now.plus_seconds(verify::kChallengeSecondsMax).to_string();
  if (global.json) {
    print_json({{"challenge", challenge}, {"expires", expires}});
  } else {
    print_line(challenge);
  }
  return kExitOk;
}

int keys_new_holder(const Global& global, const HolderOptions& options) {
  const auto did = make_holder(options);
  if (!did) return report(global, did.error());
  if (global.json) {
    print_json({{"did", did->text()}, {"keyFile", options.key_file}});
  } else {
    print_line(did->text());
    print_line(concat("Made ", printable(options.key_file),
                      options.passphrase ? std::string()
                                         : concat(" and ", printable(passphrase_file_of(options.key_file)),
                                                  ", which opens it"),
                      ". Whoever has it answers as this person; nobody can replace it."));
  }
  return kExitOk;
}

int present(const Global& global, const PresentOptions& options) {
  const auto made = make_presentation(options);
  if (!made) return report(global, made.error());
  if (!options.output) {
    print_line(*made);
    return kExitOk;
  }
  auto file = OutputFile::open(*options.output, made->size() + 1);
  if (!file) return report(global, file.error());
  if (const auto written = file->commit(*made + "\n"); !written) return report(global, written.error());
  return kExitOk;
}

}  // namespace vcnode::cli
