// How well an issuer's history guards its keys (protocol/spec/verdict.md, "assurance").
//
// High is earned by two things that the log itself shows: whoever steals the key that may change the DID
// today cannot change it (pre-rotation), and no key has two purposes, so that none can be stolen or asked for
// a signature in the place of another. Threading: pure functions.
#pragma once

#include <optional>
#include <string>

#include "protocol/issuer/history.h"

namespace vcnode::issuer {

struct Assurance {
  // The newest version commits to update keys that no version has shown; of a deactivated DID: one ever did.
  bool pre_rotation = false;
  // A key that versions name for two purposes: to change the DID, now or next, and as a method; or for the
  // feed and for assertions.
  std::optional<std::string> reused;
  [[nodiscard]] bool high() const noexcept { return pre_rotation && !reused; }
};

// REQUIRES: history has a version. Of the versions that count.
[[nodiscard]] Assurance assurance_of(const History& history);

}  // namespace vcnode::issuer
