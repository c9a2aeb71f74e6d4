#include "node/cli/fact_words.h"

#include <nlohmann/json.hpp>

#include "crypto/base/result.h"

namespace vcnode::cli {

std::string value_in_words(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string out;
  const auto append = [&out](const std::string& part, std::string_view separator) {
    if (out.size() <= kValueBytesMax) out += out.empty() ? part : concat(separator, part);
  };
  if (value.is_array()) {
    for (const auto& one : value) append(value_in_words(one), "; ");
    return out;
  }
  if (!value.is_object()) return value.dump();
  for (const char* name : {"label", "text", "en", "und", "legalName"})
    if (value.contains(name)) return value_in_words(value.at(name));
  if (value.size() == 1 && value.front().is_string()) return value_in_words(value.front());
  for (const auto& [name, member] : value.items())
    if (name != "id" || value.size() == 1) append(concat(name, " ", value_in_words(member)), ", ");
  return out;
}

}  // namespace vcnode::cli
