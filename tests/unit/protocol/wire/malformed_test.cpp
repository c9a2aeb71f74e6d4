#include "crypto/base/limits.h"
#include "protocol/wire/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/wire/frames.h"

using namespace vcnode;
using test::bytes_field;
using test::filled;
using test::joined;
using test::number_field;

namespace {

// The kinds' numbers in peer.proto.
enum Kind : std::uint32_t {
  hello_offer = 1,
  hello_proof,
  map_summary,
  map_records,
  head_push,
  get_feed,
  feed_part,
  get_bodies,
  bodies_kind,
  credit,
  refusal_kind,
  ping,
  get_log = 14,
  log_part
};

Result<wire::Frame> raw(std::uint32_t kind, const std::vector<Bytes>& fields) {
  return wire::decode(bytes_field(kind, joined(fields)));
}

Bytes blob(std::size_t size) {
  return Bytes(size, 'x');
}
Bytes text(std::string_view value) {
  return to_bytes(value);
}
const Bytes kHash = blob(32);

Result<wire::Frame> offer(const std::vector<Bytes>& last_fields) {
  std::vector<Bytes> fields = {number_field(1, 1), bytes_field(3, kHash), number_field(4, 1'700'000'000)};
  fields.insert(fields.end(), last_fields.begin(), last_fields.end());
  return raw(hello_offer, fields);
}
const Bytes kCredits = joined({number_field(6, 200), number_field(7, 8 << 20)});

}  // namespace

TEST_CASE("a frame over the limit is refused unread") {
  const Bytes bytes = blob(wire::kFrameBytesMax + 1);
  CHECK_CODE_NAMES(wire::decode(bytes), codes::FRAME_TOO_LARGE, "1114113");
  CHECK_CODE_NAMES(wire::decode(bytes), codes::FRAME_TOO_LARGE, "limit of 1114112");
}

TEST_CASE("what is not a frame is refused") {
  CHECK_CODE(wire::decode({}), codes::FRAME_MALFORMED);
  CHECK_CODE(wire::decode(text("GET / HTTP/1.1")), codes::FRAME_MALFORMED);
  CHECK_CODE(wire::decode(blob(5'000)), codes::FRAME_MALFORMED);
  CHECK_CODE_NAMES(wire::decode(bytes_field(16, {})), codes::FRAME_MALFORMED, "15 kinds");
  CHECK_CODE_NAMES(wire::decode(number_field(ping, 1)), codes::FRAME_MALFORMED, "wire type 0");
}

TEST_CASE("a frame cut short anywhere, or with anything behind it, is refused") {
  for (const wire::Frame& frame : test::sample_frames()) {
    CAPTURE(wire::frame_name(frame));
    Bytes bytes = wire::encode(frame);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK_CODE(wire::decode(BytesView(bytes).first(size)), codes::FRAME_MALFORMED);
    bytes.push_back(0);
    CHECK_CODE(wire::decode(bytes), codes::FRAME_MALFORMED);
  }
}

TEST_CASE("two kinds in one frame are refused") {
  CHECK_CODE_NAMES(wire::decode(joined({bytes_field(ping, number_field(1, 1)), bytes_field(credit, {})})),
                   codes::FRAME_MALFORMED, "Ping");
}

TEST_CASE("a field given twice is refused, whatever it says") {
  CHECK_CODE_NAMES(raw(ping, {number_field(1, 5), number_field(1, 5)}), codes::FRAME_MALFORMED, "Ping.nonce");
  CHECK_CODE_NAMES(raw(hello_proof, {bytes_field(1, blob(64)), bytes_field(1, blob(64))}),
                   codes::FRAME_MALFORMED, "limit of 1");
}

TEST_CASE("a field of another wire type, a group, or a tag of field 0 is refused") {
  CHECK_CODE_NAMES(raw(ping, {bytes_field(1, {})}), codes::FRAME_MALFORMED, "wire type 2 instead of 0");
  CHECK_CODE_NAMES(raw(hello_proof, {number_field(1, 5)}), codes::FRAME_MALFORMED, "HelloProof.signature");
  CHECK_CODE_NAMES(raw(ping, {Bytes{9 << 3 | 3}}), codes::FRAME_MALFORMED, "wire type 3");
  CHECK_CODE_NAMES(raw(ping, {Bytes{0, 0}}), codes::FRAME_MALFORMED, "cannot be read");
}

TEST_CASE("a field of a later version is skipped") {
  const auto frame = raw(ping, {number_field(1, 5), number_field(9, 1), bytes_field(10, blob(3)),
                                Bytes{11 << 3 | 5, 1, 2, 3, 4}, Bytes{12 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8}});
  REQUIRE_OK(frame);
  CHECK(std::get<wire::Ping>(*frame).nonce == 5);
}

TEST_CASE("a list longer than its limit is refused before it is read") {
  const auto many = [](std::uint32_t field, std::size_t count, const Bytes& entry) {
    return joined(std::vector<Bytes>(count, bytes_field(field, entry)));
  };
  CHECK_CODE_NAMES(offer({many(5, 1025, {}), kCredits}), codes::FRAME_MALFORMED, "HelloOffer.origins");
  CHECK_CODE_NAMES(raw(map_records, {many(1, 513, {})}), codes::FRAME_MALFORMED, "limit of 512");
  CHECK_CODE_NAMES(raw(head_push, {many(4, 513, {})}), codes::FRAME_MALFORMED, "HeadPush.leaves");
  CHECK_CODE_NAMES(raw(head_push, {many(5, 65, {})}), codes::FRAME_MALFORMED, "HeadPush.bodies");
  CHECK_CODE_NAMES(raw(feed_part, {many(5, 513, {})}), codes::FRAME_MALFORMED, "FeedPart.leaves");
  CHECK_CODE_NAMES(raw(get_bodies, {many(2, 65, {})}), codes::FRAME_MALFORMED, "GetBodies.digests");
  CHECK_CODE_NAMES(raw(bodies_kind, {many(2, 65, {})}), codes::FRAME_MALFORMED, "limit of 64");
  CHECK_CODE_NAMES(raw(bodies_kind, {many(3, 65, {})}), codes::FRAME_MALFORMED, "Bodies.not_held");
  CHECK_CODE_NAMES(raw(log_part, {many(3, 65, {})}), codes::FRAME_MALFORMED, "LogPart.entries");
  // As many empty entries as fit into a frame: about half a million.
  CHECK_CODE_NAMES(raw(head_push, {many(4, 550'000, {})}), codes::FRAME_MALFORMED, "limit of 512");
}

TEST_CASE("a key, hash or signature of another length is refused") {
  CHECK_CODE_NAMES(raw(hello_proof, {bytes_field(1, blob(63))}), codes::FRAME_MALFORMED,
                   "63 bytes instead of 64");
  CHECK_CODE_NAMES(raw(hello_proof, {}), codes::FRAME_MALFORMED, "0 bytes instead of 64");
  CHECK_CODE_NAMES(raw(map_summary, {bytes_field(1, blob(33))}), codes::FRAME_MALFORMED, "MapSummary.root");
  CHECK_CODE_NAMES(raw(get_feed, {bytes_field(2, blob(31))}), codes::FRAME_MALFORMED, "GetFeed.origin");
  CHECK_CODE_NAMES(raw(feed_part, {bytes_field(2, blob(31))}), codes::FRAME_MALFORMED, "FeedPart.origin");
  CHECK_CODE_NAMES(raw(head_push, {bytes_field(1, {})}), codes::FRAME_MALFORMED, "HeadPush.origin");
  CHECK_CODE_NAMES(raw(get_bodies, {bytes_field(2, blob(20))}), codes::FRAME_MALFORMED, "GetBodies.digests");
  CHECK_CODE_NAMES(raw(hello_offer, {bytes_field(3, blob(31))}), codes::FRAME_MALFORMED,
                   "HelloOffer.node_key");
  CHECK_CODE_NAMES(offer({bytes_field(5, blob(31)), kCredits}), codes::FRAME_MALFORMED, "HelloOffer.origins");
  CHECK_CODE_NAMES(raw(map_records, {bytes_field(1, bytes_field(1, blob(3)))}), codes::FRAME_MALFORMED,
                   "Record.origin");
  CHECK_CODE_NAMES(raw(map_records, {bytes_field(1, bytes_field(1, kHash))}), codes::FRAME_MALFORMED,
                   "Record.root");
}

TEST_CASE("texts and blobs over their limit are refused") {
  const auto origin = bytes_field(1, kHash);
  CHECK_CODE_NAMES(raw(head_push, {origin, bytes_field(2, blob(limits::kNoteBytesMax + 1))}),
                   codes::FRAME_MALFORMED, "limit of 16384");
  CHECK_CODE_NAMES(raw(head_push, {origin, bytes_field(4, blob(limits::kLeafBytesMax + 1))}),
                   codes::FRAME_MALFORMED, "limit of 2048");
  CHECK_CODE_NAMES(raw(head_push, {origin, bytes_field(4, blob(600)), bytes_field(5, blob(425))}),
                   codes::FRAME_MALFORMED, "1025 bytes, over the limit of 1024");
  REQUIRE_OK(raw(head_push, {origin, bytes_field(4, blob(600)), bytes_field(5, blob(424))}));
  CHECK_CODE_NAMES(raw(bodies_kind, {bytes_field(2, blob(limits::kBodyBytesMax + 1))}),
                   codes::FRAME_MALFORMED, "limit of 1048576");
  const auto topic = bytes_field(2, kHash);
  CHECK_CODE_NAMES(raw(get_log, {topic, bytes_field(3, blob(57))}), codes::FRAME_MALFORMED, "limit of 56");
  CHECK_CODE_NAMES(raw(log_part, {topic, bytes_field(3, blob(300'000)), bytes_field(3, blob(224'289))}),
                   codes::FRAME_MALFORMED, "524289 bytes, over the limit of 524288");
  REQUIRE_OK(raw(log_part, {topic, bytes_field(3, blob(300'000)), bytes_field(3, blob(224'288))}));
  CHECK_CODE_NAMES(raw(get_log, {bytes_field(2, blob(31))}), codes::FRAME_MALFORMED, "GetLog.topic");
  CHECK_CODE_NAMES(raw(refusal_kind, {bytes_field(2, blob(65))}), codes::FRAME_MALFORMED, "Refusal.code");
  CHECK_CODE_NAMES(raw(refusal_kind, {bytes_field(4, blob(513))}), codes::FRAME_MALFORMED, "limit of 512");
  CHECK_CODE_NAMES(offer({bytes_field(2, blob(65)), kCredits}), codes::FRAME_MALFORMED, "HelloOffer.network");
}

TEST_CASE("text that is not UTF-8 is refused") {
  CHECK_CODE_NAMES(raw(refusal_kind, {bytes_field(4, Bytes{0xff, 0xfe})}), codes::FRAME_MALFORMED,
                   "not UTF-8");
  CHECK_CODE_NAMES(offer({bytes_field(2, Bytes{0xc0, 0x80}), kCredits}), codes::FRAME_MALFORMED, "not UTF-8");
}

TEST_CASE("sets out of order or with one entry twice are refused") {
  const auto low = Bytes(32, 1), high = Bytes(32, 2);
  CHECK_CODE_NAMES(offer({bytes_field(5, high), bytes_field(5, low), kCredits}), codes::FRAME_MALFORMED,
                   "entry 1");
  CHECK_CODE_NAMES(raw(get_bodies, {bytes_field(2, low), bytes_field(2, low)}), codes::FRAME_MALFORMED,
                   "strictly ascending");
  CHECK_CODE_NAMES(raw(bodies_kind, {bytes_field(3, high), bytes_field(3, low)}), codes::FRAME_MALFORMED,
                   "Bodies.not_held");
  const auto record = [](const Bytes& origin) {
    return bytes_field(1, joined({bytes_field(1, origin), bytes_field(3, kHash)}));
  };
  CHECK_CODE_NAMES(raw(map_records, {record(high), record(low)}), codes::FRAME_MALFORMED,
                   "MapRecords.records");
}

TEST_CASE("sizes beyond 2^53-1 and times outside 1970 to 9999 are refused") {
  constexpr std::uint64_t over = 1ull << 53;
  const auto origin = bytes_field(2, kHash);
  CHECK_CODE_NAMES(raw(get_feed, {origin, number_field(3, over)}), codes::FRAME_MALFORMED,
                   "limit of 9007199254740991");
  CHECK_CODE_NAMES(raw(feed_part, {origin, number_field(4, over)}), codes::FRAME_MALFORMED,
                   "FeedPart.first_index");
  CHECK_CODE_NAMES(raw(head_push, {bytes_field(1, kHash), number_field(3, over)}), codes::FRAME_MALFORMED,
                   "HeadPush.first_index");
  CHECK_CODE_NAMES(raw(map_summary, {bytes_field(1, kHash), number_field(2, over)}), codes::FRAME_MALFORMED,
                   "MapSummary.count");
  const auto record = [](const Bytes& last) {
    return raw(map_records, {bytes_field(1, joined({bytes_field(1, kHash), bytes_field(3, kHash), last}))});
  };
  CHECK_CODE_NAMES(record(number_field(2, over)), codes::FRAME_MALFORMED, "Record.size");
  CHECK_CODE_NAMES(record(number_field(4, 253'402'300'800)), codes::FRAME_MALFORMED, "0 to 253402300799");
  CHECK_CODE_NAMES(record(number_field(4, ~0ull)), codes::FRAME_MALFORMED, "-1 seconds");
  CHECK_CODE_NAMES(raw(hello_offer, {bytes_field(3, kHash), number_field(4, ~0ull)}), codes::FRAME_MALFORMED,
                   "HelloOffer.clock");
}

TEST_CASE("a first credit that could never let the largest frame through is refused") {
  CHECK_CODE_NAMES(offer({number_field(6, 15), number_field(7, 8 << 20)}), codes::FRAME_MALFORMED,
                   "least of 16");
  CHECK_CODE_NAMES(offer({number_field(6, 16), number_field(7, 2'228'223)}), codes::FRAME_MALFORMED,
                   "least of 2228224");
  REQUIRE_OK(offer({number_field(6, 16), number_field(7, 2'228'224)}));
}
