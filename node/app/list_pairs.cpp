#include "node/app/list_pairs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "crypto/base/assert.h"

namespace vcnode::node {

namespace {

constexpr std::string_view kFolder = "/status-lists/";
constexpr std::string_view kRevocationEnding = "-revocation";
constexpr std::string_view kSuspensionEnding = "-suspension";

const status::StatusList* held_list(const feed::FeedSnapshot& snapshot, const std::string& uri) {
  const auto found = snapshot.status_lists.find(uri);
  return found == snapshot.status_lists.end() ? nullptr : found->second.list.get();
}

}  // namespace

std::string list_uri(std::string_view base, std::string_view pair, status::Purpose purpose) {
  return concat(base, kFolder, pair,
                purpose == status::Purpose::revocation ? kRevocationEnding : kSuspensionEnding);
}

ListPairs::ListPairs(std::string issuer_name, std::string public_url)
    : issuer_name_(std::move(issuer_name)), public_url_(std::move(public_url)) {}

void ListPairs::Held::take(std::uint64_t index) {
  if (index >= taken.size() || taken[index]) return;
  taken[index] = true;
  ++count;
}

// Most bytes are zero, and this runs after every publication.
void ListPairs::take_set_bits(BytesView bitmap, Held& held) {
  for (std::size_t byte = 0; byte < bitmap.size(); ++byte) {
    if (bitmap[byte] == 0) continue;
    for (unsigned bit = 0; bit < 8; ++bit) {
      if ((bitmap[byte] >> (7 - bit) & 1) != 0) held.take(byte * 8 + bit);
    }
  }
}

// The n of "<base>/status-lists/<issuer>-<n><ending>".
std::optional<std::uint64_t> ListPairs::number_of(std::string_view uri, std::string_view ending) const {
  if (!uri.ends_with(ending)) return std::nullopt;
  uri.remove_suffix(ending.size());
  const std::string start = concat(kFolder, issuer_name_, "-");
  const auto folder = uri.rfind(kFolder);
  if (folder == std::string_view::npos || !uri.substr(folder).starts_with(start)) return std::nullopt;
  const std::string_view digits = uri.substr(folder + start.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number == 0) return std::nullopt;
  return number;
}

Result<void> ListPairs::learn(const feed::FeedSnapshot& snapshot, const Store& store) {
  for (const auto& [uri, state] : snapshot.status_lists) {
    const auto number = number_of(uri, kRevocationEnding);
    if (!number) continue;
    const std::string stem = uri.substr(0, uri.size() - kRevocationEnding.size());
    ListPair pair{concat(issuer_name_, "-", *number), uri, concat(stem, kSuspensionEnding)};
    VCNODE_CHECK(learn_pair(*number, pair, snapshot, store));
  }
  return {};
}

bool ListPairs::close(const feed::FeedSnapshot& snapshot) {
  const std::uint64_t before = closed_through_;
  for (const auto& [uri, state] : snapshot.status_lists) {
    if (const auto number = number_of(uri, kRevocationEnding)) close_through(*number);
  }
  return closed_through_ != before;
}

Result<void> ListPairs::learn_pair(std::uint64_t number, const ListPair& pair,
                                   const feed::FeedSnapshot& snapshot, const Store& store) {
  const status::StatusList* revocations = held_list(snapshot, pair.revocation);
  const status::StatusList* suspensions = held_list(snapshot, pair.suspension);
  if (revocations == nullptr || suspensions == nullptr) return {};  // again when the bodies are here
  const auto [position, added] = pairs_.try_emplace(number);
  Held& held = position->second;
  if (added) {
    held.pair = pair;
    held.taken.resize(revocations->bitmap.entries());
    VCNODE_TRY(const auto allocated, store.allocated_indexes(pair.name));
    for (const std::uint64_t index : allocated) held.take(index);
  }
  for (const status::StatusList* list : {revocations, suspensions}) {
    take_set_bits(list->bitmap.bytes(), held);
  }
  return {};
}

const ListPair* ListPairs::find(std::string_view name_or_uri) const {
  for (const auto& [number, held] : pairs_) {
    const ListPair& pair = held.pair;
    if (name_or_uri == pair.name || name_or_uri == pair.revocation || name_or_uri == pair.suspension)
      return &pair;
  }
  return nullptr;
}

const ListPairs::Held* ListPairs::newest() const {
  if (pairs_.empty() || pairs_.rbegin()->first <= closed_through_) return nullptr;
  const Held& held = pairs_.rbegin()->second;
  return held.pair.revocation == list_uri(public_url_, held.pair.name, status::Purpose::revocation) ? &held
                                                                                                    : nullptr;
}

ListPairs::Held* ListPairs::newest() {
  return const_cast<Held*>(std::as_const(*this).newest());
}

const ListPair* ListPairs::open_pair() const {
  const Held* held = newest();
  return held != nullptr && status::check_fill(held->taken.size(), held->count) ? &held->pair : nullptr;
}

ListPair ListPairs::next_pair() const {
  const std::uint64_t newest = pairs_.empty() ? 0 : pairs_.rbegin()->first;
  const std::uint64_t number = std::max(newest, closed_through_) + 1;
  const std::string name = concat(issuer_name_, "-", number);
  return {name, list_uri(public_url_, name, status::Purpose::revocation),
          list_uri(public_url_, name, status::Purpose::suspension)};
}

Result<status::StatusIndex> ListPairs::reserve(Rng& rng) {
  Held* held = newest();
  VCNODE_ASSERT(held != nullptr);
  VCNODE_TRY(const auto index,
             status::draw_index(held->taken.size(), held->count, rng,
                                [&](status::StatusIndex i) { return bool(held->taken[i.value()]); }));
  held->take(index.value());
  return index;
}

void ListPairs::release(std::string_view pair, status::StatusIndex index) {
  for (auto& [number, held] : pairs_) {
    if (held.pair.name != pair || !held.taken[index.value()]) continue;
    held.taken[index.value()] = false;
    --held.count;
  }
}

std::vector<ListPairs::Count> ListPairs::counts() const {
  std::vector<Count> out;
  for (const auto& [number, held] : pairs_) out.push_back({held.pair.name, held.taken.size(), held.count});
  return out;
}

}  // namespace vcnode::node
