// Credentials made of the members that the profiles read, filled with values that are right, nearly right and
// wrong, from a seed.
#pragma once

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "protocol/facts/profiles.h"

namespace vcnode::test {

inline nlohmann::json random_scalar(Rng& rng) {
  static const nlohmann::json kValues =
      nlohmann::json::parse(R"([null, true, false, 0, 3, 6, 78, -1, 2.5, "", " ", "x", "6", "IE", "EL",
    "2026-05-04T00:00:00Z", "2026-05-04", "PT60H", "P60M", "http://data.europa.eu/snb/eqf/6", "https://data.europa.eu/snb/eqf/7",
    "http://data.europa.eu/snb/qdr/c_c392e7a2", "http://data.europa.eu/snb/isced-f/0714", "http://data.europa.eu/esco/skill/1",
    "http://publications.europa.eu/resource/authority/country/IRL", "http://data.europa.eu/snb/education-credit/6fcec5c5af",
    "http://data.europa.eu/snb/evidence-type/c_18016257", "did:web:a.example", "did:webvh:Qm1:a.example", "did:webvh:Qm1:b.example",
    "urn:epass:org:1", "not-applicable", "first", "second cycle", "informal", "MicroCredential", "BachelorDegree", "LearningAchievement",
    "uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "~/", "ÿ"])");
  return kValues[rng.below(kValues.size())];
}

// A value with members that the readers look into.
inline nlohmann::json random_value(Rng& rng, int depth) {
  static const char* const kMembers[] = {"id",
                                         "type",
                                         "en",
                                         "et",
                                         "noteLiteral",
                                         "prefLabel",
                                         "legalName",
                                         "title",
                                         "text",
                                         "name",
                                         "point",
                                         "framework",
                                         "skill",
                                         "notation",
                                         "statement",
                                         "rule",
                                         "level",
                                         "targetUrl",
                                         "targetCode",
                                         "targetFramework",
                                         "@value",
                                         "@language",
                                         "country",
                                         "address",
                                         "addressCountryCode",
                                         "digestMultibase",
                                         "targetName"};
  if (depth <= 0 || rng.below(3) == 0) return random_scalar(rng);
  nlohmann::json out = nlohmann::json::object();
  for (std::uint64_t i = 0; i < 1 + rng.below(3); ++i)
    out[kMembers[rng.below(std::size(kMembers))]] = random_value(rng, depth - 1);
  return out;
}

// Puts `value` at `path`, through what is there already; sometimes as one more of an array.
inline void put_at(nlohmann::json& at, std::string_view path, const nlohmann::json& value, Rng& rng) {
  if (at.is_array()) {
    if (rng.below(3) == 0) at.push_back(nlohmann::json::object());
    put_at(at.back(), path, value, rng);
    return;
  }
  if (!at.is_object()) at = nlohmann::json::object();
  const auto slash = path.find('/');
  nlohmann::json& next = at[std::string(path.substr(0, slash))];
  if (slash != std::string_view::npos) {
    if (next.is_null() && rng.below(4) == 0) next = nlohmann::json::array({nlohmann::json::object()});
    return put_at(next, path.substr(slash + 1), value, rng);
  }
  if (!next.is_null() && !next.is_array()) {
    nlohmann::json array = nlohmann::json::array();
    array.push_back(next);
    next = std::move(array);
  }
  if (next.is_array()) {
    next.push_back(value);
  } else {
    next = value;
  }
}

inline nlohmann::json random_credential(Rng& rng) {
  static const char* const kTypes[] = {"EuropeanDigitalCredential", "OpenBadgeCredential", "MicroCredential"};
  const auto profile = rng.below(3);
  nlohmann::json out = {{"type", nlohmann::json::array({"VerifiableCredential", kTypes[profile]})}};
  if (rng.below(2) == 0) out["issuer"] = random_value(rng, 3);
  const auto sources = profile == 0        ? facts::european_learning_model_sources()
                       : rng.below(2) == 0 ? facts::plain_element_sources()
                       : profile == 1      ? facts::open_badge_sources()
                                           : facts::plain_sources();
  for (std::uint64_t i = 0; i < rng.below(30); ++i) {
    const facts::Source& source = sources[rng.below(sources.size())];
    std::string path(source.path);
    if (source.from != facts::From::credential) {
      const char* below = profile == 0 ? "credentialSubject/hasClaim/" : "credentialSubject/achievement/";
      path = concat(source.from == facts::From::subject ? "credentialSubject/" : below, path);
    }
    put_at(out, path, random_value(rng, 3), rng);
  }
  return out;
}

}  // namespace vcnode::test
