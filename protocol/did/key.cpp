#include "protocol/did/key.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/ed25519.h"
#include "crypto/multikey.h"
#include "protocol/did/codes.h"

namespace vcnode::did_key {
namespace {

constexpr std::string_view kDidKeyPrefix = "did:key:";
constexpr std::array<std::uint8_t, 2> kEd25519Multicodec = {0xed, 0x01};  // ed25519-pub as a varint
// Every did:key method in the registry fits (RSA-4096: 528 bytes), and base58 decoding stays cheap.
constexpr std::size_t kKeyBytesMax = 600;

// Checking a key for small or mixed order costs almost as much as verifying a signature, and nearly every
// credential that a thread sees is by an issuer it saw before. So each thread remembers identifiers whose
// keys passed; a collision of slots only costs the check again.
class CheckedKeys {
 public:
  [[nodiscard]] const Ed25519PublicKey* find(std::string_view identifier) const {
    const Slot& slot = slots_[slot_of(identifier)];
    return slot.identifier == identifier ? &slot.key : nullptr;
  }
  void put(std::string_view identifier, const Ed25519PublicKey& key) {
    slots_[slot_of(identifier)] = {std::string(identifier), key};
  }

 private:
  struct Slot {
    std::string identifier;  // empty: free
    Ed25519PublicKey key;
  };
  // The last characters of base58 text are those that differ most between keys. REQUIRES: at least two.
  static std::size_t slot_of(std::string_view identifier) {
    const auto last = static_cast<unsigned char>(identifier[identifier.size() - 1]);
    const auto before = static_cast<unsigned char>(identifier[identifier.size() - 2]);
    return (before * 58u + last) % 256u;
  }
  std::array<Slot, 256> slots_;
};

bool is_ed25519(BytesView multikey) {
  return multikey.size() >= kEd25519Multicodec.size() &&
         std::equal(kEd25519Multicodec.begin(), kEd25519Multicodec.end(), multikey.begin());
}

// The key as it is written.
Result<Ed25519PublicKey> written_key_of(const Did& did) {
  const std::string_view id = did.method_specific_id();
  const auto multikey = base58btc_decode(id.substr(1), kKeyBytesMax);
  if (!multikey)
    return fail(codes::DID_INVALID, "the DID \"", excerpt(did.text()),
                "\" is malformed: ", multikey.error().message);
  if (multikey->size() < kEd25519Multicodec.size())
    return fail(codes::DID_INVALID, "the DID \"", excerpt(did.text()),
                "\" is too short to name its key type");
  const BytesView bytes = *multikey;
  const auto multicodec = bytes.first(kEd25519Multicodec.size());
  if (!is_ed25519(bytes))
    return fail(codes::DID_KEY_TYPE_UNSUPPORTED, "the DID \"", excerpt(did.text()),
                "\" holds a key of multicodec ", hex_encode(multicodec), ", only ed25519-pub (ed01) is used");
  const BytesView key = bytes.subspan(kEd25519Multicodec.size());
  if (key.size() != Ed25519PublicKey::kSize)
    return fail(codes::DID_KEY_LENGTH, "the DID \"", excerpt(did.text()), "\" holds ", key.size(),
                " key bytes, an Ed25519 key has ", Ed25519PublicKey::kSize);
  return *Ed25519PublicKey::from(key);
}

// What must hold of a did:key before its key is read.
Result<void> check_form(const Did& did) {
  if (did.method() != kMethod)
    return fail(codes::DID_METHOD_UNSUPPORTED, "the DID \"", excerpt(did.text()), "\" has the method \"",
                excerpt(did.method()), "\", only did:key is used here");
  const std::string_view id = did.method_specific_id();
  if (id.find(':') != std::string_view::npos)
    return fail(codes::DID_INVALID, "the DID \"", excerpt(did.text()),
                "\" carries a version, only the form did:key:z6Mk... is used");
  if (!id.starts_with('z'))
    return fail(codes::DID_INVALID, "the DID \"", excerpt(did.text()),
                "\" does not hold base58btc multibase text (z...)");
  if (id.size() < 2) return fail(codes::DID_INVALID, "the DID \"", excerpt(did.text()), "\" holds no key");
  return {};
}

// The fragment must be the key's multibase, and nothing else may be there.
Result<void> check_fragment(const DidUrl& method) {
  const std::string_view expected = method.did().method_specific_id();
  if (method.fragment() != expected ||
      method.text().size() != method.did().text().size() + 1 + expected.size())
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "\"", excerpt(method.text()),
                "\" names no verification method of its DID, the only one is #", expected);
  return {};
}

}  // namespace

Did did_of(const Ed25519PublicKey& key) {
  return Did::parse(concat(kDidKeyPrefix, multikey_encode(key))).value();
}

std::string verification_method_of(const Ed25519PublicKey& key) {
  const std::string multikey = multikey_encode(key);
  return concat(kDidKeyPrefix, multikey, "#", multikey);
}

Result<Ed25519PublicKey> key_of(const Did& did) {
  VCNODE_CHECK(check_form(did));
  thread_local CheckedKeys checked_keys;
  const std::string_view id = did.method_specific_id();
  if (const Ed25519PublicKey* known = checked_keys.find(id)) return *known;
  VCNODE_TRY(const auto key, written_key_of(did));
  VCNODE_TRY(const auto checked, ed25519_check_public_key(key.view()));
  checked_keys.put(id, checked);
  return checked;
}

Result<Ed25519PublicKey> key_of_method(const DidUrl& method) {
  VCNODE_TRY(auto key, key_of(method.did()));
  VCNODE_CHECK(check_fragment(method));
  return key;
}

Result<Ed25519PublicKey> unchecked_key_of_method(const DidUrl& method) {
  VCNODE_CHECK(check_form(method.did()));
  VCNODE_TRY(auto key, written_key_of(method.did()));
  VCNODE_CHECK(check_fragment(method));
  return key;
}

Result<nlohmann::json> document_of(const Did& did) {
  VCNODE_TRY(const auto key, key_of(did));
  const std::string method = verification_method_of(key);
  const auto methods = nlohmann::json::array({method});
  return nlohmann::json{
      {"@context", {"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}},
      {"id", did.text()},
      {"verificationMethod", nlohmann::json::array({{{"id", method},
                                                     {"type", "Multikey"},
                                                     {"controller", did.text()},
                                                     {"publicKeyMultibase", multikey_encode(key)}}})},
      {"authentication", methods},
      {"assertionMethod", methods},
      {"capabilityDelegation", methods},
      {"capabilityInvocation", methods}};
}

}  // namespace vcnode::did_key
