#include "protocol/verify/known_issuer.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>

#include "crypto/base/encoding.h"
#include "protocol/did/web.h"

namespace vcnode::verify {
namespace {

using Json = nlohmann::json;
using statement::Kind;
using statement::Statement;
using Word = KnownIssuer::Word;

constexpr std::array kKnownKinds = {Kind::identity, Kind::accreditation, Kind::recognition, Kind::endorsement,
                                    Kind::sponsorship};

// The newest version's host, and since when every version up to it has had that one.
KnownIssuer::Domain domain_in(const issuer::History& history) {
  const std::string& host = history.versions.back().state.did().host();
  Timestamp since = history.versions.back().state.version_time().second();
  for (auto at = history.versions.rbegin(); at != history.versions.rend(); ++at) {
    if (at->state.did().host() != host) break;
    since = at->state.version_time().second();
  }
  return {host, since, false};
}

void describe_domain(KnownIssuer& out, const Asked& asked) {
  if (asked.history != nullptr) {
    out.domain = domain_in(*asked.history);
    out.first = asked.history->versions.front().state.version_time().second();
  } else if (const auto webvh = webvh::DidWebvh::parse(asked.did)) {
    out.domain = {webvh->host(), std::nullopt, false};
  } else if (const auto web = did_web::DidWeb::parse(asked.did)) {
    out.domain = {web->location().host, std::nullopt, asked.observed.has_value()};
    if (asked.observed) out.domain->since = asked.observed->first;
  }
}

class Gathering {
 public:
  Gathering(KnownIssuer& out, const Asked& asked) : out_(out), asked_(asked) {}

  void hear(const ViewWorld::Source& source) {
    const statement::StatementLog& log = *source.feed->statements;
    if (log.size() == 0) return;
    const bool own = lookup_name_of(source.feed->issuer.text()) == lookup_name_of(asked_.did);
    for (const Kind kind : kKnownKinds) {
      if (own && kind != Kind::identity) continue;
      auto entries = log.of(kind, lookup_name_of(asked_.did));
      if (entries.empty()) continue;
      std::reverse(entries.begin(), entries.end());
      if (entries.size() > kKnownPerBodyMax) out_.more = true;
      entries.resize(std::min(entries.size(), kKnownPerBodyMax));
      const bool in_doubt = recognition::doubts_of(holding_of(source)).any();
      for (const statement::Entry* entry : entries)
        if (recognition::life_of(log, *entry->statement).holds_at(asked_.at).grade == recognition::Grade::yes)
          out_.words.push_back({entry->statement, own, in_doubt});
    }
  }

  void finish() {
    const auto place = [](const Word& word) {
      return std::tuple(std::find(kKnownKinds.begin(), kKnownKinds.end(), word.statement->kind()),
                        std::string_view(word.statement->issuer_did), word.statement->digest);
    };
    std::sort(out_.words.begin(), out_.words.end(),
              [&](const Word& a, const Word& b) { return place(a) < place(b); });
    list_registers();
    for (const Kind kind : kKnownKinds) {
      std::size_t count = 0;
      const auto surplus = [&](const Word& word) {
        return word.statement->kind() == kind && ++count > kKnownPerKindMax;
      };
      if (std::erase_if(out_.words, surplus) > 0) out_.more = true;
    }
  }

 private:
  void list_registers() {
    for (const Word& word : out_.words) {
      const auto* identity = word.statement->as<statement::Identity>();
      if (identity == nullptr) continue;
      for (const auto& one : identity->identifiers)
        out_.registers.push_back({one.scheme, one.value, word.statement->issuer_did, word.own});
    }
    auto& all = out_.registers;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (all.size() > kKnownRegistersMax) out_.more = true;
    all.resize(std::min(all.size(), kKnownRegistersMax));
  }

