#include "protocol/issuer/feed_service.h"

#include <algorithm>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "protocol/did/verification_method.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/listed_under.h"

namespace vcnode::issuer {
namespace {

constexpr std::string_view kServiceType = "IssuerFeed";
constexpr std::string_view kPurpose = "capabilityInvocation";
// Every other verification relationship of DID Core 1.0 §5.3.
constexpr std::string_view kOtherPurposes[] = {"assertionMethod", "authentication", "keyAgreement",
                                               "capabilityDelegation"};

template <class... Parts>
Failure invalid(const Parts&... parts) {
  return fail(codes::FEED_SERVICE_INVALID, parts...);
}

bool is_service_of(const json::Value& service, std::string_view network) {
  const json::Value* type = service.find("type");
  if (type == nullptr || service.find_string("network") != network) return false;
  const auto types = type->one_or_many();
  return std::any_of(types.begin(), types.end(),
                     [](const json::Value& one) { return one.is_string() && one.string() == kServiceType; });
}

// The absolute DID URL of a reference or of an embedded method; empty if it is neither.
std::string method_id(const webvh::State& version, const json::Value& value) {
  const std::string_view id = value.is_string() ? value.string() : value.find_string("id").value_or("");
  return id.starts_with('#') ? concat(version.did().text(), id) : std::string(id);
}

struct Method {
  std::string id;
  std::string_view text;  // publicKeyMultibase
  std::string key;        // its multikey, in whatever form it stands there
};

// Everything the document defines as a verification method, embedded ones included.
std::vector<Method> methods_of(const webvh::State& version) {
  std::vector<Method> out;
  const auto collect = [&](std::string_view name) {
    for (const json::Value& value : listed_under(version.document(), name))
      if (value.is_object())
        out.push_back({method_id(version, value), value.find_string("publicKeyMultibase").value_or(""),
                       verification_method::multikey_in(value).value_or("")});
  };
  collect("verificationMethod");
  collect(kPurpose);
  for (const std::string_view purpose : kOtherPurposes) collect(purpose);
  return out;
}

bool serves(const webvh::State& version, std::string_view purpose, const std::set<std::string>& ids) {
  const auto listed = listed_under(version.document(), purpose);
  return std::any_of(listed.begin(), listed.end(),
                     [&](const json::Value& value) { return ids.contains(method_id(version, value)); });
}

// The key of the method, which has this one purpose.
Result<Ed25519PublicKey> feed_key(const webvh::State& version, const std::string& id) {
  const auto methods = methods_of(version);
  const auto found =
      std::find_if(methods.begin(), methods.end(), [&](const Method& method) { return method.id == id; });
  if (found == methods.end()) return invalid("feedKey ", excerpt(id), " is no method of the document");
  auto key = multikey_decode(found->text);
  if (!key) return invalid("feedKey ", excerpt(id), ": ", key.error().message);
  std::set<std::string> same_key;
  for (const Method& method : methods) {
    if (method.key == found->key) same_key.insert(method.id);
    if (method.id == id && method.key != found->key)
      return invalid("feedKey ", excerpt(id), " is defined twice with different keys");
  }
  if (!serves(version, kPurpose, {id}))
    return invalid("feedKey ", excerpt(id), " is not listed in ", kPurpose);
  for (const std::string_view purpose : kOtherPurposes)
    if (serves(version, purpose, same_key))
      return invalid("feedKey ", excerpt(id), " is listed in ", purpose, " too: a key has one purpose");
  const auto& update_keys = version.parameters().update_keys;
  if (std::find(update_keys.begin(), update_keys.end(), found->key) != update_keys.end())
    return invalid("feedKey ", excerpt(id), " is an update key too: a key has one purpose");
  return key;
}

Result<std::uint64_t> count_of(const json::Value& object, std::string_view name, std::int64_t least) {
  const json::Value* value = object.find(name);
  if (value == nullptr || value->kind() != json::Kind::integer || value->integer() < least)
    return invalid(name, " is not a whole number from ", least, " on");
  return static_cast<std::uint64_t>(value->integer());
}

Result<merkle::TreeHead> seal_of(const json::Value& seal) {
  if (!seal.is_object()) return invalid("seal is not an object");
  VCNODE_TRY(const auto size, count_of(seal, "size", 0));
  const auto text = seal.find_string("root").value_or("");
  const auto bytes = hex_decode(text, Sha256Digest::kSize);
  const auto root = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
  if (!root || hex_encode(root->view()) != text) return invalid("seal/root is not 64 lower-case hex digits");
  if (size == 0 && *root != merkle::empty_root()) return invalid("seal/root is not that of an empty feed");
  return merkle::TreeHead{size, *root};
}

Result<FeedService> read_service(const webvh::State& version, const json::Value& service) {
  FeedService out;
  VCNODE_TRY(out.epoch, count_of(service, "epoch", 1));
  const auto reference = service.find_string("feedKey");
  if (!reference) return invalid("feedKey is missing or not a string");
  VCNODE_TRY(out.key, feed_key(version, method_id(version, *service.find("feedKey"))));
  const json::Value* seal = service.find("seal");
  if ((seal != nullptr) != (out.epoch > 1))
    return invalid("epoch ", out.epoch,
                   seal == nullptr ? " comes without a seal of the one before"
                                   : " has none before that could be sealed");
  if (seal != nullptr) {
    VCNODE_TRY(out.seal, seal_of(*seal));
  }
  return out;
}

}  // namespace

Result<std::optional<FeedService>> feed_service_of(const webvh::State& version, std::string_view network) {
  const json::Value* found = nullptr;
  for (const json::Value& service : listed_under(version.document(), "service")) {
    if (!is_service_of(service, network)) continue;
    if (found != nullptr)
      return invalid("version ", version.version_id().number(), " names two feeds of the network ",
                     excerpt(network));
    found = &service;
  }
  if (found == nullptr) return std::optional<FeedService>();
  auto service = read_service(version, *found);
  if (!service)
    return invalid("the IssuerFeed of version ", version.version_id().number(), ": ",
                   service.error().message);
  return std::optional(*service);
}

}  // namespace vcnode::issuer
