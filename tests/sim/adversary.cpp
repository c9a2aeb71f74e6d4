#include "tests/sim/adversary.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/feed/leaf.h"
#include "protocol/feed/note.h"

namespace vcnode::sim {
namespace {

constexpr std::int64_t kActMsMin = 300, kActMsMax = 3'000;
constexpr std::int64_t kRedialMs = 7'000;
constexpr std::uint64_t kGrantEvery = 64;
constexpr std::int64_t kFramesPerFlood = 400;
constexpr std::uint64_t kRequestsAtOnce = 16;  // as many as a node lets one peer wait for
constexpr std::uint64_t kCreditReserve = 50;   // for answers to what the node asks

}  // namespace

Adversary::Adversary(World& world, Network& network, const std::vector<std::unique_ptr<Node>>& honest,
                     const std::vector<Issuer>& issuers, Mischief kind, std::size_t number,
                     std::optional<std::size_t> forks)
    : world_(world),
      network_(network),
      honest_(honest),
      issuers_(issuers),
      kind_(kind),
      number_(number),
      nothing_(world.arena),
      rng_(stream(world.seed, "adversary", number)),
      key_(named_key(concat("adversary ", number))) {
  if (forks) fork_.emplace(*forks);
}

void Adversary::start(Network::Place place, std::vector<Network::Place> targets) {
  place_ = place;
  targets_ = std::move(targets);
  redial();
  act();
}

void Adversary::redial() {
  for (const Network::Place target : targets_) {
    const bool linked = std::any_of(links_.begin(), links_.end(), [&](const auto& link) {
      return network_.other_end(link.first) == target;
    });
    if (!linked && chance(rng_, 500)) network_.dial(place_, Network::address_of(target));
  }
  world_.after(between(rng_, kRedialMs / 2, kRedialMs * 2), [this] { redial(); });
}

// A key that is refused is worth nothing any more.
void Adversary::rename() {
  key_ = named_key(concat("adversary ", number_, " as ", ++names_));
}

void Adversary::link_up(gossip::PeerUp up) {
  links_[up.peer] = {up.our_role, up.binding};
  greet(up.peer);
}

void Adversary::greet(gossip::PeerId peer) {
  wire::HelloOffer offer;
  offer.version = gossip::kHelloVersion;
  offer.network = kNetworkName;
  offer.node_key = key_.public_key();
  offer.clock = world_.wall().plus_seconds(kind_ == Mischief::liar ? 86'400 : 0);
  for (const Issuer& issuer : issuers_) offer.origins.push_back(issuer.hash());
  std::sort(offer.origins.begin(), offer.origins.end());
  offer.credit_frames = 200;
  offer.credit_bytes = 8ull * 1024 * 1024;
  send(peer, offer);
}

void Adversary::link_down(gossip::PeerId peer, const std::string&) {
  const bool was_ready = links_[peer].ready;
  links_.erase(peer);
  if (was_ready && kind_ != Mischief::mute && chance(rng_, 300)) rename();
}

void Adversary::frame(gossip::PeerId peer, Bytes bytes) {
  const auto frame = wire::decode(bytes);
  if (!frame) return world_.violate("honest_frames", "an honest node sent bytes that are no frame");
  Link& link = links_[peer];
  if (const auto* offer = std::get_if<wire::HelloOffer>(&*frame)) {
    const gossip::HelloTranscript transcript{link.role, kNetworkName, key_.public_key(), offer->node_key,
                                             link.binding};
    link.granted = offer->credit_frames;
    send(peer, wire::HelloProof{*key_.sign(gossip::hello_message(transcript))});
    return;
  }
  if (std::holds_alternative<wire::HelloProof>(*frame)) link.ready = true;
  if (const auto* credit = std::get_if<wire::Credit>(&*frame)) link.granted = credit->frames;
  if (kind_ == Mischief::mute) return;
  if (const auto* ping = std::get_if<wire::Ping>(&*frame)) return send(peer, wire::Pong{ping->nonce});
  if (++link.frames % kGrantEvery == 0)
    send(peer, wire::Credit{200 + link.frames, (link.frames + 64) * wire::kFrameBytesMax});
  answer(peer, *frame);
}

void Adversary::answer(gossip::PeerId peer, const wire::Frame& frame) {
  if (fork_ && answer_of_fork(peer, frame)) return;
  if (const auto* summary = std::get_if<wire::MapSummary>(&frame)) {
    if (summary->reply) return;
    if (kind_ == Mischief::liar) return lie(peer);
    send(peer, wire::MapRecords{records_for(peer), true, false});
  } else if (const auto* feed = std::get_if<wire::GetFeed>(&frame)) {
    answer_feed(peer, *feed);
  } else if (const auto* bodies = std::get_if<wire::GetBodies>(&frame)) {
    wire::Bodies answer{bodies->request, {}, bodies->digests};
    if (kind_ == Mischief::liar) {
      answer.not_held.clear();
      answer.bodies.push_back(to_bytes("something else"));
    }
    send(peer, answer);
  }
}

// What the issuer with two histories has to say of its own feed.
bool Adversary::answer_of_fork(gossip::PeerId peer, const wire::Frame& frame) {
  const Fork::History& history = fork_->shown_to(network_.other_end(peer));
  if (!history.head) return false;
  if (const auto* feed = std::get_if<wire::GetFeed>(&frame)) {
    if (feed->origin != fork_->issuer().hash()) return false;
    wire::FeedPart part{feed->request, feed->origin, history.head->note, feed->first_index, {}};
    for (std::size_t i = feed->first_index; i < history.leaves.size() && part.leaves.size() < 64; ++i)
      part.leaves.push_back(history.leaves[i]);
    send(peer, part);
    return true;
  }
  const auto* wanted = std::get_if<wire::GetBodies>(&frame);
  if (wanted == nullptr) return false;
  wire::Bodies bodies{wanted->request, {}, {}};
  for (const Sha256Digest& digest : wanted->digests) {
    auto body = fork_->body(digest);
    if (body)
      bodies.bodies.push_back(*std::move(body));
    else
      bodies.not_held.push_back(digest);
  }
  send(peer, bodies);
  return true;
}

void Adversary::push_fork(gossip::PeerId peer) {
  if (chance(rng_, 300)) fork_->grow(world_.wall());
  const Fork::History& history = fork_->shown_to(network_.other_end(peer));
  if (history.head) send(peer, wire::HeadPush{fork_->issuer().hash(), history.head->note, 0, {}, {}});
}

void Adversary::answer_feed(gossip::PeerId peer, const wire::GetFeed& request) {
  wire::FeedPart part{request.request, request.origin, {}, request.first_index, {}};
  const Disk& disk = some_disk();
  if (const auto note = *disk.note(request.origin)) part.note = *note;
  if (const auto forged = forged_notes_.find(request.origin); forged != forged_notes_.end()) {
    part.note = forged->second;
    const auto& leaves = forged_leaves_[request.origin];
    for (std::size_t i = request.first_index; i < leaves.size() && part.leaves.size() < 64; ++i)
      part.leaves.push_back(leaves[i]);
  } else if (kind_ == Mischief::withhold && chance(rng_, 700)) {
    part.leaves = *disk.leaves(request.origin, request.first_index, wire::kLeavesPerFrameMax);
  } else if (kind_ == Mischief::liar && chance(rng_, 500)) {
    part.leaves.push_back(feed::Leaf{"statement", "urn:lie", hex_encode(random_digest().view())}.encode());
  }
  send(peer, part);
}

// ---- mischief of its own accord

void Adversary::act() {
  world_.after(between(rng_, kActMsMin, kActMsMax), [this] { act(); });
  std::vector<gossip::PeerId> ready;
  for (const auto& [peer, link] : links_)
    if (link.ready) ready.push_back(peer);
  if (ready.empty()) return;
  const gossip::PeerId peer = ready[pick(rng_, ready.size())];
  switch (kind_) {
    case Mischief::mute:
      return;
    case Mischief::withhold:
      for (const Issuer& issuer : issuers_)
        if (const auto note = *some_disk().note(issuer.hash()))
          send(peer, wire::HeadPush{issuer.hash(), *note, 0, {}, {}});
      return;
    case Mischief::liar:
      return lie(peer);
    case Mischief::forger:
      return forge(peer);
    case Mischief::flood:
      return flood(peer);
    case Mischief::garbage:
      return send_garbage(peer);
    case Mischief::fork:
      return push_fork(peer);
    case Mischief::redater:
      return redate(peer);
    case Mischief::busy:
      return ask_much();
  }
}

void Adversary::lie(gossip::PeerId peer) {
  auto records = real_records();
  for (wire::Record& record : records) {
    record.size += rng_.below(1000);
    record.root = random_digest();
    if (chance(rng_, 200)) record.time = record.time.plus_seconds(between(rng_, -600, 600));
  }
  send(peer, wire::MapRecords{records, true, chance(rng_, 500)});
}

// The issuer's real log with one more leaf, the right root for it, and signatures that are not.
void Adversary::forge(gossip::PeerId peer) {
  const Issuer& issuer = issuers_[pick(rng_, issuers_.size())];
  const Disk& disk = some_disk();
  std::vector<Bytes> leaves = *disk.leaves(issuer.hash(), 0, *disk.leaf_count(issuer.hash()));
  if (leaves.empty()) return;
  leaves.push_back(
      feed::Leaf{"statement", concat("urn:forged:", rng_.below(1000)), hex_encode(random_digest().view())}
          .encode());
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
  const std::string note = forged_note(issuer, {tree.size(), tree.root()});
  forged_leaves_[issuer.hash()] = leaves;
  forged_notes_[issuer.hash()] = note;
  send(peer, wire::HeadPush{issuer.hash(), note, leaves.size() - 1, {leaves.back()}, {}});
}

// Key names and ids are the issuer's, the bytes are signed with this adversary's key.
std::string Adversary::forged_note(const Issuer& issuer, const merkle::TreeHead& tree) {
  const std::string text = feed::Checkpoint{issuer.origin.text(), tree}.text();
  const auto relabelled = [&](feed::NoteKeyType type, const std::string& line) {
    const feed::NoteKey claimed{issuer.origin.text(), type, issuer.signer.public_key()};
    auto note = *feed::Note::parse(concat(text, "\n", line));
    note.signatures.front().key_id = claimed.id();
    return note.signatures.front().line();
  };
  const feed::NoteKey own{issuer.origin.text(), feed::NoteKeyType::ed25519, key_.public_key()};
  const feed::NoteKey own_cosigning{issuer.origin.text(), feed::NoteKeyType::cosignature_v1,
                                    key_.public_key()};
  const auto signature = *feed::signature_line(text, own, key_);
  const auto cosignature = *feed::cosignature_line(text, own_cosigning, world_.wall(), key_);
  return concat(text, "\n", relabelled(feed::NoteKeyType::ed25519, signature),
                relabelled(feed::NoteKeyType::cosignature_v1, cosignature));
}

// Of what costs credit, or of what is free: each has its own limit.
void Adversary::flood(gossip::PeerId peer) {
  const bool free = chance(rng_, 300);
  for (std::int64_t i = 0; i < kFramesPerFlood; ++i) {
    const feed::OriginHash& origin = issuers_[pick(rng_, issuers_.size())].hash();
    if (free)
      send(peer, wire::Ping{rng_.next()});
    else
      send(peer, wire::GetFeed{rng_.next() >> 1, origin, 0});
  }
}

void Adversary::redate(gossip::PeerId peer) {
  for (const Issuer& issuer : issuers_)
    if (const auto note = *some_disk().note(issuer.hash())) redater_.hear(issuer.hash(), *note);
  const feed::OriginHash& origin = issuers_[pick(rng_, issuers_.size())].hash();
  if (const auto forged = redater_.forged(origin, world_.wall(), rng_); forged && chance(rng_, 200))
    send(peer, wire::HeadPush{origin, *forged, 0, {}, {}});
  for (const Issuer& issuer : issuers_)
    if (const auto older = redater_.older(issuer.hash()))
      send(peer, wire::HeadPush{issuer.hash(), *older, 0, {}, {}});
}

void Adversary::ask_much() {
  for (auto& [peer, link] : links_) {
    if (!link.ready) continue;
    for (std::uint64_t i = 0; i < kRequestsAtOnce && link.sent + kCreditReserve < link.granted; ++i)
      send(peer, wire::GetFeed{rng_.next() >> 1, issuers_[pick(rng_, issuers_.size())].hash(), 0});
  }
}

void Adversary::send_garbage(gossip::PeerId peer) {
  Bytes bytes(1 + pick(rng_, 300));
  rng_.fill(bytes);
  if (chance(rng_, 500)) {  // nearly a frame
    bytes = wire::encode(wire::MapRecords{real_records(), true, false});
    bytes[pick(rng_, bytes.size())] ^= static_cast<std::uint8_t>(1u << pick(rng_, 8));
  }
  network_.send(peer, std::move(bytes));
}

void Adversary::send(gossip::PeerId peer, const wire::Frame& frame) {
  const bool free = std::holds_alternative<wire::HelloOffer>(frame) ||
                    std::holds_alternative<wire::HelloProof>(frame) ||
                    std::holds_alternative<wire::Credit>(frame) || std::holds_alternative<wire::Pong>(frame);
  if (!free) ++links_[peer].sent;
  network_.send(peer, wire::encode(frame));
}

// ---- what is public

// Of a node that runs: what a crash left on a disk is not public before its node starts again.
const Disk& Adversary::some_disk() {
  const std::size_t first = pick(rng_, honest_.size());
  for (std::size_t i = 0; i < honest_.size(); ++i)
    if (const Node& node = *honest_[(first + i) % honest_.size()]; node.runs()) return node.disk();
  return nothing_;
}

Sha256Digest Adversary::random_digest() {
  Bytes bytes(Sha256Digest::kSize);
  rng_.fill(bytes);
  return *Sha256Digest::from(bytes);
}

std::vector<wire::Record> Adversary::records_for(gossip::PeerId peer) {
  auto records = real_records();
  if (!fork_ || !fork_->shown_to(network_.other_end(peer)).head) return records;
  const feed::Head& head = *fork_->shown_to(network_.other_end(peer)).head;
  const wire::Record own{fork_->issuer().hash(), head.tree.size, head.tree.root, head.time};
  std::erase_if(records, [&](const wire::Record& record) { return record.origin == own.origin; });
  records.push_back(own);
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.origin < b.origin; });
  return records;
}

std::vector<wire::Record> Adversary::real_records() {
  std::vector<wire::Record> out;
  const Disk& disk = some_disk();
  for (const Issuer& issuer : issuers_) {
    const auto note = *disk.note(issuer.hash());
    if (!note) continue;
    const auto head = feed::Note::parse(*note).and_then(
        [](const feed::Note& parsed) { return feed::Checkpoint::parse(parsed.text); });
    out.push_back({issuer.hash(), head->tree.size, head->tree.root, world_.wall()});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.origin < b.origin; });
  return out;
}

}  // namespace vcnode::sim
