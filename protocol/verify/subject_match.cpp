#include "protocol/verify/subject_match.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "crypto/base/ascii.h"
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/facts/place.h"
#include "protocol/verify/folded_name.h"

namespace vcnode::verify {
namespace {

using facts::Place;

constexpr std::string_view kSha256Mark = "sha256$";
constexpr std::size_t kDayLength = 10;    // YYYY-MM-DD
constexpr std::size_t kTextDepthMax = 3;  // of a language map in an array in an object

// Every text of a value: itself, of an array each, of a language map each, of an object its @value.
void add_texts(const json::Value& value, std::size_t depth, std::vector<std::string_view>& out) {
  if (out.size() >= kSpellingsMax || depth > kTextDepthMax) return;
  if (value.is_string()) return out.push_back(value.string());
  if (value.is_array())
    for (const json::Value& one : value.elements()) add_texts(one, depth + 1, out);
  if (!value.is_object()) return;
  if (const json::Value* wrapped = value.find("@value")) return add_texts(*wrapped, depth + 1, out);
  for (const json::Member& member : value.members())
    if (!member.name.starts_with('@')) add_texts(member.value, depth + 1, out);
}

std::vector<std::string_view> texts_at(const json::Value& subject,
                                       std::initializer_list<std::string_view> paths) {
  std::vector<std::string_view> out;
  for (const std::string_view path : paths)
    (void)facts::each(Place(subject), path, [&](const Place& place) {
      add_texts(place.value(), 0, out);
      return out.size() < kSpellingsMax;
    });
  if (out.size() > kSpellingsMax) out.resize(kSpellingsMax);
  return out;
}

std::vector<std::string> folded_all(const std::vector<std::string_view>& texts) {
  std::vector<std::string> out;
  for (const std::string_view text : texts)
    if (text.size() <= kStatedBytesMax)
      if (auto folded = folded_name(text)) out.push_back(*std::move(folded));
  return out;
}

// A name and, where it is written with a comma, its other order.
void add_orders(std::string folded, std::set<std::string>& out) {
  if (auto turned = turned_at_comma(folded)) out.insert(*std::move(turned));
  out.insert(std::move(folded));
}

// The whole names that the credential has or that its given and family names make.
std::set<std::string> whole_names(const json::Value& subject) {
  std::set<std::string> out;
  for (std::string& name :
       folded_all(texts_at(subject, {"fullName", "name", "learner/fullName", "learner/name"})))
    add_orders(std::move(name), out);
  const auto given = folded_all(texts_at(subject, {"givenName", "learner/givenName"}));
  const auto family = folded_all(texts_at(subject, {"familyName", "learner/familyName"}));
  for (const std::string& first : given) {
    for (const std::string& last : family) {
      out.insert(concat(first, " ", last));
      out.insert(concat(last, " ", first));
    }
  }
  return out;
}

// An identifier of an Open Badge's subject, or a legal identifier of the European Learning Model.
struct SubjectIdentifier {
  std::string_view value;
  std::string_view type;  // of Open Badges: "name", "emailAddress" …
  std::string_view salt;
  bool hashed = false;
};

std::vector<SubjectIdentifier> identifiers_of(const json::Value& subject) {
  std::vector<SubjectIdentifier> out;
  const auto add = [&](const Place& place) {
    const json::Value& value = place.value();
    if (value.is_string()) out.push_back({.value = value.string(), .type = {}, .salt = {}});
    if (const auto hash = value.find_string("identityHash")) {
      const json::Value* hashed = value.find("hashed");
      out.push_back({*hash, value.find_string("identityType").value_or(""),
                     value.find_string("salt").value_or(""),
                     hashed != nullptr && hashed->kind() == json::Kind::boolean && hashed->boolean()});
    } else if (const auto notation = value.find_string("notation")) {
      out.push_back({.value = *notation, .type = {}, .salt = {}});
    }
    return out.size() < kSubjectIdentifiersMax;
  };
  (void)facts::each(Place(subject), "identifier", add);
  if (out.size() < kSubjectIdentifiersMax) (void)facts::each(Place(subject), "nationalID", add);
  return out;
}

// What an issuer may have hashed of a text: as it was typed, composed, and that in small letters.
std::vector<std::string> hashable(const std::string& typed) {
  std::vector<std::string> out = {typed};
  if (auto composed = composed_text(typed)) out.push_back(*std::move(composed));
  if (auto folded = folded_name(typed)) out.push_back(*std::move(folded));
  return out;
}

bool is_same_hash(const SubjectIdentifier& one, const std::string& typed) {
  const std::string wanted = lower_case(one.value);
  const auto spellings = hashable(typed);
  return std::any_of(spellings.begin(), spellings.end(), [&](const std::string& spelling) {
    const std::string salted = concat(spelling, one.salt);
    return wanted == concat(kSha256Mark, hex_encode(sha256(as_bytes(salted)).view()));
  });
}

Match match_identifier(const SubjectIdentifier& one, const std::string& typed) {
  if (one.hashed && !one.value.starts_with(kSha256Mark)) return Match::absent;  // MD5 says nothing
  if (one.hashed) return is_same_hash(one, typed) ? Match::equal : Match::differs;
  if (one.value.size() > kStatedBytesMax) return Match::absent;
  const auto stated = folded_name(one.value);
  if (!stated) return Match::absent;
  return stated == folded_name(typed) ? Match::equal : Match::differs;
}

Match match_name(const json::Value& subject, const std::vector<SubjectIdentifier>& identifiers,
                 const std::string& typed) {
  std::set<std::string> stated;
  if (auto folded = folded_name(typed)) add_orders(*std::move(folded), stated);
  const auto names = whole_names(subject);
  Match found = names.empty() ? Match::absent : Match::differs;
  if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return stated.contains(name); }))
    return Match::equal;
  for (const SubjectIdentifier& one : identifiers)
    if (one.type == "name") found = std::max(found, match_identifier(one, typed));
  return found;
}

