#include "protocol/recognition/nesting.h"

#include <algorithm>

#include "crypto/base/encoding.h"

namespace vcnode::recognition {
namespace {

bool has_digest(const Part& part, const Sha256Digest& digest) {
  return part.digest == digest ||
         std::find(part.other_digests.begin(), part.other_digests.end(), digest) != part.other_digests.end();
}

bool are_same(const Part& a, const Part& b) {
  const bool same_digest =
      has_digest(a, b.digest) || std::any_of(b.other_digests.begin(), b.other_digests.end(),
                                             [&](const auto& one) { return has_digest(a, one); });
  const bool same_id = !a.id.empty() && a.id == b.id && a.issuer == b.issuer;
  return same_digest || same_id ||
         (!a.facts.achievement.empty() && a.facts.achievement == b.facts.achievement);
}

// A list of components that could not be read, or only in part, is none.
bool names_its_components(const Part& part) {
  return part.readable && part.facts.element(15).state != facts::ElementState::malformed;
}

template <typename A>
bool meet_in(const std::set<A>& a, const std::set<A>& b) {
  return std::any_of(a.begin(), a.end(), [&](const A& one) { return b.count(one) != 0; });
}

}  // namespace

Nesting::Nesting(const std::vector<Part>& parts, const std::vector<bool>& good) {
  group(parts);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Cover cover;
    add(cover, i, parts, good);
    covers_.push_back(std::move(cover));
  }
}

void Nesting::group(const std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    groups_.push_back(i);
    for (std::size_t other = 0; other < i; ++other) {
      if (groups_[other] == groups_[i] || !are_same(parts[i], parts[other])) continue;
      std::replace(groups_.begin(), groups_.end(), groups_[i], groups_[other]);
    }
  }
}

void Nesting::add(Cover& cover, std::size_t part, const std::vector<Part>& parts,
                  const std::vector<bool>& good) const {
  std::vector<bool> visited(parts.size());
  std::vector<std::size_t> next = {part};
  while (!next.empty()) {
    const std::size_t at = next.back();
    next.pop_back();
    if (visited[at]) continue;
    visited[at] = true;
    cover.seen.insert(groups_[at]);
    if (!names_its_components(parts[at]))
      cover.unseen.insert(concat("components of ", hex_encode(parts[at].digest.view())));
    for (const facts::Component& named : parts[at].facts.components) {
      if (named.id.empty() && !named.digest)
        cover.unseen.insert(concat("nameless in ", hex_encode(parts[at].digest.view())));
      follow(cover, named, parts, good, next);
    }
  }
}

// Anybody can write an id, so one alone is believed only of an issuer that is; a digest is the thing itself.
void Nesting::follow(Cover& cover, const facts::Component& named, const std::vector<Part>& parts,
                     const std::vector<bool>& good, std::vector<std::size_t>& next) const {
  bool at_hand = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool by_digest = named.digest && has_digest(parts[i], *named.digest);
    if (!by_digest && (named.id.empty() || named.id != parts[i].id)) continue;
    next.push_back(i);
    at_hand = at_hand || by_digest || good[i];
  }
  if (at_hand) return;
  if (!named.id.empty()) cover.unseen.insert(concat("id ", named.id));
  if (named.digest) cover.unseen.insert(concat("sha256 ", hex_encode(named.digest->view())));
}

bool Nesting::overlap(std::size_t a, std::size_t b) const {
  return meet_in(covers_[a].seen, covers_[b].seen) || meet_in(covers_[a].unseen, covers_[b].unseen);
}

}  // namespace vcnode::recognition
