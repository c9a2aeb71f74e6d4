#include "node/config/config.h"

#include <sys/stat.h>

#include <fstream>

#include "node/config/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

constexpr std::string_view kGood = R"([network]
name = "test"
admit = ["did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"]

[http]
listen = "127.0.0.1:8443"
public_url = "https://node.example"

[keys]
passphrase = "file:passphrase"

[[issuer]]
name = "main"
did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
key_file = "keys/issuer-main.json"

[[peer]]
url = "wss://peer.example:9443/peer"
)";

Result<Config> parse(std::string text, const std::map<std::string, std::string>& environment = {}) {
  return parse_config(text, "/srv/vcnode", environment);
}

std::string with(std::string_view from, std::string_view to) {
  std::string text(kGood);
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a good configuration is read, defaults are filled and paths are relative to the home") {
  const auto config = parse(std::string(kGood));
  REQUIRE_OK(config);
  CHECK(config->network_name == "test");
  CHECK(config->admit.size() == 1);
  CHECK(config->listen_address == "127.0.0.1");
  CHECK(config->listen_port == 8443);
  CHECK(config->passphrase.value == "/srv/vcnode/passphrase");
  CHECK(config->issuers.at(0).key_file == "/srv/vcnode/keys/issuer-main.json");
  CHECK(config->store_path == "/srv/vcnode/store.sqlite");
  CHECK(config->peers.at(0).url == "wss://peer.example:9443/peer");
  CHECK(config->log_level == "info");
}

TEST_CASE("an unknown key names its line and the nearest known key") {
  const auto result = parse(with("listen =", "lissen ="));
  CHECK_CODE_NAMES(result, codes::CONFIG_UNKNOWN_KEY, "line 6");
  CHECK_CODE_NAMES(result, codes::CONFIG_UNKNOWN_KEY, "'http.listen'");
  CHECK_CODE_NAMES(parse(with("key_file", "keyfile")), codes::CONFIG_UNKNOWN_KEY, "'key_file'");
  CHECK_CODE_NAMES(parse(with("[[peer]]", "[[pear]]")), codes::CONFIG_UNKNOWN_KEY, "'peer'");
}

TEST_CASE("values of wrong type or range name key, value and limit") {
  CHECK_CODE_NAMES(parse(with("\"127.0.0.1:8443\"", "8443")), codes::CONFIG_VALUE, "http.listen");
  CHECK_CODE_NAMES(parse(with("127.0.0.1:8443", "127.0.0.1:70000")), codes::CONFIG_VALUE, "65535");
  CHECK_CODE_NAMES(parse(with("https://node.example", "http://node.example")), codes::CONFIG_VALUE,
                   "https://");
  CHECK_CODE_NAMES(parse(with("https://node.example", "https://node.example/")), codes::CONFIG_VALUE,
                   "must not end with '/'");
  CHECK_CODE_NAMES(parse(with("https://node.example", "https://node.example/a b")), codes::CONFIG_VALUE,
                   "white space");
  CHECK_CODE_NAMES(parse(with("127.0.0.1:8443", "localhost:8443")), codes::CONFIG_VALUE, "numeric");
  CHECK_CODE_NAMES(parse(with("file:passphrase", "passphrase")), codes::CONFIG_VALUE, "keys.passphrase");
  for (const std::string mistake : {"hunter2", "fd:hunter2", "credential:", "env:hunter2"}) {
    const auto refused = parse(with("file:passphrase", mistake));  // it may be the passphrase itself
    CHECK_CODE_NAMES(refused, codes::CONFIG_VALUE, "keys.passphrase");
    CHECK(refused.error().message.find("hunter2") == std::string::npos);
    const auto by_environment = parse_config(kGood, "/srv/vcnode", {{"VCNODE_KEYS_PASSPHRASE", mistake}});
    CHECK_CODE_NAMES(by_environment, codes::CONFIG_VALUE, "VCNODE_KEYS_PASSPHRASE");
    CHECK(by_environment.error().message.find("hunter2") == std::string::npos);
  }
  CHECK_CODE_NAMES(parse(with("name = \"test\"", "name = \"Test\"")), codes::CONFIG_VALUE, "network.name");
  CHECK_CODE_NAMES(parse(with("name = \"main\"", "name = \"../x\"")), codes::CONFIG_VALUE, "issuer.name");
  CHECK_CODE_NAMES(parse(with("admit = [", "admit = [1, ")), codes::CONFIG_VALUE, "network.admit");
  CHECK_CODE_NAMES(parse(std::string(kGood) + "node_key = \"z6Mk\"\n"), codes::CONFIG_VALUE, "peer.node_key");
  CHECK_CODE_NAMES(parse(std::string(kGood) + "\n[server]\nworker_threads = 1000\n"), codes::CONFIG_VALUE,
                   "256");
}

