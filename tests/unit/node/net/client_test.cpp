#include "node/http/client.h"

#include <stdlib.h>

#include <atomic>

#include "node/net/codes.h"
#include "protocol/did/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using node::FetchOptions;
using node::http_fetch;
using node::HttpSession;
using test::RawConnection;
using test::ScriptedServer;
using test::TestServer;

namespace {

FetchOptions options_for(const std::string& url) {
  FetchOptions options;
  options.url = url;
  return options;
}

std::string read_request(RawConnection& connection) {
  return connection.read_until(
      [](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; });
}

// Answers every request on every connection with `answer`, then closes.
std::function<void(RawConnection&)> answer_with(const std::string& answer) {
  return [answer](RawConnection& connection) {
    read_request(connection);
    connection.send(answer);
    connection.half_close();
  };
}

Result<node::HttpResponse> fetch_from(const std::function<void(RawConnection&)>& script,
                                      std::size_t body_bytes_max = 100) {
  ScriptedServer server(script);
  FetchOptions options = options_for(server.url());
  options.body_bytes_max = body_bytes_max;
  return http_fetch(options);
}

}  // namespace

TEST_SUITE("node/http client") {
  TEST_CASE("method, body, token and type arrive; status, headers and body come back") {
    TestServer server;
    FetchOptions options = options_for(server.url("/echo?q=1#part"));
    options.method = "POST";
    options.body = "hello";
    options.content_type = "text/x";
    options.bearer = "secret";
    const auto answer = http_fetch(options);
    REQUIRE_OK(answer);
    CHECK(answer->status == 200);
    CHECK(answer->content_type == "text/plain");
    CHECK(answer->body == "POST /echo hello");
    const auto request = server.handler().last();
    CHECK(request.query.at("q") == "1");
    CHECK(request.header("content-type") == "text/x");
    CHECK(request.header("authorization") == "Bearer secret");
    CHECK(request.header("host") == "127.0.0.1:" + std::to_string(server.port()));
  }

  TEST_CASE("HEAD, 204 and error statuses are answers like any other") {
    TestServer server;
    FetchOptions options = options_for(server.url("/x"));
    options.method = "HEAD";
    const auto head = http_fetch(options);
    REQUIRE_OK(head);
    CHECK(head->body.empty());
    const auto empty = http_fetch(options_for(server.url("/empty")));
    REQUIRE_OK(empty);
    CHECK(empty->status == 204);
    const auto refused = http_fetch(options_for(server.url("/%00")));
    REQUIRE_OK(refused);
    CHECK(refused->status == 400);
  }

  TEST_CASE("a server that answers before it has read the body is heard") {
    TestServer server([](node::ServerOptions& options) { options.linger_ms_max = 30'000; });
    FetchOptions options = options_for(server.url("/echo"));
    options.method = "POST";
    options.body = std::string(3'000'000, 'x');
    const auto answer = http_fetch(options);
    REQUIRE_OK(answer);
    CHECK(answer->status == 413);
  }

  TEST_CASE("localhost is resolved, whichever of its addresses listens") {
    TestServer server;
    const auto answer = http_fetch(options_for("https://localhost:" + std::to_string(server.port()) + "/x"));
    REQUIRE_OK(answer);
    CHECK(answer->status == 200);
  }

  TEST_CASE("an IPv6 address may be the host") {
    TestServer server([](node::ServerOptions& options) { options.listen_address = "::1"; });
    const auto answer = http_fetch(options_for("https://[::1]:" + std::to_string(server.port()) + "/x"));
    REQUIRE_OK(answer);
    CHECK(server.handler().last().header("host") == "[::1]:" + std::to_string(server.port()));
    CHECK(server.handler().last().remote.starts_with("[::1]:"));
  }

  TEST_CASE("the admin socket takes a bare path or a URL") {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "admin.sock";
    TestServer server([&](node::ServerOptions& options) { options.admin_socket = path; });
    FetchOptions options = options_for("/a?b=c");
    options.socket = path;
    const auto bare = http_fetch(options);
    REQUIRE_OK(bare);
    CHECK(bare->body == "GET /a ");
    options.url = "https://anything/d";
    const auto full = http_fetch(options);
    REQUIRE_OK(full);
    CHECK(full->body == "GET /d ");
    options.socket = folder.path() / "nobody.sock";
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_UNREACHABLE, "nobody.sock");
    options.socket = folder.path() / std::string(120, 'x');
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_UNREACHABLE, "107");
  }

  TEST_CASE("http:// is refused, naming https") {
    CHECK_CODE_NAMES(http_fetch(options_for("http://127.0.0.1/")), codes::URL_INVALID, "https");
    CHECK_CODE(http_fetch(options_for("/path")), codes::URL_INVALID);
  }

  TEST_CASE("what would add a header line is refused before anything is sent") {
    FetchOptions options = options_for("https://127.0.0.1:1/");
    options.bearer = "secret\r\nX: y";
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_PROTOCOL, "line break");
    options.bearer.reset();
    options.method = "GET / HTTP/1.1\r\nX: y";
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_PROTOCOL, "method");
  }

  TEST_CASE("no listener and no such name are unreachable") {
    std::uint16_t port = 0;
    {
      TestServer server;
      port = server.port();
    }
    CHECK_CODE_NAMES(http_fetch(options_for("https://127.0.0.1:" + std::to_string(port))),
                     codes::HTTP_UNREACHABLE, "refused");
    CHECK_CODE_NAMES(http_fetch(options_for("https://nobody.invalid/")), codes::HTTP_UNREACHABLE,
                     "nobody.invalid");
  }

  TEST_CASE("a deadline covers every stage") {
    ScriptedServer no_tls([](RawConnection& connection) { connection.read_to_end(); }, false);
    FetchOptions options = options_for(no_tls.url());
    options.timeout_ms = 150;
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_TIMEOUT, "150 ms");
    ScriptedServer no_answer([](RawConnection& connection) {
      read_request(connection);
      connection.read_to_end();
    });
    options.url = no_answer.url();
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_TIMEOUT, "150 ms");
    ScriptedServer trickle([](RawConnection& connection) {
      read_request(connection);
      connection.send_slowly("HTTP/1.1 200 OK\r\nX: " + std::string(1000, 'x'), 10);
    });
    options.url = trickle.url();
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_TIMEOUT, "150 ms");
  }

  TEST_CASE("an answer beyond the limit is HTTP_TOO_LARGE, however it is framed") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    CHECK_CODE_NAMES(fetch_from(answer_with(ok + "Content-Length: 101\r\n\r\n")), codes::HTTP_TOO_LARGE,
                     "100 bytes");
    CHECK_CODE_NAMES(fetch_from(answer_with(ok + "Transfer-Encoding: chunked\r\n\r\n65\r\n")),
                     codes::HTTP_TOO_LARGE, "100 bytes");
    CHECK_CODE_NAMES(fetch_from(answer_with(ok + "\r\n" + std::string(101, 'x'))), codes::HTTP_TOO_LARGE,
                     "100 bytes");
    CHECK_CODE_NAMES(fetch_from(answer_with(ok + "X: " + std::string(20'000, 'x'))), codes::HTTP_TOO_LARGE,
                     "header");
    std::string many = ok;
    while (many.size() < 20'000) many += "X: 1\r\n";
    CHECK_CODE_NAMES(fetch_from(answer_with(many)), codes::HTTP_TOO_LARGE, "header");
    REQUIRE_OK(fetch_from(answer_with(ok + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'))));
  }

  TEST_CASE("what is not HTTP over TLS is HTTP_PROTOCOL") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const std::string& answer :
         {std::string("SSH-2.0\r\n\r\n"), std::string("HTTP/1.1 abc\r\n\r\n"),
          std::string("HTTP/2.0 200\r\n\r\n"), std::string(), std::string("HTTP/1.1 2"),
          ok + "Content-Length: 5\r\n\r\nabc", ok + "Content-Length: x\r\n\r\n",
          ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", ok + "Transfer-Encoding: gzip\r\n\r\nabc",
          ok + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'x'),
          ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
      CAPTURE(answer.substr(0, 80));
      CHECK_CODE(fetch_from(answer_with(answer), 100'000), codes::HTTP_PROTOCOL);
    }
    std::string hints;
    for (int i = 0; i < 20; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
    CHECK_CODE_NAMES(fetch_from(answer_with(hints)), codes::HTTP_PROTOCOL, "final");
    ScriptedServer plain([](RawConnection& connection) { connection.send("HTTP/1.1 200 OK\r\n\r\n"); },
                         false);
    CHECK_CODE_NAMES(http_fetch(options_for(plain.url())), codes::HTTP_PROTOCOL, "TLS 1.3");
  }

  TEST_CASE("chunks, early hints and an answer up to a clean end are understood") {
    const auto chunked =
        fetch_from(answer_with("HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\nHTTP/1.1 200 "
                               "OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    REQUIRE_OK(chunked);
    CHECK(chunked->body == "abcde");
    const auto to_end = fetch_from(answer_with("HTTP/1.1 200 OK\r\n\r\nabc"));
    REQUIRE_OK(to_end);
    CHECK(to_end->body == "abc");
    // Without TLS's goodbye anyone on the way could have cut it.
    CHECK_CODE(fetch_from([](RawConnection& connection) {
                 read_request(connection);
                 connection.send("HTTP/1.1 200 OK\r\n\r\nabc");
               }),
               codes::HTTP_PROTOCOL);
  }

  TEST_CASE("a certificate is checked when asked: its chain and its name") {
    TestServer server;
    FetchOptions options = options_for(server.url());
    options.verify_certificate = true;
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_UNREACHABLE, "not trusted");
    ::setenv("SSL_CERT_FILE", test::test_certificate().certificate.c_str(), 1);
    REQUIRE_OK(http_fetch(options));
    options.url = "https://localhost:" + std::to_string(server.port());
    REQUIRE_OK(http_fetch(options));
    // Another name of the same address.
    TestServer everywhere([](node::ServerOptions& more) { more.listen_address = "0.0.0.0"; });
    options.url = "https://127.0.0.2:" + std::to_string(everywhere.port());
    CHECK_CODE_NAMES(http_fetch(options), codes::HTTP_UNREACHABLE, "mismatch");
    ::unsetenv("SSL_CERT_FILE");
  }
}

TEST_SUITE("node/http session") {
  TEST_CASE("requests share one connection") {
    std::atomic<int> connections{0};
    ScriptedServer server([&](RawConnection& connection) {
      ++connections;
      for (int i = 0; i < 3; ++i) {
        const std::string request = "GET /base/" + std::to_string(i) + " ";
        connection.read_until([&](const std::string& text) {
          return text.find(request) != std::string::npos && text.ends_with("\r\n\r\n");
        });
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
      }
    });
    HttpSession session(options_for(server.url("/base")));
    for (int i = 0; i < 3; ++i) {
      const auto answer = session.get("/" + std::to_string(i));
      REQUIRE_OK(answer);
      CHECK(answer->body == std::to_string(i));
    }
    CHECK(connections == 1);
  }

  TEST_CASE("a connection the server closed between requests is opened again, once") {
    std::atomic<int> connections{0};
    ScriptedServer server([&](RawConnection& connection) {
      if (++connections >= 3) return;
      read_request(connection);
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      connection.half_close();
    });
    HttpSession session(options_for(server.url("")));
    REQUIRE_OK(session.get("/a"));
    REQUIRE_OK(session.get("/b"));
    CHECK(connections == 2);
    CHECK_CODE(session.get("/c"), codes::HTTP_PROTOCOL);
    CHECK(connections == 3);
  }

  TEST_CASE("a server that says it closes is believed") {
    std::atomic<int> connections{0};
    ScriptedServer server([&](RawConnection& connection) {
      ++connections;
      read_request(connection);
      connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    });
    HttpSession session(options_for(server.url("")));
    REQUIRE_OK(session.get("/a"));
    REQUIRE_OK(session.get("/b"));
    CHECK(connections == 2);
  }

  TEST_CASE("after a time-out the session starts afresh") {
    std::atomic<int> connections{0};
    ScriptedServer server([&](RawConnection& connection) {
      read_request(connection);
      if (++connections > 1) connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      connection.read_to_end();
    });
    FetchOptions options = options_for(server.url(""));
    options.timeout_ms = 1000;
    HttpSession session(options);
    CHECK_CODE(session.get("/a"), codes::HTTP_TIMEOUT);
    REQUIRE_OK(session.get("/b"));
  }

  TEST_CASE("a path cannot lead to another server") {
    HttpSession session(options_for("https://127.0.0.1"));
    CHECK_CODE(session.get("@elsewhere/x"), codes::URL_INVALID);
    CHECK_CODE(session.get(".elsewhere/x"), codes::URL_INVALID);
    CHECK_CODE(session.get(""), codes::URL_INVALID);
  }
}
