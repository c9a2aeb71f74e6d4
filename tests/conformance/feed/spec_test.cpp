// The worked examples of protocol/spec/feed.md and protocol/spec/checkpoint.md, read from the pages.
#include <sstream>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/feed/codes.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

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

namespace {

std::vector<Bytes> leaves_of_block(const std::string& text) {
  std::vector<Bytes> leaves;
  for (const std::string& line : lines_of(text)) {
    leaves.push_back(to_bytes(line));
    REQUIRE_OK(feed::Leaf::parse(leaves.back()));
  }
  return leaves;
}

}  // namespace

TEST_CASE("feed.md: epoch 1 ends at its seal, epoch 2 goes on with its list") {
  using feed::test::Epoch;
  const auto origins = lines_of(of_feed("origins"));
  const auto scid = origins.at(0).substr(13, origins[0].rfind('/') - 13);
  const auto did = Did::parse(concat("did:webvh:", scid, ":uni.example")).value();
  const auto key = example_signer().public_key();
  const auto nothing = feed::test::reader_of({});
  const DidKeyResolver resolver;

  const auto sealed = leaves_of_block(of_feed("epoch-1"));
  const auto first = feed::Origin::of("demo.example", did, 1).value();
  const auto second = feed::Origin::of("demo.example", did, 2).value();
  CHECK(std::vector{first.text(), second.text()} == origins);
  const merkle::TreeHead seal{2, Sha256Digest::from(hex_decode(of_feed("seal"), 32).value()).value()};
  feed::FeedReplica old(first, did, key);
  REQUIRE_OK(old.replay_sealed(seal, std::span(sealed).first(2), nothing, feed::at_every_place(resolver)));

  auto replica = std::move(old).continued(second, did, key);
  const auto leaves = leaves_of_block(of_feed("epoch-2"));
  const auto tree = Epoch::tree_of(leaves);
  CHECK(hex_encode(tree.root.view()) == of_feed("root-2"));
  auto extension = replica.extend({tree, feed::test::kStart, {}}, leaves);
  REQUIRE_OK(extension);
  replica.accept(*std::move(extension));
  const auto snapshot = replica.snapshot();
  CHECK_FALSE(snapshot->false_state);
  CHECK(replica.state_leaves().newest == 2);
  REQUIRE(snapshot->status_lists.size() == 1);
  const auto& [uri, list] = *snapshot->status_lists.begin();
  CHECK(concat(uri, "#", list.sequence, " ", hex_encode(list.digest.view()), " ", list.place.epoch, " ",
               list.place.index) == of_feed("in-force-2"));
}

TEST_CASE("feed.md: the state is the root of what the feed says") {
  merkle::Frontier tree;
  for (const std::string& line : lines_of(of_feed("says"))) tree.append(merkle::leaf_hash(as_bytes(line)));
  CHECK(hex_encode(tree.root().view()) == of_feed("state"));
  feed::StateMap says;
  const auto epoch = leaves_of_block(of_feed("epoch-1")), next = leaves_of_block(of_feed("epoch-2"));
  for (const Bytes& leaf : {epoch[0], epoch[1], next[0], next[1]}) says.put(feed::Leaf::parse(leaf).value());
  CHECK(says.root() == tree.root());
  CHECK(feed::Leaf::parse(next[2]).value().digest == of_feed("state"));
}

TEST_CASE("list-key.md: the page's delegation is good, and its leaf names it") {
  const auto document = nlohmann::json::parse(test::spec_example("list-key.md", "delegation"));
  const std::string text = jcs::canonicalize(document).value();
  const auto leaves = leaves_of_block(test::spec_example("list-key.md", "leaves"));
  const auto begins = feed::Leaf::parse(leaves.at(0)).value(), ends = feed::Leaf::parse(leaves.at(1)).value();
  CHECK(begins.digest == hex_encode(sha256(as_bytes(text)).view()));
  CHECK(ends == feed::Leaf{"list-key", begins.key, ""});
  feed::test::VersionMethods keys;
  keys.add(document["proof"]["verificationMethod"].get<std::string>(), example_signer().public_key());
  const auto issuer = Did::parse(document["issuer"].get<std::string>()).value();
  const auto delegation = feed::verify_list_delegation(text, begins.key, issuer, keys);
  REQUIRE_OK(delegation);
  CHECK(delegation->delegate == feed::test::Issuer(7).key());
  CHECK(delegation->covers("https://uni.example/library/status-lists/1",
                           Timestamp::parse("2026-03-01T00:00:00Z").value()));
}
