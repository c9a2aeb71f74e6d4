// Stacking: what several micro-credentials add up to under a rule that somebody signed
// (protocol/spec/recognition.md).
//
// Every component is judged by itself at its own time of issue; here the answers are added. ECTS are added
// with ECTS only, never with hours. A component counts once, however often it is there or inside others, and
// so does an achievement that was certified again (nesting.h). It fills one place of one clause, and
// components are given to clauses so that as many places as possible are filled. What is not sure is counted
// apart: "9 of 12 ECTS, 3 unknown: HEAD_OLD".
//
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/recognition/credits.h"
#include "protocol/recognition/judge.h"

namespace vcnode::recognition {

// A bachelor's degree of 180 ECTS in pieces of two.
inline constexpr std::size_t kPartsMax = 96;

// One component as its holder presents it.
struct Part {
  Sha256Digest digest;                      // of the presented bytes
  std::vector<Sha256Digest> other_digests;  // of its JCS form, with and without proof
  std::string id;                           // of the credential, or ""
  std::string issuer;                       // lookup name
  facts::Facts facts;
  bool readable = true;  // else what it consists of is not known
  IssueTime when;
  Recognition recognition;
  bool revoked = false;
  std::optional<Timestamp> revoked_by;  // the revocation stood in the issuer's list then; nullopt: not known
  std::optional<Note> unknown;          // why its signature or status cannot be told
};

// What the components are for.
struct Whole {
  std::string learner;               // id of the subject, or ""
  std::optional<Timestamp> awarded;  // none: the whole is still to be awarded
  Timestamp at;
};

struct PartAnswer {
  Sha256Digest digest;
  Grade grade = Grade::yes;
  std::vector<Note> notes;
  Credits ects;  // that it counts for, or would
};

struct ClauseAnswer {
  int needed = 0;
  int filled = 0;    // by components that count
  int possible = 0;  // with those that are unknown
};

struct Totals {
  Credits counted;
  Credits unknown;
  Credits rejected;
  std::optional<Credits> needed;
};

struct Stack {
  // recognised: complete. partly_recognised: something counts. cannot_tell: it is complete if what is unknown
  // counts. not_established: nothing counts.
  Outcome outcome = Outcome::not_established;
  Totals ects;
  Totals ects_at_level;
  int level = 0;  // EQF, of ects_at_level
  std::vector<ClauseAnswer> clauses;
  std::vector<PartAnswer> parts;  // by digest
  std::vector<Note> notes;        // the first decides

  // "9 of 12 ECTS, 3 unknown: HEAD_OLD"
  [[nodiscard]] std::string summary() const;
  // The rule does not count, so nothing adds up.
  void refuse(const Note& why);
};

// REQUIRES: at most kPartsMax parts.
[[nodiscard]] Stack stack(const statement::StackRule& rule, std::vector<Part> parts, const Whole& whole);

}  // namespace vcnode::recognition