std::string day_text(Timestamp moment) {
  return moment.to_string().substr(0, kDayLength);
}

// The year, with or without a month, that a text gives instead of a day; "" if it is neither. XML Schema's
// may have a zone, which changes nothing.
std::string_view part_of_a_date(std::string_view text) {
  constexpr std::pair<std::size_t, std::string_view> kParts[] = {{7, "-01T12:00:00"}, {4, "-01-01T12:00:00"}};
  text = trimmed(text);
  for (const auto& [length, rest] : kParts) {
    if (text.size() < length) continue;
    const std::string_view zone = text.substr(length);
    if (Timestamp::parse(concat(text.substr(0, length), rest, zone.empty() ? "Z" : zone)))
      return text.substr(0, length);
  }
  return {};
}

// What is no day cannot be the same as one, but it can be another: a year, or an instant of two zones.
Match match_day(std::string_view text, std::string_view typed) {
  constexpr std::int64_t kDaySeconds = 86'400;
  if (const auto day = birth_day(text)) return *day == typed ? Match::equal : Match::differs;
  if (const auto part = part_of_a_date(text); !part.empty())
    return typed.starts_with(part) ? Match::absent : Match::differs;
  const auto moment = Timestamp::parse(trimmed(text));
  if (!moment) return Match::absent;
  const bool either = day_text(*moment) == typed || day_text(moment->plus_seconds(kDaySeconds)) == typed;
  return either ? Match::absent : Match::differs;
}

Match match_birth_date(const json::Value& subject, const std::string& typed) {
  Match found = Match::absent;
  for (const std::string_view text : texts_at(subject, {"birthDate", "dateOfBirth", "learner/birthDate"})) {
    found = std::max(found, match_day(text, typed));
  }
  return found;
}

}  // namespace

std::optional<std::string> birth_day(std::string_view text) {
  constexpr std::int64_t kDaySeconds = 86'400;
  constexpr std::int64_t kHourSeconds = 3'600;
  // Midnight in the zones from -09:30 to +00:00 and from +14:00 back to +10:00; between them both exist.
  constexpr std::int64_t kSameDayHourMax = 9;
  constexpr std::int64_t kNextDayHourMin = 14;
  text = trimmed(text);
  const std::string_view day = text.substr(0, std::min(text.size(), kDayLength));
  const auto noon = Timestamp::parse(concat(day, "T12:00:00Z"));
  if (!noon || day.size() != kDayLength) return std::nullopt;
  const std::string_view rest = text.substr(kDayLength);
  if (rest.empty()) return std::string(day);
  if (!rest.starts_with('T')) {  // xsd:date with a zone
    if (Timestamp::parse(concat(day, "T00:00:00", rest))) return std::string(day);
    return std::nullopt;
  }
  if (rest.starts_with("T00:00:00")) {  // midnight as written, wherever that was
    if (Timestamp::parse(text) || Timestamp::parse(concat(text, "Z"))) return std::string(day);
    return std::nullopt;
  }
  const auto moment = Timestamp::parse(text);
  if (!moment) return std::nullopt;
  const std::int64_t of_day = ((moment->seconds() % kDaySeconds) + kDaySeconds) % kDaySeconds;
  const std::int64_t hour = of_day / kHourSeconds;
  if (hour <= kSameDayHourMax) return day_text(*moment);
  if (hour >= kNextDayHourMin) return day_text(moment->plus_seconds(kDaySeconds));
  return std::nullopt;
}

SubjectMatch match_subject(const json::Value& subject, const StatedPerson::Typed& typed) {
  SubjectMatch out;
  const auto identifiers = identifiers_of(subject);
  if (typed.name) out.name = match_name(subject, identifiers, *typed.name);
  if (typed.birth_date) out.birth_date = match_birth_date(subject, *typed.birth_date);
  if (!typed.identifier) return out;
  for (const SubjectIdentifier& one : identifiers)
    if (one.type != "name" && match_identifier(one, *typed.identifier) == Match::equal)
      out.identifier = Match::equal;
  return out;
}

}  // namespace vcnode::verify
