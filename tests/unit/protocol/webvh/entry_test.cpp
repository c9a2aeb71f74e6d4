#include "protocol/webvh/entry.h"

#include <nlohmann/json.hpp>

#include "crypto/base/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using test::webvh::LogMaker;
using webvh::Entry;
using webvh::Instant;
using webvh::VersionId;

namespace {

nlohmann::json good() {
  return nlohmann::json::parse(LogMaker().add().lines().front());
}
Result<Entry> parsed_entry(const nlohmann::json& entry) {
  return Entry::parse(entry.dump());
}
Result<Entry> with(std::string_view member, const nlohmann::json& value) {
  auto entry = good();
  entry[std::string(member)] = value;
  return parsed_entry(entry);
}

}  // namespace

TEST_CASE("an entry keeps its exact bytes") {
  const std::string line = "  " + good().dump() + "\r";
  const auto entry = Entry::parse(line);
  REQUIRE_OK(entry);
  CHECK(entry->line() == line);
  CHECK(entry->version_id().number() == 1);
  CHECK(entry->version_time_text() == "2025-01-01T00:00:00Z");
}

TEST_CASE("an entry has exactly the members of the method") {
  for (const auto* member : {"versionId", "versionTime", "parameters", "state", "proof"}) {
    CAPTURE(member);
    auto entry = good();
    entry.erase(member);
    CHECK_CODE_NAMES(parsed_entry(entry), codes::WEBVH_ENTRY, member);
    if (std::string_view(member) == "proof") continue;
    CHECK_CODE_NAMES(with(member, 5), codes::WEBVH_ENTRY, member);
    CHECK_CODE_NAMES(with(member, nullptr), codes::WEBVH_ENTRY, member);
  }
  CHECK_CODE_NAMES(with("note", "x"), codes::WEBVH_ENTRY, "note");
  CHECK_CODE(Entry::parse("[]"), codes::WEBVH_ENTRY);
}

TEST_CASE("a line is strict JSON within its limits") {
  const std::string text = good().dump();
  CHECK_CODE(Entry::parse(""), codes::JSON_SYNTAX);
  CHECK_CODE(Entry::parse(text + text), codes::JSON_SYNTAX);
  CHECK_CODE(Entry::parse("{\"versionId\":\"1\"," + text.substr(1)), codes::JSON_DUPLICATE_MEMBER);
  CHECK_CODE(Entry::parse("\xef\xbb\xbf" + text), codes::JSON_BOM);
  CHECK_CODE(Entry::parse(std::string(webvh::kEntryBytesMax - text.size() + 1, ' ') + text),
             codes::JSON_TOO_LARGE);
  CHECK(Entry::parse(std::string(webvh::kEntryBytesMax - text.size(), ' ') + text).has_value());
  nlohmann::json deep = 1;
  for (std::size_t i = 0; i < webvh::kEntryDepthMax; ++i) deep = nlohmann::json::array({deep});
  CHECK_CODE(with("state", {{"deep", deep}}), codes::JSON_TOO_DEEP);
}

TEST_CASE("a versionId is a number, a dash and a SHA-256 multihash") {
  const std::string hash = "QmTfEe3A1wGBTsnGcrEXuJzZ2kd6jjQtvts1t9azJnby5W";
  CHECK(VersionId::parse("12-" + hash).value().number() == 12);
  CHECK(VersionId::parse("12-" + hash).value().entry_hash() == hash);
  CHECK(VersionId::parse("999999999-" + hash).has_value());
  for (const std::string& text :
       std::vector<std::string>{"1", "1-", "-" + hash, "0-" + hash, "01-" + hash, "+1-" + hash, " 1-" + hash,
                                "1.0-" + hash, "1--" + hash, "1000000000-" + hash,
                                "99999999999999999999-" + hash, "1-" + hash + "x", "1-" + hash.substr(1),
                                "1-0" + hash.substr(1), "1-8Vx7kTXvJ4fDTPvoKXdD4ZzGkkXTi4pQpkeUmhqPqXPvTE"}) {
    CAPTURE(text);
    CHECK_CODE(VersionId::parse(text), codes::WEBVH_VERSION_ID);
  }
}

TEST_CASE("a versionTime is a UTC time, to the nanosecond") {
  CHECK(Instant::parse("2025-01-01T00:00:00+00:00").value() == Instant(Timestamp(1'735'689'600)));
  CHECK(Instant::parse("2025-01-01T00:00:00.25Z").value() == Instant(Timestamp(1'735'689'600), 250'000'000));
  CHECK(Instant::parse("2025-01-01T00:00:00.000000001Z").value() > Instant(Timestamp(1'735'689'600)));
  CHECK(Instant::parse("2025-01-01T00:00:00.5+00:00").value() <
        Instant::parse("2025-01-01T00:00:00.75Z").value());
  for (const std::string_view text :
       {"2025-01-01T00:00:00", "2025-01-01T01:00:00+01:00", "2025-01-01T00:00:00-00:00", "2025-01-01",
        "2025-01-01 00:00:00Z", "2025-01-01T00:00:00.Z", "2025-01-01T00:00:00.0000000001Z",
        "2025-02-30T00:00:00Z", "2025-01-01T24:00:00Z", ""}) {
    CAPTURE(text);
    CHECK_CODE(Instant::parse(text), codes::TIME_INVALID);
    CHECK_CODE(with("versionTime", std::string(text)), codes::WEBVH_VERSION_TIME);
  }
}

TEST_CASE("the SCID stands for every place it is written in, names of members too") {
  LogMaker maker;
  auto document = maker.document();
  document["{SCID}"] = "{SCID} and {SCID}";
  document["Zoe"] = 1;  // before "{", after the SCID's "Q": replacing moves the member
  maker.add({.document = document});
  const auto log = maker.read();
  CHECK_FALSE(log.fault());
  CHECK(log.versions().front().document().find(maker.scid()) != nullptr);
}

TEST_CASE("a placeholder left in the first entry is refused, or one SCID would name several") {
  LogMaker maker;
  maker.add({.before_hash = [](nlohmann::json& entry) { entry["state"]["note"] = "{SCID}"; }});
  CHECK_CODE_NAMES(Entry::parse(maker.lines().front()).value().scid_of(maker.scid()), codes::WEBVH_SCID,
                   "placeholder");
}

TEST_CASE("an entry in which two names become one has no SCID") {
  auto entry = good();
  const std::string scid = entry["parameters"]["scid"];
  entry["state"][scid] = 1;
  entry["state"]["{S" + std::string("CID}")] = 1;
  CHECK_CODE(parsed_entry(entry).value().scid_of(scid), codes::WEBVH_SCID);
}
