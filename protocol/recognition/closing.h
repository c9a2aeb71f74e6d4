// Closing: when a body ended its work, by a word that counts (protocol/spec/recognition.md, rule 12).
//
// Its own, that of whoever stands before it on the chain, and that of an earlier body of the chain that
// sponsored it. Nobody else's: otherwise any stranger could close a university. Only voiding a Closed
// statement takes it back. Threading: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/recognition/life.h"
#include "protocol/recognition/world.h"

namespace vcnode::recognition {

struct Closing {
  Timestamp at = kNever;
  bool unsure = false;  // of one it cannot be told whether it was voided
  void add(const Closing& other) noexcept;
};

// By what `log` says.
[[nodiscard]] Closing closing_in(const statement::StatementLog& log, std::string_view name);
// By its own word and that of the bodies on `path`, whose last statement is about it. Empty: an anchor.
[[nodiscard]] Closing closing_over(std::string_view name,
                                   const std::vector<const statement::Statement*>& path, const World& world);

}  // namespace vcnode::recognition
