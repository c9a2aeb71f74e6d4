// What tests of the engine share: reading reasons off events, and a peer that holds a log and may bend its
// answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/wire/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/gossip_net.h"

namespace vcnode::test {

// The last event of this kind at `node` whose reason has `code`; a value if there is none.
template <class Kind>
Result<void> reason_of(const GossipNet& net, std::string_view node, Code code) {
  const auto events = net.events_of<Kind>(node);
  for (auto event = events.rbegin(); event != events.rend(); ++event)
    if (event->reason.code == code) return Failure{event->reason};
  return {};
}
inline Result<void> refused(const GossipNet& net, std::string_view node, Code code) {
  return reason_of<gossip::PeerRefused>(net, node, code);
}
inline Result<void> accused(const GossipNet& net, std::string_view node, Code code) {
  return reason_of<gossip::MisbehaviourSeen>(net, node, code);
}
inline Result<void> delayed(const GossipNet& net, std::string_view node, Code code) {
  return reason_of<gossip::FeedDelayed>(net, node, code);
}
inline Result<void> why_not(GossipNet& net, const std::string& node, const std::string& issuer) {
  const auto why = net.engine(node).why_not_sign(net.issuer(issuer).hash());
  CHECK(net.engine(node).may_sign(net.issuer(issuer).hash()) == !why.has_value());
  if (why) return Failure{*why};
  return {};
}

// A refusal the script was sent, as a Result.
inline bool was_refused(const ScriptedPeer& peer, Code code, std::uint64_t request, std::uint64_t limit) {
  for (const auto& refusal : peer.received<wire::Refusal>())
    if (refusal.code == code.slug() && refusal.request == request && refusal.limit == limit) {
      record_code(code.slug());
      return true;
    }
  return false;
}

// A log of statements under signed heads, for whoever plays the part of somebody who holds it.
class Log {
 public:
  Log(GossipNet& net, const std::string& issuer) : net_(net), issuer_(net.issuer(issuer)) {}
  // To go on from the first `size` leaves of `other`.
  void branch_from(const Log& other, std::size_t size) {
    leaves.assign(other.leaves.begin(), other.leaves.begin() + static_cast<std::ptrdiff_t>(size));
    bodies = other.bodies;
  }
  void grow(std::size_t count, const std::string& name = "s") {
    for (std::size_t i = 0; i < count; ++i) {
      const auto statement = issuer_.statement(concat("urn:", name, ":", leaves.size()), net_.wall());
      leaves.push_back(statement_leaf(statement));
      bodies.push_back(statement.signed_text);
    }
    sign(net_.wall());
  }
  // Leaves without bodies, of a type that needs none.
  void grow_bare(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      leaves.push_back(feed::Leaf{"bare", concat(leaves.size()), ""}.encode());
    sign(net_.wall());
  }
  void sign(Timestamp at) { head = issuer_.head(leaves, at); }
  [[nodiscard]] wire::Record record() const {
    return {issuer_.hash(), head.tree.size, head.tree.root, head.time};
  }
  [[nodiscard]] wire::HeadPush push() const { return {issuer_.hash(), head.note, leaves.size(), {}, {}}; }
  [[nodiscard]] wire::FeedPart part(const wire::GetFeed& request) const {
    wire::FeedPart out{request.request, request.origin, head.note, request.first_index, {}};
    for (std::size_t i = request.first_index;
         i < leaves.size() && out.leaves.size() < wire::kLeavesPerFrameMax; ++i)
      out.leaves.push_back(leaves[i]);
    return out;
  }
  [[nodiscard]] wire::Bodies answer(const wire::GetBodies& request) const {
    wire::Bodies out{request.request, {}, {}};
    for (const Sha256Digest& digest : request.digests) {
      bool found = false;
      for (const Bytes& body : bodies)
        if (!found && sha256(body) == digest) {
          out.bodies.push_back(body);
          found = true;
        }
      if (!found) out.not_held.push_back(digest);
    }
    return out;
  }

  std::vector<Bytes> leaves;
  std::vector<Bytes> bodies;
  feed::Head head;

 private:
  GossipNet& net_;
  NetIssuer& issuer_;
};

// A scripted peer with a log. Honest unless told otherwise.
class Holder {
 public:
  Holder(GossipNet& net, const std::string& name, const std::string& issuer)
      : log(net, issuer), peer(net.script(name)) {
    peer.origins = {net.issuer(issuer).hash()};
    peer.on_frame = [this](const wire::Frame& frame) { answer(frame); };
  }
  void push() { peer.send(log.push()); }
  // Says what it holds, as if asked.
  void claim() { peer.send(wire::MapRecords{{record ? *record : log.record()}, true, false}); }

  Log log;
  ScriptedPeer& peer;
  bool serves_leaves = true;
  bool serves_bodies = true;
  std::optional<wire::Record> record;  // claimed instead of the truth
  std::function<void(wire::FeedPart&)> bend;
  std::function<void(wire::Bodies&)> bend_bodies;

 private:
  void answer(const wire::Frame& frame) {
    if (const auto* get = std::get_if<wire::GetFeed>(&frame); get != nullptr && serves_leaves) {
      wire::FeedPart part = log.part(*get);
      if (bend) bend(part);
      peer.send(part);
    }
    if (const auto* get = std::get_if<wire::GetBodies>(&frame); get != nullptr && serves_bodies) {
      wire::Bodies bodies = log.answer(*get);
      if (bend_bodies) bend_bodies(bodies);
      peer.send(bodies);
    }
    if (const auto* summary = std::get_if<wire::MapSummary>(&frame); summary != nullptr && !summary->reply)
      claim();
    if (const auto* ping = std::get_if<wire::Ping>(&frame)) peer.send(wire::Pong{ping->nonce});
  }
};

}  // namespace vcnode::test
