#include "node/app/closure_cache.h"

#include <algorithm>

namespace vcnode::node {

std::shared_ptr<const verify::Prepared> PolicyClosures::get(const Sha256Digest& policy) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) { return kept.first == policy; });
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return found->second;
}

void PolicyClosures::put(const Sha256Digest& policy, std::shared_ptr<const verify::Prepared> prepared) {
  const std::lock_guard lock(mutex_);
  kept_.remove_if([&](const auto& kept) { return kept.first == policy; });
  kept_.emplace_front(policy, std::move(prepared));
  if (kept_.size() > kPoliciesKeptMax) kept_.pop_back();
}

}  // namespace vcnode::node
