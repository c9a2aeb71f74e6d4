#include "protocol/verify/verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"

namespace vcnode::verify {
namespace {

constexpr int kVerdictVersion = 1;

using Out = jcs::Writer;

void write_digest(Out& out, const Sha256Digest& digest) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  constexpr std::string_view kBefore = "\"sha256:";
  std::array<char, kBefore.size() + 2 * Sha256Digest::kSize + 1> text;
  char* to = std::copy(kBefore.begin(), kBefore.end(), text.begin());
  for (const std::uint8_t byte : digest.view()) {
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15u];
  }
  *to = '"';
  out.raw({text.data(), text.size()});
}

void write_time(Out& out, Timestamp time) {
  out.string(time.to_string());
}

template <std::integral I>
void write_integer(Out& out, I value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  out.raw({digits.data(), static_cast<std::size_t>(end - digits.begin())});
}

void write_text_or_null(Out& out, std::optional<std::string_view> text) {
  if (text) {
    out.string(*text);
  } else {
    out.raw("null");
  }
}

// Tree sizes are 64 bits wide and a pending one is merely claimed: beyond what JSON numbers hold exactly,
// text.
void write_size(Out& out, std::uint64_t size) {
  const bool exact = size <= static_cast<std::uint64_t>(json::kIntegerMax);
  if (!exact) out.raw('"');
  write_integer(out, size);
  if (!exact) out.raw('"');
}

template <class Items, class Write>
void write_array(Out& out, const Items& items, Write&& write) {
  out.raw('[');
  bool first = true;
  for (const auto& item : items) {
    if (!first) out.raw(',');
    first = false;
    write(out, item);
  }
  out.raw(']');
}

template <class Write>
std::string text_of(Write&& write) {
  std::string text;
  {
    Out out(text);
    write(out);
  }
  return text;
}

// A set: elements in the order of their canonical bytes.
template <class Items, class Write>
void write_set(Out& out, const Items& items, Write&& write) {
  if (items.size() < 2) return write_array(out, items, write);
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(text_of([&](Out& one) { write(one, item); }));
  std::sort(texts.begin(), texts.end());
  write_array(out, texts, [](Out& to, const std::string& text) { to.raw(text); });
}

void write_check(Out& out, const Check& check) {
  out.raw('{');
  if (check.age_seconds) {
    out.raw("\"ageSeconds\":");
    write_integer(out, *check.age_seconds);
    out.raw(',');
  }
  out.raw("\"check\":");
  out.string(name_of(check.check));
  out.raw(",\"code\":");
  out.string(check.code.slug());
  out.raw(",\"evidence\":");
  write_set(out, check.evidence, write_digest);
  out.raw(",\"result\":");
  out.string(name_of(check.result));
  out.raw('}');
}

void write_name(Out& out, const std::pair<std::string, std::optional<std::string>>& name) {
  out.raw("{\"confirmedBy\":");
  write_text_or_null(out, name.second);
  out.raw(",\"name\":");
  out.string(name.first);
  out.raw('}');
}

std::string_view name_of(Quorum value) noexcept {
  switch (value) {
    case Quorum::unwitnessed:
      return "unwitnessed";
    case Quorum::missed:
      return "missed";
    case Quorum::reached:
      break;
  }
  return "reached";
}

void write_observed(Out& out, const std::optional<observe::Seen>& seen) {
  if (!seen) return out.raw("null");
  out.raw("{\"firstSeen\":");
  write_time(out, seen->first);
  out.raw(",\"lastSeen\":");
  write_time(out, seen->last);
  out.raw(",\"observers\":");
  write_integer(out, seen->observers);
  out.raw('}');
}

