// Random JSON documents and changes to them, drawn from a seed so that a failure can be replayed.
#pragma once

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/rng.h"

namespace vcnode::test {

// Text of ASCII, escapes, and characters of two to four UTF-8 bytes; U+E000 and an emoji sort differently by
// UTF-8 and by UTF-16.
inline std::string random_text(Rng& rng) {
  static constexpr const char* kPieces[] = {"a", "Z", "0", "\"",     "\\", "\n", "\x01",
                                            "é", "ř", "€", "\ue000", "😀",  " "};
  std::string text;
  for (auto left = rng.below(6); left > 0; --left) text += kPieces[rng.below(std::size(kPieces))];
  return text;
}

// Integers within ±2^53, and finite doubles but those that JCS would write as longer integers, which may not
// be signed.
inline nlohmann::json random_number(Rng& rng) {
  if (rng.below(2) == 0) return static_cast<std::int64_t>(rng.below(1ull << 53)) - (1ll << 52);
  const auto value = std::bit_cast<double>(rng.next());
  const bool long_integer = std::abs(value) >= 0x1p53 && std::abs(value) < 1e21;
  return std::isfinite(value) && !long_integer ? value : 0.5;
}

inline nlohmann::json random_json(Rng& rng, int depth = 4) {
  switch (rng.below(depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return rng.below(2) == 0;
    case 2:
      return random_number(rng);
    case 5: {
      auto array = nlohmann::json::array();
      for (auto left = rng.below(4); left > 0; --left) array.push_back(random_json(rng, depth - 1));
      return array;
    }
    case 6: {
      auto object = nlohmann::json::object();
      for (auto left = rng.below(4); left > 0; --left) object[random_text(rng)] = random_json(rng, depth - 1);
      return object;
    }
    default:
      return random_text(rng);
  }
}

// `value` as text with the members of every object in random order.
inline std::string shuffled_text(const nlohmann::json& value, Rng& rng) {
  if (!value.is_structured()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& [key, member] : value.items()) {
    const auto text = shuffled_text(member, rng);
    parts.push_back(value.is_object() ? nlohmann::json(key).dump() + ": " + text : text);
  }
  if (value.is_object())
    for (std::size_t i = parts.size(); i > 1; --i) std::swap(parts[i - 1], parts[rng.below(i)]);
  std::string out = value.is_object() ? "{" : "[";
  for (const auto& part : parts) out += (out.size() > 1 ? ",\n " : "") + part;
  return out + (value.is_object() ? "}" : "]");
}

// One change somewhere inside `value`, which must be an object or array: a member or element is removed,
// replaced by another value, or added.
inline void mutate(nlohmann::json& value, Rng& rng) {
  const auto choice = rng.below(value.size() + 1);
  if (choice == value.size()) {
    if (value.is_object())
      value["added"] = 1;
    else
      value.push_back("added");
    return;
  }
  const auto position = std::next(value.begin(), static_cast<std::ptrdiff_t>(choice));
  if (position->is_structured() && rng.below(3) != 0) return mutate(*position, rng);
  if (rng.below(2) == 0)
    value.erase(position);
  else
    *position = *position == "replaced" ? "replaced again" : "replaced";
}

}  // namespace vcnode::test
