// The corpus of the target `facts`: credentials of every profile, in every envelope.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "crypto/base/encoding.h"

namespace vcnode::fuzz {

inline std::map<std::string, std::string> facts_corpus(const std::string& badge,
                                                       const std::string& micro_credential) {
  std::map<std::string, std::string> files;
  files.emplace("sample-badge", badge);
  files.emplace("sample-micro-credential", micro_credential);
  const std::string european =
      R"({"@context":["https://www.w3.org/2018/credentials/v1","http://data.europa.eu/snb/model/context/edc-ap"],"type":["VerifiableCredential","EuropeanDigitalCredential"],)"
      R"("issuer":{"id":"urn:epass:org:2","legalName":{"en":"Seal Office"}},"issued":"2023-06-10T09:00:00","evidence":{"dcType":{"id":"http://data.europa.eu/snb/evidence-type/c_18016257"}},)"
      R"("credentialSubject":{"id":"urn:epass:person:1","fullName":{"en":"Ana"},"hasClaim":{"type":"LearningAchievement","title":{"en":"T","id":"J"},"awardedBy":{"awardingBody":[)"
      R"({"id":"urn:epass:org:1","legalName":{"en":"Zed"},"location":{"address":{"countryCode":{"id":"https://publications.europa.eu/resource/authority/country/1A0"}},)"
      R"("spatialCode":{"id":"http://publications.europa.eu/resource/authority/atu/IRL_CTH_DUB"}}}]},"influencedBy":{"specifiedBy":{"volumeOfLearning":"P60M"},)"
      R"("temporal":{"endDate":"2023-07-01"}},"provenBy":{"grade":{"noteLiteral":{"en":"Pass"}}},"hasPart":[{"id":"urn:x:1"}],"specifiedBy":{"eqfLevel":{"id":"http://data.europa.eu/snb/eqf/6"},)"
      R"("nqfLevel":[{"id":"http://data.europa.eu/snb/qdr/c_c392e7a2"}],"creditPoint":{"framework":{"id":"http://data.europa.eu/snb/education-credit/6fcec5c5af"},"point":"3"},)"
      R"("volumeOfLearning":"PT60H","thematicArea":{"id":"http://data.europa.eu/snb/isced-f/0714"},"learningSetting":"informal","isPartialQualification":false}}}})";
  files.emplace("european", european);
  files.emplace("sealed",
                nlohmann::json{{"payload", european}, {"signatures", nlohmann::json::array()}}.dump());
  files.emplace("compact-jws", concat("eyJhbGciOiJFZERTQSJ9.", base64url_encode(as_bytes(badge)), ".AAAA"));
  files.emplace("claim-vc", concat("eyJhbGciOiJFZERTQSJ9.",
                                   base64url_encode(as_bytes(concat(R"({"vc":)", european, "}"))), "."));
  files.emplace(
      "plain",
      R"({"type":["VerifiableCredential","MicroCredential"],"issuer":{"id":"did:webvh:Qm:a.example","country":"EL","region":"EL30"},"validFrom":"2026-05-04",)"
      R"("credentialSubject":{"learner":{"name":"A"},"component":[{"id":"urn:x","digestMultibase":"uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"urn:y"],)"
      R"("assessment":{"type":"t","supervision":["s"],"grade":1},"achievement":{"title":"T","awardingBody":"did:web:a.example","workload":{"ects":"3","hours":100},)"
      R"("level":{"eqf":[5,"6"],"nqf":{"framework":"IE","level":"6"},"cycle":"short cycle"},"isced":"06","stack":{"mode":"stackable","towards":{"id":"urn:z","rule":"r"}}}}})");
  files.emplace(
      "status-list",
      R"({"type":["VerifiableCredential","BitstringStatusListCredential"],"credentialSubject":{"id":"urn:x"}})");
  return files;
}

}  // namespace vcnode::fuzz
