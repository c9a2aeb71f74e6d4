#include "protocol/verify/issue_time.h"

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/batch/codes.h"
#include "protocol/batch/entry.h"
#include "protocol/did/key.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/witness/codes.h"

namespace vcnode::verify {
namespace {

// Leaves of this epoch that the snapshot knows, from the first on.
std::uint64_t held_of(const feed::FeedSnapshot* feed, std::uint64_t epoch,
                      std::optional<std::uint64_t> sealed_size) {
  if (feed == nullptr || epoch > feed->origin.epoch()) return 0;
  return epoch == feed->origin.epoch() ? feed->head.tree.size : sealed_size.value_or(0);
}

// The feeds whose batches count. A did:key has one, under the key that it is.
batch::IssuerFeeds feeds_of(std::string_view issuer, const IssuerHeld& held) {
  batch::IssuerFeeds feeds;
  const auto add = [&](const Ed25519PublicKey& key, std::optional<std::uint64_t> sealed_size) {
    const std::uint64_t epoch = feeds.epochs.size() + 1;
    feeds.epochs.push_back({key, sealed_size, held_of(held.feed, epoch, sealed_size)});
  };
  if (held.feed != nullptr) {
    const std::string& origin = held.feed->origin.text();
    feeds.network = origin.substr(0, origin.find('/'));
    feeds.leaves = held.feed->batches;
  }
  if (held.history != nullptr) {
    feeds.name = lookup_name_of(issuer);
    for (const issuer::Epoch& epoch : held.history->epochs)
      add(epoch.feed.key, epoch.seal ? std::optional(epoch.seal->size) : std::nullopt);
    return feeds;
  }
  const auto did = Did::parse(issuer);
  if (!did || did->method() != did_key::kMethod) return feeds;
  feeds.name = did->method_specific_id();
  if (const auto key = did_key::key_of(*did)) add(*key, std::nullopt);
  return feeds;
}

// Nobody can have seen the feed of an issuer that did not exist yet; but clocks differ.
std::optional<Error> before_issuer(Timestamp quorum_at, const issuer::History* history) {
  if (history == nullptr || history->versions.empty()) return std::nullopt;
  const Timestamp first = history->versions.front().state.version_time().second();
  if (quorum_at >= first.plus_seconds(-limits::kClockSkewSecondsMax)) return std::nullopt;
  return fail(codes::BATCH_BEFORE_ISSUER, "the witnesses say that they saw the time batch at ",
              quorum_at.to_string(), ", the first version of the issuer's DID is of ", first.to_string())
      .error;
}

// Without a quorum in the policy an entry is checked all the same: a bad one is worth a warning.
const witness::WitnessPolicy& no_quorum() {
  static const witness::WitnessPolicy policy = witness::WitnessPolicy::parse("quorum none\n").value();
  return policy;
}

}  // namespace

IssueTime issue_time_of(const credential::Credential& credential, const IssuerHeld& held,
                        const Policy::Values& policy) {
  IssueTime time;
  const auto entry = batch::entry_of(credential.root());
  if (!entry) {
    time.bad = entry.error();
    return time;
  }
  if (!entry->has_value()) return time;
  const witness::WitnessPolicy& asked = policy.witnesses ? *policy.witnesses : no_quorum();
  const auto finding =
      batch::check_entry(credential.root(), **entry, feeds_of(credential.issuer_id(), held), asked);
  if (!finding) {
    time.bad = finding.error();
    return time;
  }
  time.witnesses = finding->witnesses;
  if (!finding->quorum_at) {
    time.unproven = fail(codes::WITNESS_QUORUM_MISSED, "the time batch is cosigned by ", time.witnesses,
                         " of ", asked.witnesses().size(), " witnesses of the policy, ",
                         asked.asks_for_witnesses() ? "which is not its quorum" : "which asks for no quorum")
                        .error;
    return time;
  }
  time.bad = before_issuer(*finding->quorum_at, held.history);
  if (time.bad) return time;
  if (finding->in_feed) {
    time.proven_by = finding->quorum_at;
    return time;
  }
  time.unchecked = finding->quorum_at;
  time.unproven =
      fail(codes::BATCH_LEAF_NOT_HELD, "the time batch is leaf ", (*entry)->proof.index,
           " of a feed that is not held so far: a quorum saw it at ", finding->quorum_at->to_string(),
           ", but whether it is in the issuer's own log is unknown")
          .error;
  return time;
}

}  // namespace vcnode::verify
