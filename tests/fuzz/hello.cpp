// A hostile peer at the other end of a link: a list of moves, one byte each and its arguments. It becomes
// ready only by a proof that this file verifies in its own way, and the engine's invariants hold after every
// move.
#include "protocol/gossip/hello.h"

#include <map>
#include <vector>

#include "crypto/hash.h"
#include "protocol/gossip/engine.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

constexpr std::string_view kNetwork = "test.example";
constexpr gossip::PeerId kPeer{7};
constexpr std::size_t kMovesMax = 40;

class EmptyArchive final : public FeedArchive {
  Result<std::optional<std::string>> note(const feed::OriginHash&) const override {
    return std::optional<std::string>();
  }
  Result<std::uint64_t> leaf_count(const feed::OriginHash&) const override { return std::uint64_t{0}; }
  Result<std::vector<Bytes>> leaves(const feed::OriginHash&, std::uint64_t, std::uint64_t) const override {
    return std::vector<Bytes>();
  }
  Result<std::optional<Bytes>> body(const Sha256Digest&) const override { return std::optional<Bytes>(); }
  Result<std::vector<Sha256Digest>> body_digests() const override { return std::vector<Sha256Digest>(); }
  Result<std::vector<StoredEntry>> entries(std::string_view) const override {
    return std::vector<StoredEntry>();
  }
};

const feed::Origin& origin() {
  static const feed::Origin made = feed::Origin::of(kNetwork, fuzz::stranger().did).value();
  return made;
}

gossip::Options options_of(std::uint64_t seed) {
  gossip::Options options;
  options.network = kNetwork;
  options.admitted = {{fuzz::stranger().did, origin(), fuzz::stranger().signer.public_key()}};
  options.seed = seed;
  return options;
}

// protocol/spec/hello.md, "Layout of what is signed", by hand.
Bytes signed_hello(std::uint8_t role, const Ed25519PublicKey& signer, const Ed25519PublicKey& other,
                   const wire::ChannelBinding& binding) {
  std::string out = "vcnode-peer-hello-v1";
  out += '\0';
  out += static_cast<char>(role);
  out += static_cast<char>(kNetwork.size());
  out += kNetwork;
  for (const BytesView part : {signer.view(), other.view(), binding.view()}) out += as_text(part);
  return to_bytes(out);
}

class Link {
 public:
  explicit Link(fuzz::Recipe& recipe)
      : recipe_(recipe),
        node_key_(fuzz::issuer().signer),
        engine_(options_of(recipe.byte()), node_key_, archive_, {}),
        role_(recipe.byte() % 2 == 0 ? gossip::Role::dialer : gossip::Role::acceptor) {
    binding_.data()[0] = recipe.byte();
    step(gossip::Tick{});
    step(gossip::PeerUp{kPeer, role_, binding_, "peer.example"});
  }

  void move() {
    switch (recipe_.byte()) {
      case 0:
        return receive(wire::encode(offer()));
      case 1:
        return receive(wire::encode(proof()));
      case 2:
        now_.monotonic = now_.monotonic.plus_ms(static_cast<std::int64_t>(recipe_.number(2)));
        return step(gossip::Tick{});
      case 3:
        return step(gossip::PeerDown{kPeer, "hung up"});
      case 4:
        return receive(wire::encode(push()));
      case 5:
        return receive(wire::encode(wire::MapRecords{{{origin().hash(), recipe_.number(1), {}, now_.wall}}}));
      default:
        return receive(to_bytes(recipe_.counted_text()));
    }
  }

 private:
  // A right offer unless the recipe bends a member of it.
  wire::HelloOffer offer() {
    wire::HelloOffer offer{1,
                           std::string(kNetwork),
                           fuzz::stranger().signer.public_key(),
                           now_.wall,
                           {origin().hash()},
                           wire::kCreditFramesMin,
                           wire::kCreditBytesMin};
    switch (recipe_.byte()) {
      case 1:
        offer.version = recipe_.byte();
        break;
      case 2:
        offer.network = "another.example";
        break;
      case 3:
        offer.node_key = fuzz::issuer().signer.public_key();
        break;
      case 4:
        offer.node_key.data()[recipe_.below(32)] ^= recipe_.byte();
        break;
      case 5:
        offer.clock = Timestamp(static_cast<std::int64_t>(recipe_.number(4)));
        break;
      default:
        break;
    }
    return offer;
  }

