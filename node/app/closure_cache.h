// Closures of the policies that were asked for last, for verdicts on every thread.
//
// Two questions by one new policy at the same time each make the closure; that costs less than making the
// second wait for the first. Threading: from any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "protocol/verify/recognition_check.h"

namespace vcnode::node {

// A reception desk has one policy, an office some for several countries; each closure is some hundred bodies.
inline constexpr std::size_t kPoliciesKeptMax = 16;

class PolicyClosures final : public verify::ClosureCache {
 public:
  [[nodiscard]] std::shared_ptr<const verify::Prepared> get(const Sha256Digest& policy) override;
  void put(const Sha256Digest& policy, std::shared_ptr<const verify::Prepared> prepared) override;

 private:
  std::mutex mutex_;
  std::list<std::pair<Sha256Digest, std::shared_ptr<const verify::Prepared>>> kept_;  // asked for last first
};

}  // namespace vcnode::node
