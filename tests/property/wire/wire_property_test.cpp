#include <algorithm>

#include "crypto/base/limits.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/wire/frames.h"

using namespace vcnode;

namespace {

// Whatever decode() lets through can be written and read again, and keeps to the limits that callers rely on.
void check_kept(const wire::Frame& frame) {
  const Bytes written = wire::encode(frame);
  const auto again = wire::decode(written);
  RC_ASSERT(again.has_value());
  RC_ASSERT(wire::encode(*again) == written);
  if (const auto* records = std::get_if<wire::MapRecords>(&frame)) {
    RC_ASSERT(records->records.size() <= wire::kRecordsPerFrameMax);
    for (const wire::Record& record : records->records) RC_ASSERT(record.size <= wire::kFeedSizeMax);
  }
  if (const auto* part = std::get_if<wire::FeedPart>(&frame)) {
    RC_ASSERT(part->leaves.size() <= wire::kLeavesPerFrameMax);
    for (const Bytes& leaf : part->leaves) RC_ASSERT(leaf.size() <= limits::kLeafBytesMax);
  }
}

Bytes any_bytes(std::size_t size_max) {
  const auto size = *rc::gen::inRange<std::size_t>(0, size_max + 1);
  return *rc::gen::container<Bytes>(size, rc::gen::arbitrary<std::uint8_t>());
}

std::vector<Sha256Digest> any_digests() {
  std::vector<Sha256Digest> out;
  for (const auto byte : *rc::gen::arbitrary<std::vector<std::uint8_t>>())
    out.push_back(test::filled<Sha256Digest>(byte));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() > wire::kBodiesPerFrameMax) out.resize(wire::kBodiesPerFrameMax);
  return out;
}

std::vector<Bytes> any_blobs(std::size_t count_max, std::size_t size_max) {
  std::vector<Bytes> out(*rc::gen::inRange<std::size_t>(0, count_max + 1));
  for (Bytes& blob : out) blob = any_bytes(size_max);
  return out;
}

}  // namespace

TEST_CASE("frames with any content come back equal") {
  CHECK_PROPERTY("FeedPart", [] {
    const wire::FeedPart part{*rc::gen::arbitrary<std::uint64_t>(),
                              test::filled<feed::OriginHash>(*rc::gen::arbitrary<std::uint8_t>()), "note\n",
                              *rc::gen::inRange<std::uint64_t>(0, wire::kFeedSizeMax), any_blobs(20, 50)};
    const auto back = wire::decode(wire::encode(part));
    RC_ASSERT(back.has_value());
    const auto& read = std::get<wire::FeedPart>(*back);
    RC_ASSERT(read.request == part.request);
    RC_ASSERT(read.origin == part.origin);
    RC_ASSERT(read.first_index == part.first_index);
    RC_ASSERT(read.leaves == part.leaves);
  });
  CHECK_PROPERTY("Bodies", [] {
    const wire::Bodies bodies{*rc::gen::arbitrary<std::uint64_t>(), any_blobs(10, 300), any_digests()};
    const auto back = wire::decode(wire::encode(bodies));
    RC_ASSERT(back.has_value());
    RC_ASSERT(std::get<wire::Bodies>(*back).bodies == bodies.bodies);
    RC_ASSERT(std::get<wire::Bodies>(*back).not_held == bodies.not_held);
  });
}

TEST_CASE("bytes from anywhere are refused or keep within the limits") {
  CHECK_PROPERTY("random bytes", [] {
    const auto frame = wire::decode(any_bytes(200));
    if (frame) check_kept(*frame);
  });
  CHECK_PROPERTY("frames with a few bytes changed, cut or repeated", [] {
    const auto frames = test::sample_frames();
    Bytes bytes = wire::encode(frames[*rc::gen::inRange<std::size_t>(0, frames.size())]);
    const auto changes = *rc::gen::inRange(1, 5);
    for (int i = 0; i < changes && !bytes.empty(); ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
      const auto where = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          *where = *rc::gen::arbitrary<std::uint8_t>();
          break;
        case 1:
          bytes.erase(where);
          break;
        case 2:
          bytes.insert(where, *where);
          break;
        default:
          bytes.resize(at);
          break;
      }
    }
    const auto frame = wire::decode(bytes);
    if (frame) check_kept(*frame);
  });
}
