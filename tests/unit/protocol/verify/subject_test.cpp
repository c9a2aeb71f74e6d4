// Who presents it: names, birth dates and identifiers as three profiles write them, against what was typed.
#include "protocol/verify/subject.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/folded_name.h"
#include "protocol/verify/subject_match.h"
#include "tests/unit/protocol/verify/assertions.h"
#include "tests/unit/protocol/verify/one_feed.h"

namespace vcnode::verify {
namespace {

using namespace world;
using SubjectJson = nlohmann::json;
using Typed = StatedPerson::Typed;

Verdict about(const SubjectJson& subject, const Typed& typed) {
  auto document = badge(one_issuer());
  const auto achievement = document["credentialSubject"]["achievement"];
  document["credentialSubject"] = subject;
  auto& subjects = document["credentialSubject"];
  if (subjects.is_object()) subjects["achievement"] = achievement;
  const auto stated = StatedPerson::read(typed);
  REQUIRE_OK(stated);
  return verify_credential(sign(one_issuer(), document), one_view(), trusting(one_issuer()), kNow,
                           Scope::full, {.stated = &*stated})
      .value();
}

const Typed kAna{"Ana Andromeda", "1999-10-02", std::nullopt};

Code code_for(const SubjectJson& subject, const Typed& typed = kAna) {
  return find(about(subject, typed), CheckName::subject)->code;
}

SubjectJson person(const SubjectJson& name, const char* birth_date = "1999-10-02") {
  return {{"learner", {{"name", name}, {"birthDate", birth_date}}}};
}

TEST_CASE("name and birth date as all three profiles write them") {
  const SubjectJson plain{
      {"learner", {{"givenName", "Ana"}, {"familyName", "Andromeda"}, {"birthDate", "1999-10-02"}}}};
  const SubjectJson european{{"fullName", {{"en", "Ana Andromeda"}, {"el", "Άνα Ανδρομέδα"}}},
                             {"givenName", {{"en", "Ana"}}},
                             {"dateOfBirth", "1999-10-01T22:00:00Z"}};  // as the EU's published sample has it
  const SubjectJson badge_like{{"type", {"AchievementSubject"}}, {"name", "Ana Andromeda"}};
  for (const auto& subject : {plain, european}) {
    const auto verdict = about(subject, kAna);
    CHECK_STEP(verdict, CheckName::subject, CheckResult::pass, codes::SUBJECT_MATCHED);
    CHECK(verdict.subject == "matched");
    CHECK(verdict.outcome == Outcome::valid);
  }
  const auto verdict = about(badge_like, kAna);
  CHECK_STEP(verdict, CheckName::subject, CheckResult::warn, codes::SUBJECT_NAME_MATCHED);
  CHECK(verdict.subject == "named-only");
  CHECK(verdict.outcome == Outcome::valid);
  CHECK(code_for(european, {"Άνα Ανδρομέδα", "1999-10-02", {}}) == Code(codes::SUBJECT_MATCHED));
}

TEST_CASE("what was typed is nowhere in the verdict, and neither is a digest of it") {
  const auto text = about(person("Ana Andromeda"), kAna).to_jcs();
  for (const std::string_view secret : {"Ana", "Andromeda", "1999"})
    CHECK(text.find(secret) == std::string::npos);
  CHECK(text.find(hex_encode(sha256(as_bytes(std::string_view("Ana Andromeda"))).view())) ==
        std::string::npos);
  // The same by two people who typed two spellings.
  CHECK(about(person("Ana Andromeda"), {"ANA  ANDROMEDA", "1999-10-02", {}}).to_jcs() == text);
}

TEST_CASE("one form for all spellings of the same letters") {
  const std::pair<const char*, const char*> equal[] = {
      {"Ana Andromeda", "  ana\tANDROMEDA "},
      {"Jos\u00e9 Garc\u00eda", "Jose\u0301 Garci\u0301a"},  // composed and decomposed
      {"Straße Groß", "STRASSE GROSS"},
      {"\uff21\uff4e\uff41 Ito", "Ana Ito"},  // full-width
      {"O\u2019Brien Anne\u2010Marie", "O'Brien Anne-Marie"},
      {"Andromeda, Ana", "Ana Andromeda"},
      {"Ana Andromeda", "Andromeda, Ana"},
      {"Ana\u00a0Andromeda", "Ana Andromeda"},
      {"An\u00ada Andromeda", "Ana Andromeda"}};  // soft hyphen
  for (const auto& [in_credential, typed] : equal) {
    const std::string shown = typed;
    CAPTURE(shown);
    CHECK(code_for(person(in_credential), {typed, "1999-10-02", {}}) == Code(codes::SUBJECT_MATCHED));
  }
  const std::pair<const char*, const char*> different[] = {{"José García", "Jose Garcia"},
                                                           {"Müller Jan", "Mueller Jan"},
                                                           {"Anne-Marie X", "Anne Marie X"},
                                                           {"Ana Maria Andromeda", "Ana Andromeda"},
                                                           {"Ana Andromeda", "Andromeda Ana"},
                                                           {"Dr. Ana X", "Ana X"},
                                                           {"Анна X", "Anna X"}};
  for (const auto& [in_credential, typed] : different) {
    const std::string shown = typed;
    CAPTURE(shown);
    CHECK(code_for(person(in_credential), {typed, "1999-10-02", {}}) == Code(codes::SUBJECT_NAME_DIFFERS));
  }
}

TEST_CASE("given and family name in either order") {
  const SubjectJson two{{"givenName", "Ana"}, {"familyName", "Andromeda"}};
  CHECK(code_for(two, {"Andromeda Ana", {}, {}}) == Code(codes::SUBJECT_NAME_MATCHED));
  CHECK(code_for(two, {"Ana", {}, {}}) == Code(codes::SUBJECT_NAME_DIFFERS));
  CHECK(code_for({{"givenName", "Ana"}}, {"Ana Andromeda", {}, {}}) == Code(codes::SUBJECT_NOT_COMPARABLE));
}

TEST_CASE("a difference never passes: another name cannot be told, another birth date is refused") {
  const auto named = about(person("Maria Example"), kAna);
  CHECK_STEP(named, CheckName::subject, CheckResult::unknown, codes::SUBJECT_NAME_DIFFERS);
  CHECK_DECIDED(named, Outcome::cannot_tell, Class::none, codes::SUBJECT_NAME_DIFFERS);
  CHECK(headline(named).starts_with("Cannot tell: genuine, but the name in it is another"));
  const auto born = about(person("Ana Andromeda", "1999-10-03"), kAna);
  CHECK_STEP(born, CheckName::subject, CheckResult::fail, codes::SUBJECT_BIRTH_DATE_DIFFERS);
  CHECK_DECIDED(born, Outcome::not_valid, Class::none, codes::SUBJECT_BIRTH_DATE_DIFFERS);
  CHECK(headline(born) == "Do not accept: about a person who was born on another day");
  CHECK(born.authentic == Tristate::yes);
  const auto nothing = about({{"type", {"AchievementSubject"}}}, kAna);
  CHECK_STEP(nothing, CheckName::subject, CheckResult::unknown, codes::SUBJECT_NOT_COMPARABLE);
  CHECK(nothing.outcome == Outcome::cannot_tell);
  CHECK(headline(nothing).find("does not say") != std::string::npos);
}

TEST_CASE("one of several people") {
  const auto class_list = SubjectJson::array({person("Maria Example"), person("Ana Andromeda")});
  CHECK(code_for(class_list) == Code(codes::SUBJECT_MATCHED));
}

TEST_CASE("Open Badges identify by salted hashes") {
  const auto hashed = [](std::string_view identity, std::string_view salt, std::string_view type) {
    return SubjectJson{
        {"type", "IdentityObject"},
        {"hashed", true},
        {"identityHash", "sha256$" + hex_encode(sha256(as_bytes(concat(identity, salt))).view())},
        {"identityType", type},
        {"salt", salt}};
  };
  const auto with = [](const SubjectJson& identifier) { return SubjectJson{{"identifier", identifier}}; };
  const auto name = with(SubjectJson::array({hashed("Ana Andromeda", "deadsea", "name")}));
  CHECK(code_for(name, {"Ana  Andromeda", {}, {}}) == Code(codes::SUBJECT_NAME_MATCHED));
  CHECK(code_for(name, {"Ana Andromedo", {}, {}}) == Code(codes::SUBJECT_NAME_DIFFERS));
  const auto mail = with(
      {hashed("someone@example.org", "x", "emailAddress"), hashed("ana@example.org", "y", "emailAddress")});
  CHECK(code_for(mail, {{}, {}, "Ana@Example.org"}) == Code(codes::SUBJECT_MATCHED));
  CHECK(code_for(mail, {{}, {}, "ana@example.net"}) == Code(codes::SUBJECT_NOT_COMPARABLE));
  const SubjectJson plain{
      {"hashed", false}, {"identityHash", "ana@example.org"}, {"identityType", "emailAddress"}};
  CHECK(code_for(with(plain), {{}, {}, "ana@example.org"}) == Code(codes::SUBJECT_MATCHED));
  const SubjectJson old{
      {"hashed", true}, {"identityHash", "md5$0cc175b9c0f1b6a831c399e269772661"}, {"identityType", "name"}};
  CHECK(code_for(with(old), {"a", {}, {}}) == Code(codes::SUBJECT_NOT_COMPARABLE));
  const SubjectJson national{{"nationalID", {{"notation", "LA-234218"}}}, {"fullName", "Ana Andromeda"}};
  CHECK(code_for(national, {"Ana Andromeda", {}, "la-234218"}) == Code(codes::SUBJECT_MATCHED));
  CHECK(code_for(national, {"Maria X", {}, "LA-234218"}) == Code(codes::SUBJECT_NAME_DIFFERS));
}

TEST_CASE("the day that a date of birth means") {
  CHECK(birth_day("1999-10-02") == "1999-10-02");
  CHECK(birth_day("1999-10-02T00:00:00+02:00") == "1999-10-02");
  CHECK(birth_day("1999-10-02T00:00:00Z") == "1999-10-02");
  CHECK(birth_day("1999-10-02T00:00:00") == "1999-10-02");
  CHECK(birth_day("1999-10-01T22:00:00Z") == "1999-10-02");  // midnight in Tallinn in winter
  CHECK(birth_day("1999-10-02T05:00:00Z") == "1999-10-02");  // in New York
  CHECK(birth_day("1999-10-02T12:00:00Z") == std::nullopt);  // in Auckland, or nowhere
  CHECK(birth_day("1999-10-02+02:00") == "1999-10-02");
  CHECK(birth_day("1948-02-29") == "1948-02-29");
  for (const char* bad : {"", "1999", "1999-02-29", "02.10.1999", "1999-10-02x", "1999-10-02T25:00:00Z"})
    CHECK(birth_day(bad) == std::nullopt);
}

TEST_CASE("part of a date is never the same, but it can differ") {
  for (const char* part : {"1999", "1999-10", "1999Z", "1999-10+02:00", " 1999 ", "1999-10-02T12:00:00Z",
                           "1999-10-01T12:00:00Z", "2.10.1999", "unknown", ""})
    CHECK_MESSAGE(code_for(person("Ana Andromeda", part)) == Code(codes::SUBJECT_NAME_MATCHED), part);
  for (const char* part :
       {"1998", "1998-10", "1999-11", "1998Z", "1999-09-30T12:00:00Z", "1998-10-02T12:00:00Z"})
    CHECK_MESSAGE(code_for(person("Ana Andromeda", part)) == Code(codes::SUBJECT_BIRTH_DATE_DIFFERS), part);
}

TEST_CASE("what was typed has to be something") {
  const auto read = [](Typed typed) { return StatedPerson::read(std::move(typed)); };
  CHECK_CODE(read({}), codes::SUBJECT_STATED_MALFORMED);
  CHECK_CODE(read({" \t", {}, {}}), codes::SUBJECT_STATED_MALFORMED);
  CHECK_CODE(read({"\xff", {}, {}}), codes::SUBJECT_STATED_MALFORMED);
  CHECK_CODE_NAMES(read({std::string(513, 'x'), {}, {}}), codes::SUBJECT_STATED_MALFORMED, "512");
  CHECK_CODE_NAMES(read({"Ana", "2.10.1999", {}}), codes::SUBJECT_STATED_MALFORMED, "2.10.1999");
  CHECK_CODE(read({"Ana", "1999-02-30", {}}), codes::SUBJECT_STATED_MALFORMED);
  CHECK_CODE_NAMES(read({{}, "1999-10-02", "x"}), codes::SUBJECT_STATED_MALFORMED, "without a name");
  REQUIRE_OK(read({"Ana", {}, {}}));
}

TEST_CASE("a crowd of names in the credential costs nothing and matches nobody") {
  auto crowd = SubjectJson::array();
  for (int i = 0; i < 2000; ++i) crowd.push_back("Somebody " + std::to_string(i));
  CHECK(code_for({{"givenName", crowd}, {"familyName", crowd}}, {"Ana Andromeda", {}, {}}) ==
        Code(codes::SUBJECT_NAME_DIFFERS));
}

TEST_CASE("a replay takes the subject check as it stands") {
  const auto first = about(person("Ana Andromeda"), kAna);
  auto document = badge(one_issuer());
  const auto achievement = document["credentialSubject"]["achievement"];
  document["credentialSubject"] = person("Ana Andromeda");
  document["credentialSubject"]["achievement"] = achievement;
  const auto code = subject_code_named("SUBJECT_MATCHED");
  REQUIRE(code.has_value());
  const auto again = verify_credential(sign(one_issuer(), document), one_view(), trusting(one_issuer()), kNow,
                                       Scope::full, {.recorded = code});
  REQUIRE_OK(again);
  CHECK(again->to_jcs() == first.to_jcs());
  CHECK(subject_code_named("STATUS_CLEAR") == std::nullopt);
}

}  // namespace
}  // namespace vcnode::verify
