// Frames. First byte 0: the rest as a frame. 1 to 15: the rest as the content of a frame of that kind, under
// a right envelope, so that plain bytes reach the fields.
#include "protocol/wire/frame.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/wire/frame_shape.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/wire/frames.h"

using namespace vcnode;

namespace {

bool is_time(Timestamp time) {
  return time.seconds() >= 0 && time.seconds() <= wire::kTimeSecondsMax;
}

template <class Values, class Key>
bool ascending(const Values& values, Key key) {
  return std::adjacent_find(values.begin(), values.end(),
                            [&](const auto& a, const auto& b) { return key(a) >= key(b); }) == values.end();
}

bool are_blobs(const std::vector<Bytes>& blobs, std::size_t count_max, std::size_t bytes_max) {
  return blobs.size() <= count_max &&
         std::all_of(blobs.begin(), blobs.end(), [&](const Bytes& blob) { return blob.size() <= bytes_max; });
}

bool is_note(std::string_view note) {
  return note.size() <= limits::kNoteBytesMax && is_utf8(note);
}

std::size_t bytes_of(const std::vector<Bytes>& blobs) {
  std::size_t sum = 0;
  for (const Bytes& blob : blobs) sum += blob.size();
  return sum;
}

constexpr auto kSelf = [](const auto& value) { return value; };

struct KeepsLimits {
  bool operator()(const wire::HelloOffer& f) const {
    return f.network.size() <= feed::kNetworkNameBytesMax && is_time(f.clock) &&
           f.origins.size() <= wire::kHelloOriginsMax && ascending(f.origins, kSelf) &&
           f.credit_frames >= wire::kCreditFramesMin && f.credit_bytes >= wire::kCreditBytesMin;
  }
  bool operator()(const wire::HelloProof&) const { return true; }
  bool operator()(const wire::MapSummary& f) const { return f.count <= wire::kFeedSizeMax; }
  bool operator()(const wire::MapRecords& f) const {
    return f.records.size() <= wire::kRecordsPerFrameMax &&
           ascending(f.records, [](const wire::Record& record) { return record.origin; }) &&
           std::all_of(f.records.begin(), f.records.end(), [](const wire::Record& record) {
             return record.size <= wire::kFeedSizeMax && is_time(record.time);
           });
  }
  bool operator()(const wire::HeadPush& f) const {
    return is_note(f.note) && f.first_index <= wire::kFeedSizeMax &&
           are_blobs(f.leaves, wire::kLeavesPerFrameMax, limits::kLeafBytesMax) &&
           are_blobs(f.bodies, wire::kBodiesPerFrameMax, limits::kBodyBytesMax) &&
           bytes_of(f.leaves) + bytes_of(f.bodies) <= wire::kInlineBytesMax;
  }
  bool operator()(const wire::GetFeed& f) const { return f.first_index <= wire::kFeedSizeMax; }
  bool operator()(const wire::FeedPart& f) const {
    return is_note(f.note) && f.first_index <= wire::kFeedSizeMax &&
           are_blobs(f.leaves, wire::kLeavesPerFrameMax, limits::kLeafBytesMax);
  }
  bool operator()(const wire::GetBodies& f) const {
    return f.digests.size() <= wire::kBodiesPerFrameMax && ascending(f.digests, kSelf);
  }
  bool operator()(const wire::Bodies& f) const {
    return are_blobs(f.bodies, wire::kBodiesPerFrameMax, limits::kBodyBytesMax) &&
           f.not_held.size() <= wire::kBodiesPerFrameMax && ascending(f.not_held, kSelf);
  }
  bool operator()(const wire::Credit&) const { return true; }
  bool operator()(const wire::Refusal& f) const {
    return f.code.size() <= wire::kRefusalCodeBytesMax && f.message.size() <= wire::kRefusalMessageBytesMax;
  }
  bool operator()(const wire::Ping&) const { return true; }
  bool operator()(const wire::Pong&) const { return true; }
  bool operator()(const wire::GetLog& f) const { return f.after.size() <= wire::kVersionIdBytesMax; }
  bool operator()(const wire::LogPart& f) const {
    return are_blobs(f.entries, wire::kEntriesPerFrameMax, wire::kEntryBytesPerFrameMax) &&
           bytes_of(f.entries) <= wire::kEntryBytesPerFrameMax;
  }
};

void check_frame(BytesView bytes) {
  const auto frame = wire::decode(bytes);
  fuzz::check(frame);
  if (!frame) return;
  VCNODE_ASSERT(wire::check_shape(bytes).has_value());
  VCNODE_ASSERT(std::visit(KeepsLimits{}, *frame));
  const Bytes written = wire::encode(*frame);
  VCNODE_ASSERT(written.size() <= wire::kFrameBytesMax);
  const auto again = wire::decode(written);
  VCNODE_ASSERT(again.has_value() && again->index() == frame->index());
  VCNODE_ASSERT(wire::encode(*again) == written);
  VCNODE_ASSERT(wire::frame_name(*frame) == wire::frame_name(*again));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  const std::uint32_t kind = recipe.byte() % 14;
  const BytesView rest = as_bytes(recipe.rest());
  check_frame(kind == 0 ? Bytes(rest.begin(), rest.end()) : test::bytes_field(kind, rest));
  return 0;
}
