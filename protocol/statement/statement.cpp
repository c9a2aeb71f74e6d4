#include "protocol/statement/statement.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "protocol/statement/says.h"

namespace vcnode::statement {
namespace {

using credential::Credential;

// Multihash: sha2-256, 32 bytes follow.
constexpr std::array<std::uint8_t, 2> kSha256Multihash = {0x12, 0x20};

constexpr std::array<std::string_view, 4> kDecisions = {"positive", "positive-with-conditions", "negative",
                                                        "not-applicable"};
constexpr std::array<std::string_view, 2> kStandings = {"obligatory", "voluntary"};
constexpr std::array<std::string_view, 3> kEndings = {"ends", "suspends", "voids"};

template <class Value, std::size_t N>
std::optional<Value> value_named(const std::array<std::string_view, N>& names,
                                 std::string_view name) noexcept {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

bool names_our_context(const Credential& credential) noexcept {
  const auto contexts = credential.root().find("@context")->one_or_many();
  return std::any_of(contexts.begin(), contexts.end(), [](const json::Value& context) {
    return context.is_string() && context.string() == kRecognitionContext;
  });
}

std::size_t kinds_named(const Credential& credential) noexcept {
  return static_cast<std::size_t>(std::count_if(
      kKinds.begin(), kKinds.end(), [&](Kind kind) { return credential.has_type(type_of(kind)); }));
}

// Of any kind: what the credential itself says.
Result<void> read_envelope(const Credential& credential, Kind kind, Statement& out) {
  const auto id = credential.id();
  const bool named = id && (id->starts_with("urn:uuid:") || id->starts_with("https://"));
  if (!named && (id || kind != Kind::closed))
    return malformed("/id is ", shown(credential.root().find("id")),
                     ", it must begin with urn:uuid: or https://");
  out.id = id.value_or("");
  if (!is_body_did(credential.issuer_id()))
    return malformed("/issuer is \"", excerpt(credential.issuer_id()), "\", it must be ", kBodyDid.words);
  out.issuer_did = credential.issuer_id();
  if (!credential.valid_from()) return malformed("/validFrom is missing");
  out.from = *credential.valid_from();
  out.until = credential.valid_until();
  if (out.until && *out.until <= out.from)
    return malformed("/validUntil ", out.until->to_string(), " is not after /validFrom");
  if (!credential.status().empty())
    return malformed("/credentialStatus is there: only a Withdrawal ends a statement");
  return {};
}

}  // namespace

std::string_view name_of(Decision decision) noexcept {
  return kDecisions[static_cast<std::size_t>(decision)];
}
std::string_view name_of(Standing standing) noexcept {
  return kStandings[static_cast<std::size_t>(standing)];
}
std::string_view name_of(Ending ending) noexcept {
  return kEndings[static_cast<std::size_t>(ending)];
}
std::optional<Decision> decision_named(std::string_view name) noexcept {
  return value_named<Decision>(kDecisions, name);
}
std::optional<Standing> standing_named(std::string_view name) noexcept {
  return value_named<Standing>(kStandings, name);
}
std::optional<Ending> ending_named(std::string_view name) noexcept {
  return value_named<Ending>(kEndings, name);
}

std::optional<Kind> kind_of(const Credential& credential) noexcept {
  if (!names_our_context(credential)) return std::nullopt;
  for (const Kind kind : kKinds)
    if (credential.has_type(type_of(kind))) return kind;
  return std::nullopt;
}

Result<Statement> parse(const Credential& credential, const Sha256Digest& digest) {
  static_assert(std::variant_size_v<Says> == kKinds.size());
  const auto kind = kind_of(credential);
  if (!kind)
    return fail(codes::STATEMENT_KIND_UNKNOWN, "the credential \"", excerpt(credential.id().value_or("")),
                "\" has no type that ", kRecognitionContext, " defines, or does not name this context");
  if (const auto kinds = kinds_named(credential); kinds != 1)
    return malformed("/type names ", kinds, " kinds of statements, it must name 1");
  Statement out;
  out.digest = digest;
  VCNODE_CHECK(read_envelope(credential, *kind, out));
  const auto subjects = credential.root().find("credentialSubject")->one_or_many();
  if (subjects.size() != 1)
    return malformed("/credentialSubject has ", subjects.size(), " subjects, a statement has 1");
  VCNODE_TRY(const auto subject, Members::of(subjects.front(), "/credentialSubject"));
  VCNODE_TRY(out.subject_id, read_subject_id(*kind, subject));
  VCNODE_TRY(out.says, read_says(*kind, subject));
  VCNODE_ASSERT(out.kind() == *kind);
  return out;
}

const Scope* scope_of(const Statement& statement) noexcept {
  if (const auto* accreditation = statement.as<Accreditation>()) return &accreditation->scope;
  if (const auto* delegation = statement.as<Delegation>()) return &delegation->scope;
  if (const auto* recognition = statement.as<Recognition>()) return &recognition->scope;
  if (const auto* endorsement = statement.as<Endorsement>()) return &endorsement->scope;
  return nullptr;
}

std::string digest_multibase(const Sha256Digest& digest) {
  Bytes bytes(kSha256Multihash.begin(), kSha256Multihash.end());
  bytes.insert(bytes.end(), digest.view().begin(), digest.view().end());
  return multibase_encode(Multibase::base64url, bytes);
}

std::optional<Sha256Digest> read_digest_multibase(std::string_view text) {
  const auto decoded = multibase_decode(text, kSha256Multihash.size() + Sha256Digest::kSize);
  if (!decoded || decoded->bytes.size() != kSha256Multihash.size() + Sha256Digest::kSize ||
      !std::equal(kSha256Multihash.begin(), kSha256Multihash.end(), decoded->bytes.begin()))
    return std::nullopt;
  return Sha256Digest::from(BytesView(decoded->bytes).subspan(kSha256Multihash.size()));
}

}  // namespace vcnode::statement
