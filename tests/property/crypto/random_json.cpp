#include "tests/property/crypto/random_json.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "crypto/base/json.h"

namespace vcnode::test {
namespace {

using Tree = nlohmann::json;

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80u | (code_point >> shift & 0x3fu)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xc0u | code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xe0u | code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0u | code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string random_string(Rng& rng) {
  struct Range {
    std::uint32_t first, size;
  };
  // ASCII twice, Latin, CJK, the range after the surrogates, and beyond U+FFFF.
  constexpr std::array<Range, 6> kRanges = {
      {{0x01, 0x7f}, {'a', 3}, {0x80, 0x700}, {0x4e00, 0x100}, {0xe000, 0x2000}, {0x10000, 0x100000}}};
  std::string out;
  for (std::uint64_t left = rng.below(5); left > 0; --left) {
    const Range range = kRanges[rng.below(kRanges.size())];
    append_utf8(out, range.first + static_cast<std::uint32_t>(rng.below(range.size)));
  }
  return out;
}

Tree random_number(Rng& rng) {
  if (rng.below(2) == 0) {
    const std::uint64_t magnitude = rng.next() >> (11 + rng.below(53));
    const auto value = static_cast<std::int64_t>(magnitude);
    return rng.below(2) == 0 ? value : -value;
  }
  for (;;) {
    const auto number = std::bit_cast<double>(rng.next());
    if (std::isfinite(number) && !json::is_unsafe_integer(number)) return number;
  }
}

void append_space(std::string& out, Rng& rng) {
  constexpr std::string_view kSpaces = " \t\r\n";
  for (std::uint64_t left = rng.below(3); left > 0; --left) out.push_back(kSpaces[rng.below(kSpaces.size())]);
}

void append_escape(std::string& out, std::uint32_t unit, Rng& rng) {
  const std::string_view digits = rng.below(2) == 0 ? "0123456789abcdef" : "0123456789ABCDEF";
  out.append("\\u");
  for (const unsigned shift : {12u, 8u, 4u, 0u}) out.push_back(digits[unit >> shift & 15u]);
}

void append_random_string(std::string& out, const std::string& text, Rng& rng) {
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t code_point = size == 1 ? lead : lead & (0xffu >> (size + 1));
    for (std::size_t k = 1; k < size; ++k)
      code_point = code_point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    const bool must = code_point < 0x20 || code_point == '"' || code_point == '\\';
    if (!must && rng.below(3) != 0) {
      out.append(text, i, size);
    } else if (code_point < 0x10000) {
      append_escape(out, code_point, rng);
    } else {
      append_escape(out, 0xd800 + ((code_point - 0x10000) >> 10), rng);
      append_escape(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff), rng);
    }
    i += size;
  }
  out.push_back('"');
}

void append_random_text(std::string& out, const Tree& tree, Rng& rng) {
  append_space(out, rng);
  if (tree.is_object()) {
    std::vector<Tree::const_iterator> members;
    for (auto it = tree.cbegin(); it != tree.cend(); ++it) members.push_back(it);
    for (std::size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[rng.below(i)]);
    out.push_back('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out.push_back(',');
      append_space(out, rng);
      append_random_string(out, members[i].key(), rng);
      append_space(out, rng);
      out.push_back(':');
      append_random_text(out, members[i].value(), rng);
    }
    out.push_back('}');
  } else if (tree.is_array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < tree.size(); ++i) {
      if (i > 0) out.push_back(',');
      append_random_text(out, tree[i], rng);
    }
    out.push_back(']');
  } else if (tree.is_string()) {
    append_random_string(out, tree.get<std::string>(), rng);
  } else {
    out.append(tree.dump());
  }
  append_space(out, rng);
}

}  // namespace

Tree random_tree(Rng& rng, std::size_t depth) {
  const std::uint64_t kind = rng.below(depth == 0 ? 4 : 7);
  if (kind == 0) return random_number(rng);
  if (kind == 1) return random_string(rng);
  if (kind == 2) return rng.below(2) == 0;
  if (kind == 3) return nullptr;
  const std::uint64_t count = rng.below(6);
  Tree tree = kind == 4 ? Tree::array() : Tree::object();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (kind == 4) {
      tree.push_back(random_tree(rng, depth - 1));
    } else {
      tree[random_string(rng)] = random_tree(rng, depth - 1);
    }
  }
  return tree;
}

std::string random_text_of(const Tree& tree, Rng& rng) {
  std::string out;
  append_random_text(out, tree, rng);
  return out;
}

}  // namespace vcnode::test
