// Makes tests/vectors/proof-chain-eddsa-jcs-2022 from fixed seeds. See README.md beside this file.
//
// Usage: make_vectors DIR            write the files
//        make_vectors --check DIR    compare with the files; exit 1 and say which differ

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/ed25519.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/did/key.h"

namespace {

using namespace vcnode;
using Json = nlohmann::json;

constexpr const char* kFirstId = "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544";
constexpr const char* kSecondId = "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54";
constexpr const char* kMissingId = "urn:uuid:38329423-2179-4b2e-88cb-a7c7d9dc4544";

// What to write into a proof, and what to sign over, which in a Fail vector is not what the rules ask for.
struct Draft {
  std::uint8_t seed_byte = 0x11;
  Json id = nullptr;
  Json previous = nullptr;           // the previousProof member
  Json signed_over = Json::array();  // proofs
  const char* created = "2026-02-26T22:06:38Z";
};

Json make_proof(const Json& document, const Draft& draft) {
  const auto key = Ed25519KeyPair::from_seed(Bytes(32, draft.seed_byte)).value();
  Json proof = {{"type", credential::eddsa_jcs_2022::kProofType},
                {"cryptosuite", credential::eddsa_jcs_2022::kName},
                {"created", draft.created},
                {"verificationMethod", did_key::verification_method_of(key.public_key())},
                {"proofPurpose", "assertionMethod"},
                {"@context", document["@context"]}};
  if (!draft.id.is_null()) proof["id"] = draft.id;
  if (!draft.previous.is_null()) proof["previousProof"] = draft.previous;
  const auto input = credential::eddsa_jcs_2022::signing_input(document, proof, draft.signed_over).value();
  proof["proofValue"] = multibase_encode(Multibase::base58btc, key.sign(input.bytes()).view());
  return proof;
}

Json list(const std::vector<Json>& values) {
  return values;
}

// Case name -> proofs of the document.
std::map<std::string, Json> cases_of(const Json& document) {
  const auto proof = [&](const Draft& draft) { return make_proof(document, draft); };
  const Json first = proof({.id = kFirstId});
  const Json other_first = proof({.id = kFirstId, .created = "2026-02-26T22:06:39Z"});
  const Json second = proof({.seed_byte = 0x22, .id = kSecondId});
  const Json number = proof({.id = "456321"});
  const auto last = [&](const Json& previous, const Json& signed_over) {
    return proof({.seed_byte = 0x33, .previous = previous, .signed_over = signed_over});
  };
  const Json middle =
      proof({.seed_byte = 0x22, .id = kSecondId, .previous = kFirstId, .signed_over = list({first})});
  const Json in_circle = proof({.id = kFirstId, .previous = kSecondId});
  return {
      {"StringOk", list({first, last(kFirstId, list({first}))})},
      {"ArrayOk", list({first, last(list({kFirstId}), list({first}))})},
      {"ArrayOfTwoOk", list({first, second, last(list({kSecondId, kFirstId}), list({second, first}))})},
      {"ChainOfThreeOk", list({first, middle, last(kSecondId, list({middle}))})},
      {"MissingFail", list({first, last(kMissingId, Json::array())})},
      {"StringMissingFail", list({first, last(kMissingId, list({first}))})},
      {"ArrayMissingFail", list({first, last(list({kMissingId}), Json::array())})},
      {"ArrayOneMissingFail", list({first, last(list({kFirstId, kMissingId}), list({first}))})},
      {"NotStringFail", list({number, last(456321, list({number}))})},
      {"ArrayNotStringFail", list({number, last(list({456321}), list({number}))})},
      {"SelfFail", list({first, proof({.seed_byte = 0x22, .id = kSecondId, .previous = kSecondId})})},
      {"CycleFail", list({in_circle, proof({.seed_byte = 0x22,
                                            .id = kSecondId,
                                            .previous = kFirstId,
                                            .signed_over = list({in_circle})})})},
      {"DuplicateIdFail", list({first, other_first, last(kFirstId, list({first}))})},
      {"NamedTwiceFail", list({first, last(list({kFirstId, kFirstId}), list({first, first}))})},
      {"EarlierReplacedFail", list({other_first, last(kFirstId, list({first}))})},
  };
}

std::string issuer_did() {
  return did_key::did_of(Ed25519KeyPair::from_seed(Bytes(32, 0x11)).value().public_key()).text();
}

Json alumni() {
  return {{"@context", list({"https://www.w3.org/ns/credentials/v2",
                             {{"AlumniCredential", "https://www.example.org/AlumniCredential"},
                              {"alumniOf", "https://www.example.org/alumniOf"}}})},
          {"id", "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"},
          {"type", list({"VerifiableCredential", "AlumniCredential"})},
          {"name", "Alumni Credential"},
          {"issuer", issuer_did()},
          {"validFrom", "2026-01-01T00:00:00Z"},
          {"credentialSubject", {{"id", "did:example:abcdefgh"}, {"alumniOf", "The School of Examples"}}}};
}

Json micro_credential() {
  return {{"@context", list({"https://www.w3.org/ns/credentials/v2",
                             "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"})},
          {"id", "urn:uuid:0d4c2f0e-6f0a-4a3e-9f0e-6a4f3f1c9a10"},
          {"type", list({"VerifiableCredential", "OpenBadgeCredential"})},
          {"name", "Künstliche Intelligenz für Städte — Základy"},
          {"issuer", {{"id", issuer_did()}, {"type", list({"Profile"})}, {"name", "Beispiel-Hochschule"}}},
          {"validFrom", "2026-01-01T00:00:00+01:00"},
          {"credentialSubject",
           {{"type", list({"AchievementSubject"})},
            {"achievement",
             {{"id", "https://hochschule.example/achievements/17"},
              {"type", list({"Achievement"})},
              {"creditsAvailable", 2.5},
              {"criteria", {{"narrative", "Prüfung \"KI 1\" bestanden\nGebühr: 50 €"}}},
              {"description", "\U0001F393"},
              {"name", "KI"}}}}}};
}

std::map<std::string, std::string> all_files() {
  std::map<std::string, std::string> files;
  for (const auto& [document_name, document] :
       {std::pair{"Alumni", alumni()}, std::pair{"MicroCredential", micro_credential()}}) {
    for (const auto& [case_name, proofs] : cases_of(document)) {
      Json secured = document;
      secured["proof"] = proofs;
      files[concat("2.0-previousProof", case_name, "-", document_name, ".json")] = secured.dump(2) + "\n";
    }
  }
  return files;
}

int write(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  for (const auto& [name, text] : all_files()) {
    std::ofstream out(directory / name, std::ios::binary);
    out << text;
    if (!out.flush()) {
      std::cerr << "cannot write " << (directory / name).string() << "\n";
      return 1;
    }
  }
  return 0;
}

std::map<std::string, std::string> files_in(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

int check(const std::filesystem::path& directory) {
  const auto expected = all_files();
  const auto actual = files_in(directory);
  int differences = 0;
  for (const auto& [name, text] : expected) {
    const auto found = actual.find(name);
    if (found != actual.end() && found->second == text) continue;
    std::cerr << name << (found == actual.end() ? " is missing\n" : " differs\n");
    ++differences;
  }
  for (const auto& [name, text] : actual) {
    if (expected.contains(name)) continue;
    std::cerr << name << " is not made by this program\n";
    ++differences;
  }
  std::cout << expected.size() << " vectors, " << differences << " differences\n";
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1) return write(arguments[0]);
  if (arguments.size() == 2 && arguments[0] == "--check") return check(arguments[1]);
  std::cerr << "usage: make_vectors [--check] DIR\n";
  return 64;
}
