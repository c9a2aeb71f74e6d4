#include "protocol/evidence/replay.h"

#include <algorithm>
#include <set>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/evidence/codes.h"
#include "protocol/verify/subject.h"

namespace vcnode::evidence {
namespace {

// ---- differences

class Comparing {
 public:
  std::vector<Difference> run(const json::Value& stated, const json::Value& replayed) {
    compare("", &stated, &replayed);
    return std::move(out_);
  }

 private:
  static std::string text_of(const json::Value* value) {
    return value == nullptr ? std::string() : jcs::canonicalize(*value);
  }
  // RFC 6901.
  static std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
  }
  void compare(const std::string& at, const json::Value* a, const json::Value* b) {
    if (out_.size() == kDifferencesMax || text_of(a) == text_of(b)) return;
    if (a != nullptr && b != nullptr && a->is_object() && b->is_object()) return compare_objects(at, *a, *b);
    if (a != nullptr && b != nullptr && a->is_array() && b->is_array()) return compare_arrays(at, *a, *b);
    out_.push_back({at, text_of(a), text_of(b)});
  }
  void compare_objects(const std::string& at, const json::Value& a, const json::Value& b) {
    for (const json::Member& member : a.members())
      compare(concat(at, "/", escaped(member.name)), &member.value, b.find(member.name));
    for (const json::Member& member : b.members())
      if (a.find(member.name) == nullptr)
        compare(concat(at, "/", escaped(member.name)), nullptr, &member.value);
  }
  void compare_arrays(const std::string& at, const json::Value& a, const json::Value& b) {
    const auto left = a.elements();
    const auto right = b.elements();
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i)
      compare(concat(at, "/", i), i < left.size() ? &left[i] : nullptr,
              i < right.size() ? &right[i] : nullptr);
  }

  std::vector<Difference> out_;
};

// ---- readings

// The ways in which the rows may be meant; the first is what nearly always is.
std::vector<Reading> readings_of(const StatedVerdict& stated) {
  using Contradiction = Reading::Contradiction;
  std::vector<Contradiction> kinds = {Contradiction::head};
  if (std::ranges::any_of(stated.rows, [](const StatedRow& row) { return row.contradicted; }))
    kinds = {Contradiction::head, Contradiction::word, Contradiction::versions};
  std::vector<Reading> out;
  for (const bool earlier : {true, false})
    for (const Contradiction kind : kinds) out.push_back({kind, earlier});
  return out;
}

// The bytes that were presented: as they are, or in JCS form, as an interface that takes JSON presents them.
std::optional<std::string> presented(std::string_view credential, const Sha256Digest& stated) {
  if (sha256(as_bytes(credential)) == stated) return std::string(credential);
  const auto document = json::Document::parse(credential);
  if (!document) return std::nullopt;
  std::string text = jcs::canonicalize(document->root());
  return sha256(as_bytes(text)) == stated ? std::optional(std::move(text)) : std::nullopt;
}

Result<std::string> check_question(const StatedVerdict& stated, std::string_view credential,
                                   const verify::Policy& policy) {
  auto text = presented(credential, stated.credential);
  if (!text)
    return fail(codes::REPLAY_CREDENTIAL_DIFFERS, "the verdict is about the credential ",
                digest_text(stated.credential), ", the one given has the digest ",
                digest_text(sha256(as_bytes(credential))));
  if (policy.digest() != stated.policy)
    return fail(codes::REPLAY_POLICY_DIFFERS, "the verdict was made under the policy ",
                digest_text(stated.policy), ", the one given has the digest ", digest_text(policy.digest()));
  return *std::move(text);
}

// What was typed of the person, or asked of the holder, is in no verdict.
verify::Presenter presenter_of(const StatedVerdict& stated, const verify::Holder* holder) {
  verify::Presenter out;
  if (holder != nullptr) {
    out.holder = holder;
    const auto code = verify::subject_code_named(stated.subject);
    if (code && verify::rests_on_typed(*code)) out.recorded = code;
    return out;
  }
  const bool by_itself = stated.subject.empty() || stated.subject == codes::SUBJECT_NAMED_ONLY.slug ||
                         stated.subject == codes::SUBJECT_UNKNOWN.slug;
  if (!by_itself) out.recorded = verify::subject_code_named(stated.subject);
  return out;
}

struct Attempt {
  verify::SnapshotView view;
  std::vector<Rebuilt> rows;
};

Attempt attempt(const StatedVerdict& stated, const Bundle& bundle, Timestamp now, const Reading& reading) {
  Attempt out;
  for (const StatedRow& row : stated.rows) {
    Rebuilt rebuilt = rebuild(row, bundle, now, reading);
    if (rebuilt.usable() && rebuilt.snapshot) out.view.put(rebuilt.snapshot);
    if (stated.stapled) out.view.staple(row.issuer);
    if (rebuilt.usable() && rebuilt.history) out.view.put_history(row.issuer, rebuilt.history);
    out.rows.push_back(std::move(rebuilt));
  }
  return out;
}

