// Bodies that leaves name and that are wanted for ever, each once: Closed statements.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/feed/replica.h"

namespace vcnode::feed {

struct Claim {
  Sha256Digest digest;
  std::string key;  // of the leaf
  LeafPlace place;  // of the first leaf that makes it; not compared
  friend bool operator==(const Claim& a, const Claim& b) { return a.digest == b.digest && a.key == b.key; }
  friend bool operator<(const Claim& a, const Claim& b) {
    return a.digest != b.digest ? a.digest < b.digest : a.key < b.key;
  }
};

struct Claims {
  std::set<Claim> missing;
  std::set<Claim> known;  // held or bad: nothing more is asked for

  // Those of `next` that are new; `next` is left empty.
  void take(std::set<Claim>& next) {
    for (auto claim = next.begin(); !known.empty() && claim != next.end();)
      claim = known.contains(*claim) ? next.erase(claim) : std::next(claim);
    missing.merge(next);
    next.clear();
  }
  // False if it is not missing.
  bool add(const BodyNeed& need) {
    const auto found = missing.find(Claim{need.digest, need.key, {}});
    if (found == missing.end()) return false;
    known.insert(missing.extract(found));
    return true;
  }
};

}  // namespace vcnode::feed
