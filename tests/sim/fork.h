// Fork: an issuer that tells two histories of its one feed, as the adversary "fork" shows them.
//
// Both begin alike; then every statement is in one of them only. Heads, leaves and bodies are genuine: only
// who sees both can tell.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/frame.h"
#include "tests/sim/issuer.h"

namespace vcnode::sim {

class Fork {
 public:
  explicit Fork(std::size_t issuer_number) : issuer_(issuer_number) {}
  void grow(Timestamp at);  // both histories, by one statement

  struct History {
    std::vector<Bytes> leaves;
    std::optional<feed::Head> head;
  };
  // Who stands at an even place is told the one, everybody else the other.
  [[nodiscard]] const History& shown_to(std::size_t place) const { return histories_[place % 2]; }
  [[nodiscard]] std::optional<Bytes> body(const Sha256Digest& digest) const;
  [[nodiscard]] const Issuer& issuer() const noexcept { return issuer_; }

 private:
  void append(History& history, const std::string& id, Timestamp at);
  Issuer issuer_;
  std::array<History, 2> histories_;
  std::map<Sha256Digest, Bytes> bodies_;
};

}  // namespace vcnode::sim
