#include "protocol/feed/list_leaves.h"

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

}  // namespace vcnode::feed
