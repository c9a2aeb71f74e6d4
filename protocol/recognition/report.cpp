#include "protocol/recognition/report.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"

namespace vcnode::recognition {
namespace {

using Json = nlohmann::json;

// Numbers of elements of the EU standard.
constexpr int kLearner = 1;
constexpr int kOutcomes = 6;
constexpr int kWorkload = 7;
constexpr int kLevel = 8;
constexpr int kAssessment = 9;
constexpr int kQualityAssurance = 11;

Json time_or_null(const std::optional<Timestamp>& time) {
  return time ? Json(time->to_string()) : Json(nullptr);
}

bool is_vouched(const Recognition& recognition) {
  return recognition.outcome >= Outcome::partly_recognised;
}

std::string digest_text(const Sha256Digest& digest) {
  return concat("sha256:", hex_encode(digest.view()));
}

// What the credential says, and who stands behind it.
Json from_element(std::string_view criterion, const Query& query, int number, bool vouched) {
  const facts::Element& element = query.facts.element(number);
  const bool present = element.state == facts::ElementState::present;
  return {{"criterion", criterion},
          {"value", Json::parse(element.value, nullptr, false)},
          {"source", present ? Json(concat("credential, ", element.path)) : Json(nullptr)},
          {"date", present ? time_or_null(query.facts.awarded) : Json(nullptr)},
          {"strength", !present  ? "absent"
                       : vouched ? "vouched"
                                 : "stated"}};
}

// The accreditation itself is the better source where there is one.
Json quality_assurance(const Recognition& recognition, const Query& query) {
  for (const Link& link : recognition.chain) {
    if (link.kind != statement::Kind::accreditation || !is_vouched(recognition)) continue;
    return {{"criterion", "quality assurance"},
            {"value", concat("accredited by ", link.from)},
            {"source", digest_text(link.statement)},
            {"date", time_or_null(issue_moment(query.when))},
            {"strength", "proven"}};
  }
  return from_element("quality assurance", query, kQualityAssurance, false);
}

Json verification(const Query& query, const Verified& verified) {
  return {{"criterion", "verification"},
          {"value", verified.code.empty() ? verified.verdict : concat(verified.verdict, ", ", verified.code)},
          {"source", "this verification"},
          {"date", query.at.to_string()},
          {"strength", "proven"}};
}

Json level(const Recognition& recognition, const Query& query) {
  Json line = from_element("level", query, kLevel, false);
  for (const Note& note : recognition.notes)
    if (note.code.slug().starts_with("LEVEL_")) line["doubt"] = note.code.slug();
  if (is_vouched(recognition) && line["strength"] == "stated" && !line.contains("doubt"))
    line["strength"] = "vouched";
  return line;
}

Json identification(const Query& query, const Verified& verified) {
  Json line = from_element("identification of the person", query, kLearner, false);
  line["value"] = verified.subject;
  if (verified.subject != "key-bound" && verified.subject != "matched") return line;
  line["source"] = "this verification";
  line["date"] = query.at.to_string();
  line["strength"] = "proven";
  return line;
}

Json standing_of_issuer(const Recognition& recognition, const Query& query, const Verified& verified) {
  Json codes = Json::array();
  for (const Note& note : recognition.notes)
    codes.push_back({{"code", note.code.slug()}, {"sentence", note.sentence}});
  Json names = Json::array();
  for (const auto& [name, confirmed_by] : verified.names)
    names.push_back({{"name", name}, {"confirmedBy", confirmed_by ? Json(*confirmed_by) : Json(nullptr)}});
  Json issuer = to_json(recognition);
  issuer["did"] = verified.issuer ? Json(*verified.issuer) : Json(nullptr);
  issuer["names"] = std::move(names);
  issuer["endorsedBy"] = recognition.endorsed_by;
  issuer["codes"] = std::move(codes);
  issuer["on"] = time_or_null(issue_moment(query.when));
  issuer["awarded"] = time_or_null(query.facts.awarded);
  issuer["proven"] = query.when.proven.has_value();
  return issuer;
}

}  // namespace

Json officer_report(const Recognition& recognition, const Query& query, const Verified& verified) {
  const bool vouched = is_vouched(recognition);
  Json criteria = Json::array();
  criteria.push_back(quality_assurance(recognition, query));
  criteria.push_back(verification(query, verified));
  criteria.push_back(level(recognition, query));
  criteria.push_back(from_element("learning outcomes", query, kOutcomes, vouched));
  criteria.push_back(from_element("workload", query, kWorkload, vouched));
  criteria.push_back(from_element("testing", query, kAssessment, vouched));
  criteria.push_back(identification(query, verified));
  return {{"at", query.at.to_string()},
          {"criteria", std::move(criteria)},
          {"issuer", standing_of_issuer(recognition, query, verified)},
          {"note", "Not a legal decision: it says who signed what, and what is not known."}};
}

}  // namespace vcnode::recognition
