// What an issuer writes into its own DID log: its first document, new keys, a compromise, a move, the end
// (protocol/spec/issuer.md, "What an issuer writes").
//
// Sans-IO: keys come in as public keys, the update key as a Signer, the time as an argument. Whoever calls
// these keeps every new private key durably before the entry leaves, hands the entry to the issuer's node,
// and calls again with the newer log if the node had moved on. What comes out has been checked the way every
// reader of the feed does: by webvh::apply, feed_service_of and an EntrySet, in which it counts.
//
// Pre-rotation is always on: each entry is signed by a key that the one before committed to, and commits to
// the next. Entries of a DID with witnesses need their proofs, and are refused without
// (WEBVH_WITNESS_THRESHOLD) unless the hand says that these come later.
//
// Errors: KEY_REUSED, WEBVH_DEACTIVATED, VERIFICATION_METHOD_UNKNOWN, COMPROMISE_TIME, FEED_SERVICE_INVALID,
// those of EntrySet::add and of webvh/author.h. Threading: pure but for the signer.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "protocol/issuer/history.h"

namespace vcnode::issuer {

// A method that a version's document lists under assertionMethod.
struct AssertionMethod {
  std::string id;                       // absolute
  std::optional<Ed25519PublicKey> key;  // none: of another kind, or not read
  bool revoked = false;                 // states a time from which it is compromised
};
[[nodiscard]] std::vector<AssertionMethod> assertion_methods(const webvh::State& version);

// What follows the SCID in a DID, from "HOST", "HOST:PORT" or "HOST:PORT/PATH". Errors: WEBVH_HOST,
// WEBVH_DID.
[[nodiscard]] Result<std::string> location_of(std::string_view place);
// HOST[:PORT] of a location.
[[nodiscard]] std::string authority_of(std::string_view location);

// The log of an issuer as its author holds it: whole, and every version counts.
class OwnLog {
 public:
  // Errors: those of EntrySet::add; ENTRY_WITHOUT_WEIGHT if the last one does not count.
  [[nodiscard]] static Result<OwnLog> read(std::string_view network, std::span<const EntryBody> bodies,
                                           Timestamp now);
  [[nodiscard]] const std::string& network() const noexcept { return network_; }
  [[nodiscard]] const std::vector<Version>& versions() const noexcept { return versions_; }  // not empty
  [[nodiscard]] const webvh::State& newest() const { return versions_.back().state; }
  [[nodiscard]] const std::optional<FeedService>& feed() const { return versions_.back().feed; }
  // Whether any version names this key: as a method, as an update key or by the hash of one.
  [[nodiscard]] bool names(const Ed25519PublicKey& key) const;
  // Whether the next entry may be signed with this update key.
  [[nodiscard]] bool may_be_signed_by(const Ed25519PublicKey& key) const;
  [[nodiscard]] Result<OwnLog> extended(const EntryBody& body, Timestamp now) const;

 private:
  OwnLog(std::string network, EntrySet entries)
      : network_(std::move(network)), entries_(std::move(entries)) {}
  [[nodiscard]] Result<void> append(const EntryBody& body, Timestamp now);
  std::string network_;
  EntrySet entries_;
  std::vector<Version> versions_;
};

// The N of the next "#assertion-N": no version had a method of this name, so that a name means one key for
// ever.
[[nodiscard]] std::uint64_t next_assertion_number(const OwnLog& log);

// Who writes: the update keys, the time, and the keys that the same people use for something else (of the
// node, of a witness, of other issuers).
struct Hand {
  Signer& signer;
  Ed25519PublicKey next;  // the update key that this entry commits to
  Timestamp now;
  std::set<Ed25519PublicKey> taken = {};
  bool proofs_later = false;  // what is written counts once its witnesses have approved it
  // Where the node is reached: what the services of a new document say (endpoints.h). Empty: as they are.
  std::string public_url = {};
};

struct Genesis {
  std::string location;  // see location_of()
  std::string network;
  std::string public_url;  // shown as the endpoint of the feed's service
  Ed25519PublicKey assertion_key;
  Ed25519PublicKey feed_key;
};
// A portable DID with an assertion key #assertion-1, and a feed of epoch 1 under the key #feed-1.
[[nodiscard]] Result<EntryBody> write_genesis(const Genesis& genesis, const Hand& hand);

// The document lists `key` in place of every assertion method it had: what those signed in their time stays
// good.
[[nodiscard]] Result<EntryBody> rotate_assertion_key(const OwnLog& log, const Ed25519PublicKey& key,
                                                     const Hand& hand);
// The next epoch, under `key`, from `seal`, the end of the present one. If the old key is lost or stolen, the
// seal is where what it signed ends: later leaves count for nothing.
[[nodiscard]] Result<EntryBody> rotate_feed_key(const OwnLog& log, const Ed25519PublicKey& key,
                                                const merkle::TreeHead& seal, const Hand& hand);
struct Compromise {
  std::string method;  // absolute, or from its '#' on; of this or an earlier version
  Timestamp since;
  std::optional<Ed25519PublicKey> replacement;
};
// The method stays in the document with `revoked` and is no assertion method any more.
[[nodiscard]] Result<EntryBody> declare_compromised(const OwnLog& log, const Compromise& compromise,
                                                    const Hand& hand);
// Whether it is an assertion method of the newest version and so wants a replacement. Errors:
// VERIFICATION_METHOD_UNKNOWN.
[[nodiscard]] Result<bool> is_in_force(const OwnLog& log, std::string_view method);

// Who has to approve what follows; nobody, by a rule without a threshold. The first list approves itself.
[[nodiscard]] Result<EntryBody> ask_witnesses(const OwnLog& log, const webvh::WitnessRule& rule,
                                              const Hand& hand);

// The same DID, by its SCID, at another place: no service of the node points to the old host any more. See
// location_of().
[[nodiscard]] Result<EntryBody> move_to(const OwnLog& log, std::string_view location, const Hand& hand);
// One entry or two, in the order in which they must be published.
[[nodiscard]] Result<std::vector<EntryBody>> deactivate(const OwnLog& log, const Hand& hand);

}  // namespace vcnode::issuer
