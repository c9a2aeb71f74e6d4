#include "protocol/webvh/parameters.h"

#include <algorithm>
#include <array>
#include <set>

#include "crypto/base/encoding.h"
#include "protocol/did/did.h"
#include "protocol/did/key.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::webvh {
namespace {

constexpr std::array<std::uint8_t, 2> kEd25519Multicodec = {0xed, 0x01};
constexpr std::size_t kEd25519MultikeyBytes = 34;
// RSA-4096 would fit; decoding base58 stays cheap.
constexpr std::size_t kMultikeyBytesMax = 600;
constexpr std::array<std::string_view, 9> kNames = {
    "method", "scid", "updateKeys", "nextKeyHashes", "witness", "watchers", "portable", "deactivated", "ttl"};

Failure refused(std::string_view name, std::string_view rule) {
  return fail(codes::WEBVH_PARAMETER, "parameters/", name, " ", rule);
}

// What an entry says of one parameter: nothing, or a value. null stands for the default.
struct Setting {
  const json::Value* value = nullptr;
  [[nodiscard]] bool given() const { return value != nullptr; }
};
Setting setting(const json::Value& parameters, std::string_view name) {
  return {parameters.find(name)};
}

Result<std::vector<std::string>> strings(std::string_view name, const json::Value& value) {
  std::vector<std::string> out;
  if (value.is_null()) return out;
  if (!value.is_array()) return refused(name, "must be an array");
  for (const json::Value& element : value.elements()) {
    if (!element.is_string()) return refused(name, "must hold strings only");
    out.emplace_back(element.string());
  }
  return out;
}

Result<bool> boolean(std::string_view name, const json::Value& value) {
  if (value.is_null()) return false;
  if (value.kind() != json::Kind::boolean) return refused(name, "must be true or false");
  return value.boolean();
}

// A key of another type is well-formed and never authorises: the one cryptosuite of 1.0 cannot use it.
Result<void> check_multikey(std::string_view text) {
  const auto malformed = [text](std::string_view rule) {
    return refused("updateKeys", concat("holds \"", excerpt(text), "\", ", rule));
  };
  if (!text.starts_with('z')) return malformed("which is not a multikey in base58btc (z...)");
  const auto bytes = base58btc_decode(text.substr(1), kMultikeyBytesMax);
  if (!bytes || bytes->size() <= kEd25519Multicodec.size()) return malformed("which is not a multikey");
  const bool ed25519 = std::equal(kEd25519Multicodec.begin(), kEd25519Multicodec.end(), bytes->begin());
  if (ed25519 && bytes->size() != kEd25519MultikeyBytes)
    return malformed("an Ed25519 multikey of the wrong length");
  return {};
}

Result<std::string> witness_id(const json::Value& witness) {
  if (!witness.is_object() || witness.members().size() != 1 || !witness.find_string("id"))
    return refused("witness", "must list objects with an id and nothing else");
  const std::string_view id = *witness.find_string("id");
  const auto did = Did::parse(id);
  if (!did) return refused("witness", did.error().message);
  const auto key = did_key::key_of(*did);
  if (!key) return refused("witness", concat("must name did:keys of Ed25519 keys: ", key.error().message));
  return std::string(id);
}

Result<WitnessRule> witness_rule(const json::Value& value) {
  WitnessRule rule;
  if (value.is_null()) return rule;
  if (!value.is_object()) return refused("witness", "must be an object");
  if (value.members().empty()) return rule;
  const json::Value* threshold = value.find("threshold");
  const json::Value* list = value.find("witnesses");
  if (value.members().size() != 2 || threshold == nullptr || list == nullptr || !list->is_array())
    return refused("witness", "must be {} or have a threshold and an array of witnesses, and nothing else");
  if (list->elements().size() > kWitnessesMax)
    return refused("witness",
                   concat("names ", list->elements().size(), " witnesses, the limit is ", kWitnessesMax));
  std::set<std::string> distinct;
  for (const json::Value& element : list->elements()) {
    VCNODE_TRY(auto id, witness_id(element));
    if (!distinct.insert(id).second)
      return refused("witness", concat("names the witness \"", excerpt(id), "\" twice"));
    rule.witnesses.push_back(std::move(id));
  }
  const auto count = static_cast<std::int64_t>(rule.witnesses.size());
  if (threshold->kind() != json::Kind::integer || threshold->integer() < 1 || threshold->integer() > count)
    return refused("witness",
                   concat("has a threshold that is not an integer from 1 to its ", count, " witnesses"));
  rule.threshold = static_cast<std::uint32_t>(threshold->integer());
  return rule;
}

Result<std::uint32_t> ttl_seconds(const json::Value& value) {
  if (value.is_null()) return kTtlSecondsDefault;
  if (value.kind() != json::Kind::integer || value.integer() < 0 || value.integer() > kTtlSecondsMax)
    return refused("ttl", concat("must be an integer from 0 to ", kTtlSecondsMax));
  return static_cast<std::uint32_t>(value.integer());
}

Result<std::vector<std::string>> watcher_urls(const json::Value& value) {
  VCNODE_TRY(auto urls, strings("watchers", value));
  for (const std::string& url : urls)
    if (!is_url(url)) return refused("watchers", concat("holds \"", excerpt(url), "\", which is not a URL"));
  return urls;
}

Result<void> check_names(const json::Value& parameters) {
  for (const json::Member& member : parameters.members())
    if (std::find(kNames.begin(), kNames.end(), member.name) == kNames.end())
      return refused(excerpt(member.name), "is not a parameter of did:webvh 1.0");
  return {};
}

Result<void> check_method(bool first, const json::Value& parameters) {
  const Setting method = setting(parameters, "method");
  if (!method.given()) {
    if (first) return refused("method", "is missing in the first entry");
    return {};
  }
  if (!method.value->is_string() || method.value->string() != kMethodVersion)
    return fail(
        codes::WEBVH_METHOD, "parameters/method is ",
        method.value->is_string() ? concat("\"", excerpt(method.value->string()), "\"") : "not a string",
        ", only \"", kMethodVersion, "\" is known");
  return {};
}

// What must and must not be there, before any value is looked at.
Result<void> check_presence(const Parameters* parent, const json::Value& parameters) {
  const bool scid = setting(parameters, "scid").given();
  const bool update_keys = setting(parameters, "updateKeys").given();
  if (parent == nullptr) {
    if (!scid) return refused("scid", "is missing in the first entry");
    if (!update_keys) return refused("updateKeys", "is missing in the first entry");
    return {};
  }
  if (scid) return refused("scid", "must not be in a later entry");
  const bool both = update_keys && setting(parameters, "nextKeyHashes").given();
  if (parent->pre_rotation() && !both)
    return fail(codes::WEBVH_PRE_ROTATION,
                "the parent committed to keys, so the entry must set updateKeys and ", "nextKeyHashes");
  return {};
}

Result<void> set_keys(Parameters& out, const json::Value& parameters) {
  if (const Setting keys = setting(parameters, "updateKeys"); keys.given()) {
    VCNODE_TRY(out.update_keys, strings("updateKeys", *keys.value));
    for (const std::string& key : out.update_keys) VCNODE_CHECK(check_multikey(key));
  }
  if (const Setting hashes = setting(parameters, "nextKeyHashes"); hashes.given()) {
    VCNODE_TRY(out.next_key_hashes, strings("nextKeyHashes", *hashes.value));
    for (const std::string& hash : out.next_key_hashes)
      if (!is_multihash(hash))
        return refused("nextKeyHashes", concat("holds \"", excerpt(hash),
                                               "\", which is not the base58btc form of a SHA-256 multihash"));
  }
  return {};
}

Result<void> check_commitment(const Parameters& parent, const Parameters& next) {
  for (const std::string& key : next.update_keys) {
    const auto& committed = parent.next_key_hashes;
    if (std::find(committed.begin(), committed.end(), key_hash(key)) == committed.end())
      return fail(codes::WEBVH_PRE_ROTATION, "the update key ", excerpt(key),
                  " is not among those the parent committed to in nextKeyHashes");
  }
  return {};
}

Result<void> set_portable(Parameters& out, bool first, const json::Value& parameters) {
  const Setting portable = setting(parameters, "portable");
  if (!portable.given()) return {};
  VCNODE_TRY(out.portable, boolean("portable", *portable.value));
  if (out.portable && !first) return refused("portable", "can be set to true only in the first entry");
  return {};
}

Result<void> set_others(Parameters& out, const json::Value& parameters) {
  if (const Setting witness = setting(parameters, "witness"); witness.given()) {
    VCNODE_TRY(out.witness, witness_rule(*witness.value));
  }
  if (const Setting watchers = setting(parameters, "watchers"); watchers.given()) {
    VCNODE_TRY(out.watchers, watcher_urls(*watchers.value));
  }
  if (const Setting deactivated = setting(parameters, "deactivated"); deactivated.given()) {
    VCNODE_TRY(out.deactivated, boolean("deactivated", *deactivated.value));
  }
  if (const Setting ttl = setting(parameters, "ttl"); ttl.given()) {
    VCNODE_TRY(out.ttl_seconds, ttl_seconds(*ttl.value));
  }
  return {};
}

}  // namespace

bool WitnessRule::names(std::string_view witness) const {
  return std::find(witnesses.begin(), witnesses.end(), witness) != witnesses.end();
}

std::string key_hash(std::string_view multikey) {
  return multihash_of(multikey);
}

Result<std::shared_ptr<const Parameters>> parameters_after(const std::shared_ptr<const Parameters>& parent,
                                                           const json::Value& parameters) {
  const bool first = parent == nullptr;
  VCNODE_CHECK(check_names(parameters));
  VCNODE_CHECK(check_method(first, parameters));
  VCNODE_CHECK(check_presence(parent.get(), parameters));
  if (!first && parameters.members().empty()) return parent;
  Parameters out = first ? Parameters{} : *parent;
  VCNODE_CHECK(set_keys(out, parameters));
  if (!first && parent->pre_rotation()) VCNODE_CHECK(check_commitment(*parent, out));
  VCNODE_CHECK(set_portable(out, first, parameters));
  VCNODE_CHECK(set_others(out, parameters));
  if (!first && out == *parent) return parent;
  return std::make_shared<const Parameters>(std::move(out));
}

}  // namespace vcnode::webvh
