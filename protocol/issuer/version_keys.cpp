#include "protocol/issuer/version_keys.h"

#include <span>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/webvh/key_history.h"

namespace vcnode::issuer {

Result<ResolvedMethod> VersionKeys::resolve_method(const DidUrl& method, std::optional<Timestamp> at) const {
  if (method.did() != version_.did().did()) return DidKeyResolver().resolve_method(method, at);
  const auto intervals = webvh::key_intervals(std::span(&version_, 1), method.text());
  if (intervals.empty()) {
    if (auto fault = webvh::method_fault(version_, method.text())) return Failure{*std::move(fault)};
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "version ", version_.version_id().number(),
                " of the DID has no assertion method ", excerpt(method.text()));
  }
  return ResolvedMethod{intervals.front().key, version_.did().did(), version_.version_id().text(), false};
}

std::shared_ptr<const Resolver> PlacedKeys::at(feed::LeafPlace place) {
  if (first_missing_ && *first_missing_ < place) return nullptr;
  const Version* version = history_->version_at(place);
  if (version == nullptr) return nullptr;
  auto& made = made_[version];
  if (!made) made = std::make_shared<const VersionKeys>(version->state);
  return made;
}

}  // namespace vcnode::issuer
