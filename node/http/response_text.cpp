#include "node/http/response_text.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdio>
#include <utility>

#include "crypto/base/assert.h"

namespace vcnode::node {
namespace {

// Of the heads of nearly all answers; longer ones make the text grow once more.
constexpr std::size_t kHeadBytesUsual = 512;

std::string_view reason_phrase(unsigned status) {
  const auto phrase = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {phrase.data(), phrase.size()};
}

constexpr std::array<bool, 256> header_bytes() {
  std::array<bool, 256> out{};
  for (std::size_t byte = 0; byte < out.size(); ++byte)
    out[byte] = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  return out;
}
constexpr std::array<bool, 256> kIsHeaderByte = header_bytes();

void add_header(std::string& out, std::string_view name, std::string_view value) {
  VCNODE_ASSERT(is_header_text(name) && is_header_text(value));
  out.append(name).append(": ").append(value).append("\r\n");
}

// A busy second has one text for all its answers.
const std::string& date_now() {
  thread_local std::time_t second = -1;
  thread_local std::string text;
  if (const std::time_t now = std::time(nullptr); now != second) {
    second = now;
    text = http_date(now);
  }
  return text;
}

}  // namespace

bool is_header_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kIsHeaderByte[static_cast<unsigned char>(c)]; });
}

std::string http_date(std::time_t seconds) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                kDays[static_cast<std::size_t>(fields.tm_wday)], fields.tm_mday,
                kMonths[static_cast<std::size_t>(fields.tm_mon)], fields.tm_year + 1900, fields.tm_hour,
                fields.tm_min, fields.tm_sec);
  return text.data();
}

ResponseText response_text(const HttpResponse& response, ResponseContext context) {
  VCNODE_ASSERT(response.status >= 200 && response.status <= 599);
  const bool may_have_body = response.status != 204 && response.status != 304;
  const std::string_view content = may_have_body ? response.content() : std::string_view();
  std::string out;
  out.reserve(kHeadBytesUsual);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  add_header(out, "Date", date_now());
  for (const auto& [name, value] : response.headers) add_header(out, name, value);
  if (may_have_body) {
    if (!response.content_type.empty()) add_header(out, "Content-Type", response.content_type);
    add_header(out, "Content-Length", std::to_string(content.size()));
  }
  if (!context.keep_alive) add_header(out, "Connection", "close");
  if (context.keep_alive && context.to_http10) add_header(out, "Connection", "keep-alive");
  out += "\r\n";
  return {std::move(out), context.to_head ? std::string_view() : content};
}

}  // namespace vcnode::node
