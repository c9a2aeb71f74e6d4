#include "node/net/url.h"

#include "protocol/did/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using node::parse_server_url;

TEST_SUITE("node/net url") {
  TEST_CASE("host, port, authority and target are taken apart") {
    const auto plain = parse_server_url("https://node.example", "https");
    REQUIRE_OK(plain);
    CHECK(plain->host == "node.example");
    CHECK(plain->port == 443);
    CHECK(plain->authority == "node.example");
    CHECK(plain->target == "/");
    const auto full = parse_server_url("WSS://[::1]:8443/peer/x%20y?a=b&c#part", "wss");
    REQUIRE_OK(full);
    CHECK(full->host == "::1");
    CHECK(full->port == 8443);
    CHECK(full->authority == "[::1]:8443");
    CHECK(full->target == "/peer/x%20y?a=b&c");
    const auto query_only = parse_server_url("https://127.0.0.1:443?x", "https");
    REQUIRE_OK(query_only);
    CHECK(query_only->authority == "127.0.0.1");
    CHECK(query_only->target == "/?x");
  }

  TEST_CASE("another scheme is refused with the one that is spoken") {
    CHECK_CODE_NAMES(parse_server_url("http://node.example/", "https"), codes::URL_INVALID, "only https");
    CHECK_CODE_NAMES(parse_server_url("https://node.example/", "wss"), codes::URL_INVALID, "only wss");
  }

  TEST_CASE("what is no server's address is refused") {
    for (const std::string text : {"",
                                   "node.example",
                                   "/path",
                                   "https:",
                                   "https://",
                                   "https:///path",
                                   "https://a b/",
                                   "https://host:0/",
                                   "https://host:65536/",
                                   "https://host:99999999999/",
                                   "https://host:x/",
                                   "https://host:8x/",
                                   "https://host:1:2/",
                                   "https://user@host/",
                                   "https://user:word@host/",
                                   "https://[::1",
                                   "https://[v1.x]/",
                                   "https://h%00st/",
                                   "https://h%2Fst/",
                                   "https://host/\r\nX: y",
                                   "https://host/\xff"}) {
      CAPTURE(text);
      CHECK_CODE(parse_server_url(text, "https"), codes::URL_INVALID);
    }
    CHECK_CODE_NAMES(parse_server_url("https://host/" + std::string(1024, 'x'), "https"), codes::URL_INVALID,
                     "1024");
  }
}
