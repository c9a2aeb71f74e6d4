#include "protocol/credential/context.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/did/did.h"

namespace vcnode::credential {
namespace {

constexpr std::string_view kContextV1 = "https://www.w3.org/2018/credentials/v1";

struct ProtectedTerm {
  std::string_view name;
  std::string_view iri;  // what a plain redefinition must repeat; empty: the definition is not plain
};

// The top-level terms of https://www.w3.org/ns/credentials/v2 (a conformance test compares them with the
// file).
constexpr std::array kV2Terms = {
    ProtectedTerm{"id", "@id"},
    ProtectedTerm{"type", "@type"},
    ProtectedTerm{"description", "https://schema.org/description"},
    ProtectedTerm{"digestMultibase", ""},
    ProtectedTerm{"digestSRI", ""},
    ProtectedTerm{"mediaType", "https://schema.org/encodingFormat"},
    ProtectedTerm{"name", "https://schema.org/name"},
    ProtectedTerm{"VerifiableCredential", ""},
    ProtectedTerm{"EnvelopedVerifiableCredential",
                  "https://www.w3.org/2018/credentials#EnvelopedVerifiableCredential"},
    ProtectedTerm{"VerifiablePresentation", ""},
    ProtectedTerm{"EnvelopedVerifiablePresentation",
                  "https://www.w3.org/2018/credentials#EnvelopedVerifiablePresentation"},
    ProtectedTerm{"JsonSchemaCredential", "https://www.w3.org/2018/credentials#JsonSchemaCredential"},
    ProtectedTerm{"JsonSchema", ""},
    ProtectedTerm{"BitstringStatusListCredential",
                  "https://www.w3.org/ns/credentials/status#BitstringStatusListCredential"},
    ProtectedTerm{"BitstringStatusList", ""},
    ProtectedTerm{"BitstringStatusListEntry", ""},
    ProtectedTerm{"DataIntegrityProof", ""},
    ProtectedTerm{"...", "https://www.iana.org/assignments/jwt#..."},
    ProtectedTerm{"_sd", ""},
    ProtectedTerm{"_sd_alg", "https://www.iana.org/assignments/jwt#_sd_alg"},
    ProtectedTerm{"aud", ""},
    ProtectedTerm{"cnf", ""},
    ProtectedTerm{"exp", ""},
    ProtectedTerm{"iat", ""},
    ProtectedTerm{"iss", ""},
    ProtectedTerm{"jku", ""},
    ProtectedTerm{"kid", ""},
    ProtectedTerm{"nbf", ""},
    ProtectedTerm{"sub", ""},
    ProtectedTerm{"x5u", ""},
};

const ProtectedTerm* find_v2_term(std::string_view name) noexcept {
  const auto found =
      std::find_if(kV2Terms.begin(), kV2Terms.end(), [&](const auto& term) { return term.name == name; });
  return found == kV2Terms.end() ? nullptr : &*found;
}

// Inline entries may wrap their definitions in one more "@context".
const json::Value& definitions_of(const json::Value& entry) {
  const json::Value* inner = entry.find("@context");
  return inner != nullptr && inner->is_object() ? *inner : entry;
}

// The IRI, keyword or term a definition maps to; nullopt if it maps to nothing or is no definition.
std::optional<std::string_view> mapped_to(const json::Value& definition) {
  if (definition.is_string()) return definition.string();
  return definition.find_string("@id");
}

// Two definitions of equal text mean the same, whatever they say about protection.
std::string definition_text(const json::Value& definition) {
  std::string text;
  if (const auto iri = definition.find_string("@id")) {
    const bool plain =
        std::all_of(definition.members().begin(), definition.members().end(),
                    [](const auto& member) { return member.name == "@id" || member.name == "@protected"; });
    if (plain) {
      jcs::append_string(text, *iri);
      return text;
    }
  }
  if (definition.is_object()) {
    jcs::append_object_without(text, definition, "@protected");
  } else {
    jcs::append_value(text, definition);
  }
  return text;
}

bool is_true(const json::Value* value) {
  return value != nullptr && value->kind() == json::Kind::boolean && value->boolean();
}

bool is_protected(const json::Value& definition, bool by_default) {
  const json::Value* own = definition.find("@protected");
  return own == nullptr ? by_default : is_true(own);
}

using ProtectedTexts = std::map<std::string_view, std::string>;

Result<void> check_redefinition(const json::Member& term, const ProtectedTexts& inline_terms,
                                std::string_view path) {
  const std::string text = definition_text(term.value);
  if (const auto* v2 = find_v2_term(term.name)) {
    std::string expected;
    jcs::append_string(expected, v2->iri);
    if (v2->iri.empty() || text != expected)
      return fail(codes::CREDENTIAL_CONTEXT, path, " gives another meaning to \"", excerpt(term.name),
                  "\", a term that ", kContextV2, " protects");
  }
  const auto earlier = inline_terms.find(term.name);
  if (earlier != inline_terms.end() && earlier->second != text)
    return fail(codes::CREDENTIAL_CONTEXT, path, " gives another meaning to \"", excerpt(term.name),
                "\", a term that an earlier inline context protects");
  return {};
}

Result<void> check_inline(const json::Value& entry, ProtectedTexts& inline_terms, std::string_view path) {
  const json::Value& definitions = definitions_of(entry);
  const bool protect_all = is_true(definitions.find("@protected"));
  for (const auto& term : definitions.members()) {
    if (term.name.starts_with('@')) continue;
    VCNODE_CHECK(check_redefinition(term, inline_terms, path));
    if (is_protected(term.value, protect_all))
      inline_terms.insert_or_assign(term.name, definition_text(term.value));
  }
  return {};
}

// No IRI holds these, so no @vocab or @base can make one of it.
bool can_be_in_iri(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c <= ' ') || c == '\x7f' ||
           std::string_view("<>\"{}|\\^`").find(c) != std::string_view::npos;
  });
}

