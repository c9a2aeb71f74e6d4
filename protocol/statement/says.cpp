#include "protocol/statement/says.h"

#include <algorithm>

#include "crypto/base/encoding.h"

namespace vcnode::statement {
namespace {

constexpr Members::Form kLegalName{.words = "text", .bytes_max = kNameBytesMax};
constexpr Members::Form kReason{.words = "text", .bytes_max = kReasonBytesMax};
constexpr std::int64_t kSizeMax = json::kIntegerMax;
constexpr int kAnchorDepthMax = kPathLengthMax;

template <class Value, class Named>
Result<Value> read_named(const Members& subject, std::string_view name, Named named, std::string_view words) {
  const json::Value* value = subject.find(name);
  const auto found = value != nullptr && value->is_string() ? named(value->string()) : std::nullopt;
  if (found) return *found;
  return malformed(subject.path_of(name), " is ", shown(value), ", it must be ", words);
}

Result<Scope> read_scope(const Members& members) {
  const json::Value* scope = members.find("scope");
  if (scope == nullptr)
    return malformed(members.path_of("scope"), " is missing, it must be an object; {} is no limit");
  return parse_scope(*scope, members.path_of("scope"));
}

Result<Scope> read_scope_or_all(const Members& members) {
  if (members.find("scope") == nullptr) return Scope();
  return read_scope(members);
}

Result<std::vector<Identifier>> read_identifiers(const Members& subject) {
  VCNODE_TRY(const auto values, subject.list("identifiers", kIdentifiersMax));
  std::vector<Identifier> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    VCNODE_TRY(const auto members, Members::of(values[i], concat(subject.path_of("identifiers"), "/", i)));
    Identifier identifier;
    VCNODE_TRY(identifier.scheme, members.text("scheme", kToken));
    VCNODE_TRY(identifier.value, members.text("value", kLegalName));
    out.push_back(std::move(identifier));
  }
  return out;
}

Result<std::vector<Sha256Digest>> read_certificates(const Members& subject) {
  VCNODE_TRY(const auto values, subject.list("sealCertificates", kSealCertificatesMax));
  std::vector<Sha256Digest> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    VCNODE_TRY(const auto members,
               Members::of(values[i], concat(subject.path_of("sealCertificates"), "/", i)));
    VCNODE_TRY(const auto digest, members.digest("digestMultibase"));
    out.push_back(digest);
  }
  return out;
}

Result<Says> read_identity(const Members& subject) {
  Identity out;
  VCNODE_TRY(out.legal_name, subject.text("legalName", kLegalName));
  VCNODE_TRY(auto country, subject.country_or_none("country"));
  if (!country) return malformed(subject.path_of("country"), " is missing");
  out.country = *std::move(country);
  VCNODE_TRY(auto domains, subject.names("domains", kDomainsMax, kHost));
  out.domains = std::move(domains).value_or(Names());
  VCNODE_TRY(out.identifiers, read_identifiers(subject));
  VCNODE_TRY(auto aliases, subject.names("aliases", kAliasesMax, kBodyDid));
  out.aliases = std::move(aliases).value_or(Names());
  VCNODE_TRY(out.seal_certificates, read_certificates(subject));
  return Says(std::move(out));
}

Result<Says> read_sponsorship(const Members& subject) {
  VCNODE_TRY(const auto quota, subject.integer("quota", {0, static_cast<std::int64_t>(kQuotaMax)}));
  return Says(Sponsorship{static_cast<std::uint64_t>(quota)});
}

Result<Anchor> read_anchor(const Members& members) {
  static constexpr std::string_view kMembers[] = {"id", "name", "scope", "maxRecognition", "maxDelegation"};
  VCNODE_CHECK(members.only(kMembers));
  Anchor out;
  VCNODE_TRY(out.did, members.text("id", kBodyDid));
  VCNODE_TRY(out.scope, read_scope_or_all(members));
  VCNODE_TRY(const auto recognitions, members.integer_or_none("maxRecognition", {0, kAnchorDepthMax}));
  VCNODE_TRY(const auto delegations, members.integer_or_none("maxDelegation", {0, kAnchorDepthMax}));
  if (recognitions) out.max_recognition = static_cast<int>(*recognitions);
  if (delegations) out.max_delegation = static_cast<int>(*delegations);
  return out;
}

Result<Says> read_trust_list(const Members& subject) {
  TrustList out;
  VCNODE_TRY(out.purpose, subject.text("purpose", kToken));
  VCNODE_TRY(out.country, subject.country_or_none("country"));
  VCNODE_TRY(const auto anchors, subject.list("anchors", kAnchorsMax));
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    VCNODE_TRY(const auto members, Members::of(anchors[i], concat(subject.path_of("anchors"), "/", i)));
    VCNODE_TRY(auto anchor, read_anchor(members));
    out.anchors.push_back(std::move(anchor));
  }
  if (out.anchors.empty())
    return malformed(subject.path_of("anchors"), " is missing, it must have 1 to ", kAnchorsMax, " values");
  return Says(std::move(out));
}

Result<Says> read_accreditation(const Members& subject) {
  Accreditation out;
  VCNODE_TRY(out.scope, read_scope(subject));
  VCNODE_TRY(out.decision,
             read_named<Decision>(subject, "decision", decision_named,
                                  "positive, positive-with-conditions, negative or not-applicable"));
  VCNODE_TRY(out.standing,
             read_named<Standing>(subject, "standing", standing_named, "obligatory or voluntary"));
  return Says(std::move(out));
}

