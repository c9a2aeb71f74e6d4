#include "protocol/feed/statements.h"

#include <algorithm>
#include <tuple>

namespace vcnode::feed {

void Statements::count(const Leaf& leaf, const LeafPlace& place, StatementLeaves& next) const {
  if (!leaves_.contains(leaf.key)) next.try_emplace(leaf.key, StatementLeaf{leaf.body_digest(), place});
}

void Statements::apply(StatementLeaves next) {
  if (next.empty()) return;
  for (auto leaf = next.begin(); leaf != next.end();) {
    const auto added = leaves_.insert(next.extract(leaf++)).position;
    missing_.emplace(added->second.digest, added->first);
    missing_places_.insert(added->second.place);
  }
  log_.reset();
}

std::vector<BodyNeed> Statements::missing() const {
  std::vector<BodyNeed> out;
  add_needs(nullptr, out);
  return out;
}

void Statements::add_needs(const StatementLeaves* next, std::vector<BodyNeed>& out) const {
  const auto before = static_cast<std::ptrdiff_t>(out.size());
  const auto add = [&](std::string_view id, const StatementLeaf& leaf) {
    out.push_back({leaf.digest, std::string(kStatementLeaf), std::string(id), leaf.place});
  };
  for (const auto& [digest, id] : missing_) add(id, leaves_.find(id)->second);
  if (next == nullptr || next->empty()) return;
  for (const auto& [id, leaf] : *next) add(id, leaf);
  std::sort(out.begin() + before, out.end(), [](const BodyNeed& a, const BodyNeed& b) {
    return std::tie(a.digest, a.key) < std::tie(b.digest, b.key);
  });
}

void Statements::found(StatementLeaves::const_iterator leaf) {
  missing_places_.erase(leaf->second.place);
  log_.reset();
}

bool Statements::add_body(const CheckedBody& body) {
  const auto leaf = leaves_.find(body.need.key);
  if (leaf == leaves_.end() || missing_.erase({body.need.digest, body.need.key}) == 0) return false;
  if (body.statement) fresh_.push_back({body.statement, leaf->second.place});
  if (body.bad) ++bad_count_;
  found(leaf);
  return true;
}

void Statements::add_foreign(const BodyNeed& need) {
  const bool was_missing = missing_.erase({need.digest, need.key}) == 1;
  VCNODE_ASSERT(was_missing);
  found(leaves_.find(need.key));
}

void Statements::add_closed(std::shared_ptr<const statement::Statement> closed, const LeafPlace& place) {
  if (!closed) return;
  closed_.push_back({std::move(closed), place});
  log_.reset();
}

void Statements::begin_epoch() {
  if (closed_.empty()) return;
  closed_.clear();
  log_.reset();
}

statement::Gaps Statements::gaps() const {
  statement::Gaps out{.missing_count = missing_.size(), .missing = {}, .bad_count = bad_count_};
  each_missing([&](const Sha256Digest& digest) {
    if (out.missing.empty() || out.missing.back() != digest) out.missing.push_back(digest);
    return out.missing.size() < kMissingShownMax;
  });
  if (!missing_places_.empty()) out.first_missing = *missing_places_.begin();
  return out;
}

const std::shared_ptr<const statement::StatementLog>& Statements::log() const {
  if (log_) return log_;
  held_ = held_.with(std::exchange(fresh_, {}));
  if (leaves_.empty() && closed_.empty())
    log_ = statement::StatementLog::none();
  else
    log_ = std::make_shared<const statement::StatementLog>(held_.with(closed_).with(gaps()));
  return log_;
}

}  // namespace vcnode::feed
