// RFC 3339 times, against the C library's calendar.
#include "crypto/base/time.h"

#include <cstdio>
#include <ctime>

#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

constexpr std::int64_t kFirst = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59Z

std::string calendar_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm fields{};
  ::gmtime_r(&time, &fields);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", fields.tm_year + 1900, fields.tm_mon + 1,
                fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec);
  return text;
}

void check_time(Timestamp time) {
  VCNODE_ASSERT(time.to_string() == calendar_text(time.seconds()));
  VCNODE_ASSERT(Timestamp::parse(time.to_string()).value() == time);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  const auto time = Timestamp::parse(as_text({data, size}));
  fuzz::check(time);
  if (time) {
    VCNODE_ASSERT(time->seconds() >= kFirst && time->seconds() <= kLast);
    check_time(*time);
  }
  const std::int64_t range = kLast - kFirst + 1;
  check_time(
      Timestamp(kFirst + static_cast<std::int64_t>(recipe.number() % static_cast<std::uint64_t>(range))));
  return 0;
}
