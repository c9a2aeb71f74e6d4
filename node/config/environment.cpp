#include "node/config/environment.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "crypto/base/edit_distance.h"
#include "crypto/base/encoding.h"
#include "node/config/codes.h"

extern char** environ;  // NOLINT: POSIX

namespace vcnode::node {

std::string environment_name(std::string_view key) {
  std::string name = "VCNODE_";
  for (const char c : key)
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Result<void> check_environment(const std::map<std::string, std::string>& environment,
                               const std::vector<std::string_view>& keys) {
  constexpr std::size_t kSlipMax = 2;  // characters
  std::vector<std::string> known;
  known.reserve(keys.size());
  for (const std::string_view key : keys) known.push_back(environment_name(key));
  for (const auto& [name, value] : environment) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto distance = [&name = name](const std::string& other) { return edit_distance(name, other); };
    const std::string& nearest = *std::ranges::min_element(known, {}, distance);
    const bool of_our_section = std::ranges::any_of(keys, [&name = name](std::string_view key) {
      return name.starts_with(environment_name(key.substr(0, key.find('.') + 1)));
    });
    if (of_our_section || distance(nearest) <= kSlipMax)
      return fail(codes::CONFIG_UNKNOWN_KEY, "environment variable ", excerpt(name),
                  " names no setting; the nearest is ", nearest);
  }
  return {};
}

SettingValue environment_value(std::string_view key, const std::string& text) {
  if (key == "network.admit" || key == "network.sponsors" || key == "http.hosts" ||
      key == "trqp.authorities") {
    std::vector<std::string> list;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');) {
      if (!part.empty()) list.push_back(part);
    }
    return list;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = key.starts_with("server.") || key == "fetch.interval_seconds";
  if (is_number && error == std::errc() && end == text.data() + text.size()) return number;
  return text;
}

std::map<std::string, std::string> vcnode_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair = *entry;
    if (const auto equals = pair.find('='); pair.starts_with("VCNODE_") && equals != std::string_view::npos) {
      environment.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  return environment;
}

}  // namespace vcnode::node
