// Facts of real credentials: the European Learning Model's samples, Open Badges and DCC credentials, ours.
#include <map>

#include "protocol/facts/envelope.h"
#include "tests/support/shared_data.h"
#include "tests/unit/protocol/facts/samples.h"

using namespace vcnode;
using facts::ElementState;

namespace {

facts::Facts facts_of_file(const std::filesystem::path& path) {
  const auto document = facts::open(test::read_file(path));
  REQUIRE_OK(document);
  const auto read = facts::read_facts(document->root());
  REQUIRE_OK(read);
  return *read;
}

std::vector<int> absent_elements(const facts::Facts& read) {
  std::vector<int> out;
  for (const auto& element : read.elements)
    if (element.state != ElementState::present) out.push_back(element.number);
  return out;
}

std::vector<std::string> codes_of(const facts::Facts& read) {
  std::vector<std::string> out;
  for (const auto& finding : facts::check_consistency(read)) out.emplace_back(finding.code.slug());
  return out;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("the Commission's sample: element 11 absent, an English level at an Irish body, 60 months") {
  const auto folder = test::shared_path("../fixtures/elm");
  if (!folder) return;
  const auto read = facts_of_file(*folder / "Sample-MC-Annex1-unsigned.jsonld");
  CHECK(read.profile == facts::Profile::european_learning_model);
  CHECK(absent_elements(read) == std::vector<int>{11, 16});
  CHECK(codes_of(read) == Codes{"NQF_OF_ANOTHER_COUNTRY", "DURATION_IMPLAUSIBLE", "LEARNING_AFTER_AWARD"});
  CHECK(test::finds(read, codes::NQF_OF_ANOTHER_COUNTRY, "GB-ENG-NIR of GB, the awarding body is in IE"));
  CHECK(test::finds(read, codes::DURATION_IMPLAUSIBLE, "P60M"));
  CHECK(read.countries == std::vector<std::string>{"IE"});
  CHECK(read.eqf == 6);
  CHECK(read.ects == 2.0);
  CHECK(read.hours == 60.0);
  CHECK(read.isced == std::vector<std::string>{"003", "0688"});
  CHECK(read.setting == "non-formal");
  CHECK(read.types == std::vector<std::string>{"EuropeanDigitalCredential", "MicroCredential"});
  CHECK(read.skills.size() == 6);
  CHECK(test::value_of(read, 14) == nlohmann::json::parse(R"([{"en":"Pass"}])"));
}

TEST_CASE("the same sample, sealed by somebody else under a mandate") {
  const auto folder = test::shared_path("../fixtures/elm");
  if (!folder) return;
  const auto read = facts_of_file(*folder / "Sample-MC-Annex1-signed.jsonld");
  CHECK(absent_elements(read) == std::vector<int>{11, 16});
  CHECK(codes_of(read) ==
        Codes{"NQF_OF_ANOTHER_COUNTRY", "DURATION_IMPLAUSIBLE", "SIGNER_NOT_AWARDING_BODY"});
  CHECK(test::finds(
      read, codes::SIGNER_NOT_AWARDING_BODY,
      "the issuer is ORGANIZACION TEST, the award is by University of Zed; a mandate is claimed"));
  CHECK(read.mandate_claimed);
}

TEST_CASE("the model's own smallest sample has five elements and a date without zone") {
  const auto folder = test::shared_path("../fixtures/elm");
  if (!folder) return;
  const auto read = facts_of_file(*folder / "credential-sample.jsonld");
  CHECK(absent_elements(read) == std::vector<int>{6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  CHECK(codes_of(read) == Codes{"DATE_WITHOUT_ZONE"});
  CHECK(read.countries == std::vector<std::string>{"FR"});
}

TEST_CASE("our own micro-credentials have every element and agree with themselves") {
  const auto sample = facts_of_file(test::source_dir() / "scripts" / "samples" / "micro-credential.json");
  CHECK(sample.profile == facts::Profile::open_badge);
  CHECK(absent_elements(sample).empty());
  CHECK(codes_of(sample).empty());
  const auto folder = test::shared_path("../fixtures/statements");
  if (!folder) return;
  const auto draft = facts_of_file(*folder / "mc-plain.json");
  CHECK(absent_elements(draft) == std::vector<int>{12, 16});
  CHECK(codes_of(draft).empty());
}

namespace {

struct Tally {
  int reports = 0;
  int nothing_to_certify = 0;
  int mandatory_present = 0;
  std::map<std::string, int> refused;   // by code
  std::map<std::string, int> findings;  // by code
};

Tally tally_of(const std::filesystem::path& folder) {
  Tally tally;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    CAPTURE(entry.path().string());
    const auto document = facts::open(test::read_file(entry.path()));
    const auto read = document ? facts::read_facts(document->root()) : document.failure();
    if (!read) {
      ++tally.refused[std::string(read.error().code.slug())];
      continue;
    }
    ++tally.reports;
    CHECK(facts::report(*read)["elements"].size() == 16);
    for (const auto& element : read->elements)
      if (element.mandatory && element.state == ElementState::present) ++tally.mandatory_present;
    if (read->elements[0].state == ElementState::not_applicable) ++tally.nothing_to_certify;
    for (const std::string& code : codes_of(*read)) ++tally.findings[code];
  }
  return tally;
}

}  // namespace

TEST_CASE("every Open Badge of the official validator gives a report") {
  const auto folder = test::shared_path("openbadges3");
  if (!folder) return;
  const Tally tally = tally_of(*folder);
  CHECK(tally.reports == 25);
  CHECK(tally.nothing_to_certify == 3);
  CHECK(tally.mandatory_present == 109);
  // Not JSON: a licence, a read-me and three pictures.
  CHECK(tally.refused == std::map<std::string, int>{{"JSON_NUL", 1}, {"JSON_SYNTAX", 4}});
  CHECK(tally.findings == std::map<std::string, int>{});
}

TEST_CASE("every credential of the DCC fixtures gives a report") {
  const auto folder = test::shared_path("dcc-fixtures");
  if (!folder) return;
  const Tally tally = tally_of(*folder);
  CHECK(tally.reports == 55);
  CHECK(tally.nothing_to_certify == 6);
  CHECK(tally.mandatory_present == 227);
  // Two DID documents; three read-mes and the credential whose file is empty.
  CHECK(tally.refused == std::map<std::string, int>{{"FACTS_PROFILE_UNKNOWN", 2}, {"JSON_SYNTAX", 4}});
  CHECK(tally.findings == std::map<std::string, int>{});
}
