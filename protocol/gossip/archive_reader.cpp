#include "protocol/gossip/archive_reader.h"

#include <algorithm>
#include <iterator>

namespace vcnode::gossip {
namespace {

constexpr std::uint64_t kLeavesPerRead = 4'096;  // about 1 MiB

}  // namespace

Result<ArchiveReader> ArchiveReader::open(const FeedArchive& archive) {
  VCNODE_TRY(auto held, archive.body_digests());
  return ArchiveReader(archive, std::move(held));
}

Result<std::vector<Bytes>> read_leaves(const FeedArchive& archive, const feed::OriginHash& origin) {
  std::vector<Bytes> out;
  for (;;) {
    VCNODE_TRY(auto part, archive.leaves(origin, out.size(), kLeavesPerRead));
    if (part.empty()) return out;
    out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
}

feed::BodyReader ArchiveReader::bodies() {
  return [this](const Sha256Digest& digest) -> std::optional<Bytes> {
    if (!std::binary_search(held_.begin(), held_.end(), digest)) return std::nullopt;
    auto body = archive_.body(digest);
    if (body) return *std::move(body);
    if (!unreadable_) unreadable_ = body.error();
    return std::nullopt;
  };
}

}  // namespace vcnode::gossip
