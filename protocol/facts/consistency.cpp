#include <algorithm>
#include <cmath>

#include "crypto/base/encoding.h"
#include "protocol/did/did.h"
#include "protocol/did/lookup_name.h"
#include "protocol/facts/codes.h"
#include "protocol/facts/facts.h"
#include "protocol/facts/normalise.h"

namespace vcnode::facts {
namespace {

// ECTS Users' Guide 2015: a credit stands for 25 to 30 hours of work. Whole hours and half credits are
// common, so what rounding explains is let pass.
constexpr double kHoursPerEctsMin = 25;
constexpr double kHoursPerEctsMax = 30;
constexpr double kTolerance = 0.1;
// European credentials write a local midnight in UTC, which may be the day before.
constexpr std::int64_t kDaySeconds = 86'400;

// Of a JSON Pointer in a sentence.
constexpr std::size_t kPathBytesMax = 200;

// QF-EHEA: the cycles of higher education and the European levels they are at.
struct CycleLevel {
  std::string_view cycle;
  int eqf;
};
constexpr CycleLevel kCycles[] = {{"short", 5}, {"first", 6}, {"second", 7}, {"third", 8}};

using Findings = std::vector<Finding>;

template <class... Parts>
void report_finding(Findings& out, Code code, const Parts&... parts) {
  out.push_back({code, concat(parts...)});
}

// At most two decimals, for people.
std::string rounded(double amount) {
  const auto hundredths = static_cast<std::int64_t>(std::llround(amount * 100));
  std::string text = concat(hundredths / 100);
  const auto rest = hundredths % 100;
  if (rest != 0) text += concat(".", rest / 10, rest % 10 != 0 ? concat(rest % 10) : std::string());
  return text;
}

void check_troubles(const Facts& facts, Findings& out) {
  for (const Trouble& trouble : facts.troubles)
    report_finding(out, trouble.code, excerpt(trouble.path, kPathBytesMax), " ", trouble.why);
}

void check_workload(const Facts& facts, Findings& out) {
  if (!facts.ects || !facts.hours || *facts.ects <= 0) return;
  const double each_hours = *facts.hours / *facts.ects;
  if (each_hours >= kHoursPerEctsMin * (1 - kTolerance) && each_hours <= kHoursPerEctsMax * (1 + kTolerance))
    return;
  report_finding(out, codes::HOURS_PER_ECTS, rounded(*facts.hours), " hours for ", rounded(*facts.ects),
                 " ECTS are ", rounded(each_hours), " hours for each; a credit stands for ",
                 rounded(kHoursPerEctsMin), " to ", rounded(kHoursPerEctsMax));
}

std::string joined(const std::vector<std::string>& words) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(words.size(), kShown); ++i)
    out += concat(i == 0 ? "" : ", ", words[i]);
  return words.size() > kShown ? out + " ..." : out;
}

void check_levels(const Facts& facts, Findings& out) {
  std::vector<std::string> seen;
  for (const Level& level : facts.nqf) {
    const bool elsewhere =
        !level.country.empty() && !facts.countries.empty() &&
        std::find(facts.countries.begin(), facts.countries.end(), level.country) == facts.countries.end();
    if (!elsewhere || std::find(seen.begin(), seen.end(), level.framework) != seen.end()) continue;
    seen.push_back(level.framework);
    report_finding(out, codes::NQF_OF_ANOTHER_COUNTRY, "level ", excerpt(level.level),
                   " is one of the framework ", excerpt(level.framework), " of ", level.country,
                   ", the awarding body is in ", joined(facts.countries));
  }
  if (!facts.cycle || !facts.eqf) return;
  const auto of_cycle = eqf_of_cycle(*facts.cycle);
  if (!of_cycle || *of_cycle == *facts.eqf) return;
  report_finding(out, codes::CYCLE_EQF_MISMATCH, "the ", *facts.cycle, " cycle is at EQF level ", *of_cycle,
                 ", the credential says EQF level ", *facts.eqf);
}

