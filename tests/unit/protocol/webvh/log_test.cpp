#include "protocol/webvh/log.h"

#include <nlohmann/json.hpp>

#include "crypto/base/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using webvh::Log;

namespace {

Result<void> fault_of(const Log& log) {
  if (!log.fault()) return {};
  return Failure{log.fault()->error};
}
Log read(std::string_view text) {
  return Log::read(text, std::nullopt, rules());
}

}  // namespace

TEST_CASE("a log is its lines, the last one with or without its end") {
  const auto text = LogMaker().add().add().add().text();
  const auto log = read(text);
  CHECK_FALSE(log.fault());
  CHECK(log.versions().size() == 3);
  CHECK(log.text() == text);
  CHECK(read(text.substr(0, text.size() - 1)).versions().size() == 3);
}

TEST_CASE("a line that is empty or not JSON is a fault, what came before stays") {
  const auto maker = LogMaker().add().add();
  const auto& lines = maker.lines();
  const auto check = [&](const std::string& text, std::size_t usable, Code code) {
    const auto log = read(text);
    CHECK(log.versions().size() == usable);
    CHECK(log.fault().value().index == usable);
    CHECK_CODE(fault_of(log), code);
  };
  check(lines[0] + "\n\n" + lines[1] + "\n", 1, codes::JSON_SYNTAX);
  check(maker.text() + "\n", 2, codes::JSON_SYNTAX);
  check(maker.text() + "{\"versionId", 2, codes::JSON_SYNTAX);
  check("\n" + maker.text(), 0, codes::JSON_SYNTAX);
  check(lines[0] + lines[1], 0, codes::JSON_SYNTAX);
}

TEST_CASE("a fault names its line") {
  const auto maker = LogMaker().add().add();
  const std::string long_line(64 * 1024 + 1, ' ');
  CHECK_CODE_NAMES(fault_of(read(maker.text() + long_line)), codes::JSON_TOO_LARGE, "line 3 of the log");
  CHECK_CODE_NAMES(fault_of(read(maker.lines()[0] + "\n\n")), codes::JSON_SYNTAX, "line 2 of the log");
}

TEST_CASE("a log has at least one byte and at most 5 MiB") {
  CHECK_CODE(fault_of(read("")), codes::WEBVH_LOG_SIZE);
  CHECK_CODE_NAMES(fault_of(read(std::string(webvh::kLogBytesMax + 1, '\n'))), codes::WEBVH_LOG_SIZE,
                   "5242880");
  CHECK_CODE(fault_of(read(std::string(webvh::kLogBytesMax, '\n'))), codes::JSON_SYNTAX);
}

TEST_CASE("the first invalid entry poisons all later ones") {
  const auto maker = LogMaker().add().add({.signers = {2}}).add().add();
  const auto log = maker.read();
  CHECK(log.versions().size() == 1);
  CHECK(log.fault().value().index == 1);
  CHECK_CODE(fault_of(log), codes::WEBVH_KEY_NOT_AUTHORISED);
}

TEST_CASE("an own log grows by entries that are valid and approved") {
  const auto maker = LogMaker().add().add().add({.signers = {2}});
  Log log;
  REQUIRE_OK(log.append(maker.lines()[0], {}, rules()));
  CHECK_CODE(log.append(maker.lines()[0], {}, rules()), codes::WEBVH_VERSION_ID);
  CHECK_CODE(log.append(maker.lines()[2], {}, rules()), codes::WEBVH_VERSION_ID);
  REQUIRE_OK(log.append(maker.lines()[1], {}, rules()));
  CHECK_CODE(log.append(maker.lines()[2], {}, rules()), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK(log.versions().size() == 2);
  CHECK_FALSE(log.fault());
}

TEST_CASE("an entry that needs witnesses is added with their proofs on it") {
  auto maker = LogMaker().add({.parameters = {{"witness", witness_rule(1, {11})}}}).witness(11).add();
  const auto first = maker.proofs();
  maker.witness(11);
  Log log;
  CHECK_CODE(log.append(maker.lines()[0], {}, rules()), codes::WEBVH_WITNESS_THRESHOLD);
  REQUIRE_OK(log.append(maker.lines()[0], first, rules()));
  CHECK_CODE(log.append(maker.lines()[1], first, rules()), codes::WEBVH_WITNESS_THRESHOLD);
  CHECK(log.versions().size() == 1);
  REQUIRE_OK(log.append(maker.lines()[1], maker.proofs(), rules()));
  CHECK(log.text() == maker.text());
}

TEST_CASE("a log with a fault does not grow") {
  const auto maker = LogMaker().add().add();
  auto log = read(maker.lines()[0] + "\n{}");
  CHECK_CODE(log.append(maker.lines()[1], {}, rules()), codes::WEBVH_ENTRY);
  CHECK(log.versions().size() == 1);
}

TEST_CASE("a log does not grow beyond 5 MiB") {
  LogMaker maker;
  auto document = maker.document();
  document["note"] = std::string(60'000, 'x');
  maker.add({.document = document});
  Log log;
  std::size_t added = 0;
  Result<void> last;
  for (; added < 100; ++added) {
    if (added > 0) maker.add();
    last = log.append(maker.lines().back(), {}, rules());
    if (!last) break;
  }
  CHECK_CODE(last, codes::WEBVH_LOG_SIZE);
  CHECK(log.text().size() <= webvh::kLogBytesMax + 1);
  CHECK(log.versions().size() == added);
}
