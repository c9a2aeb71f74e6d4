// The statements of a feed, over all epochs: which leaves count, whose bodies are held, what they say.
//
// The first leaf of an id decides, by leaf order alone; later ones are void, whatever their bytes.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/feed/replica.h"

namespace vcnode::feed {

struct StatementLeaf {
  Sha256Digest digest;
  LeafPlace place;
};
using StatementLeaves = std::map<std::string, StatementLeaf, std::less<>>;  // by id

class Statements {
 public:
  Statements() = default;
  Statements(Statements&&) = default;
  Statements& operator=(Statements&&) = default;

  [[nodiscard]] bool has(std::string_view id) const { return leaves_.contains(id); }
  // Notes the leaf in `next` unless its id was used before.
  void count(const Leaf& leaf, const LeafPlace& place, StatementLeaves& next) const;
  void apply(StatementLeaves next);
  // Ascending by digest; `next`: leaves that are not applied yet, or nullptr.
  void add_needs(const StatementLeaves* next, std::vector<BodyNeed>& out) const;
  // Of ids whose bodies are missing.
  [[nodiscard]] std::vector<BodyNeed> missing() const;
  // False unless it was missing.
  bool add_body(const CheckedBody& body);
  // A body that was judged before and says nothing of ours. REQUIRES: it is missing.
  void add_foreign(const BodyNeed& need);
  // A good body of a `close` leaf of this epoch; nullptr: it says nothing of ours.
  void add_closed(std::shared_ptr<const statement::Statement> closed, const LeafPlace& place);
  // Closed statements stay behind in their epoch, as the close does.
  void begin_epoch();

  [[nodiscard]] std::size_t missing_count() const noexcept { return missing_.size(); }
  // visit(digest) in ascending order until it returns false.
  template <class Visit>
  void each_missing(Visit visit) const {
    for (const auto& [digest, id] : missing_)
      if (!visit(digest)) return;
  }
  // Made when asked for after a change, of what changed.
  [[nodiscard]] const std::shared_ptr<const statement::StatementLog>& log() const;

 private:
  using Missing = std::pair<Sha256Digest, std::string_view>;  // the id lives in leaves_
  void found(StatementLeaves::const_iterator leaf);
  [[nodiscard]] statement::Gaps gaps() const;

  StatementLeaves leaves_;  // all that count
  std::set<Missing> missing_;
  std::set<LeafPlace> missing_places_;
  std::size_t bad_count_ = 0;
  std::vector<statement::Entry> closed_;
  mutable statement::StatementLog held_;
  mutable std::vector<statement::Entry> fresh_;                           // not in held_ yet
  mutable std::shared_ptr<const statement::StatementLog> log_ = nullptr;  // none when out of date
};

}  // namespace vcnode::feed
