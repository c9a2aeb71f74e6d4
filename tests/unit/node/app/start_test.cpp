// What stops a node from starting, and how one stops.
#include <fstream>

#include "crypto/codes.h"
#include "node/app/app.h"
#include "node/app/codes.h"
#include "node/app/startup.h"
#include "node/config/codes.h"
#include "node/net/codes.h"
#include "protocol/did/key.h"
#include "protocol/issuer/codes.h"
#include "protocol/wire/frame.h"
#include "storage/codes.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

Did did_of_seed(std::uint64_t seed) {
  SeededRng rng(seed);
  return did_key::did_of(Ed25519KeyPair::generate(rng).public_key());
}

}  // namespace

TEST_CASE("an issuer of another DID method is refused by name") {
  TestHome home;
  home.config.admit.push_back(*Did::parse("did:web:university.example"));
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::ISSUER_METHOD_UNSUPPORTED,
                   "did:web:university.example");
}

TEST_CASE("more admitted issuers than peers tell each other about are refused") {
  TestHome home;
  for (std::uint64_t i = 0; i < wire::kHelloOriginsMax; ++i) home.config.admit.push_back(did_of_seed(i));
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::ADMITTED_TOO_MANY,
                   "1025 issuers, the limit is 1024");
  home.config.admit.back() = home.did();
  CHECK(node::admitted_issuers(home.config).has_value());
}

TEST_CASE("hosted issuers and sponsors admit others, the operator's own list does not") {
  TestHome home;
  home.config.admit = {did_of_seed(1), did_of_seed(2)};
  home.config.sponsors = {did_of_seed(2), did_of_seed(3)};
  const auto roots = node::admitted_issuers(home.config);
  REQUIRE_OK(roots);
  REQUIRE(roots->size() == 4);
  for (const gossip::AdmittedIssuer& root : *roots)
    CHECK(root.quota == (root.did == did_of_seed(1) ? 0 : statement::kQuotaMax));
}

TEST_CASE("a key that is not the issuer's is refused") {
  TestHome home(2);
  std::swap(home.config.issuers[0].key_file, home.config.issuers[1].key_file);
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::ISSUER_KEY_MISMATCH, "main");
}

TEST_CASE("one key for two purposes is refused") {
  TestHome home(2);
  SystemRng rng;
  const auto key = Ed25519KeyPair::generate(rng);
  home.write_key(home.path() / "shared-node.json", key, node::kNodeKeyPurpose);
  home.write_key(home.path() / "shared-issuer.json", key, node::kIssuerKeyPurpose);
  home.config.node_key_file = home.path() / "shared-node.json";
  home.config.issuers[1] = {"second", did_key::did_of(key.public_key()), home.path() / "shared-issuer.json"};
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::KEY_REUSED, "the node and by the issuer second");
}

TEST_CASE("what signs verdicts signs nothing else") {
  TestHome home;
  SystemRng rng;
  const auto key = Ed25519KeyPair::generate(rng);
  home.config.node_key_file = home.path() / "shared-node.json";
  home.write_key(home.config.node_key_file, key, node::kNodeKeyPurpose);
  home.config.verdict_key_file = home.path() / "shared-verdict.json";
  home.write_key(*home.config.verdict_key_file, key, node::kVerdictKeyPurpose);
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::KEY_REUSED, "the node and by what signs verdicts");
  home.config.verdict_key_file = home.config.node_key_file;
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::KEY_FILE_PURPOSE, "shared-node.json");
}

TEST_CASE("a key file of another purpose, or none, is refused and named") {
  TestHome home;
  home.config.node_key_file = home.config.issuers[0].key_file;
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::KEY_FILE_PURPOSE, "issuer-main.json");
  home.config.node_key_file = home.path() / "absent.json";
  CHECK_CODE_NAMES(node::Node::open(home.config), codes::FILE_UNREADABLE, "absent.json");
}

TEST_CASE("a malformed tokens file stops the start") {
  TestHome home;
  std::ofstream(home.config.tokens_file()) << "{}";
  CHECK_CODE(node::Node::open(home.config), codes::TOKENS_FILE_INVALID);
}

