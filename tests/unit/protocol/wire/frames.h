// One filled-in frame of every kind, and raw Protocol Buffers bytes for what encode() would never write.
#pragma once

#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/hash.h"
#include "protocol/wire/frame.h"

namespace vcnode::test {

template <class Value>
Value filled(std::uint8_t first) {
  Value value;
  for (std::size_t i = 0; i < Value::kSize; ++i) value.data()[i] = static_cast<std::uint8_t>(first + i);
  return value;
}

inline wire::Record sample_record(std::uint8_t first) {
  return {filled<feed::OriginHash>(first), 3, filled<Sha256Digest>(0x80), Timestamp(1'700'000'000)};
}

inline std::vector<wire::Frame> sample_frames() {
  const auto origin = filled<feed::OriginHash>(1);
  const auto digest = filled<Sha256Digest>(2);
  wire::HelloOffer offer;
  offer.version = 1;
  offer.network = "test.example";
  offer.node_key = filled<Ed25519PublicKey>(9);
  offer.clock = Timestamp(1'700'000'000);
  offer.origins = {filled<feed::OriginHash>(1), filled<feed::OriginHash>(2)};
  offer.credit_frames = 200;
  offer.credit_bytes = 8 * 1024 * 1024;
  return {offer,
          wire::HelloProof{filled<Ed25519Signature>(7)},
          wire::MapSummary{filled<wire::MapRoot>(5), 17, true},
          wire::MapRecords{{sample_record(1), sample_record(2)}, false, true},
          wire::HeadPush{origin, "a note\n", 4, {{1, 2}, {}}, {{3}}},
          wire::GetFeed{7, origin, 2},
          wire::FeedPart{7, origin, "a note\n", 2, {{1}, {2, 3}}},
          wire::GetBodies{8, {digest}},
          wire::Bodies{8, {{4, 5, 6}}, {digest}},
          wire::Credit{400, 16'000'000},
          wire::Refusal{8, "PEERS_FULL", 64, "this node has 64 peers"},
          wire::Ping{300},
          wire::Pong{300, Timestamp(1'790'000'000)},
          wire::GetLog{9, origin, "1-QmVersion"},
          wire::LogPart{9, origin, {{7, 8}, {9}}, true}};
}

inline void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline Bytes number_field(std::uint32_t field, std::uint64_t value) {
  Bytes out;
  put_varint(out, field << 3);
  put_varint(out, value);
  return out;
}
inline Bytes bytes_field(std::uint32_t field, BytesView value) {
  Bytes out;
  put_varint(out, field << 3 | 2);
  put_varint(out, value.size());
  out.insert(out.end(), value.begin(), value.end());
  return out;
}
inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

}  // namespace vcnode::test
