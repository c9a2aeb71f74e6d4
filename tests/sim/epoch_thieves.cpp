// What thieves do: who stole a feed key, and who found an update key that was spent.
#include <nlohmann/json.hpp>

#include "tests/sim/epoch_run.h"

namespace vcnode::sim {
namespace {

constexpr std::int64_t kTheftMs = 5'000;  // how long a thief stays

feed::Head head_over(const feed::Origin& origin, const std::vector<Bytes>& leaves, Timestamp time,
                     Signer& key) {
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
  return feed::sign_head(origin, {tree.size(), tree.root()}, time, key).value();
}

}  // namespace

test::ScriptedPeer& EpochRun::thief_at(const std::string& target, const Told& issuer) {
  const std::string name = concat("thief ", ++thefts_);
  test::ScriptedPeer& thief = net_.script(name);
  thief.origins = {issuer.log.topic()};
  net_.script_dials(name, target);
  return thief;
}

// Another log that begins like the issuer's, shown to some nodes. Leaves of versions may stand above where it
// parts, and the issuer may make more of them before it ends the epoch.
void EpochRun::steal(Told& issuer) {
  const feed::Origin origin = issuer.log.origin(issuer.log.epoch());
  auto leaves = net_.archive(issuer.host).leaves(origin.hash(), 0, issuer.own.size).value();
  leaves.resize(pick(rng_, leaves.size()));
  for (std::int64_t left = between(rng_, 1, 6); left > 0; --left)
    leaves.push_back(feed::Leaf{"bare", concat("stolen ", thefts_, " ", left), ""}.encode());
  // He would end the issuer, too; but only an assertion key can say that it is closed.
  const feed::NewStatement closed = issuer.log.stolen_close(net_.wall());
  if (chance(rng_, 500))
    leaves.push_back(feed::Leaf{"close", closed.id, hex_encode(sha256(closed.signed_text).view())}.encode());
  const feed::Head head = head_over(origin, leaves, net_.wall(), issuer.log.feed_signer(issuer.log.epoch()));
  issuer.stolen = true;
  for (std::int64_t left = between(rng_, 1, 3); left > 0; --left) {
    const std::string target = any_node();
    test::ScriptedPeer& thief = thief_at(target, issuer);
    say(concat("a thief shows ", target, " another log of ", issuer.name, " of size ", leaves.size()));
    thief.on_frame = [&thief, leaves, head, origin, closed](const wire::Frame& frame) {
      if (const auto* get = std::get_if<wire::GetBodies>(&frame)) {
        wire::Bodies answer{get->request, {}, {}};
        for (const Sha256Digest& digest : get->digests)
          if (digest == sha256(closed.signed_text))
            answer.bodies.push_back(closed.signed_text);
          else
            answer.not_held.push_back(digest);
        return thief.send(answer);
      }
      const auto* get = std::get_if<wire::GetFeed>(&frame);
      if (get == nullptr || get->origin != origin.hash()) return;
      wire::FeedPart part{get->request, get->origin, head.note, get->first_index, {}};
      for (std::size_t i = get->first_index; i < leaves.size(); ++i) part.leaves.push_back(leaves[i]);
      thief.send(part);
    };
    net_.run_ms(500);
    thief.send(wire::HeadPush{origin.hash(), head.note, leaves.size(), {}, {}});
    net_.run_ms(kTheftMs);
    thief.hang_up();
  }
}

// What a thief of the assertion key signs while nobody knows: with nothing that proves when, with the entry
// of a genuine credential, or, having stolen the feed key too, with a batch in a log of his own.
void EpochRun::forge(Told& issuer) {
  nlohmann::json document = draft_of(issuer);
  const std::uint64_t dice = rng_.below(3);
  if (dice == 1) {
    for (const ToldCredential& genuine : issuer.credentials)
      if (genuine.seen) document["evidence"] = nlohmann::json::parse(genuine.text)["evidence"];
  } else if (dice == 2) {
    const auto batch = batch::TimeBatch::of(std::span(&document, 1), rng_).value();
    const feed::Origin origin = issuer.log.origin(issuer.log.epoch());
    auto leaves = net_.archive(issuer.host).leaves(origin.hash(), 0, issuer.own.size).value();
    leaves.resize(pick(rng_, leaves.size()));
    leaves.push_back(batch::leaf_of(issuer.batches + 1, batch.root()));
    const feed::Head head =
        head_over(origin, leaves, net_.wall(), issuer.log.feed_signer(issuer.log.epoch()));
    static_cast<void>(insert_entry(
        issuer, {origin, issuer.log.epoch(), hashes_of(leaves), head.note, batch, issuer.batches + 1},
        document));
  }
  sign(issuer, document, std::nullopt);
}

// Another entry beside one that the feed committed to: it opens an epoch of his own, sealed at the beginning
// of the right log.
void EpochRun::rival(Told& issuer) {
  if (!issuer.spent) return;
  test::NetHistory thief_log = *issuer.spent;
  thief_log.take_keys(kThiefKey);
  const feed::Origin origin = issuer.log.origin(thief_log.epoch());
  merkle::Frontier tree;
  const auto beginning = net_.archive(issuer.host).leaves(origin.hash(), 0, rng_.below(4)).value();
  for (const Bytes& leaf : beginning) tree.append(merkle::leaf_hash(leaf));
  static_cast<void>(thief_log.author_epoch({tree.size(), tree.root()}));
  wire::LogPart log{0, issuer.log.topic(), {}, true};
  for (std::size_t i = 0; i < thief_log.entries(); ++i)
    log.entries.push_back(to_bytes(thief_log.entry(i).text()));
  const std::string target = any_node();
  test::ScriptedPeer& thief = thief_at(target, issuer);
  say(concat("a thief shows ", target, " another entry ", thief_log.entries(), " of ", issuer.name));
  net_.run_ms(500);
  thief.send(log);
  net_.run_ms(kTheftMs);
  thief.hang_up();
}

}  // namespace vcnode::sim
