#include "node/config/toml_values.h"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "node/config/codes.h"

namespace vcnode::node {
namespace {

std::string place_of(const toml::node& node) {
  return concat("config.toml line ", node.source().begin.line);
}

Result<std::vector<std::string>> strings_of(std::string_view key, const toml::array& array) {
  std::vector<std::string> out;
  for (const toml::node& element : array) {
    const auto* text = element.as_string();
    if (text == nullptr) {
      return fail(codes::CONFIG_VALUE, place_of(array), ": ", key, " must be a list of strings");
    }
    out.push_back(text->get());
  }
  return out;
}

Result<Setting> setting_of(std::string_view key, const toml::node& node) {
  if (const auto* text = node.as_string()) return Setting{text->get(), place_of(node)};
  if (const auto* number = node.as_integer()) return Setting{number->get(), place_of(node)};
  if (const auto* flag = node.as_boolean()) return Setting{flag->get(), place_of(node)};
  if (const auto* array = node.as_array()) {
    VCNODE_TRY(auto strings, strings_of(key, *array));
    return Setting{std::move(strings), place_of(node)};
  }
  return fail(codes::CONFIG_VALUE, place_of(node), ": ", key,
              " must be a string, an integer, true, false or a list of strings");
}

Result<Settings> settings_of(std::string_view prefix, const toml::table& table) {
  Settings out;
  for (const auto& [key, node] : table) {
    const std::string name = prefix.empty() ? std::string(key.str()) : concat(prefix, ".", key.str());
    VCNODE_TRY(auto setting, setting_of(name, node));
    out.emplace(name, std::move(setting));
  }
  return out;
}

bool is_table_list(const toml::node& node) {
  const auto* array = node.as_array();
  return array != nullptr && !array->empty() && array->is_homogeneous(toml::node_type::table);
}

}  // namespace

Result<TomlDocument> read_toml(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(codes::CONFIG_SYNTAX, "config.toml line ", parsed.error().source().begin.line, ": ",
                parsed.error().description());
  }
  TomlDocument document;
  for (const auto& [key, node] : parsed.table()) {
    if (const auto* table = node.as_table()) {
      VCNODE_TRY(auto settings, settings_of(key.str(), *table));
      document.settings.merge(settings);
    } else if (is_table_list(node)) {
      for (const toml::node& element : *node.as_array()) {
        VCNODE_TRY(auto settings, settings_of("", *element.as_table()));
        document.lists[std::string(key.str())].push_back(std::move(settings));
      }
    } else {
      VCNODE_TRY(auto setting, setting_of(key.str(), node));
      document.settings.emplace(key.str(), std::move(setting));
    }
  }
  return document;
}

}  // namespace vcnode::node
