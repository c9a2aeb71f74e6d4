// Which keys judge a leaf of an issuer's feed: those of the DID version in force at its place.
//
// Threading: const access from several threads is safe, except of PlacedKeys.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "protocol/did/resolver.h"
#include "protocol/issuer/history.h"
#include "protocol/webvh/state.h"

namespace vcnode::issuer {

// The keys that one version of the DID lists. Answers for the assertion methods (Ed25519 keys, under absolute
// or relative ids) of that document, at whatever time: a date that a signature claims says nothing in a feed.
// did:key methods go to DidKeyResolver. Errors: VERIFICATION_METHOD_UNKNOWN, those of
// verification_method::key_of, and those of DidKeyResolver for everything else.
class VersionKeys final : public Resolver {
 public:
  explicit VersionKeys(webvh::State version) : version_(std::move(version)) {}
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;

 private:
  webvh::State version_;
};

// The keys at every place, as the set of entries says now.
class PlacedKeys {
 public:
  explicit PlacedKeys(const EntrySet& entries)
      : PlacedKeys(entries, std::make_shared<const History>(entries.history())) {}
  PlacedKeys(const EntrySet& entries, std::shared_ptr<const History> history)
      : history_(std::move(history)), first_missing_(entries.first_missing()) {}

  // nullptr: no version stands below this place, or one that does is not held.
  [[nodiscard]] std::shared_ptr<const Resolver> at(feed::LeafPlace place);

 private:
  std::shared_ptr<const History> history_;
  std::optional<feed::LeafPlace> first_missing_;
  std::map<const Version*, std::shared_ptr<const Resolver>> made_;
};

}  // namespace vcnode::issuer
