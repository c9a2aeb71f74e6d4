#include "protocol/evidence/bundle_feeds.h"

#include <algorithm>

#include "protocol/issuer/origins.h"

namespace vcnode::evidence {

merkle::TreeHead tree_at(std::span<const Bytes> leaves, std::uint64_t size) {
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves.first(size)) tree.append(merkle::leaf_hash(leaf));
  return {tree.size(), tree.root()};
}

bool leads_to(std::span<const Bytes> leaves, const merkle::TreeHead& tree) {
  return leaves.size() >= tree.size && tree_at(leaves, tree.size) == tree;
}

std::vector<const Feed*> feeds_of(const Bundle& bundle, const feed::Origin& origin) {
  std::vector<const Feed*> out;
  for (const Feed& feed : bundle.feeds)
    if (feed.origin == origin) out.push_back(&feed);
  return out;
}

const Feed* longest_of(const Bundle& bundle, const feed::Origin& origin) {
  const auto feeds = feeds_of(bundle, origin);
  const auto longest = std::max_element(feeds.begin(), feeds.end(), [](const Feed* a, const Feed* b) {
    return a->leaves.size() < b->leaves.size();
  });
  return longest == feeds.end() ? nullptr : *longest;
}

std::string network_of(const feed::Origin& origin) {
  return origin.text().substr(0, origin.text().find('/'));
}

std::string issuer_of(const feed::Origin& origin) {
  const auto first = origin.text().find('/') + 1;
  return origin.text().substr(first, origin.text().rfind('/') - first);
}

std::vector<Bytes> put_epochs(BundleArchive& archive, const Bundle& bundle, std::string_view network,
                              std::string_view scid, std::uint64_t epoch) {
  std::vector<Bytes> all;
  for (std::uint64_t number = 1; number < epoch; ++number) {
    const auto origin = issuer::origin_of(network, scid, number);
    const Feed* feed = origin ? longest_of(bundle, *origin) : nullptr;
    if (feed == nullptr) break;
    archive.put(origin->hash(), feed->leaves, feed->head);
    all.insert(all.end(), feed->leaves.begin(), feed->leaves.end());
  }
  return all;
}

}  // namespace vcnode::evidence
