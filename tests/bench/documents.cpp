#include "tests/bench/documents.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/jcs.h"

namespace vcnode::bench {
namespace {

using verify::world::Issuer;

// The sample with what `vcnode issue` adds: id, issuer DID and an entry in each of two lists.
nlohmann::json completed(const std::string& name, const Issuer& issuer) {
  std::ifstream in(VCNODE_SAMPLES_DIR "/" + name);
  auto document = nlohmann::json::parse(in);
  document["id"] = "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c11";
  document["issuer"]["id"] = issuer.did().text();
  document["credentialStatus"] = {verify::world::status_entry(status::Purpose::revocation),
                                  verify::world::status_entry(status::Purpose::suspension)};
  return document;
}

// The canonical text, as `vcnode issue` writes it.
std::string signed_text(const Issuer& issuer, const nlohmann::json& document) {
  return jcs::canonicalize(nlohmann::json::parse(verify::world::sign(issuer, document))).value();
}

}  // namespace

std::string signed_micro_credential(const Issuer& issuer) {
  return signed_text(issuer, completed("micro-credential.json", issuer));
}

std::string signed_mandatory_elements(const Issuer& issuer) {
  auto document = completed("micro-credential.json", issuer);
  auto& subject = document["credentialSubject"];
  auto& achievement = subject["achievement"];
  for (const char* member : {"activityStartDate", "activityEndDate", "result"}) subject.erase(member);
  for (const char* member : {"supervision", "grade"}) subject["assessment"][0].erase(member);
  for (const char* member : {"resultDescription", "prerequisite", "stack", "furtherInformation"})
    achievement.erase(member);
  document["issuer"].erase("url");
  return signed_text(issuer, document);
}

std::string signed_badge(const Issuer& issuer) {
  return signed_text(issuer, completed("badge.json", issuer));
}

}  // namespace vcnode::bench