// What the inline contexts say about terms; later ones win.
struct InlineTerms {
  std::map<std::string_view, std::optional<std::string_view>> iris;  // nullopt: mapped to nothing
  bool vocab_is_null = false;                                        // `"@vocab": null` is the last word
  bool remote = false;  // some context besides v2 could map further terms
};

InlineTerms read_inline_terms(const json::Value& context) {
  InlineTerms terms;
  for (const auto& entry : context.elements()) {
    if (entry.is_string()) terms.remote |= entry.string() != kContextV2;
    if (!entry.is_object()) continue;
    for (const auto& definition : definitions_of(entry).members()) {
      if (definition.name == "@vocab") terms.vocab_is_null = definition.value.is_null();
      if (!definition.name.starts_with('@'))
        terms.iris.insert_or_assign(definition.name, mapped_to(definition.value));
    }
  }
  return terms;
}

}  // namespace

bool is_v2_term(std::string_view term) noexcept {
  return find_v2_term(term) != nullptr;
}

Result<void> check_context(const json::Value* context) {
  if (context == nullptr)
    return fail(codes::CREDENTIAL_CONTEXT, "/@context is missing, its first entry must be ", kContextV2);
  if (!context->is_array())
    return fail(codes::CREDENTIAL_CONTEXT, "/@context is of JSON type ", json::kind_name(context->kind()),
                ", it must be an array that starts with ", kContextV2);
  const auto entries = context->elements();
  const bool starts_with_v2 = !entries.empty() && entries[0].is_string() && entries[0].string() == kContextV2;
  if (!starts_with_v2 && !entries.empty() && entries[0].is_string() && entries[0].string() == kContextV1)
    return fail(codes::CREDENTIAL_CONTEXT, "/@context/0 is ", kContextV1,
                ": this is data model 1.1, which this software does not read");
  if (!starts_with_v2) return fail(codes::CREDENTIAL_CONTEXT, "/@context does not start with ", kContextV2);
  ProtectedTexts inline_terms;
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    if (entry.is_string() && is_url(entry.string())) continue;
    if (entry.is_string())
      return fail(codes::CREDENTIAL_CONTEXT, "/@context/", i, " is \"", excerpt(entry.string()),
                  "\", which is not a URL");
    if (!entry.is_object())
      return fail(codes::CREDENTIAL_CONTEXT, "/@context/", i, " is of JSON type ",
                  json::kind_name(entry.kind()), ", it must be a URL or an object");
    VCNODE_CHECK(check_inline(entry, inline_terms, concat("/@context/", i)));
  }
  return {};
}

Result<void> check_types_are_mapped(const json::Value& context, const json::Value& types) {
  const InlineTerms terms = read_inline_terms(context);
  for (const auto& type : types.one_or_many()) {
    const auto found = terms.iris.find(type.string());
    if (found != terms.iris.end() && !(found->second && can_be_in_iri(*found->second)))
      return fail(codes::CREDENTIAL_TYPE, "/type holds \"", excerpt(type.string()),
                  "\", which /@context maps to ", found->second ? excerpt(*found->second) : "nothing",
                  ", not to a URL");
    const bool known = found != terms.iris.end() || is_v2_term(type.string()) || is_url(type.string());
    if (!known && terms.vocab_is_null && !terms.remote)
      return fail(codes::CREDENTIAL_TYPE, "/type holds \"", excerpt(type.string()),
                  "\", which is not a URL and which nothing in /@context maps to one");
  }
  return {};
}

}  // namespace vcnode::credential