TEST_CASE("sponsors are a list of DIDs, in the file or by environment") {
  const std::string did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
  const auto config = parse(with("admit = [", concat("sponsors = [\"", did, "\"]\nadmit = [")));
  REQUIRE_OK(config);
  CHECK(config->sponsors == std::vector<Did>{*Did::parse(did)});
  const auto by_environment = parse_config(kGood, "/srv/vcnode", {{"VCNODE_NETWORK_SPONSORS", did}});
  REQUIRE_OK(by_environment);
  CHECK(by_environment->sponsors.size() == 1);
  CHECK(parse(std::string(kGood))->sponsors.empty());
  CHECK_CODE_NAMES(parse(with("admit = [", "sponsors = [\"me\"]\nadmit = [")), codes::CONFIG_VALUE,
                   "network.sponsors");
}

TEST_CASE("an admit list beyond the hello's limit is refused with both numbers") {
  std::string list = "admit = [";
  for (int i = 0; i < 1025; ++i) list += "\"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp\",";
  const auto result = parse(
      with("admit = [\"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp\"", list + "\"did:key:z\""));
  CHECK_CODE_NAMES(result, codes::CONFIG_VALUE, "1024");
}

TEST_CASE("missing keys and broken TOML are told apart") {
  CHECK_CODE_NAMES(parse(with("public_url = \"https://node.example\"", "")), codes::CONFIG_MISSING_KEY,
                   "http.public_url");
  CHECK_CODE_NAMES(parse(with("url = \"wss://peer.example:9443/peer\"", "")), codes::CONFIG_MISSING_KEY,
                   "'url'");
  CHECK_CODE_NAMES(parse(with("[keys]", "[keys")), codes::CONFIG_SYNTAX, "line 9");
}

TEST_CASE("malformed headers and letters beyond ASCII outside quotes end in a sentence") {
  for (const char* header : {"[!]", "[#keys]", "[\x19keys]",
                             "[\xce\xba"
                             "eys]",
                             "k\xce\xba = 1", "a = 1.5\xce\xbb"}) {
    CAPTURE(header);
    CHECK_CODE(parse(with("[keys]", header)), codes::CONFIG_SYNTAX);
  }
}

TEST_CASE("a message quotes no more of a value than an excerpt, without its control characters") {
  const auto result = parse(with("127.0.0.1:8443", "\\u0007" + std::string(5000, 'x')));
  CHECK_CODE_NAMES(result, codes::CONFIG_VALUE, "http.listen is '?xxx");
  CHECK(result.error().message.size() < 400);
}

TEST_CASE("the environment overrides the file and is named in errors") {
  const auto config =
      parse(std::string(kGood), {{"VCNODE_HTTP_LISTEN", "[::1]:9000"}, {"VCNODE_SERVER_SHUTDOWN_MS", "700"}});
  REQUIRE_OK(config);
  CHECK(config->listen_address == "::1");
  CHECK(config->shutdown_ms == 700);
  CHECK_CODE_NAMES(parse(std::string(kGood), {{"VCNODE_SERVER_SHUTDOWN_MS", "soon"}}), codes::CONFIG_VALUE,
                   "VCNODE_SERVER_SHUTDOWN_MS");
}

TEST_CASE("a variable that was meant as a setting but names none is refused") {
  CHECK_CODE_NAMES(parse(std::string(kGood), {{"VCNODE_HTTP_LISTENER", "x"}}), codes::CONFIG_UNKNOWN_KEY,
                   "VCNODE_HTTP_LISTENER names no setting; the nearest is VCNODE_HTTP_LISTEN");
  CHECK_CODE_NAMES(parse(std::string(kGood), {{"VCNODE_HTP_LISTEN", "x"}}), codes::CONFIG_UNKNOWN_KEY,
                   "the nearest is VCNODE_HTTP_LISTEN");
  REQUIRE_OK(parse(std::string(kGood), {{"VCNODE_HOME", "/x"}, {"VCNODE_SHARED", "/y"}}));
}

TEST_CASE("a configuration is a regular file of bounded size, and a pipe is not waited for") {
  const test::TemporaryDirectory home;
  const auto path = home.path() / "config.toml";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_CODE_NAMES(load_config(home.path()), codes::CONFIG_UNREADABLE, "config.toml: not a regular file");
  std::filesystem::remove(path);
  std::ofstream(path) << std::string(1024 * 1024 + 1, '\n');
  CHECK_CODE_NAMES(load_config(home.path()), codes::CONFIG_UNREADABLE, "longer than the limit of 1048576");
}

