#include "protocol/verify/folded_name.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "crypto/base/encoding.h"

namespace vcnode::verify {
namespace {

constexpr utf8proc_option_t kCompose = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
constexpr utf8proc_option_t kFold = static_cast<utf8proc_option_t>(
    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

struct FreeText {
  void operator()(utf8proc_uint8_t* text) const noexcept { std::free(text); }
};

std::optional<std::string> mapped(std::string_view text, utf8proc_option_t options) {
  utf8proc_uint8_t* out = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &out, options);
  const std::unique_ptr<utf8proc_uint8_t, FreeText> owned(out);
  if (length < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(length));
}

bool is_white(utf8proc_int32_t point) noexcept {
  if ((point >= 0x09 && point <= 0x0D) || point == 0x85) return true;
  const auto category = utf8proc_category(point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

// What keyboards have one key for.
utf8proc_int32_t as_typed(utf8proc_int32_t point) noexcept {
  if (point == 0x2018 || point == 0x2019 || point == 0x02BC) return '\'';
  return point >= 0x2010 && point <= 0x2015 ? '-' : point;
}

void append_point(std::string& out, utf8proc_int32_t point) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(point, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

// REQUIRES: UTF-8.
std::string tidied(std::string_view text, bool folding) {
  std::string out;
  bool space = false;
  auto at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    const auto read = utf8proc_iterate(at, left, &point);
    if (read <= 0) return {};
    at += read;
    left -= read;
    if (is_white(point)) {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    append_point(out, folding ? as_typed(point) : point);
  }
  return out;
}

std::optional<std::string> made(std::string_view text, utf8proc_option_t options, bool folding) {
  if (!is_utf8(text)) return std::nullopt;
  const auto form = mapped(text, options);
  if (!form) return std::nullopt;
  std::string out = tidied(*form, folding);
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> folded_name(std::string_view text) {
  return made(text, kFold, true);
}

std::optional<std::string> composed_text(std::string_view text) {
  return made(text, kCompose, false);
}

std::optional<std::string> turned_at_comma(std::string_view folded) {
  const auto comma = folded.find(',');
  if (comma == std::string_view::npos || folded.find(',', comma + 1) != std::string_view::npos)
    return std::nullopt;
  return folded_name(concat(folded.substr(comma + 1), " ", folded.substr(0, comma)));
}

}  // namespace vcnode::verify
