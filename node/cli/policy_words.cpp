#include "node/cli/policy_words.h"

#include <nlohmann/json.hpp>

#include "crypto/base/result.h"
#include "protocol/facts/facts.h"
#include "protocol/witness/policy.h"

namespace vcnode::cli {
namespace {

using recognition::Policy;

constexpr std::int64_t kHourSeconds = 3'600;
constexpr std::int64_t kDaySeconds = 86'400;

// "a, b and c"
template <class List, class Shown>
std::string list_in_words(const List& list, std::string_view last, Shown shown) {
  std::string out;
  std::size_t left = list.size();
  for (const auto& one : list) {
    out += concat(out.empty() ? "" : left == 1 ? last : ", ", shown(one));
    --left;
  }
  return out;
}

std::string names_in_words(const statement::Names& names, std::string_view last = " and ") {
  return list_in_words(names, last, [](const std::string& name) { return name; });
}

std::string dids_in_words(const std::set<Did>& dids) {
  return list_in_words(dids, " and ", [](const Did& did) { return did.text(); });
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return concat(count, " ", count == 1 ? one : many);
}

std::string span_in_words(std::int64_t seconds) {
  if (seconds >= kDaySeconds && seconds % kDaySeconds == 0)
    return counted(seconds / kDaySeconds, "day", "days");
  if (seconds >= kHourSeconds && seconds % kHourSeconds == 0)
    return counted(seconds / kHourSeconds, "hour", "hours");
  return counted(seconds, "second", "seconds");
}

std::string of_anchor(const statement::Anchor& anchor) {
  return concat("believes ", anchor.did, " for ", scope_in_words(anchor.scope), "; at most ",
                counted(anchor.max_recognition, "recognition", "recognitions"), " and ",
                counted(anchor.max_delegation, "delegation", "delegations"), " in a row after it");
}

void say_whom(const Policy& policy, std::vector<std::string>& out) {
  if (policy.anchors.empty())
    out.emplace_back(policy.trust.empty()
                         ? "believes nobody: whatever is authentic is at best issuer-not-confirmed"
                         : "names no anchors: nothing is asked of recognition");
  for (const statement::Anchor& anchor : policy.anchors) out.push_back(of_anchor(anchor));
  if (!policy.trust.empty())
    out.push_back(concat("confirms by name the issuers ", dids_in_words(policy.trust)));
}

void say_how_chains_count(const Policy& policy, std::vector<std::string>& out) {
  out.push_back(
      policy.referencing_from.empty()
          ? "translates no national levels: only EQF levels that a credential states are known"
          : concat("translates national levels by the tables of ", dids_in_words(policy.referencing_from)));
  out.emplace_back(policy.issue_time_proven
                       ? "asks for a proven time of issue wherever a statement has ended since"
                       : "takes the claimed time of issue, unless a statement was withdrawn since");
  out.push_back(
      concat("accepts accreditations whose decision is ",
             list_in_words(policy.decisions, " or ", [](auto word) { return statement::name_of(word); }),
             ", of standing ",
             list_in_words(policy.standing, " or ", [](auto word) { return statement::name_of(word); })));
  if (policy.one_sided_agreements) out.emplace_back("takes mutual agreements that only one side has signed");
  if (policy.unknown_is_no) out.emplace_back("takes what cannot be told for not established");
}

void say_what_else(const Policy& policy, std::vector<std::string>& out) {
  if (!policy.elements.empty())
    out.push_back(concat("asks for the elements ", list_in_words(policy.elements, " and ", [](int number) {
                           return concat(number, " (", facts::element_name(number), ")");
                         })));
  if (policy.endorsements_at_least > 0)
    out.push_back(concat("asks that at least ", policy.endorsements_at_least,
                         " of these vouch for it: ", dids_in_words(policy.endorsements_from)));
  if (!policy.observers.empty())
    out.push_back(concat("believes what was seen of issuers without a node by ", policy.observer_quorum,
                         " of: ", dids_in_words(policy.observers)));
}

void say_times(const Policy& policy, std::vector<std::string>& out) {
  const auto quorum = quorum_json(policy);
  if (quorum.is_null()) {
    out.emplace_back("asks no witnesses: every time of issue is only claimed");
  } else {
    const auto number = [&](const char* name) { return quorum.at(name).get<std::int64_t>(); };
    out.push_back(concat("takes a time for proven that a quorum of ",
                         counted(number("witnesses"), "witness", "witnesses"), " cosigned; ",
                         number("absentMax"), " of them may be away, and ", number("liarsForTwoBranches"),
                         " would have to lie before two contradicting histories both reach it"));
  }
  std::string ages =
      concat("warns of a newest word that is ", span_in_words(policy.head_age_warn_seconds), " old");
  if (policy.head_age_max_seconds)
    ages += concat(", and cannot tell beyond ", span_in_words(*policy.head_age_max_seconds));
  out.push_back(std::move(ages));
}

}  // namespace

std::string scope_in_words(const statement::Scope& scope) {
  std::vector<std::string> parts;
  if (scope.countries) parts.push_back(concat("credentials of ", names_in_words(*scope.countries)));
  if (scope.eqf)
    parts.push_back(scope.eqf->low == scope.eqf->high
                        ? concat("EQF ", scope.eqf->low)
                        : concat("EQF ", scope.eqf->low, " to ", scope.eqf->high));
  if (scope.isced) parts.push_back(concat("fields ", names_in_words(*scope.isced), " (ISCED-F)"));
  if (scope.types) parts.push_back(concat("of type ", names_in_words(*scope.types, " or ")));
  if (scope.settings) parts.push_back(concat(names_in_words(*scope.settings, " or "), " learning"));
  if (scope.max_ects) {
    std::string number = nlohmann::json(*scope.max_ects).dump();
    if (number.ends_with(".0")) number.resize(number.size() - 2);
    parts.push_back(concat("at most ", number, " ECTS"));
  }
  if (scope.from) parts.push_back(concat("issued from ", scope.from->to_string()));
  if (scope.until) parts.push_back(concat("issued before ", scope.until->to_string()));
  if (parts.empty()) return "everything";
  return names_in_words(parts, ", ");
}

std::vector<std::string> meaning_of(const Policy& policy) {
  std::vector<std::string> out;
  say_whom(policy, out);
  if (policy.asks()) say_how_chains_count(policy, out);
  say_what_else(policy, out);
  say_times(policy, out);
  return out;
}

nlohmann::json quorum_json(const Policy& policy) {
  if (policy.witnesses.empty()) return nullptr;
  const auto witnesses = witness::WitnessPolicy::parse(policy.witnesses);
  if (!witnesses || !witnesses->asks_for_witnesses()) return nullptr;
  return {{"witnesses", witnesses->witnesses().size()},
          {"absentMax", witnesses->absent_max()},
          {"liarsForTwoBranches", witnesses->liars_for_two_branches()}};
}

}  // namespace vcnode::cli
