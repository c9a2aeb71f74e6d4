// Inputs of the official VCDM 2.0 test suite: vectors/vcdm2-inputs, 120 files.
//
// In scope: the 95 credential files (71 credential-*, 24 names-and-descriptions/*), which must parse if their
// name says ok and be refused, for the reason in the table below, if it says fail. "fail-or-inject" lets an
// issuer add the missing context; we refuse. Out of scope: the 25 presentation-* files. This slice has no
// presentation type, and their rules (holder, verifiableCredential, envelopes) are about nothing else.
//
// The suite's own harness completes its inputs before it sends them, and so does this test: an issuer is
// added where none is given, an id where the issuer is an object without one, and the placeholders FUTURE
// DATE and PAST DATE become dates. credential-no-issuer-fail.json is about the issuer and stays as it is.

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/credential/codes.h"
#include "protocol/credential/context.h"
#include "protocol/credential/credential.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

const std::map<std::string, Code> kReasons = {
    {"credential-context-combo3-fail", codes::CREDENTIAL_CONTEXT},
    {"credential-context-combo4-fail", codes::CREDENTIAL_CONTEXT},
    {"credential-description-extra-prop-en-fail", codes::CREDENTIAL_LANGUAGE},
    {"credential-evidence-missing-type-fail", codes::CREDENTIAL_MEMBER},
    {"credential-id-multi-fail", codes::CREDENTIAL_ID},
    {"credential-id-nonidentifier-fail", codes::CREDENTIAL_ID},
    {"credential-id-not-url-fail", codes::CREDENTIAL_ID},
    {"credential-id-subject-multi-fail", codes::CREDENTIAL_SUBJECT},
    {"credential-issuer-no-url-fail", codes::CREDENTIAL_ISSUER},
    {"credential-issuer-null-fail", codes::CREDENTIAL_ISSUER},
    {"credential-issuer-object-id-no-url-fail", codes::CREDENTIAL_ISSUER},
    {"credential-issuer-object-id-null-fail", codes::CREDENTIAL_ISSUER},
    {"credential-missing-base-context-fail-or-inject", codes::CREDENTIAL_CONTEXT},
    {"credential-missing-required-type-fail", codes::CREDENTIAL_TYPE},
    {"credential-name-extra-prop-en-fail", codes::CREDENTIAL_LANGUAGE},
    {"credential-no-context-fail-or-inject", codes::CREDENTIAL_CONTEXT},
    {"credential-no-issuer-fail", codes::CREDENTIAL_ISSUER},
    {"credential-no-subject-fail", codes::CREDENTIAL_SUBJECT},
    {"credential-no-type-fail", codes::CREDENTIAL_TYPE},
    {"credential-proof-missing-type-fail", codes::CREDENTIAL_PROOF},
    {"credential-redef-type-fail", codes::CREDENTIAL_CONTEXT},
    {"credential-redef-type2-fail", codes::CREDENTIAL_CONTEXT},
    {"credential-refresh-no-type-fail", codes::CREDENTIAL_MEMBER},
    {"credential-schema-no-id-fail", codes::CREDENTIAL_MEMBER},
    {"credential-schema-no-type-fail", codes::CREDENTIAL_MEMBER},
    {"credential-schema-non-url-id-fail", codes::CREDENTIAL_MEMBER},
    {"credential-status-missing-type-fail", codes::CREDENTIAL_STATUS},
    {"credential-status-multiple-id-fail", codes::CREDENTIAL_STATUS},
    {"credential-status-nonurl-id-fail", codes::CREDENTIAL_STATUS},
    {"credential-status-type-nonurl-fail", codes::CREDENTIAL_STATUS},
    {"credential-subject-multiple-empty-fail", codes::CREDENTIAL_SUBJECT},
    {"credential-subject-no-claims-fail", codes::CREDENTIAL_SUBJECT},
    {"credential-termsofuse-missing-type-fail", codes::CREDENTIAL_MEMBER},
    {"credential-termsofuse-no-type-fail", codes::CREDENTIAL_MEMBER},
    {"credential-type-mapped-nonurl-fail", codes::CREDENTIAL_TYPE},
    {"credential-type-unmapped-fail", codes::CREDENTIAL_TYPE},
    {"credential-validUntil-validFrom-fail", codes::CREDENTIAL_DATES},
    {"credential-validfrom-invalid-fail", codes::CREDENTIAL_DATES},
    {"credential-validuntil-invalid-fail", codes::CREDENTIAL_DATES},
    {"issuer-description-extra-prop-en-fail", codes::CREDENTIAL_LANGUAGE},
    {"issuer-name-extra-prop-en-fail", codes::CREDENTIAL_LANGUAGE},
};

void complete_date(Json& input, const char* member) {
  if (!input.contains(member)) return;
  if (input[member] == "FUTURE DATE") input[member] = "2999-01-01T00:00:00Z";
  if (input[member] == "PAST DATE") input[member] = "2001-01-01T00:00:00Z";
}

Json completed(Json input, const std::string& name) {
  const Json issuer = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
  if (!input.contains("issuer") && name != "credential-no-issuer-fail") input["issuer"] = issuer;
  if (input.contains("issuer") && input["issuer"].is_object() && !input["issuer"].contains("id"))
    input["issuer"]["id"] = issuer;
  complete_date(input, "validFrom");
  complete_date(input, "validUntil");
  return input;
}

struct Counts {
  int accepted = 0;
  int refused = 0;
  int presentations = 0;
};

void run(const std::filesystem::path& path, Counts& counts) {
  const auto name = path.stem().string();
  CAPTURE(name);
  if (name.starts_with("presentation-")) {
    ++counts.presentations;
    return;
  }
  const auto input = completed(Json::parse(test::read_file(path)), name);
  const auto parsed = credential::Credential::parse(input.dump());
  if (name.ends_with("-ok")) {
    ++counts.accepted;
    CHECK_MESSAGE(parsed.has_value(), test::describe(parsed));
    return;
  }
  ++counts.refused;
  const auto reason = kReasons.find(name);
  REQUIRE(reason != kReasons.end());
  CHECK_CODE(parsed, reason->second);
}

}  // namespace

TEST_CASE("inputs of the VCDM 2.0 test suite parse or are refused as their names say") {
  const auto root = test::shared_path("vcdm2-inputs");
  if (!root) return;
  Counts counts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root))
    if (entry.path().extension() == ".json") run(entry.path(), counts);
  CHECK(counts.accepted == 54);
  CHECK(counts.refused == 41);
  CHECK(counts.presentations == 25);
}

TEST_CASE("the table of protected terms is the v2 context's") {
  const auto path = test::shared_path("contexts/credentials-v2.jsonld");
  if (!path) return;
  const auto context = Json::parse(test::read_file(*path))["@context"];
  REQUIRE(context["@protected"] == true);
  int terms = 0;
  for (const auto& item : context.items()) {
    const std::string& term = item.key();
    const Json& definition = item.value();
    if (term.starts_with('@')) continue;
    CAPTURE(term);
    CHECK(credential::is_v2_term(term));
    ++terms;
    // A plain definition may be repeated inline as it is, and not otherwise.
    if (!definition.is_string()) continue;
    const auto entry = [&](const Json& value) {
      const Json contexts = {std::string(credential::kContextV2), {{term, value}}};
      const auto document = json::Document::parse(contexts.dump()).value();
      return credential::check_context(&document.root());
    };
    CHECK(entry(definition).has_value());
    CHECK_CODE(entry("https://example.org/#other"), codes::CREDENTIAL_CONTEXT);
  }
  CHECK(terms == 30);
}
