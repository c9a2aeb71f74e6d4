// Frames: what two peers say to each other; one WebSocket binary message each (protocol/spec/frames.md).
//
// The wire form is Protocol Buffers (protocol/wire/peer.proto) behind decode/encode; nobody else sees
// generated code. decode() walks the bytes and checks counts before anything is allocated for them, then
// every length. Whatever decode() returns keeps within the limits here; decode(encode(x)) is x. Errors:
// FRAME_TOO_LARGE, FRAME_MALFORMED (not a frame, unknown kind, a field twice or of wrong length, a list too
// long or out of order, a number out of range).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/feed/origin.h"

namespace vcnode::wire {

// A body of 1 MiB and its envelope; everything else is far smaller.
inline constexpr std::size_t kFrameBytesMax = 1024 * 1024 + 64 * 1024;
// What is admitted travels in the hello while peers reconcile the intersection of their sets.
inline constexpr std::size_t kHelloOriginsMax = 1024;
inline constexpr std::size_t kRecordsPerFrameMax = 512;
inline constexpr std::size_t kLeavesPerFrameMax = 512;
inline constexpr std::size_t kBodiesPerFrameMax = 64;
// Entries of an issuer's log in one frame, and their bytes together; issuer::kEntryBodyBytesMax fits.
inline constexpr std::size_t kEntriesPerFrameMax = 64;
inline constexpr std::size_t kEntryBytesPerFrameMax = 512 * 1024;
// "<number of at most nine digits>-<46 characters>"
inline constexpr std::size_t kVersionIdBytesMax = 56;
// Leaves and bodies of a new head travel inline up to this many bytes; beyond it peers pull.
inline constexpr std::size_t kInlineBytesMax = 1024;
// A HelloOffer with kHelloOriginsMax origins; nothing larger is read from a peer that has not proved its key.
inline constexpr std::size_t kHelloBytesMax = 40 * 1024;
// A window smaller than this could never let the largest frame through while a part of it waits to be granted
// again, and the link would stand still.
inline constexpr std::uint32_t kCreditFramesMin = 16;
inline constexpr std::uint64_t kCreditBytesMin = 2 * kFrameBytesMax;
// Sizes and indexes stay exact in every JSON reader, and sums of two cannot overflow.
inline constexpr std::uint64_t kFeedSizeMax = (1ull << 53) - 1;
// 9999-12-31T23:59:59Z, the last time RFC 3339 can write; times before 1970 are refused too.
inline constexpr std::int64_t kTimeSecondsMax = 253'402'300'799;
// A refusal is a slug and a sentence for a log, not a channel.
inline constexpr std::size_t kRefusalCodeBytesMax = 64;
inline constexpr std::size_t kRefusalMessageBytesMax = 512;

using ChannelBinding = FixedBytes<struct ChannelBindingTag, 32>;  // TLS exporter value
using MapRoot = FixedBytes<struct MapRootTag, 32>;

struct HelloOffer {  // first frame of both sides
  std::uint32_t version = 1;
  std::string network;
  Ed25519PublicKey node_key;
  Timestamp clock;
  // Strictly ascending: the set this peer reconciles; of did:key issuers the feed, of did:webvh ones the
  // topic.
  std::vector<feed::OriginHash> origins;
  std::uint32_t credit_frames = 0;  // what the sender of this frame accepts before the first Credit
  std::uint64_t credit_bytes = 0;
};
struct HelloProof {  // second frame: signature over role, network, both node keys and the exporter value
  Ed25519Signature signature;
};

// One row of the record map: of a feed, or of an issuer's log (protocol/spec/gossip.md).
struct Record {
  feed::OriginHash origin;
  std::uint64_t size = 0;
  Sha256Digest root;
  Timestamp time;
  friend bool operator==(const Record&, const Record&) = default;
};
struct MapSummary {  // root over the records of the shared origins
  MapRoot root;
  std::uint64_t count = 0;
  bool reply = false;  // answers a summary that was equal; never answered itself
};
struct MapRecords {  // strictly ascending by origin over all frames of one list; `last` ends it
  std::vector<Record> records;
  bool last = true;
  bool reply = false;  // answers the other side's list; never answered itself
};

struct HeadPush {  // announce or deliver a new head
  feed::OriginHash origin;
  std::string note;
  std::uint64_t first_index = 0;  // of `leaves`
  std::vector<Bytes> leaves;      // leaves and bodies together: at most kInlineBytesMax bytes
  std::vector<Bytes> bodies;
};
struct GetFeed {  // "give me your head and the leaves from first_index"
  std::uint64_t request = 0;
  feed::OriginHash origin;
  std::uint64_t first_index = 0;
};
struct FeedPart {
  std::uint64_t request = 0;
  feed::OriginHash origin;
  std::string note;
  std::uint64_t first_index = 0;
  std::vector<Bytes> leaves;  // up to the frame's limits; the asker asks again for the rest
};
struct GetBodies {
  std::uint64_t request = 0;
  std::vector<Sha256Digest> digests;  // sorted
};
struct Bodies {  // what is in neither list did not fit into the frame and may be asked for again
  std::uint64_t request = 0;
  std::vector<Bytes> bodies;
  std::vector<Sha256Digest> not_held;  // sorted
};
struct Credit {  // totals since the link began, the offer's included: losing, repeating or reordering one is
                 // harmless
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};
struct Refusal {  // answers a request, or precedes a close (request 0)
  std::uint64_t request = 0;
  std::string code;
  std::uint64_t limit = 0;
  std::string message;
};
struct Ping {
  std::uint64_t nonce = 0;
};
struct Pong {
  std::uint64_t nonce = 0;
  Timestamp clock{};  // the sender's; 0: not told
};

struct GetLog {  // "give me the entries of this issuer's log that come after this one"
  std::uint64_t request = 0;
  feed::OriginHash topic;
  std::string after;  // versionId; "": from the first
};
struct LogPart {
  std::uint64_t request = 0;  // 0: pushed, nobody asked
  feed::OriginHash topic;
  std::vector<Bytes> entries;  // texts of issuer::EntryBody; together at most kEntryBytesPerFrameMax
  bool last = true;            // nothing comes after these
};

using Frame = std::variant<HelloOffer, HelloProof, MapSummary, MapRecords, HeadPush, GetFeed, FeedPart,
                           GetBodies, Bodies, Credit, Refusal, Ping, Pong, GetLog, LogPart>;

// REQUIRES: `frame` keeps within the limits above. A refusal's message is cut to its limit.
[[nodiscard]] Bytes encode(const Frame& frame);
[[nodiscard]] Result<Frame> decode(BytesView bytes);
[[nodiscard]] std::string_view frame_name(const Frame& frame) noexcept;

}  // namespace vcnode::wire