Result<Says> read_delegation(const Members& subject) {
  Delegation out;
  VCNODE_TRY(out.scope, read_scope(subject));
  VCNODE_TRY(const auto length, subject.integer("maxPathLength", {0, kPathLengthMax}));
  out.max_path_length = static_cast<int>(length);
  return Says(std::move(out));
}

Result<Says> read_recognition(const Members& subject) {
  Recognition out;
  VCNODE_TRY(out.scope, read_scope(subject));
  VCNODE_TRY(out.effect, subject.text("effect", kToken));
  VCNODE_TRY(out.transitive, subject.flag("transitive", false));
  if (const json::Value* value = subject.find("agreement")) {
    VCNODE_TRY(const auto members, Members::of(*value, subject.path_of("agreement")));
    Agreement agreement;
    VCNODE_TRY(agreement.id, members.text("id", kIri));
    VCNODE_TRY(agreement.digest, members.digest("digestMultibase"));
    out.agreement = std::make_shared<const Agreement>(std::move(agreement));
  }
  return Says(std::move(out));
}

Result<Says> read_endorsement(const Members& subject) {
  Endorsement out;
  VCNODE_TRY(out.role, subject.text("role", kToken));
  VCNODE_TRY(out.claim, subject.text("claim", kLegalName));
  VCNODE_TRY(auto sectors, subject.names("sectors", kSectorsMax, kIri));
  out.sectors = std::move(sectors).value_or(Names());
  VCNODE_TRY(out.scope, read_scope_or_all(subject));
  VCNODE_TRY(out.provider, subject.text_or_none("provider", kBodyDid));
  return Says(std::move(out));
}

Result<FinalHead> read_final_head(const Members& members) {
  FinalHead out;
  VCNODE_TRY(out.origin, members.text("origin", kLegalName));
  VCNODE_TRY(const auto size, members.integer("size", {0, kSizeMax}));
  out.size = static_cast<std::uint64_t>(size);
  VCNODE_TRY(out.root, members.digest("digestMultibase"));
  return out;
}

Result<Says> read_closed(const Members& subject) {
  Closed out;
  if (const json::Value* value = subject.find("finalHead")) {
    VCNODE_TRY(const auto members, Members::of(*value, subject.path_of("finalHead")));
    VCNODE_TRY(auto head, read_final_head(members));
    out.final_head = std::make_shared<const FinalHead>(std::move(head));
  }
  VCNODE_TRY(out.successor, subject.text_or_none("successor", kBodyDid));
  VCNODE_TRY(out.archive, subject.text_or_none("archive", kIri));
  return Says(std::move(out));
}

Result<std::optional<Place>> read_place(const Members& subject, std::string_view name) {
  const json::Value* value = subject.find(name);
  if (value == nullptr) return std::optional<Place>();
  VCNODE_TRY(const auto members, Members::of(*value, subject.path_of(name)));
  VCNODE_TRY(const auto epoch, members.integer("epoch", {1, kSizeMax}));
  VCNODE_TRY(const auto size, members.integer("size", {0, kSizeMax}));
  return std::optional(Place{static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(size)});
}

Result<Says> read_withdrawal(const Members& subject) {
  Withdrawal out;
  VCNODE_TRY(out.digest, subject.digest("digestMultibase"));
  VCNODE_TRY(out.effect, read_named<Ending>(subject, "effect", ending_named, "ends, suspends or voids"));
  VCNODE_TRY(const auto from, subject.time_or_none("effectiveFrom"));
  if (!from) return malformed(subject.path_of("effectiveFrom"), " is missing");
  out.effective_from = *from;
  VCNODE_TRY(out.reason, subject.text_or_none("reason", kReason));
  VCNODE_TRY(out.sponsorships_until, read_place(subject, "sponsorshipsUntil"));
  return Says(std::move(out));
}

template <class T>
Result<Says> says_of(Result<T> read) {
  if (!read) return read.failure();
  return Says(*std::move(read));
}

}  // namespace

Result<Says> read_says(Kind kind, const Members& subject) {
  switch (kind) {
    case Kind::identity:
      return read_identity(subject);
    case Kind::sponsorship:
      return read_sponsorship(subject);
    case Kind::trust_list:
      return read_trust_list(subject);
    case Kind::accreditation:
      return read_accreditation(subject);
    case Kind::delegation:
      return read_delegation(subject);
    case Kind::recognition:
      return read_recognition(subject);
    case Kind::endorsement:
      return read_endorsement(subject);
    case Kind::referencing:
      return says_of(read_referencing(subject));
    case Kind::stack_rule:
      return says_of(read_stack_rule(subject));
    case Kind::closed:
      return read_closed(subject);
    case Kind::withdrawal:
      break;
  }
  return read_withdrawal(subject);
}

Result<std::string> read_subject_id(Kind kind, const Members& subject) {
  switch (kind) {
    case Kind::trust_list:
    case Kind::referencing:
      return subject.text_or_none("id", kIri);
    case Kind::endorsement:
    case Kind::stack_rule:
    case Kind::withdrawal:
      return subject.text("id", kIri);
    default:
      return subject.text("id", kBodyDid);
  }
}

}  // namespace vcnode::statement
