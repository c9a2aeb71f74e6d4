// What is known of an issuer that nobody whom the verifier named stands behind: facts beside a verdict.
//
// Which domain its DID names and since when, which registers are said to know it, and who signed statements
// about it. Each fact comes with whose word it is. This is never an answer: anybody can sign anything, and
// whoever reads it decides whom to believe (protocol/spec/verdict.md, "Known facts").
//
// Bounded and sorted, so that strangers can neither flood it nor order it. Threading: pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/observe/seen.h"
#include "protocol/verify/recognition_check.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

// Statements of one kind that are listed, and those of one kind by one body, the newest.
inline constexpr std::size_t kKnownPerKindMax = 16;
inline constexpr std::size_t kKnownPerBodyMax = 4;
inline constexpr std::size_t kKnownRegistersMax = 32;
// Feeds that one answer looks into.
inline constexpr std::size_t kSpeakersMax = 1'000;

// The feeds in which statements about an issuer are looked for; its own may be among them.
struct Speakers {
  std::vector<ViewWorld::Source> feeds;  // REQUIRES: none without a feed; no issuer twice
  bool more = false;                     // there were more than are looked into
};

struct KnownIssuer {
  struct Domain {
    std::string name;                // host of the DID
    std::optional<Timestamp> since;  // by the DID's own log, or first seen by the observers
    bool observed = false;           // by observers that the policy names; else only the DID says so
  };
  struct Register {
    std::string scheme;
    std::string value;
    std::string by;  // DID
    bool own = false;
    friend auto operator<=>(const Register&, const Register&) = default;
  };
  struct Word {
    std::shared_ptr<const statement::Statement> statement;
    bool own = false;
    bool in_doubt = false;  // what is held of who says it cannot be relied on
  };

  std::string did;
  std::optional<Domain> domain;     // none: the DID names none
  std::optional<Timestamp> first;   // of the first version of its DID; none: it has no history here
  std::vector<Register> registers;  // sorted
  // Identity, Accreditation, Recognition, Endorsement, Sponsorship, each in force; by kind, who says it,
  // digest. Its own word only of Identity.
  std::vector<Word> words;
  bool more = false;  // something was left out
};

struct Asked {
  std::string_view did;
  Timestamp at;
  const issuer::History* history = nullptr;  // of the issuer; nullptr: none is held or it has none
  std::optional<observe::Seen> observed = std::nullopt;  // its key
};
[[nodiscard]] KnownIssuer known_issuer(const Asked& asked, const Speakers& speakers);

// Whether facts belong beside this verdict: the issuer signed it, the policy asks nothing of recognition, and
// nobody confirms the issuer.
[[nodiscard]] bool wants_known_issuer(const Verdict& verdict) noexcept;

[[nodiscard]] nlohmann::json to_json(const KnownIssuer& known);
// One plain sentence for each fact, without the end stop. Text of strangers stands in it as it is.
[[nodiscard]] std::vector<std::string> sentences_of(const KnownIssuer& known);

}  // namespace vcnode::verify
