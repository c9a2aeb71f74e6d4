#include "tests/bench/documents.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace vcnode::bench {
namespace {

using verify::world::Issuer;

nlohmann::json sample(const std::string& name, const Issuer& issuer) {
  std::ifstream in(VCNODE_SAMPLES_DIR "/" + name);
  auto document = nlohmann::json::parse(in);
  document["id"] = "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c11";
  document["issuer"]["id"] = issuer.did().text();
  return document;
}

}  // namespace

std::string signed_micro_credential(const Issuer& issuer) {
  auto document = sample("micro-credential.json", issuer);
  // The mandatory elements only: about the size of credentials in the field.
  auto& subject = document["credentialSubject"];
  auto& achievement = subject["achievement"];
  for (const char* member : {"activityStartDate", "activityEndDate"}) subject.erase(member);
  for (const char* member : {"prerequisites", "stackability", "furtherInformation"})
    achievement.erase(member);
  achievement["assessment"][0].erase("supervision");
  document["issuer"].erase("url");
  document["credentialStatus"] = {verify::world::status_entry(status::Purpose::revocation),
                                  verify::world::status_entry(status::Purpose::suspension)};
  return verify::world::sign(issuer, document);
}

std::string signed_badge(const Issuer& issuer) {
  return verify::world::sign(issuer, sample("badge.json", issuer));
}

}  // namespace vcnode::bench
