// Credentials of the three profiles with little in them, and reading them.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/facts/codes.h"
#include "protocol/facts/facts.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

[[nodiscard]] inline facts::Facts facts_of(const nlohmann::json& credential) {
  const auto document = json::Document::parse(credential.dump(), {.size_max = 4 * facts::kDocumentBytesMax});
  REQUIRE_OK(document);
  const auto read = facts::read_facts(document->root());
  REQUIRE_OK(read);
  return *read;
}

// One finding with this code is there, and its sentence names `part`.
[[nodiscard]] inline bool finds(const facts::Facts& read, Code code, const std::string& part = "") {
  const auto findings = facts::check_consistency(read);
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const facts::Finding& finding) {
    return finding.code == code && finding.message.find(part) != std::string::npos;
  });
  return found != findings.end() && same_code(found->code, code);
}

[[nodiscard]] inline nlohmann::json value_of(const facts::Facts& read, int element) {
  return nlohmann::json::parse(read.element(element).value);
}

[[nodiscard]] inline nlohmann::json plain_credential() {
  return nlohmann::json::parse(R"({
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://vcnode.example/ns/micro-credential/v1"],
    "type": ["VerifiableCredential", "MicroCredential"],
    "issuer": {"id": "did:web:uni.example", "name": "Example University", "country": "EE"},
    "validFrom": "2026-05-04T00:00:00Z",
    "credentialSubject": {
      "id": "did:key:z6MkLearner",
      "achievement": {
        "id": "https://uni.example/mc/iot-1",
        "title": {"en": "Industrial IoT basics"},
        "awardingBody": [{"id": "did:web:uni.example", "legalName": "Example University"}],
        "workload": {"ects": 3, "hours": 78},
        "level": {"eqf": "http://data.europa.eu/snb/eqf/6", "nqf": "http://data.europa.eu/snb/qdr/c_3dddfd70", "cycle": "first"},
        "isced": ["http://data.europa.eu/snb/isced-f/0714"],
        "setting": "formal"
      }
    }
  })");
}

[[nodiscard]] inline nlohmann::json european_credential() {
  return nlohmann::json::parse(R"({
    "@context": ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap"],
    "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
    "issuer": {"id": "urn:epass:org:1", "legalName": {"en": "University of Zed"}},
    "issued": "2023-01-02T00:00:00Z",
    "credentialSubject": {
      "id": "urn:epass:person:1",
      "fullName": {"en": "Ana Andromeda"},
      "hasClaim": {
        "type": "LearningAchievement",
        "title": {"en": "Making credentials"},
        "awardedBy": {"awardingBody": {
          "id": "urn:epass:org:1",
          "legalName": {"en": "University of Zed"},
          "location": {"address": {"countryCode": {"id": "http://publications.europa.eu/resource/authority/country/IRL"}}}
        }},
        "specifiedBy": {
          "id": "urn:epass:qualification:1",
          "creditPoint": {"framework": {"id": "http://data.europa.eu/snb/education-credit/6fcec5c5af"}, "point": "2"},
          "volumeOfLearning": "PT60H"
        }
      }
    }
  })");
}

[[nodiscard]] inline nlohmann::json open_badge() {
  return nlohmann::json::parse(R"({
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": "did:web:uni.example", "type": ["Profile"], "name": "Example University",
               "address": {"type": ["Address"], "addressCountryCode": "EE"}},
    "validFrom": "2026-05-04T00:00:00Z",
    "credentialSubject": {
      "type": ["AchievementSubject"],
      "identifier": [{"type": "IdentityObject", "identityHash": "sha256$abc", "hashed": true, "identityType": "emailAddress"}],
      "achievement": {
        "id": "https://uni.example/badge/1",
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": "Data literacy",
        "criteria": {"narrative": "Reads, questions and presents data."}
      }
    }
  })");
}

}  // namespace vcnode::test
