#include "protocol/statement/log.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

namespace vcnode::statement {
namespace {

// Each run is at least this many times as large as the next: a lookup asks few of them, and an entry is
// moved few times.
constexpr std::size_t kRunRatio = 4;

// A position in a run, 4 bytes: no feed has as many statements.
using Position = std::uint32_t;
using Index = std::vector<Position>;

bool by_place(const Entry& a, const Entry& b) noexcept {
  return a.place < b.place;
}

const Sha256Digest* withdrawn_by(const Entry& entry) noexcept {
  const auto* withdrawal = entry.statement->as<Withdrawal>();
  return withdrawal == nullptr ? nullptr : &withdrawal->digest;
}

// What the indexes are ordered by.
auto kind_key(const Entry& entry) noexcept {
  return entry.statement->kind();
}
auto subject_key(const Entry& entry) noexcept {
  return std::pair(entry.statement->kind(), entry.statement->subject());
}
std::string_view id_key(const Entry& entry) noexcept {
  return entry.statement->id;
}
const Sha256Digest& digest_key(const Entry& entry) noexcept {
  return entry.statement->digest;
}
const Sha256Digest& withdrawn_key(const Entry& entry) noexcept {
  return *withdrawn_by(entry);
}

// Positions by key; those of one key in leaf order.
template <class Key>
auto ordered_by(const std::vector<Entry>& entries, Key key) {
  return [&entries, key](Position a, Position b) {
    const auto& x = key(entries[a]);
    const auto& y = key(entries[b]);
    return x < y || (x == y && a < b);
  };
}

}  // namespace

// Entries in leaf order, and where to find them.
class StatementLog::Run {
 public:
  // REQUIRES: `entries` in leaf order.
  explicit Run(std::vector<Entry> entries) : entries_(std::move(entries)) {
    Index all(entries_.size());
    std::iota(all.begin(), all.end(), Position{0});
    Index withdrawals;
    std::copy_if(all.begin(), all.end(), std::back_inserter(withdrawals),
                 [this](Position at) { return withdrawn_by(entries_[at]) != nullptr; });
    by_subject_ = sorted(all, subject_key);
    by_id_ = sorted(all, id_key);
    by_digest_ = sorted(std::move(all), digest_key);
    withdrawals_ = sorted(std::move(withdrawals), withdrawn_key);
  }

  // What both have; linear.
  Run(const Run& a, const Run& b) {
    entries_.reserve(a.entries_.size() + b.entries_.size());
    Index from_a;  // new positions
    Index from_b;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.entries_.size() || j < b.entries_.size()) {
      const bool first =
          j == b.entries_.size() || (i < a.entries_.size() && by_place(a.entries_[i], b.entries_[j]));
      (first ? from_a : from_b).push_back(static_cast<Position>(entries_.size()));
      entries_.push_back(first ? a.entries_[i++] : b.entries_[j++]);
    }
    const auto merge = [&](Index Run::*index, auto key) {
      this->*index = merged(moved(a.*index, from_a), moved(b.*index, from_b), key);
    };
    merge(&Run::by_subject_, subject_key);
    merge(&Run::by_id_, id_key);
    merge(&Run::by_digest_, digest_key);
    merge(&Run::withdrawals_, withdrawn_key);
  }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const Index& by_subject() const noexcept { return by_subject_; }
  [[nodiscard]] const Index& by_id() const noexcept { return by_id_; }
  [[nodiscard]] const Index& by_digest() const noexcept { return by_digest_; }
  [[nodiscard]] const Index& withdrawals() const noexcept { return withdrawals_; }

  // Those of one key, in leaf order. `index` is one of this run, ordered by `key` or finer.
  template <class Wanted, class Key>
  void find(const Index& index, const Wanted& wanted, Key key, Entries& out) const {
    auto at = std::lower_bound(
        index.begin(), index.end(), wanted,
        [&](Position position, const Wanted& other) { return key(entries_[position]) < other; });
    for (; at != index.end() && key(entries_[*at]) == wanted; ++at) out.push_back(&entries_[*at]);
  }

