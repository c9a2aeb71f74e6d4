#include "protocol/feed/list_leaves.h"

#include <set>

#include "protocol/feed/replica.h"

namespace vcnode::feed {

void each_list(std::span<const Bytes> leaves, const std::function<void(ListLeaf)>& visit,
               std::map<std::string, std::uint64_t, std::less<>> counts) {
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    const auto leaf = Leaf::parse(leaves[index]);
    if (!leaf || leaf->type != kStatusLeaf) continue;
    auto key = StatusLeafKey::parse(leaf->key);
    if (!key || key->sequence != ++counts[key->uri]) continue;
    visit({index, std::move(key->uri), key->sequence, leaf->body_digest()});
  }
}

std::vector<Sha256Digest> earlier_lists(std::span<const Bytes> leaves) {
  std::map<std::string, std::vector<Sha256Digest>, std::less<>> versions;  // of a URI, the last few
  each_list(leaves, [&](ListLeaf list) {
    auto& known = versions[std::move(list.uri)];
    if (known.size() > kListsBackMax) known.erase(known.begin());
    known.push_back(list.digest);
  });
  std::vector<Sha256Digest> out;
  std::set<Sha256Digest> seen;
  for (std::size_t back = 1; back <= kListsBackMax; ++back) {
    for (const auto& [uri, known] : versions) {
      if (back >= known.size()) continue;
      const Sha256Digest& digest = known[known.size() - 1 - back];
      if (seen.insert(digest).second) out.push_back(digest);
    }
  }
  return out;
}

}  // namespace vcnode::feed
