// An issuer, its leaves, heads and bodies, and the little store that its tests persist into.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/feed/publisher.h"
#include "protocol/feed/replica.h"
#include "tests/support/doctest.h"

namespace vcnode::feed::test {

inline const std::string kUri = "https://issuer.example/status-lists/1";
inline const Timestamp kStart = Timestamp::parse("2026-01-01T00:00:00Z").value();

struct Issuer {
  explicit Issuer(std::uint8_t seed = 1, std::string_view network = "test.example")
      : signer(Ed25519KeyPair::from_seed(Bytes(32, seed)).value()),
        did(did_key::did_of(signer.public_key())),
        method(did_key::verification_method_of(signer.public_key())),
        origin(Origin::of(network, did).value()) {}

  [[nodiscard]] const Ed25519PublicKey& key() const { return signer.public_key(); }
  [[nodiscard]] FeedReplica replica() const { return FeedReplica(origin, did, key()); }
  [[nodiscard]] Publisher::Options publisher_options() { return {origin, did, method, &signer, &signer}; }

  [[nodiscard]] Head head(const std::vector<Bytes>& leaves, Timestamp time = kStart) {
    merkle::Frontier frontier;
    for (const Bytes& leaf : leaves) frontier.append(merkle::leaf_hash(leaf));
    return sign_head(origin, {frontier.size(), frontier.root()}, time, signer).value();
  }

  KeyPairSigner signer;
  Did did;
  std::string method;
  Origin origin;
  DidKeyResolver resolver;
};

// A signed body and the leaf that announces it.
struct Entry {
  Bytes leaf;
  Bytes body;
  BodyNeed need;
};

inline Entry entry_of(std::string_view type, std::string key, std::string_view body) {
  const Sha256Digest digest = sha256(as_bytes(body));
  const Leaf leaf{std::string(type), std::move(key), hex_encode(digest.view())};
  return {leaf.encode(), to_bytes(body), {digest, leaf.type, leaf.key}};
}

struct ListContent {
  std::string uri = "https://issuer.example/status-lists/1";
  std::uint64_t sequence = 1;
  std::vector<std::uint64_t> set = {};
  status::Purpose purpose = status::Purpose::revocation;
  std::int64_t seconds = 0;  // validFrom, after kStart
};

inline Entry list_entry(Issuer& issuer, const ListContent& content) {
  auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
  for (const std::uint64_t index : content.set) REQUIRE_OK(bitmap.set(status::StatusIndex(index), true));
  const status::SignedListOptions options{content.uri, content.purpose, issuer.did, issuer.method,
                                          kStart.plus_seconds(content.seconds)};
  const auto text = status::sign_status_list(bitmap, options, issuer.signer);
  REQUIRE_OK(text);
  return entry_of(kStatusLeaf, StatusLeafKey{content.uri, content.sequence}.text(), *text);
}

inline nlohmann::json statement_document(const Issuer& issuer, std::string_view id) {
  return {{"@context", nlohmann::json::array({credential::kContextV2})},
          {"id", id},
          {"type", {"VerifiableCredential"}},
          {"issuer", issuer.did.text()},
          {"validFrom", kStart.to_string()},
          {"credentialSubject", {{"id", "did:example:subject"}}}};
}

inline std::string signed_text(const nlohmann::json& document, Issuer& signer) {
  credential::ProofOptions options;
  options.verification_method = signer.method;
  options.created = kStart;
  const auto out = credential::add_proof(document, options, signer.signer);
  REQUIRE_OK(out);
  return out->dump();
}

inline Entry statement_entry(Issuer& issuer, std::string id) {
  const std::string text = signed_text(statement_document(issuer, id), issuer);
  return entry_of(kStatementLeaf, std::move(id), text);
}

inline std::vector<Bytes> leaves_of(const std::vector<Entry>& entries) {
  std::vector<Bytes> leaves;
  for (const Entry& entry : entries) leaves.push_back(entry.leaf);
  return leaves;
}

// Extends `replica` to all of `leaves`, of which it holds a prefix.
inline void grow(FeedReplica& replica, Issuer& issuer, const std::vector<Bytes>& leaves,
                 Timestamp time = kStart) {
  const auto rest = std::span(leaves).subspan(replica.size());
  auto extension = replica.extend(issuer.head(leaves, time), rest);
  REQUIRE_OK(extension);
  replica.accept(*std::move(extension));
}

inline void add_body(FeedReplica& replica, const Issuer& issuer, const Entry& entry) {
  replica.add_body(check_body(entry.need, entry.body, issuer.did, issuer.resolver));
}

// What a node persists of one feed.
struct Disk {
  std::string note;
  std::vector<Bytes> leaves;
  std::map<Sha256Digest, Bytes> bodies;

  void write(const Publication& publication) {
    REQUIRE(publication.first_index == leaves.size());
    note = publication.head.note;
    leaves.insert(leaves.end(), publication.leaves.begin(), publication.leaves.end());
    for (const Bytes& body : publication.bodies) bodies[sha256(body)] = body;
  }
  [[nodiscard]] BodyReader reader() const {
    return [this](const Sha256Digest& digest) -> std::optional<Bytes> {
      const auto found = bodies.find(digest);
      if (found == bodies.end()) return std::nullopt;
      return found->second;
    };
  }
  [[nodiscard]] Result<FeedReplica> restore(const Issuer& issuer) const {
    if (note.empty()) return issuer.replica();
    return FeedReplica::restore(issuer.origin, issuer.did, issuer.key(), note, leaves, reader(),
                                issuer.resolver);
  }
};

// The disk of a node that holds these entries under one head.
inline Disk disk_of(Issuer& issuer, const std::vector<Entry>& entries) {
  Disk disk;
  disk.leaves = leaves_of(entries);
  disk.note = issuer.head(disk.leaves).note;
  for (const Entry& entry : entries) disk.bodies[entry.need.digest] = entry.body;
  return disk;
}

// Everything a snapshot says, as text: equal texts mean equal snapshots.
inline std::string describe(const FeedSnapshot& snapshot) {
  std::string out = concat(snapshot.origin.text(), " ", snapshot.issuer.text(), "\n", snapshot.head.note);
  for (const auto& [uri, list] : snapshot.status_lists) {
    out += concat(uri, " ", list.sequence, " ", hex_encode(list.digest.view()), " ",
                  static_cast<int>(list.body));
    if (list.list)
      out += concat(" ", list.list->valid_from.to_string(), " ",
                    hex_encode(sha256(list.list->bitmap.bytes()).view()));
    if (list.reason) out += concat(" ", list.reason->code.slug());
    out += '\n';
  }
  for (const Sha256Digest& digest : snapshot.missing_bodies)
    out += concat("missing ", hex_encode(digest.view()), "\n");
  if (snapshot.pending) out += concat("pending ", snapshot.pending->tree.size, "\n");
  if (snapshot.contradicted) out += "contradicted\n";
  return out;
}

}  // namespace vcnode::feed::test
