// Log: key=value lines for operators, one per event, on standard error.
//
//   time=2026-11-22T13:50:00.123Z level=info category=peer event="peer ready" node_key=z6Mk…
//
// Never in a line: a credential, its id, a status index, a token, a request body. What a remote peer can
// trigger goes through limited(), so that nobody fills the disk from afar.
// Threading: from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace vcnode::node {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct LogField {
  std::string_view key;
  std::string value;
};

// A remote peer that provokes one event again and again gets this many lines per minute; the next minute's
// first line tells how many were left out.
inline constexpr std::uint32_t kLimitedLinesPerMinute = 6;

class Log {
 public:
  // `level`: "debug", "info", "warn", "error" or "off"; anything else is "info". `out` replaces standard
  // error.
  explicit Log(std::string_view level, std::ostream* out = nullptr);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  using Fields = std::initializer_list<LogField>;
  void line(LogLevel level, std::string_view category, std::string_view event, Fields fields = {});
  void info(std::string_view category, std::string_view event, Fields fields = {}) {
    line(LogLevel::info, category, event, fields);
  }
  void warn(std::string_view category, std::string_view event, Fields fields = {}) {
    line(LogLevel::warn, category, event, fields);
  }
  void error(std::string_view category, std::string_view event, Fields fields = {}) {
    line(LogLevel::error, category, event, fields);
  }
  // At most kLimitedLinesPerMinute per (category, event). REQUIRES: both are literals.
  void limited(LogLevel level, std::string_view category, std::string_view event, Fields fields = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A state that lasts is worth a line when it begins or changes, and then a reminder each kReminderMs.
inline constexpr std::int64_t kReminderMs = 60'000;
class Reminder {
 public:
  [[nodiscard]] bool due(std::string_view state, std::int64_t monotonic_ms);
  // The state is over: when it comes back it has changed.
  void clear() { state_.clear(); }

 private:
  std::string state_;
  std::int64_t told_ms_ = 0;
};

// `value` as it stands in a line: quoted when it holds anything but visible ASCII without '"', '=' or '\'.
[[nodiscard]] std::string log_value(std::string_view value);

}  // namespace vcnode::node