TEST_CASE("a home without a configuration says how to make one") {
  CHECK_CODE_NAMES(load_config("/nonexistent"), codes::CONFIG_UNREADABLE, "vcnode init");
}

TEST_CASE("errors about [[peer]] and [[issuer]] tables name their line, be they empty or misnamed") {
  CHECK_CODE_NAMES(parse(with("[[peer]]", "[[peers]]")), codes::CONFIG_UNKNOWN_KEY,
                   "line 17: unknown key '[[peers]]'");
  CHECK_CODE_NAMES(parse(std::string(kGood) + "\n[[pears]]\n"), codes::CONFIG_UNKNOWN_KEY, "line 20");
  CHECK_CODE_NAMES(parse(std::string(kGood) + "\n[[peer]]\n"), codes::CONFIG_MISSING_KEY,
                   "line 20: [[peer]] lacks the key 'url'");
  std::string many(kGood);
  for (int i = 0; i < 64; ++i) many += concat("[[peer]]\nurl = \"wss://peer-", i, ".example/peer\"\n");
  CHECK_CODE_NAMES(parse(many), codes::CONFIG_VALUE, "line 145: 65 [[peer]] tables, the limit is 64");
}

TEST_CASE("a table that no key lives in is refused, with nothing in it too") {
  CHECK_CODE_NAMES(parse(std::string(kGood) + "\n[foo]\n"), codes::CONFIG_UNKNOWN_KEY,
                   "line 20: unknown table '[foo]'; the nearest known one is '[log]'");
  CHECK_CODE_NAMES(parse(with("[[peer]]", "[peer]")), codes::CONFIG_UNKNOWN_KEY,
                   "line 17: [peer] is written [[peer]]");
  REQUIRE_OK(parse(std::string(kGood) + "\n[log]\n"));
}

TEST_CASE("a peer is another node, and each is named once") {
  const auto peer = [](std::string_view listen, std::string_view url) {
    std::string text = with("127.0.0.1:8443", listen);
    const std::string_view old = "wss://peer.example:9443/peer";
    return parse(text.replace(text.find(old), old.size(), url));
  };
  for (const auto& [listen, url] :
       std::vector<std::pair<std::string, std::string>>{{"127.0.0.1:8443", "wss://127.0.0.1:8443/peer"},
                                                        {"127.0.0.1:8443", "wss://localhost:8443/peer"},
                                                        {"0.0.0.0:8443", "wss://127.0.0.1:8443/peer"},
                                                        {"[::1]:8443", "wss://[::1]:8443/peer"},
                                                        {"127.0.0.1:8443", "wss://Node.example/peer"}}) {
    const std::string& named = url;  // clang 14 captures no binding
    CAPTURE(named);
    CHECK_CODE_NAMES(peer(listen, named), codes::CONFIG_VALUE,
                     concat("is '", named, "', this node's own address"));
  }
  REQUIRE_OK(peer("127.0.0.1:8443", "wss://127.0.0.2:8443/peer"));
  REQUIRE_OK(peer("127.0.0.1:8443", "wss://127.0.0.1:9443/peer"));
  CHECK_CODE_NAMES(parse(std::string(kGood) + "\n[[peer]]\nurl = \"wss://Peer.example:9443/peer\"\n"),
                   codes::CONFIG_VALUE, "line 21: peer.url is 'wss://Peer.example:9443/peer', which another");
}

TEST_CASE("an issuer with a history has a folder of keys, one without has a key file") {
  const std::string did = "did:webvh:QmNebp2eQL2eMEcyN9TZ3XrfPdfTCuF7mL9BRCxJJshx2D:uni.example";
  const std::string key_file =
      "did = \"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp\"\nkey_file = "
      "\"keys/issuer-main.json\"";
  const auto table = [&](const std::string& lines) { return parse(with(key_file, lines)); };
  const auto config = table("did = \"" + did + "\"\nkeys = \"keys/main\"");
  REQUIRE_OK(config);
  CHECK(config->issuers.at(0).has_history());
  CHECK(config->issuers.at(0).keys_folder == "/srv/vcnode/keys/main");
  CHECK(config->issuers.at(0).key_file.empty());
  CHECK_FALSE(parse(std::string(kGood))->issuers.at(0).has_history());
  CHECK_CODE_NAMES(table("did = \"" + did + "\"\nkey_file = \"keys/main\""), codes::CONFIG_VALUE, "'keys'");
  CHECK_CODE_NAMES(table("did = \"" + did + "\""), codes::CONFIG_MISSING_KEY, "'keys'");
  CHECK_CODE_NAMES(table(key_file + "\nkeys = \"keys\""), codes::CONFIG_VALUE, "issuer.keys");
  CHECK_CODE_NAMES(table("did = \"did:webvh:uni.example\"\nkeys = \"keys\""), codes::CONFIG_VALUE, "SCID");
}

