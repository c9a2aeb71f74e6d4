#include "protocol/gossip/restore.h"

#include <algorithm>
#include <iterator>

#include "protocol/feed/codes.h"

namespace vcnode::gossip {
namespace {

constexpr std::uint64_t kLeavesPerRead = 4'096;  // about 1 MiB

// All that can be read; if that is fewer than were signed, FeedReplica::restore says so.
Result<std::vector<Bytes>> read_leaves(const FeedArchive& archive, const feed::OriginHash& origin) {
  std::vector<Bytes> out;
  for (;;) {
    VCNODE_TRY(auto part, archive.leaves(origin, out.size(), kLeavesPerRead));
    if (part.empty()) return out;
    out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
}

Result<feed::FeedReplica> restore_from(const feed::FeedReplica& empty, const std::string& note,
                                       std::span<const Bytes> leaves, std::span<const Sha256Digest> held,
                                       const FeedArchive& archive, const Resolver& resolver) {
  std::optional<Error> unreadable;
  const auto read_body = [&](const Sha256Digest& digest) -> std::optional<Bytes> {
    if (!std::binary_search(held.begin(), held.end(), digest)) return std::nullopt;
    auto body = archive.body(digest);
    if (body) return *std::move(body);
    unreadable = body.error();
    return std::nullopt;
  };
  auto replica = feed::FeedReplica::restore(empty.origin(), empty.issuer(), empty.feed_key(), note, leaves,
                                            read_body, resolver);
  if (unreadable) return Failure{*std::move(unreadable)};
  return replica;
}

// `empty` with what is held of its feed; nullopt if that is nothing.
Result<std::optional<feed::FeedReplica>> restore_feed(feed::FeedReplica empty,
                                                      std::span<const Sha256Digest> held,
                                                      const FeedArchive& archive, const Resolver& resolver) {
  const feed::OriginHash& origin = empty.origin().hash();
  VCNODE_TRY(const auto note, archive.note(origin));
  VCNODE_TRY(const auto mark, archive.note(feed::contradiction_mark(origin)));
  VCNODE_TRY(const auto leaves, read_leaves(archive, origin));
  if (!note && !leaves.empty())
    return fail(codes::LEAF_COUNT, "the feed ", empty.origin().text(), " is stored with ", leaves.size(),
                " leaves and without a head");
  if (!note && !mark) return std::optional<feed::FeedReplica>();
  std::optional<feed::FeedReplica> replica;
  if (note) {
    VCNODE_TRY(auto restored, restore_from(empty, *note, leaves, held, archive, resolver));
    replica.emplace(std::move(restored));
  } else {
    replica.emplace(std::move(empty));
  }
  if (mark) replica->set_contradicted();
  return replica;
}

}  // namespace

Result<std::vector<feed::FeedReplica>> restore_feeds(std::span<const AdmittedIssuer> admitted,
                                                     const FeedArchive& archive, const Resolver& resolver) {
  // Asked once for all feeds. Most lists of a long feed were superseded and are not held: a question for each
  // of a million cost a second.
  VCNODE_TRY(const auto held, archive.body_digests());
  std::vector<feed::FeedReplica> out;
  for (const AdmittedIssuer& issuer : admitted) {
    auto replica = restore_feed({issuer.origin, issuer.did, issuer.feed_key}, held, archive, resolver);
    if (!replica)
      return fail(replica.error().code, "the stored feed ", issuer.origin.text(), ": ",
                  replica.error().message);
    if (*replica) out.push_back(**std::move(replica));
  }
  return out;
}

}  // namespace vcnode::gossip
