// What a credential says about learning, in one normal form: the 16 elements of the European standard for
// micro-credentials (Council Recommendation 2022/C 243/02, Annex I) and the values behind them.
//
// Three profiles are read: the European Learning Model (EDC), Open Badges 3.0 and our plain one
// (protocol/spec/micro-credential.md). Which member is which element, how values are normalised and what the
// consistency rules are: protocol/spec/facts.md.
//
// Nothing is verified here: facts are what the document says. Threading: pure functions and plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/code.h"
#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"

namespace vcnode::facts {

// The @context of the plain profile; pinned by us (protocol/spec/contexts/), never fetched.
inline constexpr std::string_view kMicroCredentialContext = "https://vcnode.example/ns/micro-credential/v1";

// A document larger than this is not read: European credentials repeat the pictures of a body wherever they
// name it, so they are larger than what a node issues.
inline constexpr std::size_t kDocumentBytesMax = 1024 * 1024;
// Values of one element. A programme has some dozens of outcomes; an element with more values than this is
// malformed as a whole, because judging a part of the awarding bodies or countries would be judging wrongly.
inline constexpr std::size_t kElementValuesMax = 256;
// Things of one credential that cannot be read, or dates without zone, that are named one by one.
inline constexpr std::size_t kTroublesMax = 64;

enum class Profile : std::uint8_t { european_learning_model, open_badge, plain };
[[nodiscard]] std::string_view profile_name(Profile profile) noexcept;

enum class ElementState : std::uint8_t { present, absent, malformed, not_applicable };
[[nodiscard]] std::string_view state_name(ElementState state) noexcept;

inline constexpr int kElementCount = 16;
inline constexpr int kMandatoryElementCount = 11;  // the first
// REQUIRES: 1 <= number <= kElementCount.
[[nodiscard]] std::string_view element_name(int number);

struct Element {
  int number = 0;  // 1 to 16
  std::string_view name;
  bool mandatory = false;
  ElementState state = ElementState::absent;
  std::string path;            // JSON Pointer (RFC 6901) of the member it was found in first; "" if nowhere
  std::string value = "null";  // JCS; for a malformed element what could be read of it
  friend bool operator==(const Element&, const Element&) = default;
};

struct Organisation {
  std::string id;  // "" if it has none; an id of a European credential may mean something in there only
  std::string legal_name;
  std::optional<std::string> country;  // alpha-2
  friend bool operator==(const Organisation&, const Organisation&) = default;
};

// A level of a national qualifications framework as the credential names it; `framework`, `level` and
// `country` are "" where the concept is not in the published list.
struct Level {
  std::string framework;
  std::string iri;
  std::string level;
  std::string country;
  friend bool operator==(const Level&, const Level&) = default;
};

// A credential that this one stands on (stacking).
struct Component {
  std::string id;
  std::optional<Sha256Digest> digest;
  friend bool operator==(const Component&, const Component&) = default;
};

// An amount of learning in time, as stated.
struct Volume {
  std::string path;  // JSON Pointer
  std::string text;
  std::optional<double> hours;  // none if given in days or longer: how many hours are a day is not said
  bool in_months = false;       // or years
  bool whole = false;           // of the achievement; otherwise of an activity that belongs to it
  friend bool operator==(const Volume&, const Volume&) = default;
};

// Something that could not be read as it should be; `element` is 0 where it belongs to none.
struct Trouble {
  Code code;
  int element = 0;
  std::string path;
  std::string why;
  friend bool operator==(const Trouble&, const Trouble&) = default;
};

// Where the credential says more than could be read: what was read is not all of it, so it lies inside no
// limit.
struct Unread {
  bool countries = false;  // also: an awarding body whose country is not said
  bool fields = false;     // also: of another classification
  bool types = false;
  bool settings = false;  // also: several that differ
  friend bool operator==(const Unread&, const Unread&) = default;
};

struct Facts {
  Profile profile = Profile::plain;
  std::array<Element, kElementCount> elements;
  // Normalised, for judging. Absent: the credential does not say, or what it says is malformed.
  std::string achievement;  // id of the achievement, "" if it has none that means something outside
  std::vector<Organisation> awarding_bodies;  // as listed
  std::vector<std::string> countries;         // of the awarding bodies, else of the issuer; alpha-2, sorted
  std::optional<int> eqf;                     // 1 to 8
  std::vector<Level> nqf;
  std::optional<std::string> cycle;    // short, first, second, third
  std::vector<std::string> isced;      // ISCED-F 2013, 2 to 4 digits; sorted
  std::vector<std::string> types;      // without VerifiableCredential, with MicroCredential or Degree; sorted
  std::optional<std::string> setting;  // formal, non-formal, informal
  std::optional<double> ects;
  std::optional<double> hours;
  std::optional<Timestamp> awarded;  // the date of the award, else of the credential
  std::optional<Timestamp> issued;   // the date that the credential bears
  std::vector<std::string> skills;   // IRIs; sorted
  std::string learner;               // id of the subject, "" if it has none
  std::vector<Component> components;
  bool several = false;  // subjects, claims or achievements: only the first is read
  Unread unread;
  // For the consistency rules.
  Organisation issuer;  // as the credential names it
  bool mandate_claimed = false;
  std::vector<Volume> volumes;
  std::optional<Timestamp> learning_ended;
  std::vector<Trouble> troubles;
  friend bool operator==(const Facts&, const Facts&) = default;

  // REQUIRES: 1 <= number <= kElementCount.
  [[nodiscard]] const Element& element(int number) const;
};

// `root` is a credential of data model 1.1 or 2.0, signed or not. Errors: FACTS_PROFILE_UNKNOWN.
[[nodiscard]] Result<Facts> read_facts(const json::Value& root);

// Whether two bodies are one by what the credential says of them: the same DID (a did:webvh is its SCID),
// host or name. This finds slips; whether the claim is true is for others to judge.
[[nodiscard]] bool may_be_one(const Organisation& a, const Organisation& b);
// QF-EHEA: the European level of a cycle of higher education.
[[nodiscard]] std::optional<int> eqf_of_cycle(std::string_view cycle);

struct Finding {
  Code code;
  std::string message;
  friend bool operator==(const Finding&, const Finding&) = default;
};
// Whatever needs nothing but the credential; tables of levels and windows of accreditations are statements.
// In a fixed order.
[[nodiscard]] std::vector<Finding> check_consistency(const Facts& facts);

// {"elements":[{"element","name","state","path","value"} × 16],"consistency":[{"code","message"}…]};
// `path` and `value` are null where there is nothing.
[[nodiscard]] nlohmann::json report(const Facts& facts);

}  // namespace vcnode::facts