void write_issuer(Out& out, const Verdict& verdict) {
  out.raw("{\"assurance\":");
  out.raw(!verdict.issuer_did ? "null" : verdict.low_assurance ? "\"low\"" : "\"high\"");
  out.raw(",\"did\":");
  write_text_or_null(out, verdict.issuer_did);
  out.raw(",\"names\":");
  write_set(out, verdict.issuer_names, write_name);
  out.raw(",\"observed\":");
  write_observed(out, verdict.issuer_observed);
  out.raw(",\"quorum\":");
  out.string(name_of(verdict.quorum));
  out.raw(",\"versionId\":");
  write_text_or_null(out, verdict.issuer_version_id);
  out.raw(",\"witnessed\":");
  write_integer(out, verdict.witnessed);
  out.raw('}');
}

std::string_view name_of(BitState value) noexcept {
  switch (value) {
    case BitState::clear:
      return "clear";
    case BitState::set:
      return "set";
    case BitState::unknown:
      break;
  }
  return "unknown";
}

void write_status(Out& out, const Verdict& verdict) {
  out.raw("{\"list\":");
  write_text_or_null(out, verdict.status_list);
  out.raw(",\"observed\":");
  write_observed(out, verdict.status_observed);
  out.raw(",\"revocation\":");
  out.string(name_of(verdict.revocation));
  out.raw(",\"source\":");
  out.string(verdict.status_source);
  out.raw(",\"suspension\":");
  out.string(name_of(verdict.suspension));
  out.raw('}');
}

void write_conflict(Out& out, const ViewHead& row) {
  if (row.conflict) {
    write_digest(out, *row.conflict);
  } else {
    out.raw(row.contradicted ? "true" : "null");
  }
}

void write_head(Out& out, std::uint64_t size, const Sha256Digest& root, Timestamp time) {
  write_size(out, size);
  out.raw(',');
  write_digest(out, root);
  out.raw(',');
  write_time(out, time);
}

void write_pending(Out& out, const ViewHead::Pending& pending) {
  if (pending.root && pending.time) return write_head(out, pending.size, *pending.root, *pending.time);
  write_size(out, pending.size);
  out.raw(",null,null");
}

// ["origin", tip, size, "root", "T", [cosigners], conflict, pending, [missing bodies]]
void write_row(Out& out, const ViewHead& row) {
  out.raw('[');
  out.string(row.origin);
  out.raw(',');
  write_text_or_null(out, row.tip);
  out.raw(',');
  if (row.without_feed)
    out.raw("0,null,null");
  else
    write_head(out, row.size, row.root, row.time);
  out.raw(",[],");
  write_conflict(out, row);
  out.raw(',');
  if (row.pending) {
    out.raw('[');
    write_pending(out, *row.pending);
    out.raw(']');
  } else {
    out.raw("null");
  }
  out.raw(',');
  write_set(out, row.missing_bodies, write_digest);
  out.raw(']');
}

std::string_view name_of(Tristate value) noexcept {
  switch (value) {
    case Tristate::no:
      return "no";
    case Tristate::yes:
      return "yes";
    case Tristate::unknown:
      break;
  }
  return "unknown";
}

void write_issued_at(Out& out, const Verdict& verdict) {
  if (!verdict.issued_at) return out.raw("null");
  out.raw(verdict.issued_at_proven ? "{\"source\":\"proven\",\"time\":"
                                   : "{\"source\":\"claimed\",\"time\":");
  write_time(out, *verdict.issued_at);
  out.raw('}');
}

void write_link(Out& out, const recognition::Link& link) {
  out.raw("{\"from\":");
  out.string(link.from);
  out.raw(",\"kind\":");
  out.string(statement::type_of(link.kind));
  out.raw(",\"statement\":");
  write_digest(out, link.statement);
  out.raw(",\"to\":");
  out.string(link.to);
  out.raw('}');
}

void write_recognition(Out& out, const recognition::Recognition& recognition) {
  out.raw("{\"chain\":");
  write_array(out, recognition.chain, write_link);
  out.raw(",\"effect\":");
  write_text_or_null(
      out, recognition.effect.empty() ? std::nullopt : std::optional<std::string_view>(recognition.effect));
  out.raw(",\"outcome\":");
  out.string(name_of(recognition.outcome));
  out.raw('}');
}

