// Reads a TOML document into flat settings with their places, so that every message can name key and line.
//
// toml++ is used here and nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/base/result.h"

namespace vcnode::node {

using SettingValue = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

struct Setting {
  SettingValue value;
  std::string place;  // "config.toml line 12" or "environment variable VCNODE_HTTP_LISTEN"
};

// "section.key" → setting.
using Settings = std::map<std::string, Setting, std::less<>>;

// One [[section]] table.
struct TomlTable {
  Settings settings;  // keys without section
  std::string place;  // of its header
};

struct TomlDocument {
  Settings settings;                                         // of [section] tables
  std::map<std::string, std::string, std::less<>> sections;  // every [section], empty ones too → place
  std::map<std::string, std::vector<TomlTable>, std::less<>> lists;
};

// Errors: CONFIG_SYNTAX (with line), CONFIG_VALUE (a type the configuration never uses, e.g. a date or a
// nested table).
[[nodiscard]] Result<TomlDocument> read_toml(std::string_view text);

// `text` as a TOML string, quoted.
[[nodiscard]] std::string toml_string(std::string_view text);

}  // namespace vcnode::node
