// How well an issuer's history guards its keys (protocol/spec/verdict.md, "assurance").
//
// High is earned by two things that the log itself shows: whoever steals the key that may change the DID
// today cannot change it (pre-rotation), and no key has two purposes, so that none can be stolen or asked for
// a signature in the place of another. Threading: pure functions.
#pragma once

#include <memory>

#include "protocol/issuer/history.h"

namespace vcnode::issuer {

// REQUIRES: history has a version. Of the versions that count.
[[nodiscard]] Assurance assurance_of(const History& history);

// For many readers: with its assurance, which every verification asks for and which takes a look at every
// key of every version.
[[nodiscard]] std::shared_ptr<const History> shared(History history);

}  // namespace vcnode::issuer
