#include "protocol/verify/issue_time.h"

#include "protocol/batch/entry.h"
#include "protocol/did/key.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/witness/codes.h"

namespace vcnode::verify {
namespace {

// The feeds whose batches count. A did:key has one, under the key that it is.
batch::IssuerFeeds feeds_of(std::string_view issuer, const issuer::History* history) {
  batch::IssuerFeeds feeds;
  if (history != nullptr) {
    feeds.name = lookup_name_of(issuer);
    for (const issuer::Epoch& epoch : history->epochs)
      feeds.epochs.push_back({epoch.feed.key, epoch.seal ? std::optional(epoch.seal->size) : std::nullopt});
    return feeds;
  }
  const auto did = Did::parse(issuer);
  if (!did || did->method() != did_key::kMethod) return feeds;
  feeds.name = did->method_specific_id();
  if (const auto key = did_key::key_of(*did)) feeds.epochs.push_back({*key, std::nullopt});
  return feeds;
}

// Without a quorum in the policy an entry is checked all the same: a bad one is worth a warning.
const witness::WitnessPolicy& no_quorum() {
  static const witness::WitnessPolicy policy = witness::WitnessPolicy::parse("quorum none\n").value();
  return policy;
}

}  // namespace

IssueTime issue_time_of(const credential::Credential& credential, const issuer::History* history,
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
      batch::check_entry(credential.root(), **entry, feeds_of(credential.issuer_id(), history), asked);
  if (!finding) {
    time.bad = finding.error();
    return time;
  }
  time.proven_by = finding->proven_by;
  time.witnesses = finding->witnesses;
  if (!time.proven_by)
    time.unproven = fail(codes::WITNESS_QUORUM_MISSED, "the time batch is cosigned by ", time.witnesses,
                         " of ", asked.witnesses().size(), " witnesses of the policy, ",
                         asked.asks_for_witnesses() ? "which is not its quorum" : "which asks for no quorum")
                        .error;
  return time;
}

}  // namespace vcnode::verify
