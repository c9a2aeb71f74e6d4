#include "protocol/feed/observations.h"

#include <algorithm>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/did/did.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/decimal.h"

namespace vcnode::feed {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kDocumentName = "/did.json";

Failure bad_observation_key(std::string_view key, std::string_view why) {
  return fail(codes::LEAF_MALFORMED, "a feed leaf has the observation key \"", excerpt(key), "\", ", why);
}

std::size_t bodies_max(std::string_view url) {
  return url.ends_with(kDocumentName) ? kObservedDocumentsMax : kObservedListsMax;
}

}  // namespace

Result<ObservationLeafKey> ObservationLeafKey::parse(std::string_view key) {
  const auto second = key.rfind('#');
  const auto first =
      second == std::string_view::npos || second == 0 ? std::string_view::npos : key.rfind('#', second - 1);
  if (first == std::string_view::npos)
    return bad_observation_key(key, "which is not URL, '#', sequence, '#', time");
  const auto url = key.substr(0, first);
  const auto sequence = parse_decimal(key.substr(first + 1, second - first - 1));
  if (!sequence || *sequence == 0)
    return bad_observation_key(key, "whose sequence is not a plain number of at least 1");
  const auto seen = Timestamp::parse(key.substr(second + 1));
  if (!seen || seen->to_string() != key.substr(second + 1))
    return bad_observation_key(key, "whose time is not written YYYY-MM-DDTHH:MM:SSZ");
  if (!url.starts_with(kScheme) || !is_url(url) || url.find('#') != std::string_view::npos)
    return bad_observation_key(key, "which does not start with an https URL without fragment");
  return ObservationLeafKey{std::string(url), *sequence, *seen};
}

std::string ObservationLeafKey::text() const {
  return concat(url, "#", sequence, "#", seen.to_string());
}

void Observations::append(const ObservationLeafKey& key, const Sha256Digest& digest, const LeafPlace& place) {
  auto found = urls_.find(key.url);
  if (found == urls_.end()) {
    if (urls_.size() >= kObservedUrlsMax) return;
    found = urls_.emplace(key.url, ObservedUrl{}).first;
  }
  shown_.reset();
  ObservedUrl& url = found->second;
  auto& observations = url.observations;
  if (key.sequence != ++url.leaves) return;  // void
  if (!observations.empty() && key.seen <= observations.back().last_seen) return;
  if (!observations.empty() && observations.back().digest == digest) {
    observations.back().last_seen = key.seen;
    return;
  }
  if (observations.size() >= kObservationsMax) observations.erase(observations.begin());
  observations.push_back({place, key.sequence, key.seen, key.seen, digest, nullptr});
  forget_unneeded();
}

// The observations whose bodies are needed, newest first. `keys`, if given: of their leaves, in that order.
std::vector<const Observation*> Observations::needed(std::vector<Need>* keys) const {
  struct Candidate {
    const Observation* observation;
    const std::string* url;
  };
  std::vector<Candidate> candidates;
  for (const auto& [url, observed] : urls_) {
    std::set<Sha256Digest> different;
    for (auto at = observed.observations.rbegin(); at != observed.observations.rend(); ++at) {
      if (!different.contains(at->digest) && different.size() >= bodies_max(url)) break;
      different.insert(at->digest);
      candidates.push_back({&*at, &url});
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.observation->place > b.observation->place;
  });
  if (candidates.size() > kObservedBodiesMax) candidates.resize(kObservedBodiesMax);
  std::vector<const Observation*> out;
  out.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    out.push_back(candidate.observation);
    if (keys == nullptr) continue;
    const ObservationLeafKey key{*candidate.url, candidate.observation->sequence,
                                 candidate.observation->seen};
    keys->push_back({key.text(), candidate.observation->digest, candidate.observation->place});
  }
  return out;
}

void Observations::forget_unneeded() {
  if (held_.empty()) return;
  std::set<Sha256Digest> kept;
  for (const Observation* one : needed(nullptr)) kept.insert(one->digest);
  std::erase_if(held_, [&](const auto& body) { return !kept.contains(body.first); });
}

std::vector<Observations::Need> Observations::missing() const {
  std::vector<Need> keys;
  (void)needed(&keys);
  std::vector<Need> out;
  std::set<Sha256Digest> told;
  for (Need& need : keys)
    if (!held_.contains(need.digest) && told.insert(need.digest).second) out.push_back(std::move(need));
  return out;
}

bool Observations::add_body(const Sha256Digest& digest, std::shared_ptr<const Bytes> bytes) {
  VCNODE_ASSERT(bytes != nullptr);
  if (held_.contains(digest)) return false;
  const auto wanted = needed(nullptr);
  if (std::none_of(wanted.begin(), wanted.end(), [&](const auto* one) { return one->digest == digest; }))
    return false;
  held_.emplace(digest, std::move(bytes));
  shown_.reset();
  return true;
}

std::shared_ptr<const ObservedUrls> Observations::shown() const {
  if (urls_.empty()) return nullptr;
  if (shown_) return shown_;
  auto out = std::make_shared<ObservedUrls>(urls_);
  std::set<LeafPlace> with_body;
  for (const Observation* one : needed(nullptr)) with_body.insert(one->place);
  for (auto& [url, observed] : *out) {
    for (Observation& one : observed.observations) {
      if (!with_body.contains(one.place)) continue;
      if (const auto body = held_.find(one.digest); body != held_.end()) one.bytes = body->second;
    }
  }
  shown_ = std::move(out);
  return shown_;
}

}  // namespace vcnode::feed
