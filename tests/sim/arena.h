// Arena and SignatureMemo: what a thousand nodes hold and check is kept and computed once.
//
// Arena: leaves, bodies and notes as shared immutable bytes; equal bytes are one object in memory.
// SignatureMemo: runs the engine's Verify jobs for real the first time and answers from the digest of the
// exact input afterwards. It cannot hide a wrong check: the first answer comes from the production code.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/base/bytes.h"
#include "protocol/did/resolver.h"
#include "protocol/gossip/engine.h"

namespace vcnode::sim {

using Blob = std::shared_ptr<const Bytes>;

class Arena {
 public:
  [[nodiscard]] Blob keep(BytesView bytes);
  [[nodiscard]] std::size_t blobs() const noexcept { return blobs_.size(); }

 private:
  std::unordered_map<std::string_view, Blob> blobs_;  // keys look into the blobs; never iterated
};

class SignatureMemo {
 public:
  [[nodiscard]] gossip::Verified run(const gossip::Verify& job);
  [[nodiscard]] std::uint64_t computed() const noexcept { return heads_.size() + bodies_.size(); }
  [[nodiscard]] const Resolver& resolver() const noexcept { return resolver_; }

 private:
  DidKeyResolver resolver_;
  std::map<Sha256Digest, gossip::HeadChecked> heads_;
  std::map<Sha256Digest, feed::CheckedBody> bodies_;
};

}  // namespace vcnode::sim
