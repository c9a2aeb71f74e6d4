#include "protocol/webvh/did_web.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/webvh/resolution.h"
#include "protocol/webvh/text.h"

namespace vcnode::webvh {

Result<nlohmann::json> did_web_document(const State& version) {
  const std::string prefix = concat("did:webvh:", version.did().scid(), ":");
  const std::string text = replaced(document_of(version).dump(), prefix, "did:web:");
  VCNODE_TRY(auto document, json::read(text));
  auto given = nlohmann::json::array();
  if (const auto names = document.find("alsoKnownAs"); names != document.end())
    given = names->is_array() ? *names : nlohmann::json::array({*names});
  given.push_back(version.did().text());
  auto distinct = nlohmann::json::array();
  for (const auto& name : given)
    if (name != document["id"] && std::find(distinct.begin(), distinct.end(), name) == distinct.end())
      distinct.push_back(name);
  document["alsoKnownAs"] = std::move(distinct);
  return document;
}

}  // namespace vcnode::webvh