// Members in the order of JCS: a test reads the text and canonicalises it again.
void write_verdict(Out& out, const Verdict& verdict, std::string_view heads) {
  out.raw("{\"at\":");
  write_time(out, verdict.at);
  out.raw(",\"authentic\":");
  out.string(name_of(verdict.authentic));
  out.raw(",\"checks\":");
  write_array(out, verdict.checks, write_check);
  out.raw(",\"class\":");
  write_text_or_null(
      out, verdict.reason_class == Class::none ? std::nullopt : std::optional(name_of(verdict.reason_class)));
  out.raw(",\"code\":");
  write_text_or_null(out, verdict.code ? std::optional(verdict.code->slug()) : std::nullopt);
  out.raw(",\"credential\":");
  write_digest(out, verdict.credential);
  out.raw(",\"issuedAt\":");
  write_issued_at(out, verdict);
  out.raw(",\"issuer\":");
  write_issuer(out, verdict);
  out.raw(",\"policy\":");
  write_digest(out, verdict.policy);
  out.raw(",\"recognition\":");
  write_recognition(out, verdict.recognition);
  out.raw(",\"ruleset\":");
  out.string(kRuleset);
  out.raw(",\"status\":");
  write_status(out, verdict);
  out.raw(",\"subject\":");
  out.string(verdict.subject);
  out.raw(",\"v\":");
  write_integer(out, kVerdictVersion);
  out.raw(",\"verdict\":");
  out.string(name_of(verdict.outcome));
  out.raw(",\"view\":");
  write_digest(out, sha256(as_bytes(heads)));
  out.raw(",\"viewHeads\":");
  out.raw(heads);
  out.raw('}');
}

}  // namespace

std::string_view name_of(Outcome value) noexcept {
  switch (value) {
    case Outcome::valid:
      return "valid";
    case Outcome::not_valid:
      return "not-valid";
    case Outcome::cannot_tell:
      return "cannot-tell";
    case Outcome::issuer_not_confirmed:
      return "issuer-not-confirmed";
  }
  return "";
}

std::string_view name_of(Class value) noexcept {
  switch (value) {
    case Class::none:
      return "";
    case Class::altered:
      return "altered";
    case Class::issuer_key:
      return "issuer-key";
    case Class::expired:
      return "expired";
    case Class::not_yet_valid:
      return "not-yet-valid";
    case Class::revoked:
      return "revoked";
    case Class::suspended:
      return "suspended";
    case Class::malformed:
      return "malformed";
    case Class::unsupported:
      return "unsupported";
  }
  return "";
}

std::string_view name_of(CheckName value) noexcept {
  switch (value) {
    case CheckName::format:
      return "format";
    case CheckName::proof:
      return "proof";
    case CheckName::issuer:
      return "issuer";
    case CheckName::key:
      return "key";
    case CheckName::dates:
      return "dates";
    case CheckName::status:
      return "status";
    case CheckName::subject:
      return "subject";
    case CheckName::elements:
      return "elements";
    case CheckName::confirmation:
      return "confirmation";
    case CheckName::recognition:
      return "recognition";
  }
  return "";
}

std::string_view name_of(CheckResult value) noexcept {
  switch (value) {
    case CheckResult::pass:
      return "pass";
    case CheckResult::fail:
      return "fail";
    case CheckResult::warn:
      return "warn";
    case CheckResult::unknown:
      return "unknown";
    case CheckResult::not_applicable:
      return "not-applicable";
  }
  return "";
}

std::string Verdict::to_jcs() const {
  const std::string heads = text_of([&](Out& out) { write_set(out, view_heads, write_row); });
  return text_of([&](Out& out) { write_verdict(out, *this, heads); });
}

nlohmann::json messages(const Verdict& verdict) {
  auto list = nlohmann::json::array();
  for (const Check& check : verdict.checks) {
    list.push_back({{"check", name_of(check.check)},
                    {"code", check.code.slug()},
                    {"sentence", check.detail.empty() ? std::string(check.code.sentence()) : check.detail}});
  }
  return list;
}

}  // namespace vcnode::verify
