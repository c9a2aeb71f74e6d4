// Collecting what judging by a policy reads: the feeds of the bodies that its anchors lead to, of those whose
// tables and endorsements count, and of the issuer.
//
// Which those are is not known before some of them are read, so the question is asked of what is held, what
// it looked for and did not find is collected, and it is asked again. Peers learn which bodies a policy leads
// to; they are the same for every credential, apart from the issuer's own.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/collect.h"
#include "protocol/recognition/policy.h"
#include "protocol/verify/verify.h"

namespace vcnode::cli {

// Bodies that one verification collects. A policy whose anchors lead to more belongs into a node, which has
// their feeds anyway.
inline constexpr std::size_t kBodiesOfPolicyMax = 1'000;

// What is held, and what was looked for in vain.
class RecordingView final : public verify::View {
 public:
  explicit RecordingView(const verify::SnapshotView& held) : held_(held) {}
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view issuer_did) const override;
  [[nodiscard]] std::shared_ptr<const issuer::History> history_of(std::string_view did) const override;
  // Lookup names.
  [[nodiscard]] const std::set<std::string, std::less<>>& missed() const noexcept { return missed_; }

 private:
  const verify::SnapshotView& held_;
  mutable std::set<std::string, std::less<>> missed_;
};

// Asks until nothing more is missed that could be collected; what is collected goes to `view`. `named`: DIDs
// that the credential names. POLICY_TOO_WIDE: kBodiesOfPolicyMax was reached, what came until then is in
// `view`.
[[nodiscard]] Result<void> collect_for_policy(const recognition::Policy& policy,
                                              const std::vector<Did>& named,
                                              const std::function<void(const verify::View&)>& ask,
                                              const std::function<Collected(const Did&)>& collect_one,
                                              verify::SnapshotView& view);

// Puts what can be judged by into a view. A history that may go on is not judged by: a key it does not list
// may be in what is missing.
void put(verify::SnapshotView& view, const Collected& collected);

}  // namespace vcnode::cli
