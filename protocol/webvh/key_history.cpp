#include "protocol/webvh/key_history.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "protocol/did/lookup_name.h"
#include "protocol/did/verification_method.h"

namespace vcnode::webvh {
namespace {

constexpr std::string_view kMethods = "verificationMethod";
constexpr std::string_view kAssertion = "assertionMethod";

// "did:webvh:SCID:place#name" in its two parts. `did` is empty in a reference that leaves the DID out.
struct MethodName {
  std::string_view did;
  std::string_view name;
  explicit MethodName(std::string_view text)
      : did(text.substr(0, text.find_first_of("/?#"))), name(text.substr(did.size())) {}
};

// How a version is asked for a method: to the letter, or under whatever DID the issuer had.
enum class By : std::uint8_t { letter, scid };

bool is_reference_to(std::string_view reference, const State& version, std::string_view method, By by) {
  const MethodName listed(reference);
  const MethodName wanted(method);
  if (listed.name != wanted.name) return false;
  if (by == By::letter)
    return wanted.did == (reference.starts_with('#') ? std::string_view(version.did().text()) : listed.did);
  const auto scid = version.did().scid();
  return lookup_name_of(wanted.did) == scid &&
         (reference.starts_with('#') || lookup_name_of(listed.did) == scid);
}

std::span<const json::Value> list(const json::Value& document, std::string_view name) {
  const json::Value* value = document.find(name);
  if (value == nullptr) return {};
  return value->one_or_many();
}

// What a document lists and defines under the name of one method.
struct Listing {
  bool mentioned = false;
  bool asserting = false;
  std::vector<const json::Value*> definitions;  // in verificationMethod, and embedded in assertionMethod
};

Listing listing_of(const State& version, std::string_view method, By by) {
  Listing out;
  for (const std::string_view member : {kMethods, kAssertion}) {
    for (const json::Value& value : list(version.document(), member)) {
      const auto id = value.is_string() ? std::optional(value.string()) : value.find_string("id");
      if (!id || !is_reference_to(*id, version, method, by)) continue;
      out.mentioned = true;
      out.asserting = out.asserting || member == kAssertion;
      if (value.is_object()) out.definitions.push_back(&value);
    }
  }
  return out;
}

// A version that knows no method of this very name means the one of the same fragment: an issuer that moved
// is the same issuer.
Listing listing_of(const State& version, std::string_view method) {
  const Listing exact = listing_of(version, method, By::letter);
  return exact.mentioned ? exact : listing_of(version, method, By::scid);
}

// A DID that moved may still have its old name there.
bool is_controlled(const json::Value& method, const State& version) {
  const json::Value* controller = method.find("controller");
  if (controller == nullptr) return true;
  return controller->is_string() && lookup_name_of(controller->string()) == version.did().scid();
}

struct AssertionKey {
  Ed25519PublicKey key;
  std::optional<Instant> expires;
  friend bool operator==(const AssertionKey&, const AssertionKey&) = default;
};

std::optional<AssertionKey> assertion_key(const State& version, std::string_view method) {
  const Listing listing = listing_of(version, method);
  if (!listing.asserting) return std::nullopt;
  std::optional<AssertionKey> out;
  for (const json::Value* definition : listing.definitions) {
    if (!is_controlled(*definition, version)) return std::nullopt;
    const auto key = verification_method::key_of(*definition);
    if (!key || (out && out->key != *key)) return std::nullopt;
    if (!out) out = AssertionKey{*key, std::nullopt};
    const auto time = verification_method::time_in(*definition, "expires");
    const auto expires = time ? std::optional(Instant(*time)) : std::nullopt;
    if (expires && (!out->expires || *expires < *out->expires)) out->expires = expires;
  }
  return out;
}

// Every name that any version has for this key.
std::set<std::string, std::less<>> names_of(std::span<const State> chain,
                                            const verification_method::KeyForms& key) {
  std::set<std::string, std::less<>> out;
  for (const State& version : chain)
    for (const json::Member& member : version.document().members())
      for (const json::Value& method : member.value.one_or_many())
        if (const auto id = method.find_string("id"); id && key.stand_in(method))
          out.emplace(MethodName(*id).name);
  return out;
}

}  // namespace

bool is_of_history(std::span<const State> chain, std::string_view method) {
  const std::string_view did = MethodName(method).did;
  return std::any_of(chain.begin(), chain.end(),
                     [&](const State& version) { return version.did().text() == did; });
}

std::vector<KeyInterval> key_intervals(std::span<const State> chain, std::string_view method) {
  std::vector<KeyInterval> out;
  bool open = false;
  if (!is_of_history(chain, method)) return out;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto key = assertion_key(chain[i], method);
    if (open && (!key || !(*key == AssertionKey{out.back().key, out.back().expires}))) {
      out.back().until = chain[i].version_time();
      open = false;
    }
    if (!key) continue;
    if (open) {
      out.back().last = i;
    } else {
      out.push_back({key->key, i, i, chain[i].version_time(), std::nullopt, key->expires});
      open = true;
    }
  }
  return out;
}

std::optional<Error> method_fault(const State& version, std::string_view method) {
  const Listing listing = listing_of(version, method);
  if (!listing.asserting || version.deactivated()) return std::nullopt;
  std::optional<Error> fault;
  for (const json::Value* definition : listing.definitions) {
    if (!is_controlled(*definition, version)) return std::nullopt;
    const auto key = verification_method::key_of(*definition);
    if (!key && !fault) fault = key.error();
  }
  return fault;
}

std::optional<Instant> revoked_since(std::span<const State> chain, const Ed25519PublicKey& key) {
  const verification_method::KeyForms forms(key);
  std::optional<std::set<std::string, std::less<>>> names;  // made when first asked for
  const auto is_name = [&](std::string_view id) {
    if (!names) names = names_of(chain, forms);
    return names->contains(MethodName(id).name);
  };
  std::optional<Timestamp> earliest;
  for (const State& version : chain) {
    const auto since = verification_method::revoked_in(version.document(), forms, is_name);
    if (since && (!earliest || *since < *earliest)) earliest = since;
  }
  return earliest ? std::optional(Instant(*earliest)) : std::nullopt;
}

}  // namespace vcnode::webvh
