// Candidate: one chain from an anchor to an issuer, and what is known of it. Internal to judging.
//
// Threading: plain values, pure functions.
#pragma once

#include <optional>
#include <vector>

#include "protocol/recognition/closing.h"
#include "protocol/recognition/judge.h"

namespace vcnode::recognition {

// In whose name the credential was issued: the issuer's own, or that of an awarding body.
struct Applicant {
  std::string name;                                           // lookup name of who has to be accredited
  std::shared_ptr<const statement::StatementLog> statements;  // of the awarding body; nullptr: no mandate
  const statement::Statement* mandate = nullptr;
  bool for_another = false;  // another body awarded it, and there is no mandate: at best partly
};

// An accreditation of one applicant by one body.
struct Grant {
  const statement::Statement* statement;
  Life life;
  [[nodiscard]] const statement::Accreditation& says() const {
    return *statement->as<statement::Accreditation>();
  }
};

// Those of one body for one applicant that may matter: whatever else it accredited the applicant for does
// not.
struct Grants {
  // A negative decision that stands, or may, and so takes back what is not newer.
  struct Refusal {
    const statement::Statement* statement;
    Grade grade;  // no or unknown
    Code code;
  };
  std::vector<Grant> positive;
  std::vector<Grant> negative;
  bool cut_short = false;         // there are more than are read: one of them could take back another
  bool at_award = false;          // one of them stands on the date of the award
  std::vector<Refusal> refusals;  // of `negative`
};

struct Candidate {
  const Way* way = nullptr;
  const Grant* grant = nullptr;
  const Grants* grants = nullptr;
  const Applicant* applicant = nullptr;
  Closing closed{};  // when the applicant ended its work
};

struct Assessment {
  Grade grade = Grade::yes;
  std::vector<Note> notes;  // of this grade, then warnings
};

// What every candidate of one query is measured against.
struct Measure {
  const Policy& policy;
  const Query& query;
  const LevelFact& level;
};

// Without `explain` only the grade.
[[nodiscard]] Assessment assess(const Candidate& candidate, const Measure& measure, bool explain);

// What of all of them is the same on every way: the refusals, and whether an accreditation that the policy
// accepts and that fits was in force on the date of the award. One that was renewed covers what was awarded
// under the older one.
void settle(Grants& grants, const Measure& measure);

// Statements of the chain in order: the way, the accreditation, the mandate.
[[nodiscard]] std::vector<const statement::Statement*> path_of(const Candidate& candidate);

// Whether a body reached so could have said something that is not held: its scope and time do not exclude it.
[[nodiscard]] bool could_lead_on(const Way& way, const Measure& measure);

// "Accreditation by did:… for did:…", for sentences.
[[nodiscard]] std::string shown(const statement::Statement& statement);

}  // namespace vcnode::recognition
