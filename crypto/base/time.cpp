#include "crypto/base/time.h"

#include <cstddef>
#include <optional>

#include "crypto/base/ascii.h"
#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"

namespace vcnode {
namespace {

// "YYYY-MM-DDTHH:MM:SS" + fraction + "±HH:MM"; nobody needs a fraction of more digits than this leaves.
constexpr std::size_t kTextBytesMax = 64;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kYearMin = 1;
constexpr std::int64_t kYearMax = 9999;

struct CivilDate {
  std::int64_t year, month, day;
};

// Howard Hinnant's days_from_civil and civil_from_days, proleptic Gregorian.
constexpr std::int64_t days_from_civil(CivilDate date) {
  const std::int64_t y = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

constexpr CivilDate civil_from_days(std::int64_t days) {
  const std::int64_t z = days + 719'468;
  const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const std::int64_t doe = z - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1};
}

constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

constexpr std::int64_t kFirstSecond = days_from_civil({kYearMin, 1, 1}) * kSecondsPerDay;
constexpr std::int64_t kLastSecond = (days_from_civil({kYearMax, 12, 31}) + 1) * kSecondsPerDay - 1;

// Reads fixed pieces from the left; each step answers false when the text does not fit.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool literal(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t count, std::int64_t& out) {
    if (rest_.size() < count) return false;
    out = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return false;
      out = out * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  bool fraction() {
    if (rest_.empty() || !is_digit(rest_.front())) return false;
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    return true;
  }
  // Seconds east of UTC.
  bool zone(std::int64_t& out) {
    out = 0;
    if (literal('Z')) return true;
    const bool west = literal('-');
    if (!west && !literal('+')) return false;
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!digits(2, hours) || !literal(':') || !digits(2, minutes) || hours > 23 || minutes > 59) return false;
    out = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  Scanner in(text);
  CivilDate date{};
  std::int64_t hour = 0, minute = 0, second = 0, offset = 0;
  if (!in.digits(4, date.year) || !in.literal('-') || !in.digits(2, date.month) || !in.literal('-') ||
      !in.digits(2, date.day) || !in.literal('T'))
    return std::nullopt;
  if (!in.digits(2, hour) || !in.literal(':') || !in.digits(2, minute) || !in.literal(':') ||
      !in.digits(2, second))
    return std::nullopt;
  if (in.literal('.') && !in.fraction()) return std::nullopt;
  if (!in.zone(offset) || !in.at_end()) return std::nullopt;
  if (date.year < kYearMin || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month))
    return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return days_from_civil(date) * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset;
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  const std::string digits = concat(value < 0 ? -value : value);
  if (value < 0) out.push_back('-');
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out.append(digits);
}

}  // namespace

Result<Timestamp> Timestamp::parse(std::string_view text) {
  if (text.size() > kTextBytesMax)
    return fail(codes::TIME_INVALID, "the time is ", text.size(), " bytes long, the limit is ",
                kTextBytesMax);
  const auto seconds = parse_seconds(text);
  if (!seconds)
    return fail(codes::TIME_INVALID, "\"", excerpt(text, kTextBytesMax),
                "\" is not a time like 2026-11-22T13:50:00Z or 2026-11-22T14:50:00+01:00");
  if (*seconds < kFirstSecond || *seconds > kLastSecond)
    return fail(codes::TIME_INVALID, "\"", excerpt(text, kTextBytesMax), "\" is outside the years ", kYearMin,
                " to ", kYearMax, " in UTC");
  return Timestamp(*seconds);
}

std::string Timestamp::to_string() const {
  std::int64_t days = seconds_ / kSecondsPerDay;
  std::int64_t rest = seconds_ % kSecondsPerDay;
  if (rest < 0) {
    rest += kSecondsPerDay;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  std::string out;
  append_padded(out, date.year, 4);
  out.push_back('-');
  append_padded(out, date.month, 2);
  out.push_back('-');
  append_padded(out, date.day, 2);
  out.push_back('T');
  append_padded(out, rest / 3600, 2);
  out.push_back(':');
  append_padded(out, rest / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, rest % 60, 2);
  out.push_back('Z');
  return out;
}

}  // namespace vcnode