void add_wanted(Wanted& out, const Attempt& made) {
  std::set<std::string> known;
  std::set<Sha256Digest> helpful;
  for (const Rebuilt& row : made.rows) {
    for (const Lack& lack : row.lacking)
      if (known.insert(lack.name()).second) out.lacking.push_back(lack);
    for (const Sha256Digest& digest : row.helpful)
      if (helpful.insert(digest).second) out.helpful.push_back(digest);
  }
}

// Why no verdict can be made at all.
void explain_gap(const Attempt& made, Replay& out) {
  for (const Rebuilt& row : made.rows) {
    if (!row.refuted) continue;
    out.result = Replay::Result::differs;
    out.why = row.refuted;
    return;
  }
  VCNODE_ASSERT(!out.lacking.empty());
  out.why = Error{codes::CANNOT_REPLAY, concat("what is missing: ", out.lacking.front().name())};
}

void explain_difference(const StatedVerdict& stated, Replay& out) {
  if (!out.lacking.empty()) {
    out.why = Error{codes::CANNOT_REPLAY, concat("what is missing: ", out.lacking.front().name())};
    return;
  }
  if (!out.helpful.empty()) {
    out.why = Error{codes::CANNOT_REPLAY, concat("what is missing may be an earlier list, the body ",
                                                 digest_text(out.helpful.front()))};
    return;
  }
  const auto full = std::ranges::find_if(
      stated.rows, [](const StatedRow& row) { return row.missing.size() >= feed::kMissingShownMax; });
  if (full != stated.rows.end()) {
    out.why = Error{codes::CANNOT_REPLAY, concat(full->name(), " lacked more bodies than the ",
                                                 feed::kMissingShownMax, " that a verdict names")};
    return;
  }
  out.result = Replay::Result::differs;
  out.why =
      Error{codes::REPLAY_DIFFERS,
            concat("the verdict states ", excerpt(out.differences.front().stated), " at ",
                   out.differences.front().member, ", the replay gives ",
                   out.differences.front().replayed.empty() ? "nothing"
                                                            : excerpt(out.differences.front().replayed))};
}

}  // namespace

std::string_view name_of(Replay::Result result) noexcept {
  switch (result) {
    case Replay::Result::same:
      return "same";
    case Replay::Result::differs:
      return "differs";
    case Replay::Result::cannot_replay:
      break;
  }
  return "cannot-replay";
}

std::vector<Difference> differences(std::string_view stated, std::string_view replayed) {
  const auto a = json::Document::parse(stated, kVerdictLimits);
  const auto b = json::Document::parse(replayed, kVerdictLimits);
  VCNODE_ASSERT(a.has_value() && b.has_value());
  return Comparing().run(a->root(), b->root());
}

Wanted wanted(const StatedVerdict& stated, const Bundle& bundle, Timestamp now) {
  Wanted out;
  add_wanted(out, attempt(stated, bundle, now, {}));
  return out;
}

Result<Replay> replay(const StatedVerdict& stated, std::string_view credential, const verify::Policy& policy,
                      const Bundle& bundle, Timestamp now, const verify::Holder* holder) {
  VCNODE_TRY(const auto text, check_question(stated, credential, policy));
  Replay out;
  const verify::Presenter presenter = presenter_of(stated, holder);
  out.subject_recorded = presenter.recorded.has_value();
  for (const Reading& reading : readings_of(stated)) {
    const Attempt made = attempt(stated, bundle, now, reading);
    const bool first = out.times.empty();
    if (first) {
      Wanted lacks;
      add_wanted(lacks, made);
      out.lacking = std::move(lacks.lacking);
      out.helpful = std::move(lacks.helpful);
      for (std::size_t i = 0; i < made.rows.size(); ++i)
        out.times.emplace_back(&stated.rows[i], made.rows[i].time);
    }
    if (!std::ranges::all_of(made.rows, &Rebuilt::usable)) {
      explain_gap(made, out);
      return out;
    }
    VCNODE_TRY(const auto verdict,
               verify::verify_credential(text, made.view, policy, stated.at, verify::Scope::full, presenter));
    const std::string bytes = verdict.to_jcs();
    if (bytes == stated.text) {
      out.result = Replay::Result::same;
      out.differences.clear();
      out.without_earlier_lists = !reading.earlier_lists;
      return out;
    }
    if (out.differences.empty()) out.differences = differences(stated.text, bytes);
  }
  explain_difference(stated, out);
  return out;
}

}  // namespace vcnode::evidence
