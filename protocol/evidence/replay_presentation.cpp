// The checks of a presentation's holder made again; each credential is replayed by itself (replay.cpp).
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/replay.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"

namespace vcnode::evidence {
namespace {

using Made = Replay::Result;

bool is_named(std::string_view slug, Code code) {
  return slug == code.slug();
}

// Compared with what the verifier had stated to the holder, which is in no verdict.
bool is_other_challenge(std::string_view slug) {
  return is_named(slug, codes::CHALLENGE_DIFFERS) || is_named(slug, codes::DOMAIN_DIFFERS);
}
bool rests_on_challenge(std::string_view slug) {
  return is_other_challenge(slug) || is_named(slug, codes::CHALLENGE_ANSWERED) ||
         is_named(slug, codes::CHALLENGE_EXPIRED) || is_named(slug, codes::CHALLENGE_USED) ||
         is_named(slug, codes::CHALLENGE_NOT_YET_MADE) || is_named(slug, codes::CHALLENGE_AGE_UNKNOWN) ||
         is_named(slug, codes::CHALLENGE_MISSING);
}

struct HolderReplay {
  Made result = Made::cannot_replay;
  std::optional<Error> why = std::nullopt;
  std::vector<Difference> differences = {};
  std::optional<verify::Holder> holder = std::nullopt;  // none: it cannot be told
};

// What the verdict's maker had and this replay has not, where the checks are not the same; "" for nothing.
std::string_view lack_of_holder(const std::string& challenge, const verify::PresentationVerdict& made,
                                const verify::HolderQuestion& asked) {
  const verify::HolderCheck& last = made.checks.back();
  // What was held of it then is in no row, so nobody can know now.
  if (last.code == Code(codes::HISTORY_NOT_HELD)) return "the keys of the holder, whose history is in no row";
  if (last.check != "challenge" || challenge.empty()) return {};
  if (rests_on_challenge(challenge) && !(asked.challenge && asked.domain))
    return "the challenge and the domain that the verifier stated to the holder";
  if (is_other_challenge(challenge) || is_other_challenge(last.code.slug()))
    return "the challenge and the domain that the verifier stated to the holder; those that were given are "
           "others, or the verdict says of them what is not so";
  return {};
}

Result<HolderReplay> replay_holder(const StatedAnswer& stated, std::string_view presentation,
                                   const verify::HolderQuestion& asked) {
  const std::string& challenge = stated.holder->challenge;
  verify::HolderQuestion question;
  if (!is_named(challenge, codes::CHALLENGE_NOT_STATED)) {
    question.challenge = asked.challenge;
    question.domain = asked.domain;
  }
  question.is_first = [used = is_named(challenge, codes::CHALLENGE_USED)](std::string_view) -> Result<bool> {
    return !used;
  };
  const Timestamp at = stated.verdicts.empty() ? Timestamp() : stated.verdicts.front().at;
  VCNODE_TRY(const auto made, verify::verify_holder(presentation, question, verify::SnapshotView(), at));
  const std::string text = concat(R"({"holder":)", stated.holder->checks, R"(,"verdicts":[]})");
  if (made.to_jcs() == text) return HolderReplay{.result = Made::same, .holder = made.holder};
  if (const auto lack = lack_of_holder(challenge, made, question); !lack.empty())
    return HolderReplay{.why = Error{codes::CANNOT_REPLAY, concat("what is missing: ", lack)}};
  auto found = differences(text, made.to_jcs());
  const Difference& first = found.front();
  Error why{codes::REPLAY_DIFFERS,
            concat("the verdict states ", first.stated.empty() ? "nothing" : excerpt(first.stated), " at ",
                   first.member, ", this presentation gives ",
                   first.replayed.empty() ? "nothing" : excerpt(first.replayed))};
  return HolderReplay{Made::differs, std::move(why), std::move(found), made.holder};
}

int gravity(Made result) noexcept {
  return result == Made::same ? 0 : result == Made::cannot_replay ? 1 : 2;
}

// What is worse decides about the whole; the first of its kind says why.
void add_to(PresentationReplay& out, Made result, const std::optional<Error>& why, std::string_view of) {
  if (gravity(result) <= gravity(out.result)) return;
  out.result = result;
  out.why = Error{why->code, concat(of, why->message)};
}

}  // namespace

Result<PresentationReplay> replay_presentation(const StatedAnswer& stated, std::string_view presentation,
                                               const verify::HolderQuestion& asked,
                                               const verify::Policy& policy, const Bundle& bundle,
                                               Timestamp now) {
  VCNODE_ASSERT(stated.holder.has_value());
  const auto credentials = verify::presented_credentials(presentation);
  if (credentials.size() != stated.verdicts.size())
    return fail(codes::REPLAY_CREDENTIAL_DIFFERS, "the verdict is about a presentation of ",
                stated.verdicts.size(), " credentials, the one given has ", credentials.size());
  VCNODE_TRY(auto holder, replay_holder(stated, presentation, asked));
  PresentationReplay out;
  out.result = Made::same;
  add_to(out, holder.result, holder.why, "");
  out.differences = std::move(holder.differences);
  for (std::size_t i = 0; i < credentials.size(); ++i) {
    VCNODE_TRY(auto one, replay(stated.verdicts[i], credentials[i], policy, bundle, now,
                                holder.holder ? &*holder.holder : nullptr));
    add_to(out, one.result, one.why, concat("credential ", i + 1, ": "));
    out.verdicts.push_back(std::move(one));
  }
  return out;
}

}  // namespace vcnode::evidence
