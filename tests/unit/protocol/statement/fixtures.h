// Statements from the worked examples of protocol/spec/statement.md, changed and read.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/statement/codes.h"
#include "protocol/statement/log.h"
#include "tests/support/check.h"
#include "tests/support/spec_page.h"

namespace vcnode::statement::test {

using Json = nlohmann::json;

inline Json example(Kind kind) {
  return Json::parse(vcnode::test::spec_example("statement.md", name_of(kind)));
}

inline Result<Statement> parse_json(const Json& document) {
  const std::string text = document.dump();
  const auto credential = credential::Credential::parse(text);
  REQUIRE_OK(credential);
  return parse(*credential, sha256(as_bytes(text)));
}

inline Statement parsed(const Json& document) {
  auto out = parse_json(document);
  REQUIRE_OK(out);
  return *std::move(out);
}

inline Scope scope_from(const Json& value) {
  const auto document = json::Document::parse(value.dump());
  REQUIRE_OK(document);
  auto scope = parse_scope(document->root(), "/scope");
  REQUIRE_OK(scope);
  return *std::move(scope);
}

// A short name to a DID whose lookup name it is.
inline std::string body_did(std::string_view name) {
  return concat("did:webvh:", name, ":", name, ".example");
}

inline Statement statement_of(std::string_view id, std::string_view subject, Says says) {
  Statement out;
  out.id = concat("urn:uuid:", id);
  out.digest = sha256(as_bytes(out.id));
  out.issuer_did = body_did("issuer");
  out.subject_id = subject;
  out.says = std::move(says);
  return out;
}

inline Entry entry_of(Statement statement, Place place) {
  return {std::make_shared<const Statement>(std::move(statement)), place};
}

inline Withdrawal withdrawal(const Statement& of) {
  Withdrawal out;
  out.digest = of.digest;
  return out;
}

}  // namespace vcnode::statement::test
