#include "protocol/recognition/policy.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/jcs.h"

namespace vcnode::recognition {
namespace {

using Json = nlohmann::json;

Json names_of(const std::set<Did>& dids) {
  Json names = Json::array();
  for (const Did& did : dids) names.push_back(did.text());
  return names;
}

template <class T>
Json words_of(const std::set<T>& words) {
  Json names = Json::array();
  for (const T word : words) names.push_back(statement::name_of(word));
  return names;
}

Json json_of(const statement::Anchor& anchor) {
  return {{"id", anchor.did},
          {"for", statement::to_json(anchor.scope)},
          {"maxRecognition", anchor.max_recognition},
          {"maxDelegation", anchor.max_delegation}};
}

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json judging(const Policy& policy) {
  Json elements = Json::array();
  for (const int number : policy.elements) elements.push_back(number);
  Json value = Json::object();
  Json anchors = Json::array();
  for (const statement::Anchor& anchor : policy.anchors) anchors.push_back(json_of(anchor));
  value["anchors"] = std::move(anchors);
  value["time"] = {{"issueTime", policy.issue_time_proven ? "proven" : "proven-when-withdrawn"}};
  value["needElements"] = std::move(elements);
  value["onUnknown"] = policy.unknown_is_no ? "not-established" : "cannot-tell";
  value["referencingFrom"] = names_of(policy.referencing_from);
  value["decisions"] = words_of(policy.decisions);
  value["standing"] = words_of(policy.standing);
  value["endorsement"] = {{"atLeast", policy.endorsements_at_least},
                          {"from", names_of(policy.endorsements_from)}};
  value["oneSidedAgreements"] = policy.one_sided_agreements;
  return value;
}

}  // namespace

Policy Policy::of(const statement::TrustList& list) {
  Policy policy;
  policy.country = list.country;
  policy.anchors = list.anchors;
  for (statement::Anchor& anchor : policy.anchors) {
    anchor.max_recognition = std::min(anchor.max_recognition, kMaxRecognition);
    anchor.max_delegation = std::min(anchor.max_delegation, kMaxDelegation);
  }
  policy.sort_anchors();
  return policy;
}

void Policy::sort_anchors() {
  std::vector<std::pair<std::string, statement::Anchor>> sorted;
  for (statement::Anchor& anchor : anchors) {
    std::string text = anchor.did + json_of(anchor).dump();
    sorted.emplace_back(std::move(text), std::move(anchor));
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  anchors.clear();
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (i == 0 || sorted[i].first != sorted[i - 1].first) anchors.push_back(std::move(sorted[i].second));
}

std::string Policy::canonical() const {
  Json value = judging(*this);
  value["v"] = 1;
  value["id"] = or_null(id);
  value["verifierCountry"] = or_null(country.value_or(""));
  value["trust"] = names_of(trust);
  value["witnesses"] = or_null(witnesses);
  value["observers"] = names_of(observers);
  value["observerQuorum"] = observer_quorum;
  value["headAgeWarnSeconds"] = head_age_warn_seconds;
  value["headAgeMaxSeconds"] = head_age_max_seconds ? Json(*head_age_max_seconds) : Json(nullptr);
  // Everything in it was read by the strict reader or has our own form.
  return jcs::canonicalize(value).value();
}

Sha256Digest Policy::digest() const {
  return sha256(as_bytes(canonical()));
}

}  // namespace vcnode::recognition
