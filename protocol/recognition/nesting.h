// Which components of a whole are one another, or inside one another, wherever they name each other
// (protocol/spec/recognition.md, "Stacking").
//
// A credential is known by the SHA-256 of its bytes, of its JCS form and of that without proof, by its
// issuer and id, and by the achievement that it certifies: one achievement is one, however often it was
// certified. What a component names as part of it and nobody shows may be, or hold, any other one.
//
// Threading: an immutable value.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "protocol/recognition/stacking.h"

namespace vcnode::recognition {

class Nesting {
 public:
  // `good`: per part, whether its issuer may be believed about its id.
  Nesting(const std::vector<Part>& parts, const std::vector<bool>& good);

  // Something stands for both.
  [[nodiscard]] bool overlap(std::size_t a, std::size_t b) const;
  // It holds something that is not at hand.
  [[nodiscard]] bool is_open(std::size_t part) const { return !covers_[part].unseen.empty(); }
  // Of how many things it is known to consist.
  [[nodiscard]] std::size_t breadth(std::size_t part) const {
    return covers_[part].seen.size() + covers_[part].unseen.size();
  }

 private:
  struct Cover {
    std::set<std::size_t> seen;    // groups of parts
    std::set<std::string> unseen;  // names of what is not at hand
  };
  void group(const std::vector<Part>& parts);
  void add(Cover& cover, std::size_t part, const std::vector<Part>& parts,
           const std::vector<bool>& good) const;
  void follow(Cover& cover, const facts::Component& named, const std::vector<Part>& parts,
              const std::vector<bool>& good, std::vector<std::size_t>& next) const;

  std::vector<std::size_t> groups_;  // of each part; parts of one group are the same
  std::vector<Cover> covers_;
};

}  // namespace vcnode::recognition
