#include "protocol/observe/target.h"

#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/observe/codes.h"
#include "protocol/status/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using observe::Target;
using Json = nlohmann::json;

using test::kIssuer;

namespace {

std::string changed_list(const std::function<void(Json&)>& change) {
  auto list = Json::parse(kIssuer.list({}));
  change(list);
  return list.dump();
}

}  // namespace

TEST_CASE("the document of a did:web and a named https URL can be observed") {
  const auto document = Target::of_did("did:web:uni.example");
  REQUIRE_OK(document);
  CHECK(document->url == "https://uni.example/.well-known/did.json");
  CHECK(document->kind == observe::Kind::did_document);
  CHECK(document->bytes_max() == 256 * 1024);
  const auto path = Target::of_did("did:web:uni.example%3A8443:dept");
  REQUIRE_OK(path);
  CHECK(path->url == "https://uni.example:8443/dept/did.json");
  const auto list = Target::of_list("https://uni.example:8443/status/1?x=1");
  REQUIRE_OK(list);
  CHECK(list->kind == observe::Kind::status_list);
  CHECK(list->bytes_max() == 1024 * 1024);
  CHECK(list->media_types() != document->media_types());
}

TEST_CASE("what is no did:web and no public https URL is not observed") {
  CHECK_CODE(Target::of_did("did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"),
             codes::DID_METHOD_UNSUPPORTED);
  CHECK_CODE(Target::of_did("did:web:127.0.0.1"), codes::DID_HOST);
  CHECK_CODE(Target::of_did("uni.example"), codes::DID_INVALID);
  for (const std::string_view bad :
       {"", "uni.example", "http://uni.example/1", "https://", "https:///1", "https://127.0.0.1/1",
        "https://[::1]/1", "https://localhost/1", "https://0x7f.1/1", "https://me@uni.example/1",
        "https://uni.example/1#2", "https://uni.example\\@127.0.0.1/", "https://uni.example/a b",
        "https://uni.example/x/did.json"}) {
    CAPTURE(bad);
    CHECK_CODE(Target::of_list(bad), codes::OBSERVE_URL);
  }
}

TEST_CASE("an observation is worth making of a document that is the DID's") {
  const auto target = Target::of_did(kIssuer.did().text()).value();
  CHECK(target.check(kIssuer.document()).has_value());
  CHECK(target.check(kIssuer.document({})).has_value());  // no key: that too is something to have seen
  CHECK_CODE(target.check("<html>"), codes::JSON_SYNTAX);
  CHECK_CODE(target.check("{}"), codes::DID_DOCUMENT_INVALID);
  CHECK_CODE(target.check(test::WebIssuer("other.example").document()), codes::DID_DOCUMENT_MISMATCH);
}

TEST_CASE("an observation is worth making of a list of at least 10,000 entries") {
  const auto target = Target::of_list(kIssuer.list_url()).value();
  CHECK(target.check(kIssuer.list({})).has_value());
  CHECK(target.check(kIssuer.list({.entries = 10'000})).has_value());
  CHECK_CODE(target.check(kIssuer.list({.entries = 9'992})), codes::STATUS_LIST_SIZE);
  CHECK_CODE(target.check("nothing"), codes::JSON_SYNTAX);
  CHECK_CODE(target.check(kIssuer.document()), codes::CREDENTIAL_CONTEXT);
  const std::vector<std::function<void(Json&)>> changes = {
      [](Json& list) { list["type"] = Json::array({"VerifiableCredential"}); },
      [](Json& list) { list["id"] = "https://uni.example/status/2"; },
      [](Json& list) { list.erase("proof"); },
      [](Json& list) { list["credentialSubject"].erase("encodedList"); },
      [](Json& list) {
        list["credentialSubject"] = Json::array({list["credentialSubject"], list["credentialSubject"]});
      }};
  for (const auto& change : changes)
    CHECK_CODE(target.check(changed_list(change)), codes::STATUS_LIST_MALFORMED);
  CHECK_CODE(target.check(changed_list([](Json& list) { list["credentialSubject"]["encodedList"] = "u"; })),
             codes::STATUS_LIST_ENCODING);
}
