#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "peer.pb.h"
#include "protocol/wire/codes.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frame_shape.h"

namespace vcnode::wire {
namespace {

using Texts = google::protobuf::RepeatedPtrField<std::string>;

template <class Value>
Result<void> read_fixed(const std::string& raw, std::string_view what, Value& out) {
  const auto value = Value::from(as_bytes(raw));
  if (!value)
    return fail(codes::FRAME_MALFORMED, what, " has ", raw.size(), " bytes instead of ", Value::kSize);
  out = *value;
  return {};
}

// A set on the wire: ascending without repetition, so that one set has one form and none is counted twice.
template <class Value>
Result<void> read_ascending(const Texts& raw, std::string_view what, std::vector<Value>& out) {
  out.reserve(static_cast<std::size_t>(raw.size()));
  for (const std::string& text : raw) {
    Value value;
    VCNODE_CHECK(read_fixed(text, what, value));
    if (!out.empty() && value <= out.back())
      return fail(codes::FRAME_MALFORMED, what, " is not in strictly ascending order at entry ", out.size());
    out.push_back(value);
  }
  return {};
}

struct TextCap {
  std::string_view what;
  std::size_t bytes_max = 0;
};

Result<void> check_length(std::size_t length, const TextCap& cap) {
  if (length <= cap.bytes_max) return {};
  return fail(codes::FRAME_MALFORMED, cap.what, " has ", length, " bytes, over the limit of ", cap.bytes_max);
}

Result<void> read_blobs(const Texts& raw, const TextCap& cap, std::vector<Bytes>& out) {
  for (const std::string& text : raw) VCNODE_CHECK(check_length(text.size(), cap));
  out.reserve(static_cast<std::size_t>(raw.size()));
  for (const std::string& text : raw) out.push_back(to_bytes(text));
  return {};
}

Result<void> read_text(const std::string& raw, const TextCap& cap, std::string& out) {
  VCNODE_CHECK(check_length(raw.size(), cap));
  if (!is_utf8(raw)) return fail(codes::FRAME_MALFORMED, cap.what, " is not UTF-8: \"", excerpt(raw), "\"");
  out = raw;
  return {};
}

Result<void> read_count(std::uint64_t raw, std::string_view what, std::uint64_t& out) {
  if (raw > kFeedSizeMax)
    return fail(codes::FRAME_MALFORMED, what, " is ", raw, ", over the limit of ", kFeedSizeMax);
  out = raw;
  return {};
}

Result<void> read_time(std::int64_t raw, std::string_view what, Timestamp& out) {
  if (raw < 0 || raw > kTimeSecondsMax)
    return fail(codes::FRAME_MALFORMED, what, " is ", raw, " seconds, outside 0 to ", kTimeSecondsMax);
  out = Timestamp(raw);
  return {};
}

constexpr TextCap kLeafCap{"a leaf", limits::kLeafBytesMax};
constexpr TextCap kBodyCap{"a body", limits::kBodyBytesMax};
constexpr TextCap kNoteCap{"a note", limits::kNoteBytesMax};

Result<void> check_credit(const HelloOffer& offer) {
  if (offer.credit_frames < kCreditFramesMin)
    return fail(codes::FRAME_MALFORMED, "HelloOffer.credit_frames is ", offer.credit_frames,
                ", under the least of ", kCreditFramesMin);
  if (offer.credit_bytes < kCreditBytesMin)
    return fail(codes::FRAME_MALFORMED, "HelloOffer.credit_bytes is ", offer.credit_bytes,
                ", under the least of ", kCreditBytesMin);
  return {};
}

Result<Frame> read(const pb::HelloOffer& in) {
  HelloOffer out;
  out.version = in.version();
  VCNODE_CHECK(read_text(in.network(), {"HelloOffer.network", feed::kNetworkNameBytesMax}, out.network));
  VCNODE_CHECK(read_fixed(in.node_key(), "HelloOffer.node_key", out.node_key));
  VCNODE_CHECK(read_time(in.clock(), "HelloOffer.clock", out.clock));
  VCNODE_CHECK(read_ascending(in.origins(), "HelloOffer.origins", out.origins));
  out.credit_frames = in.credit_frames();
  out.credit_bytes = in.credit_bytes();
  VCNODE_CHECK(check_credit(out));
  return out;
}
Result<Frame> read(const pb::HelloProof& in) {
  HelloProof out;
  VCNODE_CHECK(read_fixed(in.signature(), "HelloProof.signature", out.signature));
  return out;
}
Result<Frame> read(const pb::MapSummary& in) {
  MapSummary out;
  VCNODE_CHECK(read_fixed(in.root(), "MapSummary.root", out.root));
  VCNODE_CHECK(read_count(in.count(), "MapSummary.count", out.count));
  out.reply = in.reply();
  return out;
}
Result<Frame> read(const pb::MapRecords& in) {
  MapRecords out;
  out.last = in.last();
  out.reply = in.reply();
  for (const pb::Record& row : in.records()) {
    Record record;
    VCNODE_CHECK(read_fixed(row.origin(), "Record.origin", record.origin));
    VCNODE_CHECK(read_count(row.size(), "Record.size", record.size));
    VCNODE_CHECK(read_fixed(row.root(), "Record.root", record.root));
    VCNODE_CHECK(read_time(row.time(), "Record.time", record.time));
    if (!out.records.empty() && record.origin <= out.records.back().origin)
      return fail(codes::FRAME_MALFORMED, "MapRecords.records is not in strictly ascending order at entry ",
                  out.records.size());
    out.records.push_back(record);
  }
  return out;
}
Result<Frame> read(const pb::HeadPush& in) {
  HeadPush out;
  VCNODE_CHECK(read_fixed(in.origin(), "HeadPush.origin", out.origin));
  VCNODE_CHECK(read_text(in.note(), kNoteCap, out.note));
  VCNODE_CHECK(read_count(in.first_index(), "HeadPush.first_index", out.first_index));
  VCNODE_CHECK(read_blobs(in.leaves(), kLeafCap, out.leaves));
  VCNODE_CHECK(read_blobs(in.bodies(), kBodyCap, out.bodies));
  std::size_t inlined = 0;
  for (const Bytes& leaf : out.leaves) inlined += leaf.size();
  for (const Bytes& body : out.bodies) inlined += body.size();
  VCNODE_CHECK(check_length(inlined, {"what a HeadPush carries inline", kInlineBytesMax}));
  return out;
}
Result<Frame> read(const pb::GetFeed& in) {
  GetFeed out;
  out.request = in.request();
  VCNODE_CHECK(read_fixed(in.origin(), "GetFeed.origin", out.origin));
  VCNODE_CHECK(read_count(in.first_index(), "GetFeed.first_index", out.first_index));
  return out;
}
Result<Frame> read(const pb::FeedPart& in) {
  FeedPart out;
  out.request = in.request();
  VCNODE_CHECK(read_fixed(in.origin(), "FeedPart.origin", out.origin));
  VCNODE_CHECK(read_text(in.note(), kNoteCap, out.note));
  VCNODE_CHECK(read_count(in.first_index(), "FeedPart.first_index", out.first_index));
  VCNODE_CHECK(read_blobs(in.leaves(), kLeafCap, out.leaves));
  return out;
}
Result<Frame> read(const pb::GetBodies& in) {
  GetBodies out;
  out.request = in.request();
  VCNODE_CHECK(read_ascending(in.digests(), "GetBodies.digests", out.digests));
  return out;
}
Result<Frame> read(const pb::Bodies& in) {
  Bodies out;
  out.request = in.request();
  VCNODE_CHECK(read_blobs(in.bodies(), kBodyCap, out.bodies));
  VCNODE_CHECK(read_ascending(in.not_held(), "Bodies.not_held", out.not_held));
  return out;
}
Result<Frame> read(const pb::Credit& in) {
  return Credit{in.frames(), in.bytes()};
}
Result<Frame> read(const pb::Refusal& in) {
  Refusal out;
  out.request = in.request();
  VCNODE_CHECK(read_text(in.code(), {"Refusal.code", kRefusalCodeBytesMax}, out.code));
  out.limit = in.limit();
  VCNODE_CHECK(read_text(in.message(), {"Refusal.message", kRefusalMessageBytesMax}, out.message));
  return out;
}
Result<Frame> read(const pb::Ping& in) {
  return Ping{in.nonce()};
}
Result<Frame> read(const pb::Pong& in) {
  Pong out{in.nonce(), {}};
  VCNODE_CHECK(read_time(in.clock(), "Pong.clock", out.clock));
  return out;
}
Result<Frame> read(const pb::GetLog& in) {
  GetLog out;
  out.request = in.request();
  VCNODE_CHECK(read_fixed(in.topic(), "GetLog.topic", out.topic));
  VCNODE_CHECK(read_text(in.after(), {"GetLog.after", kVersionIdBytesMax}, out.after));
  return out;
}
Result<Frame> read(const pb::LogPart& in) {
  LogPart out;
  out.request = in.request();
  out.last = in.last();
  VCNODE_CHECK(read_fixed(in.topic(), "LogPart.topic", out.topic));
  std::size_t bytes = 0;
  for (const std::string& entry : in.entries()) bytes += entry.size();
  VCNODE_CHECK(check_length(bytes, {"what a LogPart carries", kEntryBytesPerFrameMax}));
  VCNODE_CHECK(read_blobs(in.entries(), {"an entry", kEntryBytesPerFrameMax}, out.entries));
  return out;
}

Result<Frame> read_kind(const pb::Frame& in) {
  switch (in.kind_case()) {
    case pb::Frame::kHelloOffer:
      return read(in.hello_offer());
    case pb::Frame::kHelloProof:
      return read(in.hello_proof());
    case pb::Frame::kMapSummary:
      return read(in.map_summary());
    case pb::Frame::kMapRecords:
      return read(in.map_records());
    case pb::Frame::kHeadPush:
      return read(in.head_push());
    case pb::Frame::kGetFeed:
      return read(in.get_feed());
    case pb::Frame::kFeedPart:
      return read(in.feed_part());
    case pb::Frame::kGetBodies:
      return read(in.get_bodies());
    case pb::Frame::kBodies:
      return read(in.bodies());
    case pb::Frame::kCredit:
      return read(in.credit());
    case pb::Frame::kRefusal:
      return read(in.refusal());
    case pb::Frame::kPing:
      return read(in.ping());
    case pb::Frame::kPong:
      return read(in.pong());
    case pb::Frame::kGetLog:
      return read(in.get_log());
    case pb::Frame::kLogPart:
      return read(in.log_part());
    case pb::Frame::KIND_NOT_SET:
      break;
  }
  return fail(codes::FRAME_MALFORMED, "a frame is of no kind");
}

}  // namespace

Result<Frame> decode(BytesView bytes) {
  if (bytes.size() > kFrameBytesMax)
    return fail(codes::FRAME_TOO_LARGE, "a frame has ", bytes.size(), " bytes, over the limit of ",
                kFrameBytesMax);
  VCNODE_CHECK(check_shape(bytes));
  pb::Frame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(codes::FRAME_MALFORMED, "a frame of ", bytes.size(),
                " bytes is not a Protocol Buffers message");
  return read_kind(frame);
}

}  // namespace vcnode::wire
