#include "node/config/urls.h"

#include "node/config/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::node;

TEST_CASE("endpoints are a host and a port") {
  CHECK(parse_endpoint("127.0.0.1:8443")->port == 8443);
  CHECK(parse_endpoint("[::1]:0")->host == "::1");
  for (const char* bad :
       {"", "host", ":80", "host:", "host:x", "host:65536", "[::1", "[zz]:1", "a b:1", "::1:80"}) {
    CAPTURE(bad);
    CHECK_CODE(parse_endpoint(bad), codes::CONFIG_VALUE);
  }
}

TEST_CASE("service URLs have the scheme that is asked for and nothing that hides") {
  const auto url = parse_service_url("wss://node.example/peer", "wss");
  REQUIRE_OK(url);
  CHECK(url->endpoint.port == 443);
  CHECK(url->path == "/peer");
  for (const char* bad : {"ws://h/peer", "wss://", "wss://u@h/peer", "wss://h/peer?x=1", "wss://h/#f",
                          "wss://h:x/", "wss://h:0/", "wss://h/a b", "wss://[::::]/"}) {
    CAPTURE(bad);
    CHECK_CODE(parse_service_url(bad, "wss"), codes::CONFIG_VALUE);
  }
  CHECK_CODE_NAMES(parse_service_url(std::string(2000, 'a'), "wss"), codes::CONFIG_VALUE, "1024");
}

TEST_CASE("a node listens at a numeric address, not at a name") {
  CHECK(parse_listen("0.0.0.0:1")->host == "0.0.0.0");
  CHECK(parse_listen("[::ffff:127.0.0.1]:1")->host == "::ffff:127.0.0.1");
  for (const char* bad : {"localhost:8443", "127.0.0.256:1", "127.1:1", "[1::2::3]:1", "[127.0.0.1]:x"}) {
    CAPTURE(bad);
    CHECK_CODE(parse_listen(bad), codes::CONFIG_VALUE);
  }
  CHECK_CODE_NAMES(parse_listen("localhost:8443"), codes::CONFIG_VALUE, "'localhost' is not a numeric IPv4");
}