  wire::HelloProof proof() {
    const std::uint8_t bent = recipe_.byte();
    auto binding = binding_;
    if (bent == 1) binding.data()[1] ^= 1;
    const auto theirs = static_cast<std::uint8_t>(role_ == gossip::Role::dialer ? 2 : 1);
    const auto role = bent == 2 ? static_cast<std::uint8_t>(3 - theirs) : theirs;
    const auto mine = fuzz::stranger().signer.public_key();
    wire::HelloProof proof{
        *fuzz::stranger().signer.sign(signed_hello(role, mine, node_key_.public_key(), binding))};
    if (bent == 3) proof.signature.data()[recipe_.below(64)] ^= 1;
    return proof;
  }

  // A signed head of the admitted issuer, with a leaf that may or may not lead to it.
  wire::HeadPush push() {
    const Bytes leaf = feed::Leaf{"statement", "urn:s:1", std::string(64, 'a')}.encode();
    const merkle::TreeHead tree{1, merkle::leaf_hash(leaf)};
    const Timestamp at = now_.wall.plus_seconds(static_cast<std::int64_t>(recipe_.number(2)) - 1000);
    wire::HeadPush push{
        origin().hash(), feed::sign_head(origin(), tree, at, fuzz::stranger().signer)->note, 0, {leaf}, {}};
    if (recipe_.byte() % 2 == 1) push.leaves.clear();
    if (recipe_.byte() % 4 == 3) push.note = fuzz::edited(recipe_, push.note);
    if (push.note.find('\0') != std::string::npos) push.note.clear();
    return push;
  }

  void receive(Bytes bytes) {
    if (gone_) return;
    if (!ready_) watch_hello(bytes);
    step(gossip::FrameIn{kPeer, std::move(bytes)});
  }

  // What an honest reader of the specification knows about the other side.
  void watch_hello(const Bytes& bytes) {
    const auto frame = wire::decode(bytes);
    if (!frame) return;
    if (const auto* offer = std::get_if<wire::HelloOffer>(&*frame); offer != nullptr && !offer_)
      offer_ = *offer;
    const auto* proof = std::get_if<wire::HelloProof>(&*frame);
    if (proof == nullptr || !offer_) return;
    const auto theirs = static_cast<std::uint8_t>(role_ == gossip::Role::dialer ? 2 : 1);
    proved_ = offer_->version == 1 && offer_->network == kNetwork &&
              offer_->node_key != node_key_.public_key() &&
              ed25519_verify(offer_->node_key,
                             signed_hello(theirs, offer_->node_key, node_key_.public_key(), binding_),
                             proof->signature);
  }

  void step(gossip::Input input) {
    auto outputs = engine_.step(std::move(input), now_);
    engine_.check_invariants();
    for (gossip::Output& output : outputs.list) std::visit([this](auto& what) { take(what); }, output);
  }

  void take(gossip::Send& send) {
    const auto frame = wire::decode(send.bytes);
    VCNODE_ASSERT(frame.has_value());
    const bool hello = std::holds_alternative<wire::HelloOffer>(*frame) ||
                       std::holds_alternative<wire::HelloProof>(*frame) ||
                       std::holds_alternative<wire::Refusal>(*frame);
    VCNODE_ASSERT(ready_ || proved_ || hello);
  }
  void take(gossip::Dial&) { VCNODE_ASSERT(false); }  // no address is configured
  void take(gossip::Close& close) {
    fuzz::check_error(close.reason);
    gone_ = true;
  }
  void take(gossip::Persist& persist) {
    VCNODE_ASSERT(ready_);
    step(gossip::Persisted{persist.token, std::nullopt});
  }
  void take(gossip::Verify& verify) {
    VCNODE_ASSERT(ready_);
    step(gossip::run_verify(verify, DidKeyResolver()));
  }
  void take(gossip::Event& event) {
    if (const auto* ready = std::get_if<gossip::PeerReady>(&event)) {
      VCNODE_ASSERT(proved_ && ready->node_key == offer_->node_key);
      ready_ = true;
    }
    if (const auto* refused = std::get_if<gossip::PeerRefused>(&event)) fuzz::check_error(refused->reason);
    if (const auto* seen = std::get_if<gossip::MisbehaviourSeen>(&event)) fuzz::check_error(seen->reason);
    if (const auto* delayed = std::get_if<gossip::FeedDelayed>(&event)) fuzz::check_error(delayed->reason);
  }

  fuzz::Recipe& recipe_;
  KeyPairSigner& node_key_;
  EmptyArchive archive_;
  gossip::Engine engine_;
  gossip::Role role_;
  wire::ChannelBinding binding_;
  gossip::Now now_{MonotonicTime(1'000), Timestamp(1'793'523'600)};
  std::optional<wire::HelloOffer> offer_;
  bool proved_ = false, ready_ = false, gone_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  Link link(recipe);
  for (std::size_t moves = 0; moves < kMovesMax && !recipe.done(); ++moves) link.move();
  return 0;
}
