#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/policy.h"
#include "protocol/witness/policy.h"

namespace vcnode::recognition {
namespace {

using json::Value;

Failure bad_policy(std::string_view member, std::string_view what) {
  return fail(codes::POLICY_MALFORMED, "policy, member ", member, ": ", what);
}

Failure of_kind(std::string_view member, const Value& value, std::string_view wanted) {
  return bad_policy(member, concat("is of type ", json::kind_name(value.kind()), ", not ", wanted));
}

// Every member of `object` is one of `known`.
Result<void> check_members(std::string_view where, const Value& object,
                           std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return of_kind(where, object, "object");
  for (const json::Member& member : object.members())
    if (std::find(known.begin(), known.end(), member.name) == known.end())
      return bad_policy(where, concat("\"", excerpt(member.name), "\" is not a member of it"));
  return {};
}

Result<std::int64_t> read_integer(std::string_view member, const Value& value, std::int64_t low,
                                  std::int64_t high) {
  if (value.kind() != json::Kind::integer) return of_kind(member, value, "integer");
  if (value.integer() < low || value.integer() > high)
    return bad_policy(member, concat(value.integer(), " is not between ", low, " and ", high));
  return value.integer();
}

Result<bool> read_boolean(std::string_view member, const Value& value) {
  if (value.kind() != json::Kind::boolean) return of_kind(member, value, "boolean");
  return value.boolean();
}

Result<std::string> read_text(std::string_view member, const Value& value, std::size_t bytes_max) {
  if (!value.is_string()) return of_kind(member, value, "string");
  if (value.string().empty() || value.string().size() > bytes_max)
    return bad_policy(member, concat("has ", value.string().size(), " bytes, not between 1 and ", bytes_max));
  return std::string(value.string());
}

Result<std::set<Did>> read_dids(std::string_view member, const Value& value) {
  if (!value.is_array()) return of_kind(member, value, "array");
  if (value.elements().size() > kPolicyNamesMax)
    return bad_policy(member, concat(value.elements().size(), " names, more than ", kPolicyNamesMax));
  std::set<Did> dids;
  for (const Value& element : value.elements()) {
    if (!element.is_string()) return of_kind(member, element, "string");
    auto did = Did::parse(element.string());
    if (!did) return bad_policy(member, did.error().message);
    dids.insert(*std::move(did));
  }
  return dids;
}

template <class T, class Named>
Result<std::set<T>> read_words(std::string_view member, const Value& value, Named named) {
  if (!value.is_array()) return of_kind(member, value, "array");
  if (value.elements().empty()) return bad_policy(member, "accepts nothing: an empty list");
  std::set<T> words;
  for (const Value& element : value.elements()) {
    const auto word = element.is_string() ? named(element.string()) : std::nullopt;
    if (!word)
      return bad_policy(member, concat("\"", element.is_string() ? excerpt(element.string()) : "?",
                                       "\" is none of its words"));
    words.insert(*word);
  }
  return words;
}

Result<statement::Anchor> read_anchor(const Value& value) {
  VCNODE_CHECK(check_members("anchors", value, {"id", "for", "maxRecognition", "maxDelegation"}));
  const auto id = value.find_string("id");
  if (!id) return bad_policy("anchors", "an anchor has no string \"id\"");
  const auto did = Did::parse(*id);
  if (!did) return bad_policy("anchors", did.error().message);
  statement::Anchor anchor{did->text(), {}, 1, 2};
  if (const Value* scope = value.find("for")) {
    auto parsed = statement::parse_scope(*scope, "/anchors/for");
    if (!parsed) return bad_policy("anchors", parsed.error().message);
    anchor.scope = *std::move(parsed);
  }
  if (const Value* depth = value.find("maxRecognition")) {
    VCNODE_TRY(const auto number, read_integer("maxRecognition", *depth, 0, kMaxRecognition));
    anchor.max_recognition = static_cast<int>(number);
  }
  if (const Value* depth = value.find("maxDelegation")) {
    VCNODE_TRY(const auto number, read_integer("maxDelegation", *depth, 0, kMaxDelegation));
    anchor.max_delegation = static_cast<int>(number);
  }
  return anchor;
}

Result<void> read_anchors(Policy& policy, const Value& value) {
  if (!value.is_array()) return of_kind("anchors", value, "array");
  if (value.elements().size() > kPolicyAnchorsMax)
    return bad_policy("anchors", concat(value.elements().size(), " anchors, more than ", kPolicyAnchorsMax));
  for (const Value& element : value.elements()) {
    VCNODE_TRY(auto anchor, read_anchor(element));
    policy.anchors.push_back(std::move(anchor));
  }
  policy.sort_anchors();
  return {};
}

Result<void> read_elements(Policy& policy, const Value& value) {
  constexpr std::string_view kMember = "needElements";
  if (value.is_string() && value.string() == "none") return {};
  if (value.is_string() && value.string() == "mandatory") {
    for (int number = 1; number <= kMandatoryElements; ++number) policy.elements.insert(number);
    return {};
  }
  if (!value.is_array())
    return bad_policy(kMember, "is neither \"none\" nor \"mandatory\" nor a list of numbers");
  for (const Value& element : value.elements()) {
    VCNODE_TRY(const auto number, read_integer(kMember, element, 1, kElements));
    policy.elements.insert(static_cast<int>(number));
  }
  return {};
}

Result<void> read_endorsement(Policy& policy, const Value& value) {
  VCNODE_CHECK(check_members("endorsement", value, {"atLeast", "from"}));
  if (const Value* from = value.find("from")) {
    VCNODE_TRY(policy.endorsements_from, read_dids("endorsement.from", *from));
  }
  if (const Value* least = value.find("atLeast")) {
    VCNODE_TRY(policy.endorsements_at_least,
               read_integer("endorsement.atLeast", *least, 0, kEndorsementsMax));
  }
  if (policy.endorsements_at_least > static_cast<std::int64_t>(policy.endorsements_from.size()))
    return bad_policy("endorsement", concat("atLeast is ", policy.endorsements_at_least, ", from names ",
                                            policy.endorsements_from.size()));
  return {};
}

Result<void> read_time(Policy& policy, const Value& value) {
  VCNODE_CHECK(check_members("time", value, {"issueTime"}));
  const auto word = value.find_string("issueTime");
  if (!word || (*word != "proven" && *word != "proven-when-withdrawn"))
    return bad_policy("time.issueTime", "is neither \"proven-when-withdrawn\" nor \"proven\"");
  policy.issue_time_proven = *word == "proven";
  return {};
}

Result<void> read_unknown(Policy& policy, const Value& value) {
  if (!value.is_string() || (value.string() != "cannot-tell" && value.string() != "not-established"))
    return bad_policy("onUnknown", "is neither \"cannot-tell\" nor \"not-established\"");
  policy.unknown_is_no = value.string() == "not-established";
  return {};
}

Result<void> read_judging(Policy& policy, const Value& root) {
  if (const Value* value = root.find("anchors")) VCNODE_CHECK(read_anchors(policy, *value));
  if (const Value* value = root.find("referencingFrom")) {
    VCNODE_TRY(policy.referencing_from, read_dids("referencingFrom", *value));
  }
  if (const Value* value = root.find("time")) VCNODE_CHECK(read_time(policy, *value));
  if (const Value* value = root.find("decisions")) {
    VCNODE_TRY(policy.decisions,
               read_words<statement::Decision>("decisions", *value, statement::decision_named));
    if (policy.decisions.contains(statement::Decision::negative))
      return bad_policy("decisions", "\"negative\" cannot be accepted");
  }
  if (const Value* value = root.find("standing")) {
    VCNODE_TRY(policy.standing,
               read_words<statement::Standing>("standing", *value, statement::standing_named));
  }
  if (const Value* value = root.find("needElements")) VCNODE_CHECK(read_elements(policy, *value));
  if (const Value* value = root.find("endorsement")) VCNODE_CHECK(read_endorsement(policy, *value));
  if (const Value* value = root.find("oneSidedAgreements")) {
    VCNODE_TRY(policy.one_sided_agreements, read_boolean("oneSidedAgreements", *value));
  }
  if (const Value* value = root.find("onUnknown")) VCNODE_CHECK(read_unknown(policy, *value));
  return {};
}

Result<void> read_verifying(Policy& policy, const Value& root) {
  if (const Value* value = root.find("trust")) {
    VCNODE_TRY(policy.trust, read_dids("trust", *value));
  }
  if (const Value* value = root.find("witnesses"); value != nullptr && !value->is_null()) {
    VCNODE_TRY(policy.witnesses, read_text("witnesses", *value, witness::kPolicyBytesMax));
    if (const auto read = witness::WitnessPolicy::parse(policy.witnesses); !read)
      return bad_policy("witnesses", read.error().message);
  }
  if (const Value* value = root.find("observers")) {
    VCNODE_TRY(policy.observers, read_dids("observers", *value));
  }
  if (const Value* value = root.find("observerQuorum")) {
    VCNODE_TRY(const auto quorum, read_integer("observerQuorum", *value, 1, kPolicyNamesMax));
    policy.observer_quorum = static_cast<std::uint32_t>(quorum);
  }
  if (const Value* value = root.find("headAgeWarnSeconds")) {
    VCNODE_TRY(policy.head_age_warn_seconds,
               read_integer("headAgeWarnSeconds", *value, 0, kHeadAgeSecondsMax));
  }
  if (const Value* value = root.find("headAgeMaxSeconds"); value != nullptr && !value->is_null()) {
    VCNODE_TRY(policy.head_age_max_seconds, read_integer("headAgeMaxSeconds", *value, 0, kHeadAgeSecondsMax));
  }
  return {};
}

// What only means something with anchors.
std::string_view wish_for_recognition(const Policy& policy) {
  const Policy defaults;
  if (policy.endorsements_at_least > 0) return "endorsement";
  if (!policy.referencing_from.empty()) return "referencingFrom";
  if (policy.one_sided_agreements) return "oneSidedAgreements";
  if (policy.decisions != defaults.decisions) return "decisions";
  if (policy.standing != defaults.standing) return "standing";
  if (policy.issue_time_proven) return "time.issueTime";
  if (policy.unknown_is_no) return "onUnknown";
  return {};
}

}  // namespace

Result<Policy> Policy::parse(std::string_view text) {
  const auto document = json::Document::parse(text, {.size_max = kPolicyBytesMax});
  if (!document) return bad_policy("(all)", document.error().message);
  const Value& root = document->root();
  VCNODE_CHECK(
      check_members("(all)", root,
                    {"v", "id", "verifierCountry", "anchors", "referencingFrom", "time", "decisions",
                     "standing", "needElements", "endorsement", "oneSidedAgreements", "onUnknown", "trust",
                     "witnesses", "observers", "observerQuorum", "headAgeWarnSeconds", "headAgeMaxSeconds"}));
  Policy policy;
  if (const Value* value = root.find("v")) VCNODE_CHECK(read_integer("v", *value, 1, 1));
  if (const Value* value = root.find("id"); value != nullptr && !value->is_null()) {
    VCNODE_TRY(policy.id, read_text("id", *value, kPolicyIdBytesMax));
  }
  if (const Value* value = root.find("verifierCountry"); value != nullptr && !value->is_null()) {
    auto country = statement::parse_country(*value, "/verifierCountry");
    if (!country) return bad_policy("verifierCountry", country.error().message);
    policy.country = *std::move(country);
  }
  VCNODE_CHECK(read_judging(policy, root));
  VCNODE_CHECK(read_verifying(policy, root));
  if (const auto wish = wish_for_recognition(policy); !wish.empty() && !policy.asks())
    return fail(codes::POLICY_WITHOUT_ANCHORS, "policy, member ", wish,
                ": asks for recognition, and anchors names nobody: there is no built-in trust");
  return policy;
}

}  // namespace vcnode::recognition
