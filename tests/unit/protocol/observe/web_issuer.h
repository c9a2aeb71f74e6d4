// A did:web issuer without a node, as an observer sees it: its document and its lists.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "crypto/multikey.h"
#include "crypto/signer.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/feed/observations.h"
#include "protocol/observe/answers.h"
#include "protocol/status/status_list.h"

namespace vcnode::test {

inline Ed25519KeyPair key_of_seed(std::uint8_t seed_byte) {
  return Ed25519KeyPair::from_seed(Bytes(32, seed_byte)).value();
}

class WebIssuer {
 public:
  explicit WebIssuer(std::string host = "uni.example") : host_(std::move(host)) {}

  [[nodiscard]] Did did() const { return Did::parse("did:web:" + host_).value(); }
  [[nodiscard]] std::string document_url() const {
    return concat("https://", host_, "/.well-known/did.json");
  }
  [[nodiscard]] std::string list_url() const { return concat("https://", host_, "/status/1"); }
  [[nodiscard]] DidUrl method(std::string_view name = "k") const {
    return DidUrl::parse(concat(did().text(), "#", name)).value();
  }

  // did.json with one method for each (name, seed).
  [[nodiscard]] std::string document(const std::vector<std::pair<std::string, std::uint8_t>>& keys = {
                                         {"k", 1}}) const {
    auto methods = nlohmann::json::array();
    auto names = nlohmann::json::array();
    for (const auto& [name, seed] : keys) {
      const std::string id = method(name).text();
      methods.push_back({{"id", id},
                         {"type", "Multikey"},
                         {"controller", did().text()},
                         {"publicKeyMultibase", multikey_encode(key_of_seed(seed).public_key())}});
      names.push_back(id);
    }
    return nlohmann::json{{"id", did().text()}, {"verificationMethod", methods}, {"assertionMethod", names}}
        .dump();
  }

  struct List {
    std::set<std::uint64_t> set_bits = {};
    Timestamp valid_from = Timestamp(1);
    std::uint8_t seed = 1;
    std::string method_name = "k";
    status::Purpose purpose = status::Purpose::revocation;
    std::uint64_t entries = status::kListEntriesMin;
    std::optional<Timestamp> valid_until = {};
    std::optional<Timestamp> created = {};  // of the proof; default valid_from
    std::string issuer = {};                // default: this one
  };
  [[nodiscard]] std::string list(const List& wanted) const {
    Bytes bits(wanted.entries / 8, 0);
    for (const std::uint64_t bit : wanted.set_bits)
      bits[bit / 8] = static_cast<std::uint8_t>(bits[bit / 8] | (0x80u >> (bit % 8)));
    const auto bitmap = status::Bitmap::decode(encoded(bits), 8).value();
    nlohmann::json list = {
        {"@context", nlohmann::json::array({"https://www.w3.org/ns/credentials/v2"})},
        {"id", list_url()},
        {"type", nlohmann::json::array({"VerifiableCredential", "BitstringStatusListCredential"})},
        {"issuer", wanted.issuer.empty() ? did().text() : wanted.issuer},
        {"validFrom", wanted.valid_from.to_string()},
        {"credentialSubject",
         {{"id", list_url() + "#list"},
          {"type", "BitstringStatusList"},
          {"statusPurpose", status::purpose_name(wanted.purpose)},
          {"encodedList", bitmap.encode()}}}};
    if (wanted.valid_until) list["validUntil"] = wanted.valid_until->to_string();
    return signed_text(std::move(list), method(wanted.method_name).text(), wanted.seed,
                       wanted.created.value_or(wanted.valid_from));
  }

  [[nodiscard]] static std::string signed_text(nlohmann::json document, const std::string& method,
                                               std::uint8_t seed, Timestamp created) {
    KeyPairSigner signer(key_of_seed(seed));
    credential::ProofOptions options;
    options.verification_method = method;
    options.created = created;
    return jcs::canonicalize(credential::add_proof(document, options, signer).value()).value();
  }

 private:
  // gzip of stored blocks: a list of any size, which Bitmap itself would not make.
  static std::string encoded(const Bytes& bits) {
    Bytes out = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    constexpr std::size_t kBlockBytesMax = 65'535;
    for (std::size_t at = 0; at < bits.size(); at += kBlockBytesMax) {
      const std::size_t size = std::min(kBlockBytesMax, bits.size() - at);
      const auto low = static_cast<std::uint8_t>(size & 0xff);
      const auto high = static_cast<std::uint8_t>(size >> 8);
      out.push_back(at + size == bits.size() ? 1 : 0);
      for (const int byte : {int{low}, int{high}, low ^ 0xff, high ^ 0xff})
        out.push_back(static_cast<std::uint8_t>(byte));
      out.insert(out.end(), bits.begin() + static_cast<std::ptrdiff_t>(at),
                 bits.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
    append_little_endian(out, crc32(bits));
    append_little_endian(out, static_cast<std::uint32_t>(bits.size()));
    return multibase_encode(Multibase::base64url, out);
  }
  static void append_little_endian(Bytes& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8)
      out.push_back(static_cast<std::uint8_t>((value >> shift) & 0xff));
  }
  static std::uint32_t crc32(const Bytes& bytes) {
    std::uint32_t crc = 0xffffffffu;
    for (const std::uint8_t byte : bytes) {
      crc ^= byte;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    }
    return ~crc;
  }

  std::string host_;
};

inline const WebIssuer kIssuer;
inline constexpr Timestamp kStart{1'800'000'000};

// An observer's feed, as far as its observations go.
class ObserverFeed {
 public:
  // A leaf, and its body unless `with_body` is false. The sequence is the right one.
  void see(const std::string& url, Timestamp seen, std::string_view body, bool with_body = true) {
    const Bytes bytes = to_bytes(body);
    const Sha256Digest digest = sha256(bytes);
    observations_.append({url, ++leaves_[url], seen}, digest, {1, index_++});
    if (with_body) (void)observations_.add_body(digest, std::make_shared<const Bytes>(bytes));
  }
  [[nodiscard]] feed::Observations& observations() { return observations_; }
  [[nodiscard]] observe::Observer observer(bool doubted = false) const {
    return {observations_.shown(), doubted};
  }

 private:
  feed::Observations observations_;
  std::map<std::string, std::uint64_t> leaves_;
  std::uint64_t index_ = 0;
};

}  // namespace vcnode::test
