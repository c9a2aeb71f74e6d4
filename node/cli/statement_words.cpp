#include "node/cli/statement_words.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/encoding.h"
#include "node/codes/cli_codes.h"
#include "protocol/statement/statement.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using statement::Kind;

constexpr Word kScopeWords[] = {
    {"--country", "/scope/country", WordForm::names, "Countries it is limited to: EE,LV (repeatable)"},
    {"--eqf", "/scope/eqf", WordForm::interval, "EQF levels it is limited to: 5-8 or 6"},
    {"--isced", "/scope/isced", WordForm::names,
     "Fields it is limited to, ISCED-F codes: 06,0713 (repeatable)"},
    {"--type", "/scope/credentialType", WordForm::names,
     "Types of credentials it is limited to (repeatable)"},
    {"--setting", "/scope/setting", WordForm::names, "formal, non-formal, informal (repeatable)"},
    {"--max-ects", "/scope/maxEcts", WordForm::number, "Credits that a credential may have at most"},
    {"--issued-from", "/scope/issuedFrom", WordForm::text, "For credentials issued from this time on"},
    {"--issued-until", "/scope/issuedUntil", WordForm::text, "For credentials issued before this time"},
    {"--unlimited", "/scope", WordForm::nothing, "It has no limit at all"}};

constexpr Word kIdentityWords[] = {
    {"--legal-name", "/legalName", WordForm::text, "Its name in law"},
    {"--country", "/country", WordForm::text, "Its country: EE"},
    {"--domain", "/domains", WordForm::names, "A domain it controls (repeatable)"},
    {"--identifier", "/identifiers", WordForm::identifiers,
     "SCHEME=VALUE: deqar, eter, ror, whed, erasmus, vat (repeatable)"},
    {"--alias", "/aliases", WordForm::texts, "Another DID of it (repeatable)"},
    {"--seal-certificate", "/sealCertificates", WordForm::digests,
     "SHA-256 of the certificate of its e-seal (repeatable)"}};

constexpr Word kSponsorshipWords[] = {
    {"--quota", "/quota", WordForm::integer, "How many more it may admit: 0 or more"}};

constexpr Word kTrustListWords[] = {
    {"--purpose", "/purpose", WordForm::text, "hiring, study, regulated-job …"},
    {"--country", "/country", WordForm::text, "The country it is for"},
    {"--anchor", "/anchors", WordForm::anchors, "DID of a body to believe, without limits (repeatable)"}};

constexpr Word kAccreditationWords[] = {
    {"--decision", "/decision", WordForm::text,
     "positive, positive-with-conditions, negative or not-applicable"},
    {"--standing", "/standing", WordForm::text, "obligatory or voluntary"}};

constexpr Word kDelegationWords[] = {
    {"--max-path-length", "/maxPathLength", WordForm::integer, "How many further delegations may follow"}};

constexpr Word kRecognitionWords[] = {
    {"--effect", "/effect", WordForm::text, "level-automatic, presumption, employer-accepted …"},
    {"--transitive", "/transitive", WordForm::flag, "What it recognises is recognised too"},
    {"--agreement", "/agreement/id", WordForm::text, "IRI of the agreement that both sides signed"},
    {"--agreement-digest", "/agreement/digestMultibase", WordForm::digest, "Its SHA-256"}};

constexpr Word kEndorsementWords[] = {
    {"--role", "/role", WordForm::text, "Who vouches: employer-organisation, workers-organisation …"},
    {"--claim", "/claim", WordForm::text, "For what: labour-market-relevant …"},
    {"--provider", "/provider", WordForm::text,
     "DID of the issuer whose achievement it is; it counts for nobody else"},
    {"--sector", "/sectors", WordForm::texts, "IRI of an economic sector (repeatable)"}};

constexpr Word kReferencingWords[] = {
    {"--framework", "/framework", WordForm::text, "The framework: EE, SCQF …"},
    {"--framework-version", "/version", WordForm::text, "Its version: 2016 …"},
    {"--country", "/country", WordForm::text, "Its country"}};

constexpr Word kStackRuleWords[] = {
    {"--target", "/target", WordForm::text, "IRI of the achievement that it adds up to"},
    {"--of", "/rule/clauses/0/of", WordForm::texts, "IRI of an achievement that counts (repeatable)"},
    {"--at-least", "/rule/clauses/0/atLeast", WordForm::integer, "How many of them are needed"},
    {"--min-ects", "/rule/minEcts", WordForm::number, "Credits that are needed"},
    {"--allowed-issuer", "/rule/issuers", WordForm::texts, "DID whose credentials count (repeatable)"},
    {"--max-age-months", "/rule/maxAgeMonths", WordForm::integer, "How old a component may be"},
    {"--outcome-overlap", "/rule/outcomeOverlap", WordForm::text, "allow or forbid"}};

constexpr Word kClosedWords[] = {
    {"--successor", "/successor", WordForm::text, "DID of the body that goes on for it"},
    {"--archive", "/archive", WordForm::text, "IRI of where its records are"}};

constexpr Word kWithdrawalWords[] = {
    {"--effect", "/effect", WordForm::text, "ends, suspends or voids"},
    {"--effective-from", "/effectiveFrom", WordForm::text, "From this time on (RFC 3339; default now)"},
    {"--reason", "/reason", WordForm::text, "Why, for people"},
    {"--sponsorships-until", "/sponsorshipsUntil", WordForm::place,
     "Of a sponsorship: EPOCH:SIZE of the sponsored feed from where its own do not count"}};

constexpr Word kSubject{"--subject", "/id", WordForm::text, "Whom or what it is about: a DID, or an IRI"};

