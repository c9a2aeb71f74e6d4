// The subject check: is the person who presents a credential the one it is about?
// (protocol/spec/verdict.md, "Subject")
//
// Two ways to know: the verifier typed what an identity document says, and it is compared here; or the
// presenter answered a challenge with the key that is the subject's DID (presentation.h). Names are compared
// exactly, in one form for all spellings of the same letters; nothing is guessed. What differs is never a
// pass. What was typed is compared and forgotten: neither it nor a digest of it reaches a verdict, because a
// digest of a name can be guessed.
//
// Threading: pure functions and plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/credential/credential.h"
#include "protocol/verify/verdict.h"

namespace vcnode::verify {

// The longest names that authorities print have about 100 letters, of up to four bytes.
inline constexpr std::size_t kStatedBytesMax = 512;
// Spellings of one name in a credential that are read: one for each of the EU's 24 languages, and some more.
inline constexpr std::size_t kSpellingsMax = 64;
// Identifiers of one subject that are read.
inline constexpr std::size_t kSubjectIdentifiersMax = 64;
// People whom one credential is about, of whom one is looked for: a certificate for a class.
inline constexpr std::size_t kSubjectsMax = 64;

// What the verifier typed, read and in comparable form.
class StatedPerson {
 public:
  struct Typed {
    std::optional<std::string> name = std::nullopt;
    std::optional<std::string> birth_date = std::nullopt;  // YYYY-MM-DD
    std::optional<std::string> identifier = std::nullopt;  // an e-mail address, a national number
  };
  // Errors: SUBJECT_STATED_MALFORMED (neither name nor identifier, a birth date without a name, no such day,
  // too long, not text).
  [[nodiscard]] static Result<StatedPerson> read(Typed typed);
  [[nodiscard]] const Typed& typed() const noexcept { return typed_; }

 private:
  Typed typed_;
};

// Who presented the credential, as its presentation shows.
struct Holder {
  // shown: answered the challenge; refused, unknown: did not, or it could not be checked; unasked: nobody
  // asked, so that the presentation may be a copy.
  enum class State : std::uint8_t { shown, refused, unknown, unasked };
  State state = State::unknown;
  std::string did;  // "" unless shown
};

// What a verification knows of who presents the credential besides the credential itself.
struct Presenter {
  const StatedPerson* stated = nullptr;  // nullptr: nothing was typed
  const Holder* holder = nullptr;        // nullptr: it came by itself
  // The subject check of an earlier verdict, in the place of what was typed, which is not kept, so that a
  // replay cannot compare it again. Without a holder it is taken as it stands, and nothing else counts.
  std::optional<Code> recorded = std::nullopt;
};

struct SubjectFinding {
  CheckResult result;
  Code code;
  std::string_view subject;  // of the verdict: "key-bound", "matched", "named-only", "unknown"
  std::string detail = {};
};

[[nodiscard]] SubjectFinding find_subject(const credential::Credential& credential,
                                          const Presenter& presenter);

// The code of a subject check by its slug, for Presenter::recorded; nullopt if there is none.
[[nodiscard]] std::optional<Code> subject_code_named(std::string_view slug) noexcept;

// Whether such a check follows from what was typed of the person, rather than from credential and holder.
[[nodiscard]] bool rests_on_typed(Code code) noexcept;

// Unknown because the credential is about nobody, and nobody asked: the only unknown that decides nothing.
[[nodiscard]] bool is_unasked_subject(const Check& check) noexcept;

}  // namespace vcnode::verify
