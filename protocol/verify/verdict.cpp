#include "protocol/verify/verdict.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"

namespace vcnode::verify {
namespace {

constexpr int kVerdictVersion = 1;

void append_digest(std::string& out, const Sha256Digest& digest) {
  out += "\"sha256:";
  out += hex_encode(digest.view());
  out += '"';
}

void append_time(std::string& out, Timestamp time) {
  jcs::append_string(out, time.to_string());
}

void append_text_or_null(std::string& out, const std::optional<std::string>& text) {
  if (text) {
    jcs::append_string(out, *text);
  } else {
    out += "null";
  }
}

// Tree sizes are 64 bits wide and a pending one is merely claimed: beyond what JSON numbers hold exactly,
// text.
void append_size(std::string& out, std::uint64_t size) {
  const bool exact = size <= static_cast<std::uint64_t>(json::kIntegerMax);
  if (!exact) out += '"';
  detail::append_part(out, size);
  if (!exact) out += '"';
}

template <class Items, class Append>
void append_array(std::string& out, const Items& items, Append&& append) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append(out, item);
  }
  out += ']';
}

// A set: elements in the order of their canonical bytes.
template <class Items, class Append>
void append_set(std::string& out, const Items& items, Append&& append) {
  std::vector<std::string> texts(items.size());
  std::transform(items.begin(), items.end(), texts.begin(), [&](const auto& item) {
    std::string text;
    append(text, item);
    return text;
  });
  std::sort(texts.begin(), texts.end());
  append_array(out, texts, [](std::string& to, const std::string& text) { to += text; });
}

void append_check(std::string& out, const Check& check) {
  out += '{';
  if (check.age_seconds) {
    out += "\"ageSeconds\":";
    detail::append_part(out, *check.age_seconds);
    out += ',';
  }
  out += "\"check\":";
  jcs::append_string(out, name_of(check.check));
  out += ",\"code\":";
  jcs::append_string(out, check.code.slug());
  out += ",\"evidence\":";
  append_set(out, check.evidence, append_digest);
  out += ",\"result\":";
  jcs::append_string(out, name_of(check.result));
  out += '}';
}

void append_name(std::string& out, const std::pair<std::string, std::optional<std::string>>& name) {
  out += "{\"confirmedBy\":";
  append_text_or_null(out, name.second);
  out += ",\"name\":";
  jcs::append_string(out, name.first);
  out += '}';
}

void append_issuer(std::string& out, const Verdict& verdict) {
  out += "{\"assurance\":";
  out += !verdict.issuer_did ? "null" : verdict.low_assurance ? "\"low\"" : "\"high\"";
  out += ",\"did\":";
  append_text_or_null(out, verdict.issuer_did);
  out += ",\"names\":";
  append_set(out, verdict.issuer_names, append_name);
  out += ",\"observed\":null,\"versionId\":";
  append_text_or_null(out, verdict.issuer_version_id);
  out += ",\"witnessed\":0}";
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

void append_status(std::string& out, const Verdict& verdict) {
  out += "{\"list\":";
  append_text_or_null(out, verdict.status_list);
  out += ",\"observed\":null,\"revocation\":";
  jcs::append_string(out, name_of(verdict.revocation));
  out += ",\"source\":";
  jcs::append_string(out, verdict.status_source);
  out += ",\"suspension\":";
  jcs::append_string(out, name_of(verdict.suspension));
  out += '}';
}

void append_conflict(std::string& out, const ViewHead& row) {
  if (row.conflict) {
    append_digest(out, *row.conflict);
  } else {
    out += row.contradicted ? "true" : "null";
  }
}

// ["origin", tip, size, "root", "T", [cosigners], conflict, pending, [missing bodies]]
void append_row(std::string& out, const ViewHead& row) {
  out += '[';
  jcs::append_string(out, row.origin);
  out += ",null,";
  append_size(out, row.size);
  out += ',';
  append_digest(out, row.root);
  out += ',';
  append_time(out, row.time);
  out += ",[],";
  append_conflict(out, row);
  out += ',';
  if (row.pending) {
    out += '[';
    append_size(out, row.pending->size);
    out += ',';
    append_digest(out, row.pending->root);
    out += ',';
    append_time(out, row.pending->time);
    out += ']';
  } else {
    out += "null";
  }
  out += ',';
  append_set(out, row.missing_bodies, append_digest);
  out += ']';
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

void append_issued_at(std::string& out, const std::optional<Timestamp>& issued_at) {
  if (!issued_at) {
    out += "null";
    return;
  }
  out += "{\"source\":\"claimed\",\"time\":";
  append_time(out, *issued_at);
  out += '}';
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

// Members in the order of JCS, written one after the other: the order is checked by a test.
std::string Verdict::to_jcs() const {
  std::string heads;
  append_set(heads, view_heads, append_row);

  std::string out = "{\"at\":";
  append_time(out, at);
  out += ",\"authentic\":";
  jcs::append_string(out, name_of(authentic));
  out += ",\"checks\":";
  append_array(out, checks, append_check);
  out += ",\"class\":";
  append_text_or_null(
      out, reason_class == Class::none ? std::nullopt : std::optional(std::string(name_of(reason_class))));
  out += ",\"code\":";
  append_text_or_null(out, code ? std::optional(std::string(code->slug())) : std::nullopt);
  out += ",\"credential\":";
  append_digest(out, credential);
  out += ",\"issuedAt\":";
  append_issued_at(out, issued_at);
  out += ",\"issuer\":";
  append_issuer(out, *this);
  out += ",\"policy\":";
  append_digest(out, policy);
  out += R"(,"recognition":{"chain":[],"effect":null,"outcome":"not-asked"},"ruleset":)";
  jcs::append_string(out, kRuleset);
  out += ",\"status\":";
  append_status(out, *this);
  out += ",\"subject\":";
  jcs::append_string(out, subject);
  out += ",\"v\":";
  detail::append_part(out, kVerdictVersion);
  out += ",\"verdict\":";
  jcs::append_string(out, name_of(outcome));
  out += ",\"view\":";
  append_digest(out, sha256(as_bytes(heads)));
  out += ",\"viewHeads\":";
  out += heads;
  out += '}';
  return out;
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