std::span<const Word> own_words(Kind kind) {
  switch (kind) {
    case Kind::identity:
      return kIdentityWords;
    case Kind::sponsorship:
      return kSponsorshipWords;
    case Kind::trust_list:
      return kTrustListWords;
    case Kind::accreditation:
      return kAccreditationWords;
    case Kind::delegation:
      return kDelegationWords;
    case Kind::recognition:
      return kRecognitionWords;
    case Kind::endorsement:
      return kEndorsementWords;
    case Kind::referencing:
      return kReferencingWords;
    case Kind::stack_rule:
      return kStackRuleWords;
    case Kind::closed:
      return kClosedWords;
    case Kind::withdrawal:
      break;
  }
  return kWithdrawalWords;
}

bool has_scope(Kind kind) {
  return kind == Kind::accreditation || kind == Kind::delegation || kind == Kind::recognition ||
         kind == Kind::endorsement;
}

Failure bad_word(const Word& word, std::string_view value, std::string_view wanted) {
  return fail(codes::USAGE, word.option, " '", excerpt(value), "' must be ", wanted);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Json split_names(const std::vector<std::string>& values) {
  Json out = Json::array();
  for (const std::string& value : values) {
    std::string_view rest = value;
    while (true) {
      const auto comma = rest.find(',');
      out.push_back(std::string(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return out;
}

Result<Json> digest_word(const Word& word, const std::string& value) {
  if (const auto bytes = hex_decode(value, Sha256Digest::kSize);
      bytes && bytes->size() == Sha256Digest::kSize)
    return Json(statement::digest_multibase(*Sha256Digest::from(*bytes)));
  if (statement::read_digest_multibase(value)) return Json(value);
  return bad_word(word, value, "a SHA-256: 64 hex digits, or a multihash in multibase");
}

Result<Json> number_word(const Word& word, const std::string& value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(number))
    return bad_word(word, value, "a number");
  return Json(number);
}

Result<Json> place_word(const Word& word, const std::string& value) {
  const auto colon = value.find(':');
  const auto epoch = whole_number(std::string_view(value).substr(0, colon));
  const auto size =
      colon == std::string::npos ? std::nullopt : whole_number(std::string_view(value).substr(colon + 1));
  if (!epoch || !size) return bad_word(word, value, "EPOCH:SIZE");
  return Json{{"epoch", *epoch}, {"size", *size}};
}

Result<Json> one_value(const Word& word, const std::string& value) {
  switch (word.form) {
    case WordForm::integer: {
      const auto number = whole_number(value);
      if (!number) return bad_word(word, value, "a whole number");
      return Json(*number);
    }
    case WordForm::number:
      return number_word(word, value);
    case WordForm::interval: {
      auto interval = read_interval(value);
      if (!interval) return bad_word(word, value, "a level or two: 6 or 5-8");
      return interval;
    }
    case WordForm::digest:
      return digest_word(word, value);
    case WordForm::place:
      return place_word(word, value);
    case WordForm::flag:
      return Json(true);
    case WordForm::nothing:
      return Json(Json::object());
    default:
      return Json(value);
  }
}

Result<Json> one_of_many(const Word& word, const std::string& value) {
  if (word.form == WordForm::anchors) return Json{{"id", value}};
  if (word.form == WordForm::digests) {
    VCNODE_TRY(auto digest, digest_word(word, value));
    return Json{{"digestMultibase", std::move(digest)}};
  }
  if (word.form != WordForm::identifiers) return Json(value);
  const auto sign = value.find('=');
  if (sign == std::string::npos) return bad_word(word, value, "SCHEME=VALUE");
  return Json{{"scheme", value.substr(0, sign)}, {"value", value.substr(sign + 1)}};
}

Result<Json> value_of(const Word& word, const std::vector<std::string>& values) {
  if (word.form == WordForm::names) return split_names(values);
  if (!is_repeatable(word.form)) return one_value(word, values.back());
  Json out = Json::array();
  for (const std::string& value : values) {
    VCNODE_TRY(auto one, one_of_many(word, value));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

bool is_repeatable(WordForm form) noexcept {
  return form == WordForm::names || form == WordForm::texts || form == WordForm::identifiers ||
         form == WordForm::digests || form == WordForm::anchors;
}

std::vector<Word> words_of(Kind kind) {
  std::vector<Word> out;
  if (kind != Kind::withdrawal) out.push_back(kSubject);
  for (const Word& word : own_words(kind)) out.push_back(word);
  if (has_scope(kind))
    for (const Word& word : kScopeWords) out.push_back(word);
  return out;
}

Result<Json> read_interval(std::string_view text) {
  const auto dash = text.find('-');
  const auto low = whole_number(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : whole_number(text.substr(dash + 1));
  if (!low || !high)
    return fail(codes::USAGE, "'", excerpt(text), "' is no level and no interval of levels such as 5-8");
  return Json{{"min", *low}, {"max", *high}};
}

Result<void> say_words(Kind kind, const GivenWords& given, Json& subject) {
  const auto is_given = [&given](std::string_view option) {
    const auto values = given.find(option);
    return values != given.end() && !values->second.empty();
  };
  if (is_given("--unlimited"))
    for (const Word& word : kScopeWords)
      if (word.form != WordForm::nothing && is_given(word.option))
        return fail(codes::USAGE, "--unlimited says that there is no limit, and ", word.option, " is one");
  for (const Word& word : words_of(kind)) {
    if (!is_given(word.option)) continue;
    VCNODE_TRY(auto value, value_of(word, given.find(word.option)->second));
    try {
      subject[Json::json_pointer(std::string(word.member))] = std::move(value);
    } catch (const Json::exception&) {
      return fail(codes::USAGE, word.option, " does not fit what the file has at ", word.member);
    }
  }
  return {};
}

}  // namespace vcnode::cli
