#include "node/app/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

namespace vcnode::node {

namespace {

constexpr std::size_t kValueBytesMax = 512;  // a foreign text in a line is an excerpt, not a file
constexpr auto kLimitPeriod = std::chrono::minutes(1);

spdlog::level::level_enum native_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::level::level_enum parse_level(std::string_view text) {
  if (text == "debug") return spdlog::level::debug;
  if (text == "warn") return spdlog::level::warn;
  if (text == "error") return spdlog::level::err;
  if (text == "off") return spdlog::level::off;
  return spdlog::level::info;
}

bool plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20 || byte == 0x7f) {
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
  } else {
    out += c;
  }
}

}  // namespace

std::string log_value(std::string_view value) {
  const bool cut = value.size() > kValueBytesMax;
  value = value.substr(0, kValueBytesMax);
  if (!cut && !value.empty() && std::all_of(value.begin(), value.end(), plain)) return std::string(value);
  std::string out = "\"";
  for (const char c : value) append_escaped(out, c);
  if (cut) out += "...";
  out += '"';
  return out;
}

bool Reminder::due(std::string_view state, std::int64_t monotonic_ms) {
  if (state == state_ && monotonic_ms - told_ms_ < kReminderMs) return false;
  state_ = state;
  told_ms_ = monotonic_ms;
  return true;
}

struct Log::State {
  struct Window {
    std::chrono::steady_clock::time_point start;
    std::uint32_t lines = 0;
    std::uint64_t left_out = 0;
  };
  std::unique_ptr<spdlog::logger> logger;
  std::mutex mutex;
  std::map<std::pair<std::string_view, std::string_view>, Window> windows;
};

Log::Log(std::string_view level, std::ostream* out) : state_(std::make_unique<State>()) {
  spdlog::sink_ptr sink;
  if (out != nullptr) {
    sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*out, true);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  state_->logger = std::make_unique<spdlog::logger>("vcnode", std::move(sink));
  state_->logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v", spdlog::pattern_time_type::utc));
  state_->logger->set_level(parse_level(level));
  state_->logger->flush_on(spdlog::level::info);
}

Log::~Log() = default;

void Log::line(LogLevel level, std::string_view category, std::string_view event, Fields fields) {
  if (!state_->logger->should_log(native_level(level))) return;
  std::string text = "category=";
  text += category;
  text += " event=";
  text += log_value(event);
  for (const LogField& field : fields) {
    text += ' ';
    text += field.key;
    text += '=';
    text += log_value(field.value);
  }
  state_->logger->log(native_level(level), text);
}

void Log::limited(LogLevel level, std::string_view category, std::string_view event, Fields fields) {
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock(state_->mutex);
    const auto now = std::chrono::steady_clock::now();
    State::Window& window = state_->windows[{category, event}];
    if (now - window.start >= kLimitPeriod) left_out = std::exchange(window, {now, 0, 0}).left_out;
    if (window.lines == kLimitedLinesPerMinute) {
      ++window.left_out;
      return;
    }
    ++window.lines;
  }
  if (left_out > 0)
    line(level, category, "lines left out",
         {{"of", std::string(event)}, {"count", std::to_string(left_out)}});
  line(level, category, event, fields);
}

}  // namespace vcnode::node
