#include <algorithm>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "peer.pb.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frame_shape.h"

namespace vcnode::wire {
namespace {

template <class Value>
std::string raw(const Value& value) {
  return to_text(value.view());
}

void write(pb::Frame& out, const HelloOffer& in) {
  auto& frame = *out.mutable_hello_offer();
  frame.set_version(in.version);
  frame.set_network(in.network);
  frame.set_node_key(raw(in.node_key));
  frame.set_clock(in.clock.seconds());
  for (const auto& origin : in.origins) frame.add_origins(raw(origin));
  frame.set_credit_frames(in.credit_frames);
  frame.set_credit_bytes(in.credit_bytes);
}
void write(pb::Frame& out, const HelloProof& in) {
  out.mutable_hello_proof()->set_signature(raw(in.signature));
}
void write(pb::Frame& out, const MapSummary& in) {
  auto& frame = *out.mutable_map_summary();
  frame.set_root(raw(in.root));
  frame.set_count(in.count);
  frame.set_reply(in.reply);
}
void write(pb::Frame& out, const MapRecords& in) {
  auto& frame = *out.mutable_map_records();
  for (const Record& record : in.records) {
    auto& row = *frame.add_records();
    row.set_origin(raw(record.origin));
    row.set_size(record.size);
    row.set_root(raw(record.root));
    row.set_time(record.time.seconds());
  }
  frame.set_last(in.last);
  frame.set_reply(in.reply);
}
void write(pb::Frame& out, const HeadPush& in) {
  auto& frame = *out.mutable_head_push();
  frame.set_origin(raw(in.origin));
  frame.set_note(in.note);
  frame.set_first_index(in.first_index);
  for (const Bytes& leaf : in.leaves) frame.add_leaves(to_text(leaf));
  for (const Bytes& body : in.bodies) frame.add_bodies(to_text(body));
}
void write(pb::Frame& out, const GetFeed& in) {
  auto& frame = *out.mutable_get_feed();
  frame.set_request(in.request);
  frame.set_origin(raw(in.origin));
  frame.set_first_index(in.first_index);
}
void write(pb::Frame& out, const FeedPart& in) {
  auto& frame = *out.mutable_feed_part();
  frame.set_request(in.request);
  frame.set_origin(raw(in.origin));
  frame.set_note(in.note);
  frame.set_first_index(in.first_index);
  for (const Bytes& leaf : in.leaves) frame.add_leaves(to_text(leaf));
}
void write(pb::Frame& out, const GetBodies& in) {
  auto& frame = *out.mutable_get_bodies();
  frame.set_request(in.request);
  for (const auto& digest : in.digests) frame.add_digests(raw(digest));
}
void write(pb::Frame& out, const Bodies& in) {
  auto& frame = *out.mutable_bodies();
  frame.set_request(in.request);
  for (const Bytes& body : in.bodies) frame.add_bodies(to_text(body));
  for (const auto& digest : in.not_held) frame.add_not_held(raw(digest));
}
void write(pb::Frame& out, const Credit& in) {
  auto& frame = *out.mutable_credit();
  frame.set_frames(in.frames);
  frame.set_bytes(in.bytes);
}
void write(pb::Frame& out, const Refusal& in) {
  auto& frame = *out.mutable_refusal();
  frame.set_request(in.request);
  frame.set_code(in.code);
  frame.set_limit(in.limit);
  frame.set_message(excerpt(in.message, kRefusalMessageBytesMax - 3));  // room for the "..." of a cut
}
void write(pb::Frame& out, const Ping& in) {
  out.mutable_ping()->set_nonce(in.nonce);
}
void write(pb::Frame& out, const Pong& in) {
  out.mutable_pong()->set_nonce(in.nonce);
  out.mutable_pong()->set_clock(in.clock.seconds());
}
void write(pb::Frame& out, const GetLog& in) {
  auto& frame = *out.mutable_get_log();
  frame.set_request(in.request);
  frame.set_topic(raw(in.topic));
  frame.set_after(in.after);
}
void write(pb::Frame& out, const LogPart& in) {
  auto& frame = *out.mutable_log_part();
  frame.set_request(in.request);
  frame.set_topic(raw(in.topic));
  for (const Bytes& entry : in.entries) frame.add_entries(to_text(entry));
  frame.set_last(in.last);
}

}  // namespace

Bytes encode(const Frame& frame) {
  pb::Frame out;
  std::visit([&](const auto& kind) { write(out, kind); }, frame);
  Bytes bytes(out.ByteSizeLong());
  VCNODE_ASSERT(bytes.size() <= kFrameBytesMax);
  const bool written = out.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  VCNODE_ASSERT(written);
  return bytes;
}

std::string_view frame_name(const Frame& frame) noexcept {
  return kind_name(static_cast<int>(frame.index()) + 1);
}

}  // namespace vcnode::wire
