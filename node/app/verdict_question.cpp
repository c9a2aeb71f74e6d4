#include "node/app/verdict_question.h"

#include <memory>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "node/app/codes.h"
#include "node/app/request_body.h"
#include "protocol/recognition/policy.h"

namespace vcnode::node {

namespace {

// A verifier who trusts more issuers by name wants a policy, not a request.
constexpr std::size_t kTrustMax = 1'000;

// Leaves `dids` as they are where the member is absent.
Result<void> read_dids(const json::Value& root, std::string_view name, std::set<Did>& dids) {
  const json::Value* list = root.find(name);
  if (list == nullptr) return {};
  if (!list->is_array()) return fail(codes::REQUEST_MALFORMED, "\"", name, "\" must be an array of DIDs");
  if (list->elements().size() > kTrustMax) {
    return fail(codes::REQUEST_TOO_MANY, "\"", name, "\" has ", list->elements().size(),
                " DIDs, the limit is ", kTrustMax);
  }
  std::set<Did> read;
  for (const json::Value& entry : list->elements()) {
    if (!entry.is_string()) return fail(codes::REQUEST_MALFORMED, "\"", name, "\" must be an array of DIDs");
    VCNODE_TRY(auto did, Did::parse(entry.string()));
    read.insert(std::move(did));
  }
  dids = std::move(read);
  return {};
}

}  // namespace

Result<verify::Policy> read_verify_policy(const json::Value& root, const std::set<Did>& observers) {
  verify::Policy::Values values;
  values.observers = observers;
  if (const json::Value* policy = root.find("policy"); policy != nullptr) {
    if (!policy->is_object())
      return fail(codes::REQUEST_MALFORMED, "\"policy\" must be a policy, an object, not ",
                  json::kind_name(policy->kind()));
    VCNODE_TRY(auto parsed, recognition::Policy::parse(jcs::canonicalize(*policy)));
    VCNODE_CHECK(values.follow(std::make_shared<const recognition::Policy>(std::move(parsed))));
  }
  VCNODE_CHECK(read_dids(root, "trust", values.trust));
  VCNODE_CHECK(read_dids(root, "observers", values.observers));
  if (const json::Value* witnesses = root.find("witnessPolicy"); witnesses != nullptr) {
    if (!witnesses->is_string())
      return fail(codes::REQUEST_MALFORMED, "\"witnessPolicy\" must be a tlog-policy in a string");
    VCNODE_CHECK(values.ask_witnesses(std::string(witnesses->string())));
  }
  return verify::Policy(std::move(values));
}

Result<std::optional<Timestamp>> read_time(const json::Value& root, std::string_view name) {
  const json::Value* time = root.find(name);
  if (time == nullptr) return std::optional<Timestamp>();
  if (!time->is_string())
    return fail(codes::REQUEST_MALFORMED, "\"", name, "\" must be an RFC 3339 time in a string");
  VCNODE_TRY(const Timestamp read, Timestamp::parse(time->string()));
  return std::optional(read);
}

Result<std::optional<std::string>> read_text(const json::Value& root, std::string_view name,
                                             std::size_t bytes_max) {
  const json::Value* text = root.find(name);
  if (text == nullptr) return std::optional<std::string>();
  if (!text->is_string() || text->string().empty() || text->string().size() > bytes_max)
    return fail(codes::REQUEST_MALFORMED, "\"", name, "\" must be a string of 1 to ", bytes_max, " bytes");
  return std::optional(std::string(text->string()));
}

Result<std::optional<verify::StatedPerson>> read_stated_person(const json::Value& root) {
  const json::Value* subject = root.find("subject");
  if (subject == nullptr) return std::optional<verify::StatedPerson>();
  if (!subject->is_object())
    return fail(codes::REQUEST_MALFORMED, "\"subject\" must be an object with name, birthDate, identifier");
  VCNODE_CHECK(only_members(*subject, {"name", "birthDate", "identifier"}));
  verify::StatedPerson::Typed typed;
  VCNODE_TRY(typed.name, read_text(*subject, "name", verify::kStatedBytesMax));
  VCNODE_TRY(typed.birth_date, read_text(*subject, "birthDate", verify::kStatedBytesMax));
  VCNODE_TRY(typed.identifier, read_text(*subject, "identifier", verify::kStatedBytesMax));
  VCNODE_TRY(auto stated, verify::StatedPerson::read(std::move(typed)));
  return std::optional(std::move(stated));
}

Result<verify::HolderQuestion> read_holder_question(const json::Value& root) {
  verify::HolderQuestion out;
  VCNODE_TRY(out.challenge, read_text(root, "challenge", verify::kChallengeBytesMax));
  VCNODE_TRY(out.domain, read_text(root, "domain", verify::kChallengeBytesMax));
  if (out.challenge.has_value() != out.domain.has_value())
    return fail(codes::REQUEST_MALFORMED,
                "\"challenge\" and \"domain\" belong together: give both or neither");
  return out;
}

}  // namespace vcnode::node