TEST_CASE("a secret file that others may read stops the start, whichever it is") {
  TestHome home;
  const TemporaryDirectory folder;
  home.config.tls_key = folder.path() / "key.pem";
  std::filesystem::copy_file(TestHome(0).config.tls_key, home.config.tls_key);
  const std::filesystem::path passphrase = home.config.passphrase.value;
  for (const auto& [file, mode, sentence] :
       {std::tuple(passphrase, 0644u, concat("the passphrase file ", passphrase.string(), " has mode 0644")),
        std::tuple(home.config.tokens_file(), 0620u,
                   concat("the tokens file ", home.config.tokens_file().string(), " has mode 0620")),
        std::tuple(home.config.tls_key, 0604u,
                   concat("the TLS private key ", home.config.tls_key.string(), " has mode 0604"))}) {
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    CHECK_CODE_NAMES(node::Node::open(home.config), codes::SECRET_FILE_PERMISSIONS, sentence);
    CHECK_CODE(node::open_setup(home.config), codes::SECRET_FILE_PERMISSIONS);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
  }
  REQUIRE_OK(node::open_setup(home.config));
}

TEST_CASE("a second node on the same home is refused") {
  const TestHome home;
  const RunningNode first(home);
  CHECK_CODE(node::Node::open(home.config), codes::STORE_LOCKED);
}

TEST_CASE("an address in use ends the run with its code") {
  const TestHome home;
  const RunningNode first(home);
  TestHome other(0);
  other.config.listen_port =
      static_cast<std::uint16_t>(std::stoi(first.url().substr(first.url().rfind(':') + 1)));
  auto second = node::Node::open(other.config);
  REQUIRE_OK(second);
  CHECK_CODE((*second)->run(nullptr), codes::LISTEN_FAILED);
  second->reset();
  auto setup = node::open_setup(other.config);
  REQUIRE_OK(setup);
  CHECK_CODE(node::run_app(other.config, *std::move(setup), nullptr), codes::LISTEN_FAILED);
}

TEST_CASE("a stored feed that does not fit together stops the start and is named") {
  const TestHome home;
  const auto admitted = node::admitted_issuers(home.config);
  REQUIRE_OK(admitted);
  {
    auto store = storage::open_sqlite_store(home.config.store_path);
    REQUIRE_OK(store);
    StoreBatch batch;
    batch.heads.push_back({admitted->front().origin.hash(), "not a note\n"});
    REQUIRE_OK((*store)->commit(batch));
  }
  const auto opened = node::Node::open(home.config);
  REQUIRE(!opened.has_value());
  CHECK_MESSAGE(message_has(opened, admitted->front().origin.text()), describe(opened));
}

TEST_CASE("a fault of its own ends the run with a sentence") {
  const TestHome home;
  RunningNode node(home);
  node.node().loop().post([] { throw std::runtime_error("the unforeseen"); });
  CHECK_CODE_NAMES(node.wait_for_end(), codes::INTERNAL_FAULT, "the unforeseen");
}

TEST_CASE("a stopping node finishes what it was asked") {
  const TestHome home;
  RunningNode node(home);
  const json credential = issue(node);
  REQUIRE(node.post("/credentials/status", suspension_of(credential, true), kIssuerToken).status == 200);
  // This one waits for the next head, which is due within a second.
  auto waiting = std::async(std::launch::async, [&] {
    return node.post("/credentials/status", revocation_of(credential), kIssuerToken).status;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  node.node().stop("test");
  CHECK(waiting.get() == 200);
  CHECK(node.wait_for_end().has_value());
  const RunningNode again(home);
  CHECK(verdict_at(again, credential).at("class") == "revoked");
}

TEST_CASE("what cannot be finished before the node stops is refused, not dropped") {
  TestHome home;
  home.config.shutdown_ms = 400;
  RunningNode node(home);
  const json credential = issue(node);
  REQUIRE(node.post("/credentials/status", suspension_of(credential, true), kIssuerToken).status == 200);
  auto late = std::async(std::launch::async, [&] {
    return node.ask({.method = "POST",
                     .path = "/credentials/status",
                     .body = revocation_of(credential).dump(),
                     .token = kIssuerToken});
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  node.node().stop("test");
  CHECK_PROBLEM(late.get(), 503, codes::SHUTTING_DOWN);
  CHECK(node.wait_for_end().has_value());
}

TEST_CASE("hosts come from the configuration, the public URL and the listen address") {
  TestHome home(0);
  home.config.hosts = {"Alias.test:9000"};
  home.config.public_url = "https://issuer.test:8443/base";
  CHECK(node::accepted_hosts(home.config) ==
        std::set<std::string, std::less<>>{"127.0.0.1", "alias.test", "issuer.test"});
  home.config.hosts = {"::1", "[::2]:9000"};
  home.config.listen_address = "fe80::1";
  CHECK(node::accepted_hosts(home.config) ==
        std::set<std::string, std::less<>>{"[::1]", "[::2]", "[fe80::1]", "issuer.test"});
}

}  // namespace vcnode::test
