#include "node/http/request_target.h"
#include "node/http/response_text.h"
#include "node/net/codes.h"
#include "tests/support/child.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using node::HttpResponse;
using node::parse_request_target;

namespace {

std::string whole_text(const HttpResponse& response, node::ResponseContext context) {
  const node::ResponseText text = node::response_text(response, context);
  return concat(text.head, text.content);
}

}  // namespace

TEST_SUITE("node/http text") {
  TEST_CASE("a target's path is decoded and kept as received") {
    const auto target = parse_request_target("/a%2Fb/%C3%A9?x=1+2&y=%2B&flag&&z=a=b");
    REQUIRE_OK(target);
    CHECK(target->path == "/a/b/\xC3\xA9");
    CHECK(target->raw_path == "/a%2Fb/%C3%A9");
    CHECK(target->query ==
          std::map<std::string, std::string>{{"x", "1 2"}, {"y", "+"}, {"flag", ""}, {"z", "a=b"}});
    CHECK(target->authority.empty());
  }

  TEST_CASE("an absolute target brings its own authority; an asterisk is itself") {
    const auto absolute = parse_request_target("https://node.example:1/x?y");
    REQUIRE_OK(absolute);
    CHECK(absolute->authority == "node.example:1");
    CHECK(absolute->path == "/x");
    const auto bare = parse_request_target("https://node.example");
    REQUIRE_OK(bare);
    CHECK(bare->path == "/");
    const auto url_in_path = parse_request_target("/resolve/https://x");
    REQUIRE_OK(url_in_path);
    CHECK(url_in_path->authority.empty());
    REQUIRE_OK(parse_request_target("*"));
  }

  TEST_CASE("a target that hides something is refused") {
    for (const char* text : {"", "x", "//%", "/%", "/%1", "/%zz", "/%00", "/%0d%0a", "/%7f", "/%ff",
                             "/%c0%af", "/a#b", "/?a=1&a=2", "/?a=%00", "/?%zz", "/?a&a=", "host:443"}) {
      CAPTURE(text);
      CHECK_CODE(parse_request_target(text), codes::HTTP_REQUEST_MALFORMED);
    }
    CHECK_CODE_NAMES(parse_request_target("/?who=1&who=2"), codes::HTTP_REQUEST_MALFORMED, "\"who\"");
  }

  TEST_CASE("dates are those of RFC 9110") {
    CHECK(node::http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(node::http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  }

  TEST_CASE("an answer states its length, and how the connection goes on") {
    const HttpResponse response{404, "text/plain", "gone", {{"X-Note", "a\tb"}}};
    const std::string kept = whole_text(response, {});
    CHECK(kept.starts_with("HTTP/1.1 404 Not Found\r\nDate: "));
    CHECK(kept.ends_with("\r\nX-Note: a\tb\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone"));
    CHECK(whole_text(response, {false, false, false}).ends_with("\r\nConnection: close\r\n\r\ngone"));
    CHECK(whole_text(response, {true, true, false}).ends_with("\r\nConnection: keep-alive\r\n\r\ngone"));
    CHECK(whole_text(response, {true, false, true}).ends_with("\r\nContent-Length: 4\r\n\r\n"));
    const std::string empty = whole_text(HttpResponse{204, "text/plain", "", {}}, {});
    CHECK(empty.find("Content-") == std::string::npos);
  }

  TEST_CASE("a shared body is sent in place of the answer's own, from where it is") {
    HttpResponse response{200, "text/plain", "own", {}};
    response.shared_body = std::make_shared<const std::string>("common");
    const node::ResponseText text = node::response_text(response, {});
    CHECK(text.head.ends_with("\r\nContent-Length: 6\r\n\r\n"));
    CHECK(text.content.data() == response.shared_body->data());
    CHECK(text.content == "common");
    CHECK(node::response_text(response, {true, false, true}).content.empty());
  }

  TEST_CASE("a line break in a header is a programming error") {
    CHECK_FALSE(node::is_header_text("a\r\nb"));
    CHECK_FALSE(node::is_header_text(std::string_view("a\0b", 3)));
    const auto end = test::run_in_child([] {
      (void)whole_text(HttpResponse{200, "", "", {{"X", "a\r\nY: b"}}}, {});
    });
    CHECK(end.died);
  }
}
