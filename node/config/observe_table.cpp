#include "node/config/observe_table.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "node/config/codes.h"

namespace vcnode::node {
namespace {

// An issuer has a handful of lists; more than this was written by mistake or by a program.
constexpr std::size_t kStatusUrlsMax = 64;

Failure bad(const Setting& setting, std::string_view what) {
  return fail(codes::CONFIG_VALUE, setting.place, ": ", what);
}

Result<void> add(std::vector<observe::Target>& targets, Result<observe::Target> target,
                 const Setting& setting, std::string_view key, const std::string& text) {
  if (!target)
    return bad(setting, concat("observe.", key, " is '", excerpt(text), "': ", target.error().message));
  if (std::ranges::any_of(targets, [&](const auto& other) { return other.url == target->url; }))
    return bad(setting, concat("observe.", key, " '", excerpt(text), "' is observed already"));
  targets.push_back(*std::move(target));
  return {};
}

}  // namespace

Result<void> apply_observe_table(std::vector<observe::Target>& targets, const TomlTable& table) {
  for (const auto& [key, setting] : table.settings) {
    if (key == "did") {
      const auto* text = std::get_if<std::string>(&setting.value);
      if (text == nullptr) return bad(setting, "observe.did must be a string");
      VCNODE_CHECK(add(targets, observe::Target::of_did(*text), setting, key, *text));
    } else if (key == "status_url") {
      const auto* list = std::get_if<std::vector<std::string>>(&setting.value);
      if (list == nullptr || list->empty() || list->size() > kStatusUrlsMax)
        return bad(setting, concat("observe.status_url must be a list of 1 to ", kStatusUrlsMax, " URLs"));
      for (const std::string& url : *list)
        VCNODE_CHECK(add(targets, observe::Target::of_list(url), setting, key, url));
    } else {
      return fail(codes::CONFIG_UNKNOWN_KEY, setting.place, ": unknown key 'observe.", excerpt(key),
                  "'; known are 'did' and 'status_url'");
    }
  }
  if (table.settings.empty())
    return fail(codes::CONFIG_MISSING_KEY, table.place,
                ": [[observe]] lacks the key 'did' (a did:web) or 'status_url'");
  return {};
}

}  // namespace vcnode::node
