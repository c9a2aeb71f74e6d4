#include <nlohmann/json.hpp>

#include "protocol/facts/facts.h"

namespace vcnode::facts {
namespace {

using Json = nlohmann::json;

}  // namespace

nlohmann::json report(const Facts& facts) {
  Json elements = Json::array();
  for (const Element& element : facts.elements) {
    const bool found = element.state == ElementState::present || element.state == ElementState::malformed;
    Json row = Json::object();
    row["element"] = element.number;
    row["name"] = element.name;
    row["state"] = state_name(element.state);
    row["path"] = found ? Json(element.path) : Json();
    row["value"] = Json::parse(element.value);
    elements.push_back(std::move(row));
  }
  Json consistency = Json::array();
  for (const Finding& finding : check_consistency(facts)) {
    Json row = Json::object();
    row["code"] = finding.code.slug();
    row["message"] = finding.message;
    consistency.push_back(std::move(row));
  }
  Json out = Json::object();
  out["elements"] = std::move(elements);
  out["consistency"] = std::move(consistency);
  return out;
}

}  // namespace vcnode::facts
