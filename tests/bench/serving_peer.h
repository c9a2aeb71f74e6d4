// ServingPeer: the other end of a gossip link, which holds one feed of statements and serves it honestly.
//
// It answers from memory, keeps to the credit it was given, and never asks for anything: what a benchmark
// measures is the engine's side. Threading: one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocol/gossip/engine.h"
#include "tests/support/gossip_net.h"

namespace vcnode::bench {

// An issuer's log of `count` statements under one head.
struct StatementFeed {
  StatementFeed(std::size_t count, Timestamp at);
  test::NetIssuer issuer;
  std::vector<Bytes> leaves;
  std::map<Sha256Digest, Bytes> bodies;
  feed::Head head;
};

class ServingPeer {
 public:
  using Send = std::function<void(Bytes)>;
  // `feed` outlives this. `send` may be called until the end.
  ServingPeer(const StatementFeed& feed, Timestamp clock, Send send);
  void say_hello();
  void on_frame(const Bytes& bytes);

  static constexpr std::string_view kNetwork = "bench.example";
  static constexpr gossip::Role kRole = gossip::Role::dialer;
  [[nodiscard]] static wire::ChannelBinding binding();

 private:
  void answer(const wire::GetFeed& question);
  void answer(const wire::GetBodies& question);
  void grant(std::size_t bytes_worked_off);
  void send(const wire::Frame& frame);
  void flush();

  const StatementFeed& feed_;
  Timestamp clock_;
  Send send_;
  KeyPairSigner key_;
  std::deque<Bytes> waiting_;  // for credit
  std::uint64_t frames_allowed_ = 0, bytes_allowed_ = 0, frames_sent_ = 0, bytes_sent_ = 0;
  std::uint64_t frames_taken_ = 0, bytes_taken_ = 0;
};

}  // namespace vcnode::bench
