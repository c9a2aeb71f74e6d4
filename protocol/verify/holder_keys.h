// The keys with which holders answer challenges: those of DIDs that are their own document, and what the
// newest version of a did:webvh lists for authentication. A key that a history lists for assertion only signs
// credentials and answers nothing. Errors besides those of the View: VERIFICATION_METHOD_UNKNOWN,
// HISTORY_NOT_HELD, DID_DISPUTED, NEWER_HEAD_UNAVAILABLE. Threading: as its View.
#pragma once

#include <optional>

#include "protocol/verify/verify.h"

namespace vcnode::verify {

class HolderKeys final : public Resolver {
 public:
  explicit HolderKeys(const View& view) : view_(view) {}
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;

 private:
  const View& view_;
};

}  // namespace vcnode::verify
