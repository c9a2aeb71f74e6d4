#include "tests/support/spec_page.h"
#include "tests/unit/protocol/wire/frames.h"

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"

using namespace vcnode;
using test::filled;

namespace {

Bytes example(std::string_view name) {
  std::string hex = test::spec_example("frames.md", name);
  std::erase_if(hex, [](char c) { return c == ' ' || c == '\n'; });
  return hex_decode(hex, wire::kFrameBytesMax).value();
}

template <class Kind>
Kind decoded(const wire::Frame& frame) {
  auto out = wire::decode(wire::encode(frame));
  REQUIRE_OK(out);
  REQUIRE(std::holds_alternative<Kind>(*out));
  return std::get<Kind>(*out);
}

}  // namespace

TEST_CASE("every kind of frame comes back as it was sent") {
  const auto frames = test::sample_frames();
  REQUIRE(frames.size() == std::variant_size_v<wire::Frame>);
  for (const wire::Frame& frame : frames) {
    CAPTURE(wire::frame_name(frame));
    const Bytes bytes = wire::encode(frame);
    const auto back = wire::decode(bytes);
    REQUIRE_OK(back);
    CHECK(back->index() == frame.index());
    CHECK(wire::encode(*back) == bytes);
  }
}

TEST_CASE("every field survives") {
  const auto frames = test::sample_frames();
  const auto offer = decoded<wire::HelloOffer>(frames[0]);
  CHECK(offer.version == 1);
  CHECK(offer.network == "test.example");
  CHECK(offer.node_key == filled<Ed25519PublicKey>(9));
  CHECK(offer.clock == Timestamp(1'700'000'000));
  CHECK(offer.origins.size() == 2);
  CHECK(offer.credit_frames == 200);
  CHECK(offer.credit_bytes == 8 * 1024 * 1024);
  CHECK(decoded<wire::HelloProof>(frames[1]).signature == filled<Ed25519Signature>(7));
  const auto summary = decoded<wire::MapSummary>(frames[2]);
  CHECK(summary.root == filled<wire::MapRoot>(5));
  CHECK(summary.count == 17);
  CHECK(summary.reply);
  const auto records = decoded<wire::MapRecords>(frames[3]);
  CHECK(records.records == std::vector{test::sample_record(1), test::sample_record(2)});
  CHECK_FALSE(records.last);
  CHECK(records.reply);
  const auto push = decoded<wire::HeadPush>(frames[4]);
  CHECK(push.origin == filled<feed::OriginHash>(1));
  CHECK(push.note == "a note\n");
  CHECK(push.first_index == 4);
  CHECK(push.leaves == std::vector<Bytes>{{1, 2}, {}});
  CHECK(push.bodies == std::vector<Bytes>{{3}});
  const auto part = decoded<wire::FeedPart>(frames[6]);
  CHECK(part.request == 7);
  CHECK(part.leaves.size() == 2);
  const auto bodies = decoded<wire::Bodies>(frames[8]);
  CHECK(bodies.request == 8);
  CHECK(bodies.not_held == std::vector{filled<Sha256Digest>(2)});
  const auto refusal = decoded<wire::Refusal>(frames[10]);
  CHECK(refusal.code == "PEERS_FULL");
  CHECK(refusal.limit == 64);
  CHECK(refusal.message == "this node has 64 peers");
  CHECK(decoded<wire::Pong>(frames[12]).nonce == 300);
  CHECK(decoded<wire::Pong>(frames[12]).clock == Timestamp(1'790'000'000));
  const auto get_log = decoded<wire::GetLog>(frames[13]);
  CHECK(get_log.request == 9);
  CHECK(get_log.topic == decoded<wire::GetFeed>(frames[5]).origin);
  CHECK(get_log.after == "1-QmVersion");
  const auto log = decoded<wire::LogPart>(frames[14]);
  CHECK(log.request == 9);
  CHECK(log.topic == get_log.topic);
  CHECK(log.entries == std::vector<Bytes>{{7, 8}, {9}});
  CHECK(log.last);
}

TEST_CASE("frames of zeros and empty lists are frames too") {
  for (const wire::Frame& frame :
       std::vector<wire::Frame>{wire::Ping{}, wire::Credit{}, wire::MapRecords{{}, false, false},
                                wire::GetBodies{}, wire::Bodies{}, wire::Refusal{}}) {
    CAPTURE(wire::frame_name(frame));
    const auto back = wire::decode(wire::encode(frame));
    REQUIRE_OK(back);
    CHECK(back->index() == frame.index());
  }
}

TEST_CASE("the largest of every list fits into a frame") {
  wire::HelloOffer offer = std::get<wire::HelloOffer>(test::sample_frames()[0]);
  offer.network = std::string(feed::kNetworkNameBytesMax, 'n');
  offer.origins.clear();
  for (std::size_t i = 0; i < wire::kHelloOriginsMax; ++i) {
    auto origin = filled<feed::OriginHash>(0);
    origin.data()[0] = static_cast<std::uint8_t>(i >> 8);
    origin.data()[1] = static_cast<std::uint8_t>(i);
    offer.origins.push_back(origin);
  }
  CHECK(wire::encode(offer).size() <= wire::kHelloBytesMax);
  CHECK(decoded<wire::HelloOffer>(offer).origins == offer.origins);

  wire::FeedPart part{1, filled<feed::OriginHash>(1), std::string(limits::kNoteBytesMax, 'n'), 0, {}};
  part.leaves.assign(wire::kLeavesPerFrameMax, Bytes(limits::kLeafBytesMax, 'l'));
  CHECK(decoded<wire::FeedPart>(part).leaves.size() == wire::kLeavesPerFrameMax);

  wire::Bodies bodies{1, {Bytes(limits::kBodyBytesMax, 'b')}, {}};
  for (std::size_t i = 0; i < wire::kBodiesPerFrameMax; ++i)
    bodies.not_held.push_back(filled<Sha256Digest>(static_cast<std::uint8_t>(i)));
  CHECK(decoded<wire::Bodies>(bodies).bodies.front().size() == limits::kBodyBytesMax);
}

TEST_CASE("a refusal's sentence is cut, not refused") {
  const wire::Refusal long_one{1, "CODE", 0, std::string(5'000, 'x')};
  CHECK(decoded<wire::Refusal>(long_one).message.size() <= wire::kRefusalMessageBytesMax);
}

TEST_CASE("the examples of frames.md are what the code writes and reads") {
  CHECK(wire::encode(wire::Ping{300}) == example("ping"));
  const auto origin = filled<feed::OriginHash>(0);
  CHECK(wire::encode(wire::GetFeed{7, origin, 2}) == example("get-feed"));
  CHECK(wire::encode(wire::GetLog{9, origin, "1-Q"}) == example("get-log"));
  CHECK(wire::encode(wire::LogPart{9, origin, {to_bytes("{}\n")}, true}) == example("log-part"));
  const auto records = wire::decode(example("map-records"));
  REQUIRE_OK(records);
  CHECK(std::get<wire::MapRecords>(*records).records == std::vector{test::sample_record(0)});
  CHECK(std::get<wire::MapRecords>(*records).last);
  CHECK(wire::encode(*records) == example("map-records"));
}
