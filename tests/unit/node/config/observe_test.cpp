// [fetch] and [[observe]].
#include "node/config/codes.h"
#include "node/config/config.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

constexpr std::string_view kNode = R"([network]
name = "test"
[http]
listen = "127.0.0.1:8443"
public_url = "https://node.example"
[keys]
passphrase = "file:passphrase"
)";
constexpr std::string_view kIssuer = R"([[issuer]]
name = "main"
did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
key_file = "keys/issuer-main.json"
)";

Result<Config> parse_with(std::string_view more, std::string_view issuer = kIssuer,
                          const std::map<std::string, std::string>& environment = {}) {
  return parse_config(concat(kNode, issuer, more), "/srv/vcnode", environment);
}

}  // namespace

TEST_CASE("nothing is fetched or observed unless the configuration says so") {
  const auto config = parse_with("");
  REQUIRE_OK(config);
  CHECK_FALSE(config->fetch.enabled);
  CHECK_FALSE(config->fetch.ca_file.has_value());
  CHECK(config->fetch.interval_seconds == 86'400);
  CHECK(config->observe.empty());
}

TEST_CASE("what is to be observed is a did:web, status lists, or both") {
  const auto config = parse_with(R"([fetch]
enabled = true
ca_file = "authorities.pem"
interval_seconds = 3600
[[observe]]
did = "did:web:uni.example"
status_url = ["https://uni.example/status/1", "https://uni.example/status/2"]
[[observe]]
status_url = ["https://school.example/list"]
)");
  REQUIRE_OK(config);
  CHECK(config->fetch.enabled);
  CHECK(config->fetch.ca_file == "/srv/vcnode/authorities.pem");
  CHECK(config->fetch.interval_seconds == 3600);
  REQUIRE(config->observe.size() == 4);
  CHECK(config->observe[0].url == "https://uni.example/.well-known/did.json");
  CHECK(config->observe[3].kind == observe::Kind::status_list);
}

TEST_CASE("fetching can be allowed by the environment") {
  CHECK(parse_with("", kIssuer, {{"VCNODE_FETCH_ENABLED", "true"}})->fetch.enabled);
  CHECK_FALSE(
      parse_with("[fetch]\nenabled = true\n", kIssuer, {{"VCNODE_FETCH_ENABLED", "false"}})->fetch.enabled);
  CHECK(parse_with("", kIssuer, {{"VCNODE_FETCH_INTERVAL_SECONDS", "60"}})->fetch.interval_seconds == 60);
  CHECK_CODE_NAMES(parse_with("", kIssuer, {{"VCNODE_FETCH_ENABLED", "yes"}}), codes::CONFIG_VALUE,
                   "VCNODE_FETCH_ENABLED");
}

TEST_CASE("what cannot be observed is refused with its place") {
  const auto refused = [](std::string_view table, const CodeInfo& code, std::string_view part) {
    const auto config = parse_with(concat("[[observe]]\n", table));
    CHECK_CODE_NAMES(config, code, part);
    CHECK(test::message_has(config, "config.toml line"));
  };
  refused("", codes::CONFIG_MISSING_KEY, "status_url");
  refused("did = \"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp\"\n", codes::CONFIG_VALUE,
          "observe.did");
  refused("did = \"did:web:127.0.0.1\"\n", codes::CONFIG_VALUE, "observe.did");
  refused("did = 7\n", codes::CONFIG_VALUE, "observe.did");
  refused("status_url = \"https://uni.example/1\"\n", codes::CONFIG_VALUE, "observe.status_url");
  refused("status_url = []\n", codes::CONFIG_VALUE, "observe.status_url");
  refused("status_url = [\"http://uni.example/1\"]\n", codes::CONFIG_VALUE, "http://uni.example/1");
  refused("url = \"https://uni.example/1\"\n", codes::CONFIG_UNKNOWN_KEY, "observe.url");
  refused("did = \"did:web:a.example\"\n[[observe]]\ndid = \"did:web:a.example\"\n", codes::CONFIG_VALUE,
          "already");
  CHECK_CODE_NAMES(parse_with("[[observe]]\ndid = \"did:web:a.example\"\n", ""), codes::CONFIG_MISSING_KEY,
                   "[[issuer]]");
  CHECK_CODE_NAMES(parse_with("[fetch]\nenabled = 1\n"), codes::CONFIG_VALUE, "fetch.enabled");
  CHECK_CODE_NAMES(parse_with("[fetch]\ninterval_seconds = 0\n"), codes::CONFIG_VALUE,
                   "fetch.interval_seconds");
  CHECK_CODE_NAMES(parse_with("[fetch]\nca_file = 0\n"), codes::CONFIG_VALUE, "fetch.ca_file");
  CHECK_CODE_NAMES(parse_with("[observe]\ndid = \"did:web:a.example\"\n"), codes::CONFIG_UNKNOWN_KEY,
                   "[[observe]]");
}
