#include "tests/sim/arena.h"

#include "crypto/hash.h"

namespace vcnode::sim {

Blob Arena::keep(BytesView bytes) {
  if (const auto found = blobs_.find(as_text(bytes)); found != blobs_.end()) return found->second;
  auto blob = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  blobs_.emplace(as_text(*blob), blob);
  return blob;
}

gossip::Verified SignatureMemo::run(const gossip::Verify& job) {
  if (const auto* head = std::get_if<gossip::CheckHead>(&job.job)) {
    const Sha256Digest input =
        sha256({as_bytes(head->origin.text()), as_bytes("\n"), head->feed_key.view(), as_bytes(head->note)});
    auto found = heads_.find(input);
    if (found == heads_.end()) {
      auto outcome = std::get<gossip::HeadChecked>(gossip::run_verify(job, resolver_).outcome);
      found = heads_.emplace(input, std::move(outcome)).first;
    }
    return {job.token, found->second};
  }
  const auto& body = std::get<gossip::CheckBody>(job.job);
  const Sha256Digest input =
      sha256({body.need.digest.view(), as_bytes(body.need.type), as_bytes("\n"), as_bytes(body.need.key),
              as_bytes("\n"), as_bytes(body.issuer.text()), as_bytes("\n"), body.bytes});
  auto found = bodies_.find(input);
  if (found == bodies_.end()) {
    auto outcome = std::get<feed::CheckedBody>(gossip::run_verify(job, resolver_).outcome);
    found = bodies_.emplace(input, std::move(outcome)).first;
  }
  return {job.token, found->second};
}

}  // namespace vcnode::sim
