#include "tests/bench/serving_peer.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "tests/bench/figures.h"

namespace vcnode::bench {
namespace {

// More than the engine has in flight at a time; granted anew before it is used up, and seldom, since the
// engine bounds how often a peer may say so.
constexpr std::uint64_t kCreditFrames = 1'000;
constexpr std::uint64_t kCreditBytes = 4ull << 20;
constexpr std::uint64_t kGrantEvery = 32;  // frames

}  // namespace

StatementFeed::StatementFeed(std::size_t count, Timestamp at) : issuer("bench", ServingPeer::kNetwork) {
  for (std::size_t i = 0; i < count; ++i) {
    const feed::NewStatement statement = issuer.statement(concat("urn:bench:statement:", i), at);
    leaves.push_back(test::statement_leaf(statement));
    bodies.emplace(sha256(statement.signed_text), statement.signed_text);
  }
  head = issuer.head(leaves, at);
}

ServingPeer::ServingPeer(const StatementFeed& feed, Timestamp clock, Send send)
    : feed_(feed), clock_(clock), send_(std::move(send)), key_(test::named_key("node serving")) {}

wire::ChannelBinding ServingPeer::binding() {
  return *wire::ChannelBinding::from(sha256(as_bytes("one channel")).view());
}

// The hello is not counted against the credit.
void ServingPeer::say_hello() {
  wire::HelloOffer offer;
  offer.version = gossip::kHelloVersion;
  offer.network = std::string(kNetwork);
  offer.node_key = key_.public_key();
  offer.clock = clock_;
  offer.origins = {feed_.issuer.hash()};
  offer.credit_frames = kCreditFrames;
  offer.credit_bytes = kCreditBytes;
  send_(wire::encode(offer));
}

void ServingPeer::on_frame(const Bytes& bytes) {
  const auto frame = wire::decode(bytes);
  require(frame.has_value(), "the engine sends frames");
  if (const auto* offer = std::get_if<wire::HelloOffer>(&*frame)) {
    frames_allowed_ = offer->credit_frames;
    bytes_allowed_ = offer->credit_bytes;
    const gossip::HelloTranscript transcript{kRole, kNetwork, key_.public_key(), offer->node_key, binding()};
    send_(wire::encode(wire::HelloProof{*key_.sign(gossip::hello_message(transcript))}));
    send(wire::HeadPush{feed_.issuer.hash(), feed_.head.note, 0, {}, {}});
  } else if (const auto* credit = std::get_if<wire::Credit>(&*frame)) {
    frames_allowed_ = std::max<std::uint64_t>(frames_allowed_, credit->frames);
    bytes_allowed_ = std::max(bytes_allowed_, credit->bytes);
    flush();
  } else if (const auto* leaves = std::get_if<wire::GetFeed>(&*frame)) {
    answer(*leaves);
    grant(bytes.size());
  } else if (const auto* bodies = std::get_if<wire::GetBodies>(&*frame)) {
    answer(*bodies);
    grant(bytes.size());
  } else if (const auto* ping = std::get_if<wire::Ping>(&*frame)) {
    send(wire::Pong{ping->nonce, clock_});
  } else if (const auto* refusal = std::get_if<wire::Refusal>(&*frame)) {
    require(false, concat("the engine refused the peer: ", refusal->code, " ", refusal->message));
  }
}

void ServingPeer::grant(std::size_t bytes_worked_off) {
  frames_taken_ += 1;
  bytes_taken_ += bytes_worked_off;
  if (frames_taken_ % kGrantEvery == 0)
    send_(wire::encode(wire::Credit{frames_taken_ + kCreditFrames, bytes_taken_ + kCreditBytes}));
}

void ServingPeer::answer(const wire::GetFeed& question) {
  wire::FeedPart part{question.request, question.origin, feed_.head.note, question.first_index, {}};
  const auto first = std::min<std::size_t>(question.first_index, feed_.leaves.size());
  const auto last = std::min(first + wire::kLeavesPerFrameMax, feed_.leaves.size());
  part.leaves.assign(feed_.leaves.begin() + std::ptrdiff_t(first),
                     feed_.leaves.begin() + std::ptrdiff_t(last));
  send(part);
}

void ServingPeer::answer(const wire::GetBodies& question) {
  wire::Bodies answer{question.request, {}, {}};
  for (const Sha256Digest& digest : question.digests) answer.bodies.push_back(feed_.bodies.at(digest));
  send(answer);
}

void ServingPeer::send(const wire::Frame& frame) {
  waiting_.push_back(wire::encode(frame));
  flush();
}

void ServingPeer::flush() {
  while (!waiting_.empty()) {
    const std::size_t size = waiting_.front().size();
    if (frames_sent_ + 1 > frames_allowed_ || bytes_sent_ + size > bytes_allowed_) return;
    ++frames_sent_;
    bytes_sent_ += size;
    send_(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

}  // namespace vcnode::bench
