// protocol/spec/hello.md and gossip.md: their worked examples are what the code does.
#include "protocol/gossip/hello.h"

#include "crypto/base/encoding.h"
#include "protocol/gossip/engine.h"
#include "tests/support/spec_page.h"

using namespace vcnode;

namespace {

Bytes example(std::string_view page, std::string_view name) {
  std::string hex = test::spec_example(page, name);
  std::erase_if(hex, [](char c) { return c == ' ' || c == '\n'; });
  return hex_decode(hex, 4096).value();
}

struct Side {
  explicit Side(std::string_view name)
      : key(Ed25519KeyPair::from_seed(example("hello.md", concat(name, "-seed"))).value()),
        message(example("hello.md", concat(name, "-message"))),
        signature(example("hello.md", concat(name, "-signature"))) {
    CHECK(to_bytes(as_text(key.public_key().view())) == example("hello.md", concat(name, "-key")));
  }
  Ed25519KeyPair key;
  Bytes message;
  Bytes signature;
};

}  // namespace

TEST_CASE("the example of hello.md is what both sides sign") {
  const Side dialer("dialer"), acceptor("acceptor");
  const auto binding = *wire::ChannelBinding::from(example("hello.md", "exporter"));
  const auto ours = gossip::hello_message(
      {gossip::Role::dialer, "test.example", dialer.key.public_key(), acceptor.key.public_key(), binding});
  const auto theirs = gossip::hello_message(
      {gossip::Role::acceptor, "test.example", acceptor.key.public_key(), dialer.key.public_key(), binding});
  CHECK(ours == dialer.message);
  CHECK(ours.size() == 131);
  CHECK(theirs == acceptor.message);
  CHECK(to_bytes(as_text(dialer.key.sign(ours).view())) == dialer.signature);
  CHECK(to_bytes(as_text(acceptor.key.sign(theirs).view())) == acceptor.signature);
}

TEST_CASE("every part of a hello changes what is signed") {
  const Side dialer("dialer"), acceptor("acceptor");
  const auto binding = *wire::ChannelBinding::from(example("hello.md", "exporter"));
  const gossip::HelloTranscript base{gossip::Role::dialer, "test.example", dialer.key.public_key(),
                                     acceptor.key.public_key(), binding};
  const auto differs = [&](auto&& change) {
    gossip::HelloTranscript changed = base;
    change(changed);
    return gossip::hello_message(changed) != gossip::hello_message(base);
  };
  CHECK(differs([](auto& hello) { hello.signer_role = gossip::Role::acceptor; }));
  CHECK(differs([](auto& hello) { hello.network = "test.exampl"; }));
  CHECK(differs([&](auto& hello) { hello.signer_key = acceptor.key.public_key(); }));
  CHECK(differs([&](auto& hello) { hello.other_key = dialer.key.public_key(); }));
  CHECK(differs([](auto& hello) { hello.binding.data()[31] ^= 1; }));
}

TEST_CASE("the example of gossip.md is the root of a map of one record") {
  const Bytes row = example("gossip.md", "record");
  REQUIRE(row.size() == 80);
  wire::Record record;
  record.origin = *feed::OriginHash::from(BytesView(row).first(32));
  record.size = 3;
  record.root = *Sha256Digest::from(BytesView(row).subspan(40, 32));
  record.time = Timestamp(1'700'000'000);
  CHECK(to_bytes(as_text(gossip::Engine::map_root({record}).view())) == example("gossip.md", "root"));
  CHECK(gossip::Engine::map_root({}) != gossip::Engine::map_root({record}));
}