 private:
  template <class Key>
  [[nodiscard]] Index sorted(Index positions, Key key) const {
    std::sort(positions.begin(), positions.end(), ordered_by(entries_, key));
    return positions;
  }
  template <class Key>
  [[nodiscard]] Index merged(const Index& a, const Index& b, Key key) const {
    Index out;
    out.reserve(a.size() + b.size());
    std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out), ordered_by(entries_, key));
    return out;
  }
  [[nodiscard]] static Index moved(const Index& old, const Index& to) {
    Index out;
    out.reserve(old.size());
    for (const Position at : old) out.push_back(to[at]);
    return out;
  }

  std::vector<Entry> entries_;
  Index by_subject_;  // kind, subject
  Index by_id_;
  Index by_digest_;
  Index withdrawals_;  // digest that is withdrawn
};

namespace {

void sort_by_place(StatementLog::Entries& entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) { return by_place(*a, *b); });
}

const Entry* first_of(const StatementLog::Entries& entries) {
  const auto first = std::min_element(entries.begin(), entries.end(),
                                      [](const Entry* a, const Entry* b) { return by_place(*a, *b); });
  return first == entries.end() ? nullptr : *first;
}

}  // namespace

StatementLog StatementLog::with(std::vector<Entry> more) const {
  StatementLog out = *this;
  if (more.empty()) return out;
  std::sort(more.begin(), more.end(), by_place);
  out.runs_.push_back(std::make_shared<const Run>(std::move(more)));
  while (out.runs_.size() > 1) {
    const auto& last = out.runs_.back();
    const auto& before = out.runs_[out.runs_.size() - 2];
    if (before->entries().size() >= kRunRatio * last->entries().size()) break;
    auto both = std::make_shared<const Run>(*before, *last);
    out.runs_.pop_back();
    out.runs_.back() = std::move(both);
  }
  return out;
}

StatementLog StatementLog::with(Gaps gaps) const {
  StatementLog out = *this;
  out.gaps_ = std::move(gaps);
  return out;
}

const std::shared_ptr<const StatementLog>& StatementLog::none() {
  static const auto empty = std::make_shared<const StatementLog>();
  return empty;
}

std::size_t StatementLog::size() const noexcept {
  std::size_t size = 0;
  for (const auto& run : runs_) size += run->entries().size();
  return size;
}

StatementLog::Entries StatementLog::entries() const {
  Entries out;
  out.reserve(size());
  for (const auto& run : runs_)
    for (const Entry& entry : run->entries()) out.push_back(&entry);
  sort_by_place(out);
  return out;
}

const Entry* StatementLog::by_id(std::string_view id) const {
  Entries found;
  for (const auto& run : runs_) run->find(run->by_id(), id, id_key, found);
  return first_of(found);
}

const Entry* StatementLog::by_digest(const Sha256Digest& digest) const {
  Entries found;
  for (const auto& run : runs_) run->find(run->by_digest(), digest, digest_key, found);
  return first_of(found);
}

StatementLog::Entries StatementLog::of(Kind kind, std::string_view subject) const {
  Entries found;
  for (const auto& run : runs_) run->find(run->by_subject(), std::pair(kind, subject), subject_key, found);
  if (runs_.size() > 1) sort_by_place(found);
  return found;
}

StatementLog::Entries StatementLog::of(Kind kind) const {
  Entries found;
  for (const auto& run : runs_) run->find(run->by_subject(), kind, kind_key, found);
  sort_by_place(found);
  return found;
}

StatementLog::Entries StatementLog::withdrawals_of(const Sha256Digest& digest) const {
  Entries found;
  for (const auto& run : runs_) run->find(run->withdrawals(), digest, withdrawn_key, found);
  if (runs_.size() > 1) sort_by_place(found);
  return found;
}

}  // namespace vcnode::statement
