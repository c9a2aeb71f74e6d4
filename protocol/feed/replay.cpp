// From stored leaves and bodies to a running replica.
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/replica_state.h"
#include "protocol/feed/statement.h"

namespace vcnode::feed {
namespace {

struct StoredBodies {
  const BodyReader& read_body;
  const ResolverAt& resolver_at;
  const Did& issuer;

  // One that does not match its digest is not there: it will be asked for again.
  [[nodiscard]] std::optional<Bytes> read(const Sha256Digest& digest) const {
    auto bytes = read_body(digest);
    if (bytes && sha256(*bytes) != digest) bytes.reset();
    return bytes;
  }
  // nullopt: not there, or nobody knows yet whose keys judge it.
  [[nodiscard]] std::optional<CheckedBody> check(const BodyNeed& need) const {
    const auto bytes = read(need.digest);
    if (!bytes) return std::nullopt;
    const auto resolver = resolver_at(need.place);
    if (!resolver) return std::nullopt;
    return check_body(need, *bytes, issuer, *resolver);
  }
};

}  // namespace

ResolverAt at_every_place(const Resolver& resolver) {
  return [&resolver](const LeafPlace&) {
    return std::shared_ptr<const Resolver>(std::shared_ptr<const Resolver>(), &resolver);
  };
}

// What says nothing of ours acts on nothing, good or bad: its proof is not looked at again.
void FeedReplica::State::restore_statements(const BodyReader& read_body, const ResolverAt& resolver_at) {
  const StoredBodies stored{read_body, resolver_at, issuer};
  for (const BodyNeed& need : statements.missing()) {
    const auto bytes = stored.read(need.digest);
    if (!bytes) continue;
    if (!may_say_something(as_text(*bytes)))
      statements.add_foreign(need);
    else if (const auto resolver = resolver_at(need.place))
      statements.add_body(check_body(need, *bytes, issuer, *resolver));
  }
}

// `read`: what the leaves said of the lists.
void FeedReplica::State::restore_bodies(const ListChanges& read, const BodyReader& read_body,
                                        const ResolverAt& resolver_at) {
  const StoredBodies stored{read_body, resolver_at, issuer};
  std::vector<BodyNeed> delegated;
  delegations.add_needs({}, delegated);
  for (const BodyNeed& need : delegated)
    if (const auto body = stored.check(need)) add_delegation(*body);
  for (const auto& [uri, change] : read) {
    std::vector<StoredList> lists_back;  // newest first
    const auto& earlier = change.earlier;
    for (auto at = earlier.rbegin(); at != earlier.rend() && lists_back.size() < kListsBackMax; ++at)
      if (auto body = stored.check(need_of(uri, *at))) lists_back.push_back({*std::move(body), at->place});
    ListSlot& slot = lists.find(uri)->second;
    slot.predecessor = last_good(slot.predecessor, lists_back, delegations);
  }
  for (auto& [uri, slot] : lists) {
    if (!slot.newest || slot.newest->body != BodyState::missing || slot.waiting) continue;
    if (const auto newest = stored.check(need_of(uri, version_of(*slot.newest))))
      judge(slot, *newest, delegations);
  }
  restore_statements(read_body, resolver_at);
  for (const Observations::Need& need : observations.missing())
    if (auto bytes = stored.read(need.digest))
      observations.add_body(need.digest, std::make_shared<const Bytes>(*std::move(bytes)));
  const std::set<Claim> closing = closes.missing;
  for (const Claim& claim : closing)
    if (const auto body = stored.check({claim.digest, std::string(kCloseLeaf), claim.key, claim.place}))
      add_close(*body);
}

Result<void> FeedReplica::replay(const std::string& note, std::span<const Bytes> leaves,
                                 const BodyReader& read_body, const ResolverAt& resolver_at) {
  VCNODE_TRY(Head verified, verify_head(note, origin(), feed_key()));
  return replay(std::move(verified), leaves, read_body, resolver_at);
}

Result<void> FeedReplica::replay(Head verified, std::span<const Bytes> leaves, const BodyReader& read_body,
                                 const ResolverAt& resolver_at) {
  VCNODE_ASSERT(size() == 0 && !head());
  if (verified.tree.size != leaves.size())
    return fail(codes::LEAF_COUNT, "the feed ", origin().text(), " is stored with ", leaves.size(),
                " leaves, which is not the signed size ", verified.tree.size);
  auto next = state_->next();
  next.keep_earlier = true;
  VCNODE_CHECK(state_->read_leaves(leaves, next));
  if (next.frontier.root() != verified.tree.root)
    return fail(codes::HEAD_ROOT_MISMATCH, "the ", leaves.size(), " stored leaves of ", origin().text(),
                " do not lead to the signed root ", hex_encode(verified.tree.root.view()));
  next.head = std::move(verified);
  state_->apply(next);
  state_->restore_bodies(next.lists, read_body, resolver_at);
  return {};
}

Result<void> FeedReplica::replay_sealed(const merkle::TreeHead& seal, std::span<const Bytes> leaves,
                                        const BodyReader& read_body, const ResolverAt& resolver_at) {
  VCNODE_ASSERT(size() == 0 && !head());
  if (leaves.size() != seal.size)
    return fail(codes::LEAF_COUNT, "the feed ", origin().text(), " is sealed at ", seal.size,
                " leaves and got ", leaves.size());
  set_seal(seal);
  auto next = state_->next();
  next.keep_earlier = true;
  VCNODE_CHECK(state_->read_leaves(leaves, next));
  state_->apply(next);
  state_->restore_bodies(next.lists, read_body, resolver_at);
  return {};
}

Result<FeedReplica> FeedReplica::restore(Origin origin, Did issuer, Ed25519PublicKey feed_key,
                                         const std::string& note, std::span<const Bytes> leaves,
                                         const BodyReader& read_body, const Resolver& resolver) {
  FeedReplica replica(std::move(origin), std::move(issuer), feed_key);
  VCNODE_CHECK(replica.replay(note, leaves, read_body, at_every_place(resolver)));
  return replica;
}

}  // namespace vcnode::feed
