// Statement: what an organisation signed about another, or about an achievement (protocol/spec/statement.md).
//
// A VCDM 2.0 credential of one subject whose @context holds kRecognitionContext and whose `type` names one
// Kind. `parse` reads what it says and checks every value and limit; proofs, keys and who may say what are
// others' business (protocol/feed checks that the feed's issuer signed). Members of the subject that are not
// known here are passed over; inside a scope and a stack rule, where each member is a limit, they are
// refused.
//
// Issuer and subject are kept as written; issuer() and subject() are the names to look them up by
// (protocol/did/lookup_name.h): two DIDs of one SCID are one body.
//
// Errors: STATEMENT_KIND_UNKNOWN (a credential that is no statement of ours: it stays in its feed and acts on
// nothing), STATEMENT_MALFORMED (naming member, value and limit). Threading: plain values, pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/base/bytes.h"
#include "protocol/credential/credential.h"
#include "protocol/did/lookup_name.h"
#include "protocol/statement/kind.h"
#include "protocol/statement/place.h"
#include "protocol/statement/scope.h"

namespace vcnode::statement {

// Pinned by us and never fetched; the content stands in protocol/spec/statements/context.json. ".example"
// until the project owns a domain.
inline constexpr std::string_view kRecognitionContext = "https://vcnode.example/ns/recognition/v1";

// Limits, each per statement.
inline constexpr std::size_t kNameBytesMax = 256;        // a legal name, a claim in words
inline constexpr std::size_t kTokenBytesMax = 64;        // effects, roles, purposes, schemes, frameworks
inline constexpr std::size_t kReasonBytesMax = 1024;     // a reason to show, not a report
inline constexpr std::size_t kDomainsMax = 16;           // of one body
inline constexpr std::size_t kIdentifiersMax = 16;       // registers that know one body
inline constexpr std::size_t kAliasesMax = 16;           // other DIDs of one body
inline constexpr std::size_t kSealCertificatesMax = 16;  // a few years of e-seals
inline constexpr std::size_t kAnchorsMax = 256;          // the quality agencies of Europe are about 60
inline constexpr std::size_t kSectorsMax = 64;           // NACE has 88 divisions
inline constexpr std::size_t kLevelsMax = 64;          // the largest framework has 12 levels with sub-levels
inline constexpr std::size_t kClausesMax = 16;         // of a stack rule
inline constexpr std::size_t kAlternativesMax = 64;    // of a clause
inline constexpr std::size_t kAllowedIssuersMax = 64;  // of a stack rule
inline constexpr std::uint64_t kQuotaMax = 1'000'000;  // ten times the issuers of Europe
inline constexpr int kPathLengthMax = 8;               // delegations in a row
inline constexpr int kAgeMonthsMax = 1200;

enum class Decision : std::uint8_t { positive, positive_with_conditions, negative, not_applicable };
enum class Standing : std::uint8_t { obligatory, voluntary };
enum class Ending : std::uint8_t { ends, suspends, voids };
[[nodiscard]] std::string_view name_of(Decision decision) noexcept;  // "positive-with-conditions"
[[nodiscard]] std::string_view name_of(Standing standing) noexcept;
[[nodiscard]] std::string_view name_of(Ending ending) noexcept;
[[nodiscard]] std::optional<Decision> decision_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<Standing> standing_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<Ending> ending_named(std::string_view name) noexcept;

struct Identifier {
  std::string scheme;  // "deqar", "eter", "ror", "whed", "erasmus", "vat" …
  std::string value;
  friend bool operator==(const Identifier&, const Identifier&) = default;
};
// About the subject; a claim if the issuer is the subject, otherwise what a register says.
struct Identity {
  std::string legal_name;
  std::string country;
  Names domains;  // lower case
  std::vector<Identifier> identifiers;
  Names aliases;  // DIDs
  std::vector<Sha256Digest> seal_certificates;
};

// Admits the subject to the network and lets it admit `quota` more.
struct Sponsorship {
  std::uint64_t quota = 0;
};

struct Anchor {
  std::string did;
  Scope scope;  // what it is an anchor for
  int max_recognition = 1;
  int max_delegation = 2;
  [[nodiscard]] std::string_view name() const noexcept { return lookup_name_of(did); }
};
struct TrustList {
  std::string purpose;  // "hiring", "study", "regulated-job" …
  std::optional<std::string> country;
  std::vector<Anchor> anchors;
};

struct Accreditation {
  Scope scope;
  Decision decision = Decision::positive;
  Standing standing = Standing::obligatory;
};

struct Delegation {
  Scope scope;
  int max_path_length = 0;  // of further delegations
};

struct Agreement {
  std::string id;
  Sha256Digest digest;
};
struct Recognition {
  Scope scope;
  std::string effect;
  bool transitive = false;
  std::shared_ptr<const Agreement> agreement = nullptr;  // none: one side speaks for itself
};

struct Endorsement {
  std::string role;   // "employer-organisation", "workers-organisation" …
  std::string claim;  // "labour-market-relevant" …
  Names sectors;      // IRIs
  Scope scope;
  std::string provider = {};  // DID of whose achievement it is, or ""
};

struct Level {
  std::string iri;              // or ""
  std::string name;             // "6", "A"; or "" where there is an IRI
  std::optional<Interval> eqf;  // none: it lies below or beside the EQF
};
struct Referencing {
  std::string framework;  // "EE", "SCQF"
  std::string version;
  std::optional<std::string> country;
  std::vector<Level> levels;  // no IRI and no name twice
};

struct Clause {
  int at_least = 1;
  Names of;  // achievements, IRIs
};
struct StackRule {
  std::string target;  // achievement, an IRI
  std::vector<Clause> clauses;
  std::optional<double> min_ects;
  struct AtLevel {
    int eqf = 0;
    double ects = 0;
  };
  std::optional<AtLevel> min_ects_at_level;
  std::optional<Names> issuers;  // DIDs; none: any that is recognised
  std::optional<int> max_age_months;
  bool overlap = true;  // components may have learning outcomes in common
};

struct FinalHead {
  std::string origin;
  std::uint64_t size = 0;
  Sha256Digest root;
};
// The subject ended at `from` of the statement.
struct Closed {
  std::shared_ptr<const FinalHead> final_head = nullptr;
  std::string successor;  // DID, or ""
  std::string archive;    // IRI, or ""
};

// The subject is the id of the statement that it ends.
struct Withdrawal {
  Sha256Digest digest;  // of that statement
  Ending effect = Ending::ends;
  Timestamp effective_from;
  std::string reason;  // or ""
  // Of a Sponsorship: from this place on in the feed of the sponsored, its own Sponsorships do not count.
  std::optional<Place> sponsorships_until = std::nullopt;
};

// In the order of Kind.
using Says = std::variant<Identity, Sponsorship, TrustList, Accreditation, Delegation, Recognition,
                          Endorsement, Referencing, StackRule, Closed, Withdrawal>;

struct Statement {
  std::string id;
  Sha256Digest digest;             // of the signed bytes
  std::string issuer_did;          // did:webvh, did:key or did:web
  std::string subject_id;          // DID or IRI as the kind asks for; "" where a kind has none
  Timestamp from;                  // validFrom, included
  std::optional<Timestamp> until;  // validUntil, excluded
  Says says;

  [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(says.index()); }
  [[nodiscard]] std::string_view issuer() const noexcept { return lookup_name_of(issuer_did); }
  [[nodiscard]] std::string_view subject() const noexcept { return lookup_name_of(subject_id); }
  [[nodiscard]] bool in_force(Timestamp at) const noexcept { return from <= at && (!until || at < *until); }
  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return std::get_if<T>(&says);
  }
};

[[nodiscard]] Result<Statement> parse(const credential::Credential& credential, const Sha256Digest& digest);
// The scope of the kinds that have one; nullptr for others.
[[nodiscard]] const Scope* scope_of(const Statement& statement) noexcept;

// What parse() would answer to a credential that says nothing yet of its kind: nullopt if it is no statement.
[[nodiscard]] std::optional<Kind> kind_of(const credential::Credential& credential) noexcept;

// SHA-256 multihash in multibase (base64url or base58btc), as `digestMultibase` holds it.
[[nodiscard]] std::string digest_multibase(const Sha256Digest& digest);
[[nodiscard]] std::optional<Sha256Digest> read_digest_multibase(std::string_view text);

}  // namespace vcnode::statement
