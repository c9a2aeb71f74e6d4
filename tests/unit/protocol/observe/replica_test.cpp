// Observations through a whole feed: published, followed by another peer, restored, continued in a new epoch.
#include "protocol/feed/replica.h"

#include "crypto/base/encoding.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/publisher.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using feed::FeedReplica;

using test::kIssuer;

using test::kStart;

namespace {

// An observer's node and everything it has published.
struct Publishing {
  KeyPairSigner signer{test::key_of_seed(7)};
  Did did = did_key::did_of(signer.public_key());
  feed::Origin origin = feed::Origin::of("test", did).value();
  FeedReplica replica{origin, did, signer.public_key()};
  std::vector<Bytes> leaves;
  std::map<Sha256Digest, Bytes> bodies;
  Timestamp now = kStart;

  feed::Publication publish(std::vector<feed::NewObservation> observations) {
    now = now.plus_seconds(3600);
    auto publisher = feed::Publisher::open(
        {origin, did, did_key::verification_method_of(signer.public_key()), &signer, &signer}, replica);
    REQUIRE_OK(publisher);
    feed::Changes changes;
    changes.observations = std::move(observations);
    auto publication = publisher->prepare(changes, now);
    REQUIRE_OK(publication);
    follow(replica, *publication, true);
    leaves.insert(leaves.end(), publication->leaves.begin(), publication->leaves.end());
    for (const Bytes& body : publication->bodies) bodies[sha256(body)] = body;
    return *std::move(publication);
  }

  void follow(FeedReplica& peer, const feed::Publication& publication, bool with_bodies) const {
    auto extension = peer.extend(publication.head, publication.leaves);
    REQUIRE_OK(extension);
    const auto needs = peer.needs_after(**extension);
    peer.accept(*std::move(extension));
    if (!with_bodies) return;
    for (const auto& need : needs)
      for (const Bytes& body : publication.bodies)
        if (sha256(body) == need.digest) peer.add_body(check_body(need, body, did, DidKeyResolver()));
  }

  [[nodiscard]] feed::NewObservation seen(std::uint64_t sequence, std::int64_t seconds,
                                          std::string_view body) const {
    return {feed::ObservationLeafKey{kIssuer.document_url(), sequence, kStart.plus_seconds(seconds)}.text(),
            to_bytes(body)};
  }
};

const std::vector<feed::Observation>& observations_of(const FeedReplica& replica) {
  static std::shared_ptr<const feed::FeedSnapshot> kept;
  kept = replica.snapshot();
  REQUIRE(kept->observations != nullptr);
  return kept->observations->at(kIssuer.document_url()).observations;
}

}  // namespace

TEST_CASE("what an observer publishes is what a peer that follows it sees") {
  Publishing observer;
  FeedReplica peer(observer.origin, observer.did, observer.signer.public_key());
  observer.follow(peer, observer.publish({}), true);
  CHECK(peer.snapshot()->observations == nullptr);
  observer.follow(peer, observer.publish({observer.seen(1, 10, "a"), observer.seen(2, 20, "a")}), true);
  CHECK(peer.missing().empty());
  REQUIRE(observations_of(peer).size() == 1);
  CHECK(as_text(*observations_of(peer).front().bytes) == "a");
  CHECK(observations_of(peer).front().last_seen == kStart.plus_seconds(20));
  CHECK(observations_of(peer).front().place == feed::LeafPlace{1, 0});
  CHECK(observations_of(observer.replica).size() == 1);
}

TEST_CASE("a missing body of an observation is asked for like any other, and judged by its digest alone") {
  Publishing observer;
  FeedReplica peer(observer.origin, observer.did, observer.signer.public_key());
  observer.follow(peer, observer.publish({observer.seen(1, 10, "not even JSON")}), false);
  const auto missing = peer.missing();
  REQUIRE(missing.size() == 1);
  CHECK(missing.front().type == feed::kObservationLeaf);
  CHECK(peer.snapshot()->missing_count == 1);
  CHECK(peer.snapshot()->missing_bodies.size() == 1);
  CHECK(observations_of(peer).front().bytes == nullptr);
  const auto checked = check_body(missing.front(), as_bytes("not even JSON"), observer.did, DidKeyResolver());
  CHECK_FALSE(checked.bad.has_value());
  peer.add_body(checked);
  CHECK(peer.missing().empty());
  CHECK(peer.snapshot()->missing_count == 0);
  CHECK(observations_of(peer).front().bytes != nullptr);
}

TEST_CASE("a body that a later observation makes needless is not asked for") {
  Publishing observer;
  std::vector<feed::NewObservation> many;
  for (std::uint64_t n = 1; n <= 20; ++n)
    many.push_back(observer.seen(n, static_cast<std::int64_t>(n), concat("version ", n)));
  FeedReplica peer(observer.origin, observer.did, observer.signer.public_key());
  observer.follow(peer, observer.publish(std::move(many)), false);
  CHECK(peer.missing().size() == feed::kObservedDocumentsMax);
  CHECK(observations_of(peer).size() == 20);
}

TEST_CASE("a restart shows the observations that were there before") {
  Publishing observer;
  observer.publish({observer.seen(1, 10, "a")});
  const auto last = observer.publish({observer.seen(2, 20, "b"), observer.seen(9, 30, "void")});
  const auto restored = FeedReplica::restore(
      observer.origin, observer.did, observer.signer.public_key(), last.head.note, observer.leaves,
      [&](const Sha256Digest& digest) -> std::optional<Bytes> {
        const auto found = observer.bodies.find(digest);
        return found == observer.bodies.end() ? std::nullopt : std::optional(found->second);
      },
      DidKeyResolver());
  REQUIRE_OK(restored);
  REQUIRE(observations_of(*restored).size() == 2);
  CHECK(as_text(*observations_of(*restored).back().bytes) == "b");
  CHECK(restored->snapshot()->observations->at(kIssuer.document_url()).leaves == 3);
  CHECK(restored->missing().empty());
  CHECK(observations_of(observer.replica).size() == 2);
}

TEST_CASE("observations go on in the next epoch of a feed") {
  Publishing observer;
  const auto last = observer.publish({observer.seen(1, 10, "a")});
  FeedReplica sealed(observer.origin, observer.did, observer.signer.public_key());
  const auto read = [&](const Sha256Digest& digest) -> std::optional<Bytes> {
    const auto found = observer.bodies.find(digest);
    return found == observer.bodies.end() ? std::nullopt : std::optional(found->second);
  };
  REQUIRE_OK(
      sealed.replay_sealed(last.head.tree, observer.leaves, read, feed::at_every_place(DidKeyResolver())));
  FeedReplica next = std::move(sealed).continued(observer.origin, observer.did, observer.signer.public_key());
  const feed::Leaf leaf{std::string(feed::kObservationLeaf), observer.seen(2, 20, "").key,
                        hex_encode(sha256(as_bytes("b")).view())};
  merkle::Frontier tree;
  tree.append(merkle::leaf_hash(leaf.encode()));
  const auto head = feed::sign_head(observer.origin, {1, tree.root()}, observer.now, observer.signer);
  REQUIRE_OK(head);
  auto extension = next.extend(*head, std::vector<Bytes>{leaf.encode()});
  REQUIRE_OK(extension);
  next.accept(*std::move(extension));
  REQUIRE(observations_of(next).size() == 2);
  CHECK(as_text(*observations_of(next).front().bytes) == "a");
  CHECK(next.missing().size() == 1);
}
