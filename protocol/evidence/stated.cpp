#include "protocol/evidence/stated.h"

#include <charconv>
#include <span>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/jcs.h"
#include "protocol/evidence/codes.h"
#include "protocol/verify/presentation.h"

namespace vcnode::evidence {
namespace {

constexpr std::size_t kRowPlaces = 9;
constexpr std::string_view kDigestPrefix = "sha256:";

Failure no_verdict(std::string_view what) {
  return fail(codes::VERDICT_MALFORMED, "the verdict's ", what);
}

std::optional<Sha256Digest> digest_of(const json::Value* value) {
  if (value == nullptr || !value->is_string() || !value->string().starts_with(kDigestPrefix))
    return std::nullopt;
  const auto bytes = hex_decode(value->string().substr(kDigestPrefix.size()), Sha256Digest::kSize);
  return bytes ? Sha256Digest::from(*bytes) : std::nullopt;
}

std::optional<Timestamp> time_of(const json::Value& value) {
  if (!value.is_string()) return std::nullopt;
  const auto time = Timestamp::parse(value.string());
  return time ? std::optional(*time) : std::nullopt;
}

// A number, or beyond 2^53-1 its decimal digits.
std::optional<std::uint64_t> size_of(const json::Value& value) {
  if (value.kind() == json::Kind::integer && value.integer() >= 0)
    return static_cast<std::uint64_t>(value.integer());
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.string();
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

Result<std::optional<verify::ViewHead::Pending>> read_pending(const json::Value& value) {
  if (value.is_null()) return std::optional<verify::ViewHead::Pending>();
  const auto places = value.is_array() ? value.elements() : std::span<const json::Value>();
  const auto size = places.size() == 3 ? size_of(places[0]) : std::nullopt;
  if (!size) return no_verdict("pending head is not [size, root, time]");
  verify::ViewHead::Pending out{*size, digest_of(&places[1]), time_of(places[2])};
  if ((out.root && out.time) || (places[1].is_null() && places[2].is_null())) return std::optional(out);
  return no_verdict("pending head has a root or a time that is none");
}

// Of a history without a feed the first place is the SCID, and there is no head.
Result<void> read_head(std::span<const json::Value> places, StatedRow& row) {
  const std::string_view name = places[0].is_string() ? places[0].string() : "";
  const auto size = size_of(places[2]);
  const auto root = digest_of(&places[3]);
  row.time = time_of(places[4]);
  if (webvh::is_multihash(name)) {
    row.issuer = std::string(name);
    if (size == 0u && places[3].is_null() && places[4].is_null() && row.tip) return {};
    return no_verdict("row of a history without a feed has a head, or no tip");
  }
  auto origin = feed::Origin::parse(name);
  if (!origin) return no_verdict(concat("row: ", origin.error().message));
  if (!size || !root || !row.time) return no_verdict("row has no size, root and time");
  const std::string_view rest = std::string_view(origin->text()).substr(origin->text().find('/') + 1);
  const std::string_view issuer = rest.substr(0, rest.find('/'));
  row.issuer = webvh::is_multihash(issuer) ? std::string(issuer) : concat("did:key:", issuer);
  if (webvh::is_multihash(issuer) && !row.tip) return no_verdict("row of a did:webvh has no tip");
  row.origin = *std::move(origin);
  row.tree = {*size, *root};
  return {};
}

Result<StatedRow> read_row(const json::Value& value) {
  if (!value.is_array() || value.elements().size() != kRowPlaces)
    return no_verdict("row is not an array of nine places");
  const auto places = value.elements();
  StatedRow row;
  if (!places[1].is_null()) {
    auto tip = webvh::VersionId::parse(places[1].is_string() ? places[1].string() : "");
    if (!tip) return no_verdict("row has a tip that is no versionId");
    row.tip = *std::move(tip);
  }
  VCNODE_CHECK(read_head(places, row));
  if (row.tip && !webvh::is_multihash(row.issuer)) return no_verdict("row of a did:key has a tip");
  row.contradicted = !places[6].is_null();
  VCNODE_TRY(row.pending, read_pending(places[7]));
  for (const json::Value& missing : places[8].one_or_many()) {
    const auto digest = digest_of(&missing);
    if (!digest) return no_verdict("row names a missing body without a digest");
    row.missing.insert(*digest);
  }
  return row;
}

Result<StatedVerdict> read(const json::Value& root) {
  if (root.find_string("ruleset") != verify::kRuleset)
    return fail(codes::VERDICT_RULESET_UNKNOWN, "the verdict follows the rules \"",
                excerpt(root.find_string("ruleset").value_or("")), "\"; this program knows \"",
                verify::kRuleset, "\"");
  StatedVerdict out;
  out.text = jcs::canonicalize(root);
  const auto credential = digest_of(root.find("credential"));
  const auto policy = digest_of(root.find("policy"));
  const json::Value* at = root.find("at");
  const auto time = at == nullptr ? std::nullopt : time_of(*at);
  const auto outcome = root.find_string("verdict");
  if (!credential || !policy || !time || !outcome)
    return no_verdict("credential, policy, at or verdict is not there, or none");
  out.credential = *credential;
  out.policy = *policy;
  out.at = *time;
  out.outcome = std::string(*outcome);
  const json::Value* status = root.find("status");
  out.stapled = status != nullptr && status->find_string("source") == "stapled";
  if (const json::Value* checks = root.find("checks"); checks != nullptr)
    for (const json::Value& check : checks->one_or_many())
      if (check.find_string("check") == "subject")
        out.subject = std::string(check.find_string("code").value_or(""));
  const json::Value* rows = root.find("viewHeads");
  if (rows == nullptr || !rows->is_array()) return no_verdict("viewHeads are not there");
  for (const json::Value& value : rows->elements()) {
    VCNODE_TRY(auto row, read_row(value));
    out.rows.push_back(std::move(row));
  }
  return out;
}

bool is_of_presentation(const json::Value& verdict) {
  return verdict.find("holder") != nullptr && verdict.find("verdicts") != nullptr;
}

Result<void> check_same_question(const std::vector<StatedVerdict>& verdicts) {
  for (const StatedVerdict& one : verdicts)
    if (one.at != verdicts.front().at || one.policy != verdicts.front().policy)
      return fail(codes::VERDICT_MALFORMED,
                  "the verdicts of one presentation have different times or policies");
  return {};
}

Result<StatedAnswer> read_presentation(const json::Value& root) {
  const json::Value& checks = *root.find("holder");
  const json::Value& verdicts = *root.find("verdicts");
  if (!checks.is_array() || !verdicts.is_array() || root.members().size() != 2)
    return fail(codes::VERDICT_MALFORMED,
                "the verdict of a presentation is not {holder, verdicts}, both of them arrays");
  if (verdicts.elements().size() > verify::kPresentedMax)
    return fail(codes::VERDICT_MALFORMED, "the text has verdicts of ", verdicts.elements().size(),
                " credentials, a presentation has at most ", verify::kPresentedMax);
  StatedAnswer out;
  out.text = jcs::canonicalize(root);
  out.holder = StatedAnswer::Holder{jcs::canonicalize(checks), {}};
  for (const json::Value& check : checks.elements())
    if (check.find_string("check") == "challenge")
      out.holder->challenge = std::string(check.find_string("code").value_or(""));
  for (const json::Value& verdict : verdicts.elements()) {
    VCNODE_TRY(auto one, read(verdict));
    out.verdicts.push_back(std::move(one));
  }
  VCNODE_CHECK(check_same_question(out.verdicts));
  return out;
}

}  // namespace

std::string digest_text(const Sha256Digest& digest) {
  return concat(kDigestPrefix, hex_encode(digest.view()));
}

std::string StatedRow::name() const {
  return origin ? concat("the feed ", origin->text(), " at size ", tree.size)
                : concat("the history of ", issuer, " without a feed");
}

Result<StatedVerdict> StatedVerdict::parse(std::string_view text) {
  VCNODE_TRY(auto answer, StatedAnswer::parse(text));
  if (answer.holder)
    return fail(codes::VERDICT_MALFORMED, "the text is the verdict of a presentation, not of a credential");
  return std::move(answer.verdicts.front());
}

Result<StatedAnswer> StatedAnswer::parse(std::string_view text) {
  VCNODE_TRY(const auto document, json::Document::parse(text, kVerdictLimits));
  const json::Value& root = document.root();
  const json::Value* inner = root.find("verdict");
  const bool is_answer = inner != nullptr && inner->is_object();
  const json::Value& verdict = is_answer ? *inner : root;
  if (is_of_presentation(verdict)) return read_presentation(verdict);
  if (!is_answer && (inner == nullptr || !inner->is_string()))
    return fail(codes::VERDICT_MALFORMED,
                "the text is neither a verdict nor an object with one as its member \"verdict\"");
  VCNODE_TRY(auto one, read(verdict));
  StatedAnswer out;
  out.text = one.text;
  out.verdicts.push_back(std::move(one));
  return out;
}

}  // namespace vcnode::evidence
