#include "protocol/credential/context.h"

#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/credential/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

const Json kV2 = std::string(credential::kContextV2);

Result<credential::Credential> with_contexts(const Json& further, const Json& types = Json::array()) {
  auto document = test::minimal_credential("did:example:issuer");
  for (const auto& entry : further) document["@context"].push_back(entry);
  for (const auto& type : types) document["type"].push_back(type);
  return credential::Credential::parse(document.dump());
}

Result<credential::Credential> with_context(const Json& context) {
  auto document = test::minimal_credential("did:example:issuer");
  document["@context"] = context;
  return credential::Credential::parse(document.dump());
}

}  // namespace

TEST_CASE("@context is an array that starts with the v2 context") {
  REQUIRE_OK(with_contexts({"https://example.org/context", {{"Course", "https://example.org/#Course"}}}));
  CHECK_CODE_NAMES(with_context(kV2), codes::CREDENTIAL_CONTEXT, "array");
  CHECK_CODE_NAMES(with_context(Json::array()), codes::CREDENTIAL_CONTEXT,
                   std::string(credential::kContextV2));
  CHECK_CODE(with_context(Json::array({Json::object(), kV2})), codes::CREDENTIAL_CONTEXT);
  CHECK_CODE(with_context(Json::array({"https://example.org/context", kV2})), codes::CREDENTIAL_CONTEXT);
  auto none = test::minimal_credential("did:example:issuer");
  none.erase("@context");
  CHECK_CODE_NAMES(credential::Credential::parse(none.dump()), codes::CREDENTIAL_CONTEXT,
                   "/@context is missing");
}

TEST_CASE("data model 1.1 is named as what it is") {
  CHECK_CODE_NAMES(with_context(Json::array({"https://www.w3.org/2018/credentials/v1"})),
                   codes::CREDENTIAL_CONTEXT, "1.1");
}

TEST_CASE("every further entry is a URL or an object") {
  CHECK_CODE_NAMES(with_contexts({"https ://example.org"}), codes::CREDENTIAL_CONTEXT, "/@context/1");
  CHECK_CODE_NAMES(with_contexts({"https://example.org", 17}), codes::CREDENTIAL_CONTEXT, "/@context/2");
  CHECK_CODE(with_contexts(Json::array({nullptr})), codes::CREDENTIAL_CONTEXT);
}

TEST_CASE("an inline context cannot give a term of the v2 context another meaning") {
  CHECK_CODE_NAMES(with_contexts({{{"VerifiableCredential", "https://example.org/#Bad"}}}),
                   codes::CREDENTIAL_CONTEXT, "VerifiableCredential");
  CHECK_CODE(with_contexts({{{"name", "https://example.org/#name"}}}), codes::CREDENTIAL_CONTEXT);
  CHECK_CODE(with_contexts({{{"id", nullptr}}}), codes::CREDENTIAL_CONTEXT);
  CHECK_CODE(with_contexts({{{"name", {{"@id", "https://schema.org/name"}, {"@type", "@id"}}}}}),
             codes::CREDENTIAL_CONTEXT);
  CHECK_CODE(with_contexts({{{"@context", {{"type", "https://example.org/#type"}}}}}),
             codes::CREDENTIAL_CONTEXT);
}

TEST_CASE("an inline context may repeat a term of the v2 context as it is") {
  CHECK(with_contexts({{{"id", "@id"}, {"type", "@type"}}}).has_value());
  CHECK(with_contexts({{{"name", {{"@id", "https://schema.org/name"}, {"@protected", true}}}}}).has_value());
}

TEST_CASE("a later inline context cannot give a term that an earlier one protects another meaning") {
  const Json first = {{"@protected", true}, {"Course", "https://example.org/#Course"}};
  const Json other = {{"Course", "https://example.org/#Other"}};
  CHECK_CODE_NAMES(with_contexts({first, other}), codes::CREDENTIAL_CONTEXT, "/@context/2");
  CHECK(with_contexts({first, first}).has_value());
  CHECK(with_contexts({other, first}).has_value());
  const Json by_term = {{"Course", {{"@id", "https://example.org/#Course"}, {"@protected", true}}}};
  CHECK_CODE(with_contexts({by_term, other}), codes::CREDENTIAL_CONTEXT);
  const Json exempt = {{"@protected", true},
                       {"Course", {{"@id", "https://example.org/#Course"}, {"@protected", false}}}};
  CHECK(with_contexts({exempt, other}).has_value());
}

TEST_CASE("a type mapped inline must be mapped to what can be an IRI") {
  const Json types = {"Course"};
  CHECK(with_contexts({{{"Course", "https://example.org/#Course"}}}, types).has_value());
  CHECK(with_contexts({{{"Course", {{"@id", "ex:Course"}}}}}, types).has_value());
  CHECK_CODE_NAMES(with_contexts({{{"Course", "https ://example.org"}}}, types), codes::CREDENTIAL_TYPE,
                   "Course");
  CHECK_CODE_NAMES(with_contexts({{{"Course", nullptr}}}, types), codes::CREDENTIAL_TYPE, "nothing");
  CHECK(with_contexts({{{"Course", "https ://example.org"}}, {{"Course", "https://example.org/#Course"}}},
                      types)
            .has_value());
}

TEST_CASE("after @vocab null a type that nothing maps has no meaning") {
  const Json no_vocab = {{"@vocab", nullptr}};
  CHECK_CODE_NAMES(with_contexts(Json::array({no_vocab}), {"Course"}), codes::CREDENTIAL_TYPE, "Course");
  CHECK(
      with_contexts(Json::array({no_vocab}), {"https://example.org/#Course", "BitstringStatusListCredential"})
          .has_value());
  CHECK(with_contexts({no_vocab, {{"Course", "https://example.org/#Course"}}}, {"Course"}).has_value());
  CHECK(with_contexts({no_vocab, {{"@vocab", "https://example.org/#"}}}, {"Course"}).has_value());
  // A remote context may map it; nothing is fetched, so nothing can be said.
  CHECK(with_contexts({"https://example.org/context", no_vocab}, {"Course"}).has_value());
}
