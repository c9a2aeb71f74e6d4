#include "protocol/verify/verdict.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;

Sha256Digest digest(std::uint8_t byte) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(byte);
  return Sha256Digest(bytes);
}
std::string text_of(const Sha256Digest& value) {
  return "sha256:" + hex_encode(value.view());
}

// Read by the strict reader and written by the JCS writer, the text is the same.
void check_canonical(const Verdict& verdict) {
  const std::string text = verdict.to_jcs();
  const auto document = json::Document::parse(text);
  REQUIRE_OK(document);
  CHECK(jcs::canonicalize(document->root()) == text);
}

nlohmann::json json_of(const Verdict& verdict) {
  return nlohmann::json::parse(verdict.to_jcs());
}

Verdict rich() {
  Verdict verdict;
  verdict.credential = digest(1);
  verdict.at = kNow;
  verdict.outcome = Outcome::not_valid;
  verdict.reason_class = Class::revoked;
  verdict.code = codes::STATUS_REVOKED;
  verdict.authentic = Tristate::yes;
  verdict.checks = {
      {CheckName::format, CheckResult::pass, codes::FORMAT_OK, "not part of the text", {}, {}},
      {CheckName::status, CheckResult::fail, codes::STATUS_REVOKED, {}, {digest(9), digest(3)}, 2400}};
  verdict.issuer_did = "did:example:issuer";
  verdict.issuer_version_id = "3-Qm";
  verdict.issuer_names = {{"Ω \"quoted\"\n", std::nullopt}, {"\x01", "did:example:voucher"}};
  verdict.revocation = BitState::set;
  verdict.status_list = "https://issuer.example/1";
  verdict.status_source = "feed";
  verdict.subject = "named-only";
  verdict.issued_at = kIssuedAt;
  verdict.policy = digest(2);
  ViewHead row;
  row.origin = "test/b/1";
  row.size = 12;
  row.root = digest(4);
  row.time = kHeadAt;
  row.pending = {13, digest(5), kHeadAt.plus_seconds(1)};
  row.missing_bodies = {digest(8), digest(7)};
  ViewHead other;
  other.origin = "test/a/1";
  other.conflict = digest(6);
  verdict.view_heads = {row, other};
  return verdict;
}

TEST_CASE("to_jcs is canonical, whatever the verdict holds") {
  check_canonical(rich());
  check_canonical(Verdict{});
}

TEST_CASE("to_jcs has every member of the design, and no prose") {
  const auto json = json_of(rich());
  const std::vector<std::string> members = {
      "at",          "authentic", "checks", "class",   "code", "credential", "issuedAt", "issuer",   "policy",
      "recognition", "ruleset",   "status", "subject", "v",    "verdict",    "view",     "viewHeads"};
  std::vector<std::string> found;
  for (const auto& [name, value] : json.items()) found.push_back(name);
  CHECK(found == members);
  CHECK(json["v"] == 1);
  CHECK(json["ruleset"] == "vcnode-rules/1");
  CHECK(json["credential"] == text_of(digest(1)));
  CHECK(json["verdict"] == "not-valid");
  CHECK(json["class"] == "revoked");
  CHECK(json["code"] == "STATUS_REVOKED");
  CHECK(json["issuedAt"] == nlohmann::json{{"source", "claimed"}, {"time", "2026-11-01T09:00:00Z"}});
  CHECK(json["recognition"]["outcome"] == "not-asked");
  CHECK(json["issuer"]["witnessed"] == 0);
  CHECK(json["issuer"]["assurance"] == "high");
  CHECK(json["status"]["observed"] == nullptr);
  CHECK(rich().to_jcs().find("not part of the text") == std::string::npos);
}

TEST_CASE("an age is written where there is one; checks keep their order") {
  const auto checks = json_of(rich())["checks"];
  CHECK(checks[0] == nlohmann::json{{"check", "format"},
                                    {"code", "FORMAT_OK"},
                                    {"evidence", nlohmann::json::array()},
                                    {"result", "pass"}});
  CHECK(checks[1]["ageSeconds"] == 2400);
}

TEST_CASE("sets are in the order of their canonical bytes") {
  const auto json = json_of(rich());
  CHECK(json["checks"][1]["evidence"] == nlohmann::json{text_of(digest(3)), text_of(digest(9))});
  CHECK(json["issuer"]["names"][0]["confirmedBy"] == "did:example:voucher");
  CHECK(json["issuer"]["names"][1] == nlohmann::json{{"confirmedBy", nullptr}, {"name", "Ω \"quoted\"\n"}});
  CHECK(json["viewHeads"][0][0] == "test/a/1");
  CHECK(json["viewHeads"][1][8] == nlohmann::json{text_of(digest(7)), text_of(digest(8))});
}

