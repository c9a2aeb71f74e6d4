#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "crypto/base/ascii.h"
#include "node/app/all_codes.h"
#include "node/app/api.h"
#include "node/app/problem.h"

namespace vcnode::node {

namespace {

// "/feeds/{hash}/tile/entries/{tile...}" → "/feeds/{hash}/tile/entries/{tile}" and its parameters' names.
std::pair<std::string, std::vector<std::string>> plain_pattern(std::string_view pattern) {
  std::string out;
  std::vector<std::string> names;
  while (!pattern.empty()) {
    const auto open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = pattern.find('}', open);
    std::string_view name = pattern.substr(open + 1, close - open - 1);
    if (name.ends_with("...")) name.remove_suffix(3);
    names.emplace_back(name);
    out += concat("{", name, "}");
    pattern.remove_prefix(close + 1);
  }
  return {std::move(out), std::move(names)};
}

nlohmann::json body_schema(const Route& route) {
  nlohmann::json properties = nlohmann::json::object();
  nlohmann::json required = nlohmann::json::array();
  for (const MemberDoc& member : route.body) {
    nlohmann::json schema{{"description", member.description}};
    if (!member.type.empty()) schema["type"] = member.type;
    properties[member.name] = std::move(schema);
    if (member.required) required.push_back(member.name);
  }
  nlohmann::json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

// What every request may meet before its handler sees it: the router's and the server's refusals.
std::map<unsigned, std::string> common_answers(const Route& route) {
  std::map<unsigned, std::string> out{{400, "the request is malformed"},
                                      {408, "the request did not arrive in time"},
                                      {413, "the body is longer than accepted here"},
                                      {421, "the node does not answer for this host"},
                                      {431, "the header is longer than accepted"},
                                      {500, "a fault of the node's own"},
                                      {503, "the node is busy or stopping"}};
  if (route.access != Access::everyone) {
    out.emplace(401, "the access token is missing or not known");
    out.emplace(403, "the access token's role does not allow this");
  }
  if (route.method == "POST" && route.json_body)
    out.emplace(415, "the body is not declared as JSON in UTF-8, or is encoded");
  return out;
}

std::string media_type_of(const Route& route, unsigned status) {
  if (status < 400) return route.answer_type;
  const auto own = route.answer_types.find(status);
  return own == route.answer_types.end() ? "application/problem+json" : own->second;
}

// A status with a form of its own may also come from before the handler, as a problem.
nlohmann::json responses_json(const Route& route) {
  const auto common = common_answers(route);
  std::map<unsigned, std::string> meanings = common;
  for (const auto& [status, meaning] : route.answers) meanings[status] = meaning;
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [status, meaning] : meanings) {
    nlohmann::json content{{media_type_of(route, status), nlohmann::json::object()}};
    if (common.contains(status)) content["application/problem+json"] = nlohmann::json::object();
    out[std::to_string(status)] = {{"description", meaning}, {"content", std::move(content)}};
  }
  return out;
}

nlohmann::json operation_json(const Route& route, const std::vector<std::string>& names) {
  nlohmann::json out{{"summary", route.summary}, {"responses", responses_json(route)}};
  for (const std::string& name : names) {
    out["parameters"].push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const MemberDoc& parameter : route.query) {
    out["parameters"].push_back({{"name", parameter.name},
                                 {"in", "query"},
                                 {"required", parameter.required},
                                 {"description", parameter.description},
                                 {"schema", {{"type", parameter.type}}}});
  }
  if (!route.body.empty()) {
    out["requestBody"] = {{"required", true},
                          {"content", {{"application/json", {{"schema", body_schema(route)}}}}}};
  }
  if (route.access != Access::everyone) {
    out["security"] = nlohmann::json::array({{{"token", nlohmann::json::array()}}});
    out["x-roles"] = route.access == Access::issuing ? nlohmann::json{"issuer", "operator"}
                                                     : nlohmann::json{"read", "operator"};
  }
  return out;
}

}  // namespace

std::string openapi_of(const Router& router) {
  nlohmann::json paths = nlohmann::json::object();
  for (const Route& route : router.routes()) {
    const auto [pattern, names] = plain_pattern(route.pattern);
    paths[pattern][lower_case(route.method)] = operation_json(route, names);
  }
  nlohmann::json reason_codes = nlohmann::json::object();
  for (const CodeInfo* code : all_codes()) reason_codes[std::string(code->slug)] = code->sentence;
  return json_text(
      {{"openapi", "3.1.0"},
       {"info",
        {{"title", "vcnode"},
         {"version", VCNODE_VERSION},
         {"description",
          "Issue, verify and revoke verifiable credentials. Errors are RFC 9457 problem details "
          "with a stable code."}}},
       {"paths", std::move(paths)},
       {"components", {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
       {"x-reason-codes", std::move(reason_codes)}});
}

}  // namespace vcnode::node
