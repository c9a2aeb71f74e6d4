// One epoch of an issuer with a history: its keys, its leaves and what replays them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/did/codes.h"
#include "protocol/feed/list_delegation.h"
#include "tests/unit/protocol/feed/fixtures.h"

namespace vcnode::feed::test {

// The form that SCIDs and entry hashes have.
inline std::string multihash(std::string_view text) {
  Bytes bytes{0x12, 0x20};
  const auto digest = sha256(as_bytes(text));
  bytes.insert(bytes.end(), digest.view().begin(), digest.view().end());
  return base58btc_encode(bytes);
}

inline Did webvh_did(std::string_view domain = "uni.example") {
  return Did::parse(concat("did:webvh:", multihash("scid"), ":", domain)).value();
}

inline std::string version_id(std::uint64_t number) {
  return concat(number, "-", multihash(concat("entry ", number)));
}

// The assertion keys of one version of a DID, did:keys besides.
class VersionMethods final : public Resolver {
 public:
  void add(const std::string& method, const Ed25519PublicKey& key) { keys_.emplace(method, key); }
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override {
    if (method.did().method() == did_key::kMethod) return DidKeyResolver().resolve_method(method, at);
    const auto found = keys_.find(method.text());
    if (found == keys_.end()) return fail(codes::VERIFICATION_METHOD_UNKNOWN, "no method ", method.text());
    return ResolvedMethod{found->second, method.did(), "1-x", false};
  }

 private:
  std::map<std::string, Ed25519PublicKey> keys_;
};

struct Epoch {
  // `seed` of the assertion key and so of `as`, which signs lists and statements.
  explicit Epoch(std::uint64_t number = 1, std::uint8_t seed = 1, const Did& did = webvh_did())
      : as(seed),
        feed(Ed25519KeyPair::from_seed(Bytes(32, static_cast<std::uint8_t>(100 + number))).value()) {
    as.did = did;
    as.method = concat(did.text(), "#sign-", static_cast<int>(seed));
    as.origin = Origin::of("test.example", did, number).value();
    auto methods = std::make_shared<VersionMethods>();
    methods->add(as.method, as.signer.public_key());
    resolver = std::move(methods);
  }

  [[nodiscard]] FeedReplica replica() const { return FeedReplica(as.origin, as.did, feed.public_key()); }
  [[nodiscard]] Publisher::Options publisher_options() {
    return {as.origin, as.did, as.method, &as.signer, &feed};
  }
  [[nodiscard]] Head head(const std::vector<Bytes>& leaves, Timestamp time = kStart) {
    return sign_head(as.origin, tree_of(leaves), time, feed).value();
  }
  [[nodiscard]] static merkle::TreeHead tree_of(const std::vector<Bytes>& leaves) {
    merkle::Frontier frontier;
    for (const Bytes& leaf : leaves) frontier.append(merkle::leaf_hash(leaf));
    return {frontier.size(), frontier.root()};
  }
  // Its keys are in force everywhere.
  [[nodiscard]] ResolverAt resolver_at() const {
    return [keys = resolver](const LeafPlace&) { return keys; };
  }
  void grow(FeedReplica& replica, const std::vector<Bytes>& leaves, Timestamp time = kStart) {
    auto extension = replica.extend(head(leaves, time), std::span(leaves).subspan(replica.size()));
    REQUIRE_OK(extension);
    replica.accept(*std::move(extension));
  }
  // Where the replica says the leaf stands.
  void add_body(FeedReplica& replica, const Entry& entry) const {
    for (const BodyNeed& need : replica.missing())
      if (need == entry.need) replica.add_body(check_body(need, entry.body, as.did, *resolver));
  }
  void add_bodies(FeedReplica& replica, const std::vector<Entry>& entries) const {
    for (const Entry& entry : entries) add_body(replica, entry);
  }

  Issuer as;
  KeyPairSigner feed;
  std::shared_ptr<const Resolver> resolver;
};

inline BodyReader reader_of(const std::vector<Entry>& entries) {
  auto bodies = std::make_shared<std::map<Sha256Digest, Bytes>>();
  for (const Entry& entry : entries) bodies->emplace(entry.need.digest, entry.body);
  return [bodies](const Sha256Digest& digest) -> std::optional<Bytes> {
    const auto found = bodies->find(digest);
    return found == bodies->end() ? std::nullopt : std::optional(found->second);
  };
}

inline Bytes leaf_of(std::string_view type, std::string key, std::string digest) {
  return Leaf{std::string(type), std::move(key), std::move(digest)}.encode();
}

// Of any epoch, for leaves without a body.
inline Entry bare(std::string_view type, std::string key, std::string digest) {
  return {leaf_of(type, std::move(key), std::move(digest)), {}, {}};
}

struct DelegationContent {
  std::string id = "urn:delegation:1";
  std::uint8_t delegate_seed = 50;
  std::string prefix = "https://issuer.example/status-lists/";
  std::int64_t not_before = -100;  // seconds after kStart
  std::int64_t not_after = 1'000'000;
};

inline ListDelegation delegation_of(const Epoch& epoch, const DelegationContent& content = {}) {
  return {content.id,
          epoch.as.did,
          Issuer(content.delegate_seed).key(),
          content.prefix,
          kStart.plus_seconds(content.not_before),
          kStart.plus_seconds(content.not_after)};
}

inline Entry delegation_entry(Epoch& epoch, const DelegationContent& content = {}) {
  const auto text =
      sign_list_delegation(delegation_of(epoch, content), epoch.as.method, kStart, epoch.as.signer);
  REQUIRE_OK(text);
  return entry_of(kListKeyLeaf, content.id, *text);
}

// A list of the issuer that a key delegated to has signed.
inline Entry delegated_list(const Epoch& epoch, const ListContent& content, std::uint8_t delegate_seed = 50) {
  Issuer delegate(delegate_seed);
  const std::string method = delegate.method;
  delegate.did = epoch.as.did;
  delegate.method = method;
  return list_entry(delegate, content);
}

inline std::string closed_text(Issuer& issuer, Timestamp date = kStart,
                               const std::optional<nlohmann::json>& subject = std::nullopt) {
  auto document = statement_document(issuer, "urn:closed:1");
  document["credentialSubject"] = subject.value_or(nlohmann::json{{"id", issuer.did.text()}});
  document["type"] = nlohmann::json::array({"VerifiableCredential", "Closed"});
  document["validFrom"] = date.to_string();
  return signed_text(document, issuer);
}

inline Entry closed_entry(Issuer& issuer, Timestamp date = kStart) {
  return entry_of(kCloseLeaf, date.to_string(), closed_text(issuer, date));
}

inline StatusListState list_state(const FeedReplica& replica,
                                  const std::string& uri = "https://issuer.example/status-lists/1") {
  const auto lists = replica.status_lists();
  REQUIRE(lists.contains(uri));
  return lists.at(uri);
}

// An epoch replayed up to its seal, without a head.
inline FeedReplica sealed(const Epoch& epoch, const std::vector<Entry>& entries,
                          const std::vector<Entry>& held) {
  FeedReplica replica = epoch.replica();
  const auto leaves = leaves_of(entries);
  REQUIRE_OK(replica.replay_sealed(Epoch::tree_of(leaves), leaves, reader_of(held), epoch.resolver_at()));
  return replica;
}

inline FeedReplica continued(FeedReplica before, const Epoch& next) {
  return std::move(before).continued(next.as.origin, next.as.did, next.feed.public_key());
}

}  // namespace vcnode::feed::test