  KnownIssuer& out_;
  const Asked& asked_;
};

Json time_or_null(const std::optional<Timestamp>& time) {
  return time ? Json(time->to_string()) : Json(nullptr);
}

// What a statement says, in the words of its kind.
Json says_json(const Statement& one) {
  if (const auto* identity = one.as<statement::Identity>())
    return {
        {"legalName", identity->legal_name}, {"country", identity->country}, {"domains", identity->domains}};
  if (const auto* accreditation = one.as<statement::Accreditation>())
    return {{"decision", statement::name_of(accreditation->decision)},
            {"standing", statement::name_of(accreditation->standing)}};
  if (const auto* recognition = one.as<statement::Recognition>()) return {{"effect", recognition->effect}};
  if (const auto* endorsement = one.as<statement::Endorsement>())
    return {{"role", endorsement->role}, {"claim", endorsement->claim}};
  return {{"quota", one.as<statement::Sponsorship>()->quota}};
}

std::string says_in_words(const Statement& one) {
  if (const auto* identity = one.as<statement::Identity>())
    return concat("its name in law is \"", identity->legal_name, "\" (", identity->country, ")");
  if (const auto* accreditation = one.as<statement::Accreditation>())
    return concat("its decision about an accreditation is ", statement::name_of(accreditation->decision),
                  ", of standing ", statement::name_of(accreditation->standing));
  if (const auto* recognition = one.as<statement::Recognition>())
    return recognition::is_known_effect(recognition->effect)
               ? concat("it accepts what it vouches for, with the effect ", recognition->effect)
               : concat("it judges what it vouches for with the word \"", recognition->effect,
                        "\", which is not known here");
  if (const auto* endorsement = one.as<statement::Endorsement>())
    return concat("as ", endorsement->role, ", it vouches for it: ", endorsement->claim);
  return "it admitted it to the network, which is no accreditation";
}

}  // namespace

KnownIssuer known_issuer(const Asked& asked, const Speakers& speakers) {
  KnownIssuer out;
  out.did = asked.did;
  out.more = speakers.more || speakers.feeds.size() > kSpeakersMax;
  describe_domain(out, asked);
  Gathering gathering(out, asked);
  for (std::size_t i = 0; i < std::min(speakers.feeds.size(), kSpeakersMax); ++i)
    gathering.hear(speakers.feeds[i]);
  gathering.finish();
  return out;
}

bool wants_known_issuer(const Verdict& verdict) noexcept {
  if (!verdict.issuer_did || verdict.recognition.outcome != recognition::Outcome::not_asked) return false;
  return std::any_of(verdict.checks.begin(), verdict.checks.end(), [](const Check& check) {
    return check.check == CheckName::confirmation && check.result != CheckResult::pass;
  });
}

Json to_json(const KnownIssuer& known) {
  Json domain = nullptr;
  if (known.domain)
    domain = {{"name", known.domain->name},
              {"since", time_or_null(known.domain->since)},
              {"observed", known.domain->observed}};
  Json registers = Json::array();
  for (const auto& one : known.registers)
    registers.push_back({{"scheme", one.scheme}, {"value", one.value}, {"by", one.by}, {"own", one.own}});
  Json statements = Json::array();
  for (const Word& word : known.words)
    statements.push_back({{"kind", statement::type_of(word.statement->kind())},
                          {"by", word.statement->issuer_did},
                          {"own", word.own},
                          {"inDoubt", word.in_doubt},
                          {"from", word.statement->from.to_string()},
                          {"until", time_or_null(word.statement->until)},
                          {"statement", concat("sha256:", hex_encode(word.statement->digest.view()))},
                          {"says", says_json(*word.statement)}});
  return {{"issuer", known.did},
          {"domain", std::move(domain)},
          {"since", time_or_null(known.first)},
          {"registers", std::move(registers)},
          {"statements", std::move(statements)},
          {"more", known.more}};
}

std::vector<std::string> sentences_of(const KnownIssuer& known) {
  std::vector<std::string> out;
  if (known.first)
    out.push_back(
        concat("its identifier has a history since ", known.first->to_string(), ", by its own log"));
  if (known.domain) {
    const auto& domain = *known.domain;
    out.push_back(concat("its identifier names the domain ", domain.name,
                         domain.since ? concat(" since ", domain.since->to_string()) : std::string(),
                         domain.observed ? ", where others saw its key"
                                         : "; whether that domain names it in return was not looked at"));
  } else {
    out.emplace_back("its identifier names no domain");
  }
  for (const auto& one : known.registers)
    out.push_back(concat(one.scheme, " ", one.value, ": says ", one.own ? "the issuer itself" : one.by));
  for (const Word& word : known.words)
    out.push_back(concat(word.own ? std::string("the issuer itself") : word.statement->issuer_did, ": ",
                         says_in_words(*word.statement), ", since ", word.statement->from.to_string(),
                         word.in_doubt ? "; cannot be relied on now: not all that it said is here" : ""));
  if (std::none_of(known.words.begin(), known.words.end(), [](const Word& word) { return !word.own; }))
    out.emplace_back("nobody else says anything about it in what was read");
  if (known.more) out.emplace_back("there is more that is not listed");
  return out;
}

}  // namespace vcnode::verify