void check_volumes(const Facts& facts, Findings& out) {
  for (const Volume& volume : facts.volumes) {
    const std::string where = excerpt(volume.path, kPathBytesMax);
    if (volume.in_months) {
      report_finding(
          out, codes::DURATION_IMPLAUSIBLE, where, " is ", excerpt(volume.text),
          ", which is in months or years (minutes are PT60M, hours PT60H)",
          facts.hours ? concat("; the whole is ", rounded(*facts.hours), " hours") : std::string());
    } else if (!volume.whole && volume.hours && facts.hours &&
               *volume.hours > *facts.hours * (1 + kTolerance)) {
      report_finding(out, codes::DURATION_IMPLAUSIBLE, where, " is ", excerpt(volume.text), ", ",
                     rounded(*volume.hours), " hours of an achievement that is ", rounded(*facts.hours));
    }
  }
}

// The host that a did:web, a did:webvh or an http(s) IRI names; "" for others.
std::string host_of(std::string_view id) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (id.starts_with(scheme)) {
      id.remove_prefix(scheme.size());
      return lower(id.substr(0, id.find_first_of("/?#:")));
    }
  }
  const auto did = Did::parse(id);
  if (!did) return {};
  std::string_view rest = did->method_specific_id();
  if (did->method() == "webvh") {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos) return {};
    rest.remove_prefix(colon + 1);
  } else if (did->method() != "web") {
    return {};
  }
  rest = rest.substr(0, rest.find(':'));
  return lower(rest.substr(0, rest.find('%')));  // %3A and a port
}

// Whether two bodies can be told apart at all.
bool comparable(const Organisation& a, const Organisation& b) {
  return (!a.id.empty() && !b.id.empty()) || (!a.legal_name.empty() && !b.legal_name.empty());
}

std::string shown(const Organisation& body) {
  return excerpt(body.legal_name.empty() ? body.id : body.legal_name);
}

void check_signer(const Facts& facts, Findings& out) {
  const auto& bodies = facts.awarding_bodies;
  if (bodies.empty()) return;
  for (const Organisation& body : bodies)
    if (may_be_one(facts.issuer, body) || !comparable(facts.issuer, body)) return;
  report_finding(out, codes::SIGNER_NOT_AWARDING_BODY, "the issuer is ", shown(facts.issuer),
                 ", the award is by ", shown(bodies.front()),
                 bodies.size() > 1 ? concat(" and ", bodies.size() - 1, " more") : std::string(),
                 facts.mandate_claimed ? "; a mandate is claimed" : "");
  if (!facts.mandate_claimed)
    report_finding(out, codes::MANDATE_MISSING, "no evidence in the credential says that ",
                   shown(facts.issuer), " may issue for ", shown(bodies.front()));
}

void check_dates(const Facts& facts, Findings& out) {
  if (facts.awarded && facts.issued && *facts.awarded > facts.issued->plus_seconds(kDaySeconds))
    report_finding(out, codes::AWARDED_AFTER_ISSUE, "the award is of ", facts.awarded->to_string(),
                   ", the credential of ", facts.issued->to_string());
  if (facts.awarded && facts.learning_ended &&
      *facts.learning_ended > facts.awarded->plus_seconds(kDaySeconds))
    report_finding(out, codes::LEARNING_AFTER_AWARD, "the learning ended on ",
                   facts.learning_ended->to_string(),
                   facts.awarded == facts.issued ? ", the credential is of " : ", the award is of ",
                   facts.awarded->to_string());
}

}  // namespace

bool may_be_one(const Organisation& a, const Organisation& b) {
  if (!a.id.empty() && lookup_name_of(a.id) == lookup_name_of(b.id)) return true;
  if (const std::string host = host_of(a.id); !host.empty() && host == host_of(b.id)) return true;
  const std::string name = lower(trimmed(a.legal_name));
  return !name.empty() && name == lower(trimmed(b.legal_name));
}

std::optional<int> eqf_of_cycle(std::string_view cycle) {
  const auto* row = std::find_if(std::begin(kCycles), std::end(kCycles),
                                 [&](const CycleLevel& one) { return one.cycle == cycle; });
  return row == std::end(kCycles) ? std::nullopt : std::optional(row->eqf);
}

std::vector<Finding> check_consistency(const Facts& facts) {
  Findings out;
  check_troubles(facts, out);
  check_workload(facts, out);
  check_levels(facts, out);
  check_volumes(facts, out);
  check_signer(facts, out);
  check_dates(facts, out);
  return out;
}

}  // namespace vcnode::facts
