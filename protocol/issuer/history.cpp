#include "protocol/issuer/history.h"

#include <algorithm>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"

namespace vcnode::issuer {
namespace {

using webvh::VersionId;

// Proofs on a later version would approve this one too, but travel with that version.
Result<void> check_witnesses(const webvh::State& state, std::span<const webvh::WitnessProof> proofs) {
  const webvh::WitnessRule& rule = state.governing_witnesses();
  std::set<std::string_view> approved;
  for (const webvh::WitnessProof& proof : proofs) {
    if (proof.version_id != state.version_id() || !rule.names(proof.witness)) continue;
    if (approved.size() < rule.threshold && webvh::check_witness_proof(proof)) approved.insert(proof.witness);
  }
  if (approved.size() >= rule.threshold) return {};
  return fail(codes::WEBVH_WITNESS_THRESHOLD, "version ", state.version_id().number(),
              " comes with proofs of ", approved.size(), " of the ", rule.threshold, " witnesses it needs");
}

std::string prefix_of(std::uint32_t number) {
  return concat(number, "-");
}

}  // namespace

std::optional<std::size_t> History::find(const VersionId& version) const {
  // Versions are numbered from 1 without gaps.
  const std::size_t index = version.number() - std::size_t{1};
  if (index >= versions.size() || versions[index].state.version_id() != version) return std::nullopt;
  return index;
}

std::vector<webvh::State> History::states() const {
  std::vector<webvh::State> out;
  for (const Version& version : versions) out.push_back(version.state);
  return out;
}

const Version* History::version_at(feed::LeafPlace place) const {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version)
    if (version->placed && *version->placed < place) return &*version;
  return nullptr;
}

EntrySet::EntrySet(std::string scid, std::string network)
    : scid_(std::move(scid)), network_(std::move(network)) {}

// An entry does not say which one it follows; its hash does.
Result<const EntrySet::Node*> EntrySet::parent_of(const webvh::Entry& entry) const {
  const std::uint32_t number = entry.version_id().number();
  if (number == 1) return static_cast<const Node*>(nullptr);
  const std::string prefix = prefix_of(number - 1);
  for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix); ++at)
    if (entry.hash_after(at->first) == entry.version_id().entry_hash()) return &at->second;
  return fail(codes::ENTRY_PARENT_UNKNOWN, "log entry ", entry.version_id().text(),
              " follows none of the held versions of number ", number - 1);
}

// Whether a version that names the feed `next` may count on `parent` without being committed. An error: it
// never counts there.
Result<bool> EntrySet::may_lead(const webvh::State& state, const std::optional<FeedService>& next,
                                const Node* parent) const {
  const std::uint32_t number = state.version_id().number();
  const auto& last = parent == nullptr ? std::nullopt : parent->version.feed;
  if (!last) {
    if (next && next->epoch != 1)
      return fail(codes::FEED_SERVICE_INVALID, "version ", number, " begins the feed at epoch ", next->epoch,
                  "; the first epoch is 1");
    return true;
  }
  if (next == last) return false;
  if (!next) {
    if (state.deactivated()) return false;
    return fail(codes::FEED_SERVICE_INVALID, "version ", number,
                " names no feed any more; only a deactivated DID may give it up");
  }
  if (next->epoch != last->epoch + 1)
    return fail(codes::FEED_SERVICE_INVALID, "version ", number, " changes the feed of epoch ", last->epoch,
                " and names epoch ", next->epoch, "; a change opens epoch ", last->epoch + 1);
  for (const Node* at = parent; at != nullptr; at = find(at->parent))
    if (at->version.feed && at->version.feed->key == next->key)
      return fail(codes::FEED_SERVICE_INVALID, "version ", number, " opens epoch ", next->epoch,
                  " with the feed key of epoch ", at->version.feed->epoch);
  return true;
}

const EntrySet::Node* EntrySet::find(std::string_view version_id) const {
  const auto found = nodes_.find(version_id);
  return found == nodes_.end() ? nullptr : &found->second;
}

Result<bool> EntrySet::add(const EntryBody& body, const webvh::Rules& rules) {
  VCNODE_TRY(const auto entry, webvh::Entry::parse(body.line));
  const std::string& id = entry.version_id().text();
  if (holds(entry.version_id())) return false;
  VCNODE_TRY(const Node* const parent, parent_of(entry));
  VCNODE_TRY(auto state, webvh::apply(parent == nullptr ? nullptr : &parent->version.state, entry, rules));
  if (state.did().scid() != scid_)
    return fail(codes::WEBVH_DID_MISMATCH, "log entry ", id, " is of the SCID ", state.did().scid(),
                ", not of ", excerpt(scid_));
  VCNODE_CHECK(check_witnesses(state, body.proofs));
  VCNODE_TRY(auto feed, feed_service_of(state, network_));
  VCNODE_TRY(const bool leads, may_lead(state, feed, parent));
  Node node{{std::move(state), body.proofs, std::move(feed), false, std::nullopt},
            parent == nullptr ? std::string() : parent->version.state.version_id().text(),
            leads,
            body.text().size()};
  if (!leads && !is_committed(node))
    return fail(codes::ENTRY_WITHOUT_WEIGHT, "log entry ", id,
                " neither opens an epoch nor stands in the feed its parent names");
  if (nodes_.size() >= kEntriesMax || bytes_ + node.bytes > kEntryBytesMax)
    return fail(codes::ENTRY_TOO_MANY, "the DID has ", nodes_.size(), " log entries of ", bytes_,
                " bytes; the limits are ", kEntriesMax, " and ", kEntryBytesMax);
  const std::string parent_id = node.parent;
  bytes_ += node.bytes;
  nodes_.emplace(id, std::move(node));
  keep_smallest(parent_id);
  return holds(entry.version_id());
}

