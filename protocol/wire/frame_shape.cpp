#include "protocol/wire/frame_shape.h"

#include <google/protobuf/io/coded_stream.h>

#include <array>
#include <span>

#include "crypto/base/assert.h"
#include "protocol/wire/codes.h"
#include "protocol/wire/frame.h"

namespace vcnode::wire {
namespace {

using google::protobuf::io::CodedInputStream;

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

struct Field {
  std::uint32_t number;
  std::string_view name;
  WireType type = kVarint;
  std::size_t count_max = 1;
};
constexpr std::size_t kFieldsMax = 7;  // of one kind

struct Kind {
  std::string_view name;
  std::span<const Field> fields;
};

constexpr Field kHelloOffer[] = {{1, "version"},
                                 {2, "network", kLength},
                                 {3, "node_key", kLength},
                                 {4, "clock"},
                                 {5, "origins", kLength, kHelloOriginsMax},
                                 {6, "credit_frames"},
                                 {7, "credit_bytes"}};
constexpr Field kHelloProof[] = {{1, "signature", kLength}};
constexpr Field kMapSummary[] = {{1, "root", kLength}, {2, "count"}, {3, "reply"}};
constexpr Field kMapRecords[] = {{1, "records", kLength, kRecordsPerFrameMax}, {2, "last"}, {3, "reply"}};
constexpr Field kHeadPush[] = {{1, "origin", kLength},
                               {2, "note", kLength},
                               {3, "first_index"},
                               {4, "leaves", kLength, kLeavesPerFrameMax},
                               {5, "bodies", kLength, kBodiesPerFrameMax}};
constexpr Field kGetFeed[] = {{1, "request"}, {2, "origin", kLength}, {3, "first_index"}};
constexpr Field kFeedPart[] = {{1, "request"},
                               {2, "origin", kLength},
                               {3, "note", kLength},
                               {4, "first_index"},
                               {5, "leaves", kLength, kLeavesPerFrameMax}};
constexpr Field kGetBodies[] = {{1, "request"}, {2, "digests", kLength, kBodiesPerFrameMax}};
constexpr Field kBodies[] = {
    {1, "request"}, {2, "bodies", kLength, kBodiesPerFrameMax}, {3, "not_held", kLength, kBodiesPerFrameMax}};
constexpr Field kCredit[] = {{1, "frames"}, {2, "bytes"}};
constexpr Field kRefusal[] = {{1, "request"}, {2, "code", kLength}, {3, "limit"}, {4, "message", kLength}};
constexpr Field kPing[] = {{1, "nonce"}};
constexpr Field kPong[] = {{1, "nonce"}, {2, "clock"}};

constexpr Field kGetLog[] = {{1, "request"}, {2, "topic", kLength}, {3, "after", kLength}};
constexpr Field kLogPart[] = {
    {1, "request"}, {2, "topic", kLength}, {3, "entries", kLength, kEntriesPerFrameMax}, {4, "last"}};

constexpr std::array<Kind, 15> kKinds = {{{"HelloOffer", kHelloOffer},
                                          {"HelloProof", kHelloProof},
                                          {"MapSummary", kMapSummary},
                                          {"MapRecords", kMapRecords},
                                          {"HeadPush", kHeadPush},
                                          {"GetFeed", kGetFeed},
                                          {"FeedPart", kFeedPart},
                                          {"GetBodies", kGetBodies},
                                          {"Bodies", kBodies},
                                          {"Credit", kCredit},
                                          {"Refusal", kRefusal},
                                          {"Ping", kPing},
                                          {"Pong", kPong},
                                          {"GetLog", kGetLog},
                                          {"LogPart", kLogPart}}};

struct Tag {
  std::uint32_t field = 0;
  std::uint32_t type = 0;
};

Result<Tag> read_tag(CodedInputStream& in, std::string_view kind) {
  std::uint32_t tag = 0;
  if (!in.ReadVarint32(&tag) || tag >> 3 == 0)
    return fail(codes::FRAME_MALFORMED, "a ", kind, " frame has a field tag that cannot be read at byte ",
                in.CurrentPosition());
  return Tag{tag >> 3, tag & 7};
}

bool skip_value(CodedInputStream& in, std::uint32_t type) {
  std::uint64_t number = 0;
  std::uint32_t length = 0;
  switch (type) {
    case kVarint:
      return in.ReadVarint64(&number);
    case kFixed64:
      return in.ReadLittleEndian64(&number);
    case kFixed32:
      return in.ReadLittleEndian32(&length);
    case kLength:
      return in.ReadVarint32(&length) && length <= wire::kFrameBytesMax && in.Skip(static_cast<int>(length));
    default:
      return false;  // groups ended with Protocol Buffers 2
  }
}

// Counts one more `field`; refuses what the kind does not have room for.
Result<void> count_field(const Kind& kind, const Tag& tag, std::array<std::size_t, kFieldsMax>& counts) {
  for (std::size_t i = 0; i < kind.fields.size(); ++i) {
    const Field& field = kind.fields[i];
    if (field.number != tag.field) continue;
    if (field.type != tag.type)
      return fail(codes::FRAME_MALFORMED, kind.name, ".", field.name, " has wire type ", tag.type,
                  " instead of ", static_cast<std::uint32_t>(field.type));
    if (++counts[i] > field.count_max)
      return fail(codes::FRAME_MALFORMED, kind.name, ".", field.name,
                  " is given more often than its limit of ", field.count_max);
  }
  return {};
}

}  // namespace

std::string_view kind_name(int number) noexcept {
  VCNODE_ASSERT(number >= 1 && number <= static_cast<int>(kKinds.size()));
  return kKinds[static_cast<std::size_t>(number) - 1].name;
}

Result<void> check_shape(BytesView frame) {
  CodedInputStream in(frame.data(), static_cast<int>(frame.size()));
  const auto left = [&] { return frame.size() - static_cast<std::size_t>(in.CurrentPosition()); };
  VCNODE_TRY(const Tag outer, read_tag(in, "peer"));
  if (outer.field > kKinds.size() || outer.type != kLength)
    return fail(codes::FRAME_MALFORMED, "a frame of kind ", outer.field, " and wire type ", outer.type,
                " is not one of the ", kKinds.size(), " kinds known here");
  const Kind& kind = kKinds[outer.field - 1];
  std::uint32_t length = 0;
  if (!in.ReadVarint32(&length) || length != left())
    return fail(codes::FRAME_MALFORMED, "a ", kind.name, " frame says it has ", length, " bytes where ",
                left(), " follow");
  std::array<std::size_t, kFieldsMax> counts{};
  while (left() > 0) {
    VCNODE_TRY(const Tag tag, read_tag(in, kind.name));
    VCNODE_CHECK(count_field(kind, tag, counts));
    if (!skip_value(in, tag.type))
      return fail(codes::FRAME_MALFORMED, "field ", tag.field, " of a ", kind.name,
                  " frame is cut short or of an unknown wire type ", tag.type);
  }
  return {};
}

}  // namespace vcnode::wire