TEST_CASE("an issuer proves its times when it names a witness policy") {
  constexpr std::string_view kKey = "key_file = \"keys/issuer-main.json\"\n";
  const auto with_lines = [&](const std::string& lines) { return parse(with(kKey, concat(kKey, lines))); };
  CHECK_FALSE(parse(std::string(kGood))->issuers.at(0).time_batch);
  const auto config = with_lines("witness_policy = \"witnesses.txt\"\n");
  REQUIRE_OK(config);
  REQUIRE(config->issuers.at(0).time_batch);
  CHECK(config->issuers.at(0).time_batch->witness_policy == "/srv/vcnode/witnesses.txt");
  CHECK(config->issuers.at(0).time_batch->seconds == 60);
  CHECK(with_lines("witness_policy = \"w\"\ntime_batch_seconds = 1\n")->issuers.at(0).time_batch->seconds ==
        1);
  CHECK_CODE_NAMES(with_lines("witness_policy = \"w\"\ntime_batch_seconds = 61\n"), codes::CONFIG_VALUE,
                   "from 1 to 60");
  CHECK_CODE_NAMES(with_lines("time_batch_seconds = 5\n"), codes::CONFIG_VALUE, "without 'witness_policy'");
  CHECK_CODE_NAMES(with_lines("witness_policies = \"w\"\n"), codes::CONFIG_UNKNOWN_KEY, "'witness_policy'");
}

TEST_CASE("verdicts are signed where there is a key file for it") {
  CHECK_FALSE(parse(std::string(kGood))->verdict_key_file);
  const auto config = parse(std::string(kGood) + "[verdict]\nkey_file = \"keys/verdict-1.key\"\n");
  REQUIRE_OK(config);
  CHECK(config->verdict_key_file == "/srv/vcnode/keys/verdict-1.key");
  CHECK_CODE_NAMES(parse(std::string(kGood) + "[verdict]\nkey = \"k\"\n"), codes::CONFIG_UNKNOWN_KEY,
                   "verdict.key_file");
}

TEST_CASE("a witness has a key file and a name for its notes") {
  CHECK_FALSE(parse(std::string(kGood))->witness);
  const auto config = parse(std::string(kGood) + "[witness]\nkey_file = \"keys/witness.json\"\n");
  REQUIRE_OK(config);
  REQUIRE(config->witness);
  CHECK(config->witness->key_file == "/srv/vcnode/keys/witness.json");
  CHECK(config->witness->name == "node.example/witness");
  const std::string text = std::string(kGood) + "[witness]\nkey_file = \"w\"\nname = ";
  CHECK(parse(text + "\"w.example/1\"")->witness->name == "w.example/1");
  CHECK_CODE_NAMES(parse(text + "\"a b\""), codes::CONFIG_VALUE, "witness.name");
  CHECK_CODE_NAMES(parse(text + "\"a+b\""), codes::CONFIG_VALUE, "witness.name");
  CHECK_CODE_NAMES(parse(std::string(kGood) + "[witness]\nname = \"w\"\n"), codes::CONFIG_MISSING_KEY,
                   "witness.key_file");
}

TEST_CASE("a node answers for all authorities it holds, or for those that are named") {
  CHECK_FALSE(parse(std::string(kGood))->trqp.authorities);
  CHECK_FALSE(parse(std::string(kGood))->trqp.token_required);
  const std::string did = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG";
  const auto config = parse(concat(kGood, "[trqp]\nauthorities = [\"", did, "\"]\ntoken_required = true\n"));
  REQUIRE_OK(config);
  CHECK(config->trqp.authorities == std::vector<Did>{Did::parse(did).value()});
  CHECK(config->trqp.token_required);
  CHECK(parse(concat(kGood, "[trqp]\nauthorities = []\n"))->trqp.authorities->empty());
  CHECK(parse(std::string(kGood), {{"VCNODE_TRQP_AUTHORITIES", concat(did, ",", did)}})
            ->trqp.authorities->size() == 2);
  CHECK_CODE_NAMES(parse(concat(kGood, "[trqp]\nauthorities = [\"ministry\"]\n")), codes::CONFIG_VALUE,
                   "trqp.authorities holds 'ministry'");
  CHECK_CODE_NAMES(parse(concat(kGood, "[trqp]\ntoken_required = 1\n")), codes::CONFIG_VALUE,
                   "trqp.token_required");
}
