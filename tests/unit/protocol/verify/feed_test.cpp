// The verdict over a real replica: what a peer can and cannot do to the answer with the evidence it sends.
#include <span>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;
using feed::FeedReplica;

// An issuer's log of one revocation list and a replica that follows it.
class Log {
 public:
  Log()
      : origin_(feed::Origin::of("test", issuer_.did()).value()),
        replica_(origin_, issuer_.did(), issuer_.signer().public_key()) {}

  const Issuer& issuer() const { return issuer_; }

  // Appends the next version of the list; the body is returned, not given to the replica.
  std::string publish(const std::vector<std::uint64_t>& revoked) {
    const std::uint64_t sequence = leaves_.size() + 1;
    const auto valid_from = kIssuedAt.plus_seconds(static_cast<std::int64_t>(sequence));
    return append(signed_list(issuer_, kRevocationList, status::Purpose::revocation, revoked, valid_from));
  }
  std::string append(const std::string& body) {
    const feed::Leaf leaf{std::string(feed::kStatusLeaf),
                          feed::StatusLeafKey{std::string(kRevocationList), leaves_.size() + 1}.text(),
                          hex_encode(sha256(as_bytes(body)).view())};
    leaves_.push_back(leaf.encode());
    return body;
  }
  feed::Head head() const {
    std::vector<Sha256Digest> hashes;
    for (const Bytes& leaf : leaves_) hashes.push_back(merkle::leaf_hash(leaf));
    const merkle::TreeHead tree{hashes.size(), merkle::root_of(hashes)};
    const auto time = kHeadAt.plus_seconds(static_cast<std::int64_t>(hashes.size()));
    return feed::sign_head(origin_, tree, time, issuer_.signer()).value();
  }
  // The replica takes all new leaves.
  void follow() {
    const auto fresh = std::span(leaves_).subspan(replica_.size());
    auto extension = replica_.extend(head(), fresh);
    REQUIRE_OK(extension);
    replica_.accept(*std::move(extension));
  }
  // A peer answers the replica's first need with these bytes, whose digest matched.
  void receive(const std::string& body) {
    const auto needs = replica_.missing();
    const auto wanted = sha256(as_bytes(body));
    for (const auto& need : needs) {
      if (need.digest == wanted)
        replica_.add_body(feed::check_body(need, as_bytes(body), issuer_.did(), DidKeyResolver()));
    }
  }
  Verdict verdict() const {
    auto document = badge(issuer_);
    document["credentialStatus"] = status_entry(status::Purpose::revocation);
    return verify_credential(sign(issuer_, document), view_of(replica_.snapshot()), trusting(issuer_), kNow)
        .value();
  }
  FeedReplica& replica() { return replica_; }

 private:
  Issuer issuer_{1};
  feed::Origin origin_;
  std::vector<Bytes> leaves_;
  FeedReplica replica_;
};

TEST_CASE("issue, revoke, see it arrive") {
  Log log;
  const std::string clear = log.publish({});
  log.follow();
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::BODY_MISSING);
  log.receive(clear);
  CHECK(log.verdict().outcome == Outcome::valid);

  const std::string revoked = log.publish({kIndex});
  log.replica().set_pending(feed::PendingHead{log.head().tree, log.head().time});
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::NEWER_HEAD_UNAVAILABLE);
  log.replica().set_pending(std::nullopt);
  log.follow();
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::BODY_MISSING);
  log.receive(revoked);
  CHECK_DECIDED(log.verdict(), Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
}

TEST_CASE("a superseded list changes nothing for the better, though its leaf is truly in the feed") {
  Log log;
  const std::string clear = log.publish({});
  log.publish({kIndex});
  log.follow();
  log.receive(clear);
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::BODY_MISSING);
}

TEST_CASE("a list that another key signed is bad even under the issuer's own leaf") {
  Log log;
  const std::string forged = signed_list(Issuer(2), kRevocationList, status::Purpose::revocation, {});
  log.append(forged);
  log.follow();
  log.receive(forged);
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::STATUS_LIST_BAD);
}

TEST_CASE("a list that takes a revocation back is bad, never clear") {
  Log log;
  const std::string revoked = log.publish({kIndex});
  log.follow();
  log.receive(revoked);
  const std::string cleared = log.publish({});
  log.follow();
  log.receive(cleared);
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::STATUS_LIST_BAD);
}

TEST_CASE("a feed whose head was contradicted says nothing good") {
  Log log;
  const std::string clear = log.publish({});
  log.follow();
  log.receive(clear);
  log.replica().set_contradicted();
  CHECK_DECIDED(log.verdict(), Outcome::cannot_tell, Class::none, codes::EQUIVOCATION_SEEN);
}

}  // namespace
}  // namespace vcnode::verify
