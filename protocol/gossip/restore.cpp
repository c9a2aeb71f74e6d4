#include "protocol/gossip/restore.h"

#include "protocol/feed/codes.h"
#include "protocol/gossip/archive_reader.h"

namespace vcnode::gossip {
namespace {

// `empty` with what is held of its feed; nullopt if that is nothing.
Result<std::optional<feed::FeedReplica>> restore_feed(feed::FeedReplica empty, ArchiveReader& reader,
                                                      const Resolver& resolver) {
  const feed::OriginHash& origin = empty.origin().hash();
  VCNODE_TRY(const auto note, reader.archive().note(origin));
  VCNODE_TRY(const auto mark, reader.archive().note(feed::contradiction_mark(origin)));
  VCNODE_TRY(const auto leaves, read_leaves(reader.archive(), origin));
  if (!note && !leaves.empty())
    return fail(codes::LEAF_COUNT, "the feed ", empty.origin().text(), " is stored with ", leaves.size(),
                " leaves and without a head");
  if (!note && !mark) return std::optional<feed::FeedReplica>();
  std::optional<feed::FeedReplica> replica;
  if (note) {
    // If fewer leaves can be read than were signed, this says so.
    auto restored = feed::FeedReplica::restore(empty.origin(), empty.issuer(), empty.feed_key(), *note,
                                               leaves, reader.bodies(), resolver);
    if (reader.unreadable()) return Failure{*reader.unreadable()};
    if (!restored) return restored.failure();
    replica.emplace(*std::move(restored));
  } else {
    replica.emplace(std::move(empty));
  }
  if (mark) replica->set_contradicted();
  return replica;
}

}  // namespace

Result<std::vector<feed::FeedReplica>> restore_feeds(std::span<const AdmittedIssuer> admitted,
                                                     const FeedArchive& archive, const Resolver& resolver) {
  VCNODE_TRY(auto reader, ArchiveReader::open(archive));
  std::vector<feed::FeedReplica> out;
  for (const AdmittedIssuer& issuer : admitted) {
    auto replica = restore_feed({issuer.origin, issuer.did, issuer.feed_key}, reader, resolver);
    if (!replica)
      return fail(replica.error().code, "the stored feed ", issuer.origin.text(), ": ",
                  replica.error().message);
    if (*replica) out.push_back(**std::move(replica));
  }
  return out;
}

}  // namespace vcnode::gossip
