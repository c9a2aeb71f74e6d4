// Literal replacement in text, as the specification asks for with SCIDs and DIDs.
#pragma once

#include <string>
#include <string_view>

namespace vcnode::webvh {

// REQUIRES: `from` is not empty.
[[nodiscard]] inline std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const auto at = text.find(from);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    out.append(to);
    text.remove_prefix(at + from.size());
  }
}

}  // namespace vcnode::webvh
