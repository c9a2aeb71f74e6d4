// The worked examples of protocol/spec/feed.md and protocol/spec/checkpoint.md, read from the pages.
#include <sstream>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;

namespace {

std::string of_feed(std::string_view name) {
  return test::spec_example("feed.md", name);
}
std::string of_checkpoint(std::string_view name) {
  return test::spec_example("checkpoint.md", name);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

KeyPairSigner example_signer() {
  return KeyPairSigner(Ed25519KeyPair::from_seed(hex_decode(of_feed("seed"), 32).value()).value());
}

std::vector<Bytes> example_leaves() {
  std::vector<Bytes> leaves;
  for (const std::string& line : lines_of(of_feed("leaves"))) leaves.push_back(to_bytes(line));
  return leaves;
}

}  // namespace

TEST_CASE("feed.md: the origin, its hash and its offset are those of the page") {
  const auto signer = example_signer();
  const auto origin = feed::Origin::of("demo.example", did_key::did_of(signer.public_key()));
  REQUIRE_OK(origin);
  CHECK(origin->text() == of_feed("origin"));
  CHECK(hex_encode(origin->hash().view()) == of_feed("origin-hash"));
  CHECK(concat(feed::reassert_offset(origin->hash())) == of_feed("offset"));
}

TEST_CASE("feed.md: the leaves are leaves, with the page's hashes and root") {
  const auto leaves = example_leaves();
  const auto hashes = lines_of(of_feed("leaf-hashes"));
  REQUIRE(leaves.size() == 3);
  REQUIRE(hashes.size() == 3);
  merkle::Frontier frontier;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    REQUIRE_OK(feed::Leaf::parse(leaves[i]));
    CHECK(hex_encode(merkle::leaf_hash(leaves[i]).view()) == hashes[i]);
    frontier.append(merkle::leaf_hash(leaves[i]));
  }
  CHECK(hex_encode(frontier.root().view()) == of_feed("root"));
}

TEST_CASE("feed.md: the second list decides, the repeated sequence is void") {
  auto signer = example_signer();
  const auto did = did_key::did_of(signer.public_key());
  const auto origin = feed::Origin::of("demo.example", did).value();
  feed::FeedReplica replica(origin, did, signer.public_key());
  const auto head = feed::verify_head(of_checkpoint("head") + "\n", origin, signer.public_key());
  REQUIRE_OK(head);
  auto extension = replica.extend(*head, example_leaves());
  REQUIRE_OK(extension);
  replica.accept(*std::move(extension));
  const auto snapshot = replica.snapshot();
  REQUIRE(snapshot->status_lists.size() == 1);
  const auto& [uri, list] = *snapshot->status_lists.begin();
  CHECK(concat(uri, "#", list.sequence, " ", hex_encode(list.digest.view())) == of_feed("in-force"));
}

TEST_CASE("checkpoint.md: the page's head is what its seed signs") {
  auto signer = example_signer();
  const auto origin = feed::Origin::of("demo.example", did_key::did_of(signer.public_key())).value();
  const auto root = Sha256Digest::from(hex_decode(of_feed("root"), 32).value()).value();
  const auto head =
      feed::sign_head(origin, {3, root}, Timestamp::parse(of_checkpoint("time")).value(), signer);
  REQUIRE_OK(head);
  CHECK(head->note == of_checkpoint("head") + "\n");
}

TEST_CASE("checkpoint.md: the signed bytes and key ids are those of the page") {
  const auto signer = example_signer();
  const std::string origin = of_feed("origin");
  const feed::NoteKey plain{origin, feed::NoteKeyType::ed25519, signer.public_key()};
  const feed::NoteKey timed{origin, feed::NoteKeyType::cosignature_v1, signer.public_key()};
  CHECK(plain.vkey() + "\n" + timed.vkey() == of_checkpoint("vkeys"));
  const auto note = feed::Note::parse(of_checkpoint("head") + "\n").value();
  CHECK(note.text == of_checkpoint("text") + "\n");
  const std::string cosigned = of_checkpoint("cosigned") + "\n";
  const auto signature =
      Ed25519Signature::from(BytesView(note.signatures.at(1).signature).subspan(8)).value();
  CHECK(ed25519_verify(signer.public_key(), as_bytes(cosigned), signature));
}
