// StatementLog: the statements of one issuer that can be read here, over all epochs, and what is not there.
//
// Immutable and cheap to copy: entries lie in runs that logs share, each at least four times as large as the
// next, each with its indexes. `with` costs O(log n) amortised per new entry, a lookup O(log² n). Entries
// have the addresses they have as long as some copy of the log that gave them lives.
//
// Of each id only the first leaf's statement is in it (protocol/spec/feed.md).
//
// Threading: immutable.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/statement/statement.h"

namespace vcnode::statement {

struct Entry {
  std::shared_ptr<const Statement> statement;
  Place place;  // of its leaf
};

// Statement leaves without a statement to read.
struct Gaps {
  std::size_t missing_count = 0;      // bodies that are not held: any of them could be a Withdrawal
  std::vector<Sha256Digest> missing;  // ascending, the first kMissingShownMax of them (protocol/feed)
  std::optional<Place> first_missing = std::nullopt;
  std::size_t bad_count = 0;  // held, and not what the issuer may say: they act on nothing
  friend bool operator==(const Gaps&, const Gaps&) = default;
};

class StatementLog {
 public:
  using Entries = std::vector<const Entry*>;

  StatementLog() = default;
  // In any order. REQUIRES: no place twice, here and with those held.
  [[nodiscard]] StatementLog with(std::vector<Entry> more) const;
  [[nodiscard]] StatementLog with(Gaps gaps) const;
  // An empty one for everybody.
  [[nodiscard]] static const std::shared_ptr<const StatementLog>& none();

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] const Gaps& gaps() const noexcept { return gaps_; }

  // All in leaf order: O(n).
  [[nodiscard]] Entries entries() const;
  // nullptr if there is none. Several of an id (a Closed statement of a `close` leaf has whatever id it has):
  // the first in leaf order.
  [[nodiscard]] const Entry* by_id(std::string_view id) const;
  [[nodiscard]] const Entry* by_digest(const Sha256Digest& digest) const;
  // In leaf order. `subject`: a lookup name or IRI.
  [[nodiscard]] Entries of(Kind kind, std::string_view subject) const;
  [[nodiscard]] Entries of(Kind kind) const;
  // Withdrawals by this issuer that name this digest, in leaf order.
  [[nodiscard]] Entries withdrawals_of(const Sha256Digest& digest) const;

 private:
  class Run;
  std::vector<std::shared_ptr<const Run>> runs_;  // the largest first
  Gaps gaps_;
};

}  // namespace vcnode::statement
