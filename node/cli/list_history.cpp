#include "node/cli/list_history.h"

#include <set>

#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "node/cli/collect.h"
#include "protocol/feed/list_leaves.h"

namespace vcnode::cli {
namespace {

std::string id_of(const std::string& body) {
  const auto document = json::Document::parse(body, {.size_max = limits::kBodyBytesMax});
  return document ? std::string(document->root().find_string("id").value_or("")) : std::string();
}

// The lists that the pool holds, each once: a list said again does not rise, and is bad in any case. Its own
// id decides to which URI it belongs, so that no crowd of leaves makes one body be checked many times.
std::vector<feed::ListLeaf> held_lists(std::span<const Bytes> leaves, const BodyPool& pool) {
  std::map<Sha256Digest, std::string> ids;
  std::set<Sha256Digest> seen;
  std::vector<feed::ListLeaf> held;
  feed::each_list(leaves, [&](feed::ListLeaf list) {
    const Sha256Digest& digest = list.digest;
    const auto body = pool.find(digest);
    if (body == pool.end() || seen.contains(digest)) return;
    auto id = ids.find(digest);
    if (id == ids.end()) id = ids.emplace(digest, id_of(body->second)).first;
    if (id->second != list.uri) return;
    seen.insert(digest);
    held.push_back(std::move(list));
  });
  return held;
}

feed::BodyNeed need_of(const feed::ListLeaf& list) {
  return {list.digest, std::string(feed::kStatusLeaf), feed::StatusLeafKey{list.uri, list.sequence}.text()};
}

void add_from(const BodyPool& pool, const feed::BodyNeed& need, feed::FeedReplica& replica) {
  const auto body = pool.find(need.digest);
  if (body == pool.end()) return;
  replica.add_body(feed::check_body(need, as_bytes(body->second), replica.issuer(), DidKeyResolver()));
}

}  // namespace

Result<feed::FeedReplica> replay(feed::FeedReplica empty, const feed::Head& verified,
                                 std::span<const Bytes> leaves, const BodyPool& pool,
                                 std::size_t bodies_max) {
  feed::FeedReplica replica = std::move(empty);
  merkle::Frontier frontier;
  const auto advance = [&](std::size_t size, const feed::Head& head) -> Result<void> {
    VCNODE_TRY(auto extension, replica.extend(head, leaves.subspan(replica.size(), size - replica.size())));
    replica.accept(std::move(extension));
    return {};
  };
  for (const feed::ListLeaf& list : held_lists(leaves, pool)) {
    while (frontier.size() <= list.index) frontier.append(merkle::leaf_hash(leaves[frontier.size()]));
    // No issuer signed the feed at this size; that these leaves are its own is what the last step checks.
    VCNODE_CHECK(advance(list.index + 1, {{frontier.size(), frontier.root()}, verified.time, {}}));
    add_from(pool, need_of(list), replica);
  }
  VCNODE_CHECK(advance(leaves.size(), verified));
  const auto needs = replica.missing();
  std::size_t statements = 0;
  std::size_t others = 0;
  for (const feed::BodyNeed& need : needs) {
    const bool is_statement = need.type == feed::kStatementLeaf;
    if (is_statement ? statements++ < kStatementBodiesMax : others++ < bodies_max)
      add_from(pool, need, replica);
  }
  return replica;
}

}  // namespace vcnode::cli
