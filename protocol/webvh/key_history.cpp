#include "protocol/webvh/key_history.h"

#include <algorithm>
#include <string>

#include "crypto/multikey.h"
#include "protocol/did/lookup_name.h"

namespace vcnode::webvh {
namespace {

// A reference inside a DID document may leave the DID out.
bool is_reference_to(std::string_view reference, const State& version, std::string_view method) {
  if (!reference.starts_with('#')) return reference == method;
  return concat(version.did().text(), reference) == method;
}

bool is_method(const json::Value& value, const State& version, std::string_view method) {
  const auto id = value.find_string("id");
  return id && is_reference_to(*id, version, method);
}

std::optional<Ed25519PublicKey> key_in(const json::Value& value) {
  const auto text = value.find_string("publicKeyMultibase");
  if (!text) return std::nullopt;
  const auto key = multikey_decode(*text);
  if (!key) return std::nullopt;
  return *key;
}

std::span<const json::Value> list(const json::Value& document, std::string_view name) {
  const json::Value* value = document.find(name);
  if (value == nullptr) return {};
  return value->one_or_many();
}

bool is_asserting(const State& version, std::string_view method) {
  const auto entries = list(version.document(), "assertionMethod");
  return std::any_of(entries.begin(), entries.end(), [&](const json::Value& entry) {
    return entry.is_string() ? is_reference_to(entry.string(), version, method)
                             : is_method(entry, version, method);
  });
}

// Definitions of the method: in verificationMethod, and embedded in assertionMethod.
std::vector<const json::Value*> definitions(const State& version, std::string_view method) {
  std::vector<const json::Value*> out;
  for (const std::string_view name : {"verificationMethod", "assertionMethod"})
    for (const json::Value& value : list(version.document(), name))
      if (is_method(value, version, method)) out.push_back(&value);
  return out;
}

// A time that a method states; what is no time is the beginning of all.
std::optional<Instant> time_in(const json::Value& method, std::string_view name) {
  const json::Value* value = method.find(name);
  if (value == nullptr) return std::nullopt;
  const auto time = value->is_string() ? Timestamp::parse(value->string()) : Result<Timestamp>(Timestamp());
  return Instant(time.value_or(Timestamp()));
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
  if (!is_asserting(version, method)) return std::nullopt;
  std::optional<AssertionKey> out;
  for (const json::Value* definition : definitions(version, method)) {
    const auto key = key_in(*definition);
    if (!key || (out && out->key != *key) || !is_controlled(*definition, version)) return std::nullopt;
    if (!out) out = AssertionKey{*key, std::nullopt};
    const auto expires = time_in(*definition, "expires");
    if (expires && (!out->expires || *expires < *out->expires)) out->expires = expires;
  }
  return out;
}

}  // namespace

std::vector<KeyInterval> key_intervals(std::span<const State> chain, std::string_view method) {
  std::vector<KeyInterval> out;
  bool open = false;
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

std::optional<Instant> revoked_since(std::span<const State> chain, const Ed25519PublicKey& key) {
  std::optional<Instant> earliest;
  for (const State& version : chain) {
    for (const std::string_view name : {"verificationMethod", "assertionMethod"}) {
      for (const json::Value& method : list(version.document(), name)) {
        const auto stated = time_in(method, "revoked");
        if (!stated || key_in(method) != key) continue;
        const Instant since = *stated;
        if (!earliest || since < *earliest) earliest = since;
      }
    }
  }
  return earliest;
}

}  // namespace vcnode::webvh
