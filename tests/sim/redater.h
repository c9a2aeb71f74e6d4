// Redater: genuine heads with another date, as the adversary "redater" shows them.
//
// It keeps every head of every issuer that it hears of. An older head of the tree that everybody holds is
// genuine and no news; a head with a date that its issuer never cosigned is a forgery, though its signature
// over the tree is right.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/feed/head.h"

namespace vcnode::sim {

class Redater {
 public:
  void hear(const feed::OriginHash& origin, const std::string& note);
  // The first head of the tree that was heard of last, if there is a later one of it.
  [[nodiscard]] std::optional<std::string> older(const feed::OriginHash& origin) const;
  // The newest head, dated a little back, or to the hour at which its issuer dates a head anew.
  [[nodiscard]] std::optional<std::string> forged(const feed::OriginHash& origin, Timestamp now,
                                                  Rng& rng) const;

 private:
  struct Heard {  // notes of one tree, as they came
    std::string text;
    std::vector<std::string> notes;
  };
  std::map<feed::OriginHash, Heard> heard_;
};

}  // namespace vcnode::sim
