#include "protocol/evidence/archive.h"

#include <algorithm>

namespace vcnode::evidence {

Result<std::optional<std::string>> BundleArchive::note(const feed::OriginHash& origin) const {
  const auto log = logs_.find(origin);
  return log == logs_.end() ? std::nullopt : log->second.note;
}

Result<std::uint64_t> BundleArchive::leaf_count(const feed::OriginHash& origin) const {
  const auto log = logs_.find(origin);
  return log == logs_.end() ? std::uint64_t{0} : std::uint64_t{log->second.leaves.size()};
}

Result<std::vector<Bytes>> BundleArchive::leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                 std::uint64_t count_max) const {
  const auto log = logs_.find(origin);
  if (log == logs_.end() || first >= log->second.leaves.size()) return std::vector<Bytes>();
  const auto rest = log->second.leaves.subspan(first);
  const auto part = rest.first(std::min<std::size_t>(rest.size(), count_max));
  return std::vector<Bytes>(part.begin(), part.end());
}

Result<std::optional<Bytes>> BundleArchive::body(const Sha256Digest& digest) const {
  const auto body = bundle_.bodies.find(digest);
  if (body == bundle_.bodies.end() || hidden_.contains(digest)) return std::optional<Bytes>();
  return std::optional<Bytes>(body->second);
}

Result<std::vector<Sha256Digest>> BundleArchive::body_digests() const {
  std::vector<Sha256Digest> out;
  for (const auto& [digest, bytes] : bundle_.bodies)
    if (!hidden_.contains(digest)) out.push_back(digest);
  return out;
}

Result<std::vector<StoredEntry>> BundleArchive::entries(std::string_view) const {
  return std::vector<StoredEntry>();
}

}  // namespace vcnode::evidence
