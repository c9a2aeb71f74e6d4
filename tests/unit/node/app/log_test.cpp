#include "node/app/log.h"

#include <algorithm>
#include <sstream>

#include "tests/support/doctest.h"

namespace vcnode::test {

using node::Log;
using node::log_value;
using node::LogLevel;

namespace {

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a line is time, level, category, event and the fields") {
  std::ostringstream out;
  Log log("info", &out);
  log.warn("peer", "peer lost", {{"code", "PEER_SILENT"}, {"reason", "no word for 60 s, {} and \"all\""}});
  const std::string line = out.str();
  CHECK(line.starts_with("time=20"));
  CHECK(line.find("Z level=warning category=peer event=\"peer lost\" code=PEER_SILENT "
                  "reason=\"no word for 60 s, {} and \\\"all\\\"\"\n") != std::string::npos);
}

TEST_CASE("foreign text cannot end a line or forge a field") {
  CHECK(log_value("plain-text_1") == "plain-text_1");
  CHECK(log_value("") == "\"\"");
  CHECK(log_value("a\nlevel=info") == "\"a\\x0alevel=info\"");
  CHECK(log_value("a=b") == "\"a=b\"");
  CHECK(log_value(std::string(10'000, 'x')).size() < 600);
}

TEST_CASE("levels below the configured one are not written, off writes nothing") {
  std::ostringstream out;
  Log log("warn", &out);
  log.info("app", "unseen");
  CHECK(out.str().empty());
  log.error("app", "seen");
  CHECK(lines_of(out.str()) == 1);
  std::ostringstream silent;
  Log("off", &silent).error("app", "unseen");
  CHECK(silent.str().empty());
}

TEST_CASE("an event that a remote peer provokes again and again is written a few times") {
  std::ostringstream out;
  Log log("info", &out);
  for (int i = 0; i < 1000; ++i) log.limited(LogLevel::info, "peer", "peer refused");
  CHECK(lines_of(out.str()) == node::kLimitedLinesPerMinute);
  log.limited(LogLevel::info, "peer", "another event");
  CHECK(lines_of(out.str()) == node::kLimitedLinesPerMinute + 1);
}

TEST_CASE("a state that lasts is told when it changes and once a minute") {
  node::Reminder reminder;
  CHECK(reminder.due("START_CHECK_PENDING", 5));
  for (std::int64_t ms = 1'005; ms < 60'000; ms += 1'000) CHECK(!reminder.due("START_CHECK_PENDING", ms));
  CHECK(reminder.due("START_CHECK_PENDING", 60'005));
  CHECK(!reminder.due("START_CHECK_PENDING", 61'005));
  CHECK(reminder.due("CLOCK_AHEAD", 62'005));
  reminder.clear();
  CHECK(reminder.due("CLOCK_AHEAD", 63'005));
}

}  // namespace vcnode::test
