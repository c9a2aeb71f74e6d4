// One issuer, its feed, and verdicts on what it signed.
#pragma once

#include <string_view>

#include "tests/unit/protocol/verify/world.h"

namespace vcnode::verify::world {

inline const SnapshotView& one_view() {
  static const SnapshotView one = view_of(feed_of(one_issuer()));
  return one;
}

inline Verdict verdict_on(std::string_view text, Timestamp at = kNow, Scope scope = Scope::full) {
  return verify_credential(text, one_view(), trusting(one_issuer()), at, scope).value();
}

}  // namespace vcnode::verify::world