TEST_CASE("a viewHeads row has nine places and the view is the digest of all rows") {
  const auto json = json_of(rich());
  const nlohmann::json expected = {"test/b/1",
                                   nullptr,
                                   12,
                                   text_of(digest(4)),
                                   "2026-11-22T13:10:00Z",
                                   nlohmann::json::array(),
                                   nullptr,
                                   {13, text_of(digest(5)), "2026-11-22T13:10:01Z"},
                                   {text_of(digest(7)), text_of(digest(8))}};
  CHECK(json["viewHeads"][1] == expected);
  CHECK(json["viewHeads"][0][6] == text_of(digest(6)));
  CHECK(json["view"] == text_of(sha256(as_bytes(jcs::canonicalize(json["viewHeads"]).value()))));
}

TEST_CASE("a contradiction without a conflict object is true; a size no JSON number holds is text") {
  Verdict verdict;
  ViewHead row;
  row.contradicted = true;
  row.size = 9'007'199'254'740'991;
  row.pending = {9'007'199'254'740'992, digest(1), kNow};
  verdict.view_heads = {row};
  check_canonical(verdict);
  const auto json = json_of(verdict)["viewHeads"][0];
  CHECK(json[6] == true);
  CHECK(json[2] == 9'007'199'254'740'991);
  CHECK(json[7][0] == "9007199254740992");
}

TEST_CASE("a pending head that is known by hearsay only has neither root nor time") {
  Verdict verdict;
  ViewHead row;
  row.pending = {9, std::nullopt, std::nullopt};
  verdict.view_heads = {row};
  check_canonical(verdict);
  CHECK(json_of(verdict)["viewHeads"][0][7] == nlohmann::json{9, nullptr, nullptr});
}

TEST_CASE("what is not known is null") {
  const auto json = json_of(Verdict{});
  CHECK(json["class"] == nullptr);
  CHECK(json["code"] == nullptr);
  CHECK(json["issuedAt"] == nullptr);
  CHECK(json["issuer"]["assurance"] == nullptr);
  CHECK(json["issuer"]["did"] == nullptr);
  CHECK(json["status"]["list"] == nullptr);
}

TEST_CASE("every enumerator has the word of the design, and outcomes are the exit codes") {
  const std::pair<Outcome, std::string_view> outcomes[] = {
      {Outcome::valid, "valid"},
      {Outcome::not_valid, "not-valid"},
      {Outcome::cannot_tell, "cannot-tell"},
      {Outcome::issuer_not_confirmed, "issuer-not-confirmed"}};
  int exit_code = 0;
  for (const auto& [value, word] : outcomes) {
    CHECK(name_of(value) == word);
    CHECK(static_cast<int>(value) == exit_code++);
  }
  const std::pair<Class, std::string_view> classes[] = {{Class::none, ""},
                                                        {Class::altered, "altered"},
                                                        {Class::issuer_key, "issuer-key"},
                                                        {Class::expired, "expired"},
                                                        {Class::not_yet_valid, "not-yet-valid"},
                                                        {Class::revoked, "revoked"},
                                                        {Class::suspended, "suspended"},
                                                        {Class::malformed, "malformed"},
                                                        {Class::unsupported, "unsupported"}};
  for (const auto& [value, word] : classes) CHECK(name_of(value) == word);
  const std::pair<CheckName, std::string_view> checks[] = {{CheckName::format, "format"},
                                                           {CheckName::proof, "proof"},
                                                           {CheckName::issuer, "issuer"},
                                                           {CheckName::key, "key"},
                                                           {CheckName::dates, "dates"},
                                                           {CheckName::status, "status"},
                                                           {CheckName::subject, "subject"},
                                                           {CheckName::elements, "elements"},
                                                           {CheckName::confirmation, "confirmation"},
                                                           {CheckName::recognition, "recognition"}};
  for (const auto& [value, word] : checks) CHECK(name_of(value) == word);
  const std::pair<CheckResult, std::string_view> results[] = {
      {CheckResult::pass, "pass"},
      {CheckResult::fail, "fail"},
      {CheckResult::warn, "warn"},
      {CheckResult::unknown, "unknown"},
      {CheckResult::not_applicable, "not-applicable"}};
  for (const auto& [value, word] : results) CHECK(name_of(value) == word);
}

}  // namespace
}  // namespace vcnode::verify