void EntrySet::commit(std::uint64_t epoch, std::uint64_t index, const VersionId& version) {
  auto& versions = commitments_[epoch];
  if (versions.size() < kEntriesMax) versions.emplace(version, index);  // the first leaf of a version counts
}

std::optional<feed::LeafPlace> EntrySet::place_of(const VersionId& version) const {
  for (const auto& [epoch, versions] : commitments_)
    if (const auto found = versions.find(version); found != versions.end())
      return feed::LeafPlace{epoch, found->second};
  return std::nullopt;
}

bool EntrySet::is_committed(const Node& node) const {
  const Node* parent = find(node.parent);
  if (parent == nullptr || !parent->version.feed) return false;
  const auto versions = commitments_.find(parent->version.feed->epoch);
  return versions != commitments_.end() && versions->second.contains(node.version.state.version_id());
}

std::vector<const EntrySet::Node*> EntrySet::children_of(std::uint32_t number,
                                                         std::string_view parent) const {
  std::vector<const Node*> out;
  const std::string prefix = prefix_of(number + 1);
  for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix); ++at)
    if (at->second.parent == parent) out.push_back(&at->second);
  return out;
}

void EntrySet::keep_smallest(const std::string& parent) {
  const std::uint32_t number = parent.empty() ? 0 : find(parent)->version.state.version_id().number();
  std::size_t kept = 0;
  for (const Node* node : children_of(number, parent))
    if (!is_committed(*node) && ++kept > kUncommittedSiblingsMax)
      remove(std::string(node->version.state.version_id().text()));
}

// With everything that follows it.
void EntrySet::remove(const std::string& version_id) {
  const Node* node = find(version_id);
  VCNODE_ASSERT(node != nullptr);
  for (const Node* child : children_of(node->version.state.version_id().number(), version_id))
    remove(std::string(child->version.state.version_id().text()));
  bytes_ -= node->bytes;
  nodes_.erase(nodes_.find(version_id));
}

bool EntrySet::holds(const VersionId& version) const {
  return nodes_.contains(version.text());
}

std::vector<VersionId> EntrySet::missing() const {
  std::set<VersionId> out;
  for (const auto& [epoch, versions] : commitments_)
    for (const auto& [version, index] : versions)
      if (!holds(version)) out.insert(version);
  return {out.begin(), out.end()};
}

std::optional<feed::LeafPlace> EntrySet::first_missing() const {
  std::optional<feed::LeafPlace> first;
  for (const auto& [epoch, versions] : commitments_) {
    for (const auto& [version, index] : versions)
      if (!holds(version) && (!first || feed::LeafPlace{epoch, index} < *first))
        first = feed::LeafPlace{epoch, index};
    if (first) break;
  }
  return first;
}

std::vector<VersionId> EntrySet::held() const {
  std::vector<VersionId> out;
  for (const auto& [text, node] : nodes_) out.push_back(node.version.state.version_id());
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<EntryBody> EntrySet::body(const VersionId& version) const {
  const Node* node = find(version.text());
  if (node == nullptr) return std::nullopt;
  return EntryBody{node->version.state.entry().line(), node->version.proofs};
}

const Version* EntrySet::followed_by(const webvh::Entry& entry) const {
  const auto parent = parent_of(entry);
  return parent && *parent != nullptr ? &(*parent)->version : nullptr;
}

namespace {

void extend(History& history, const Version& next) {
  history.versions.push_back(next);
  if (!next.feed || (!history.epochs.empty() && history.epochs.back().feed == *next.feed)) return;
  if (!history.epochs.empty()) history.epochs.back().seal = next.feed->seal;
  history.epochs.push_back({*next.feed, history.versions.size() - 1, std::nullopt});
}

// Whether it opens an epoch whose seal leaves out the leaf of a version that it follows. The first version
// counts without a leaf.
bool contradicts_itself(const History& history, const Version& next) {
  if (!next.feed || !next.feed->seal || history.epochs.empty() || history.epochs.back().feed == *next.feed)
    return false;
  const std::uint64_t sealed = history.epochs.size();
  return std::any_of(history.versions.begin() + 1, history.versions.end(), [&](const Version& version) {
    return version.placed && version.placed->epoch == sealed &&
           version.placed->index >= next.feed->seal->size;
  });
}

}  // namespace

History EntrySet::history() const {
  History out;
  out.missing = missing();
  if (out.missing.size() > kMissingShownMax)
    out.missing.erase(out.missing.begin() + std::ptrdiff_t{kMissingShownMax}, out.missing.end());
  std::string tip;
  for (std::uint32_t number = 0;; ++number) {
    std::vector<Version> committed, leading;
    for (const Node* node : children_of(number, tip)) {
      Version version = node->version;
      version.committed = is_committed(*node);
      version.placed = place_of(version.state.version_id());
      if (contradicts_itself(out, version)) continue;
      if (version.committed) {
        committed.push_back(std::move(version));
      } else if (node->leads) {
        leading.push_back(std::move(version));
      }
    }
    std::vector<Version>& candidates = committed.empty() ? leading : committed;
    if (candidates.empty()) return out;
    if (candidates.size() > 1) {
      out.dispute = Dispute{std::move(candidates)};
      return out;
    }
    tip = candidates.front().state.version_id().text();
    extend(out, candidates.front());
  }
}

}  // namespace vcnode::issuer
