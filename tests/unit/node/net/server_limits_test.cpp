// Limits, time-outs and rubbish, over real sockets.

#include <chrono>
#include <thread>
#include <vector>

#include "node/http/server.h"
#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using test::RawConnection;
using test::RawResponse;
using test::secure;
using test::TestServer;

namespace {

// The answer is a refusal with this status and code, names `part`, and is the last thing on the connection.
void check_refused(RawConnection& client, unsigned status, Code code, const std::string& part) {
  const RawResponse answer = client.read_response();
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  const bool has_code = answer.body.starts_with(std::string(code.slug()) + ": ");
  CHECK(has_code);
  if (has_code) test::record_code(code.slug());
  CHECK(answer.body.find(part) != std::string::npos);
  CHECK(answer.headers.at("content-type") == "application/problem+json");
  CHECK(answer.headers.at("connection") == "close");
  CHECK(client.ended());
}

void check_refused(const TestServer& server, const std::string& request, unsigned status, Code code,
                   const std::string& part) {
  CAPTURE(request.substr(0, 200));
  auto client = secure(server);
  client.send(request);
  check_refused(client, status, code, part);
}

constexpr const char* kStart = "POST /echo HTTP/1.1\r\nHost: x\r\n";

}  // namespace

TEST_SUITE("node/http limits") {
  TEST_CASE("malformed requests get 400 with the reason") {
    TestServer server;
    const auto malformed = codes::HTTP_REQUEST_MALFORMED;
    check_refused(server, "this is not HTTP\r\n\r\n", 400, malformed, "no HTTP/1.1 request");
    check_refused(server, std::string("\0\1\2\3\r\n\r\n", 8), 400, malformed, "no HTTP/1.1 request");
    check_refused(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, malformed, "version");
    check_refused(server, "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, malformed, "field");
    check_refused(server, "GET / HTTP/1.1\nHost: x\n\n", 400, malformed, "HTTP/1.1");
    check_refused(server, "GET / HTTP/1.1\r\n\r\n", 400, malformed, "Host header is missing");
    check_refused(server, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, malformed, "given twice");
    check_refused(server, "GET /?a=1&a=2 HTTP/1.1\r\nHost: x\r\n\r\n", 400, malformed, "\"a\"");
    check_refused(server, "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, malformed, "control character");
    check_refused(server, "CONNECT host:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, malformed, "host:443");
    CHECK(server.handler().handled() == 0);
  }

  TEST_CASE("a body whose end two readers could see differently is refused") {
    TestServer server;
    const auto malformed = codes::HTTP_REQUEST_MALFORMED;
    for (const char* framing :
         {"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "Content-Length: 3, 4\r\n\r\nabcd",
          "Content-Length: -1\r\n\r\n", "Content-Length: 0x3\r\n\r\nabc",
          "Content-Length: 99999999999999999999\r\n\r\n",
          "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: gzip\r\n\r\nabc", "Transfer-Encoding: xchunked\r\n\r\nabc",
          "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
      check_refused(server, std::string(kStart) + framing, 400, malformed, "");
    }
    check_refused(server, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                  malformed, "HTTP/1.0");
    const std::string chunked = std::string(kStart) + "Transfer-Encoding: chunked\r\n\r\n";
    check_refused(server, chunked + "zz\r\n", 400, malformed, "chunk");
    check_refused(server, chunked + "3\r\nabcde\r\n", 400, malformed, "chunk");
    check_refused(server, chunked + "1;" + std::string(20'000, 'x'), 400, malformed, "16384 bytes");
    check_refused(server, chunked + "0\r\nX: " + std::string(20'000, 'x'), 400, malformed, "16384 bytes");
    CHECK(server.handler().handled() == 0);
  }

  TEST_CASE("a header beyond the limit gets 431, whether of one long or of many short fields") {
    TestServer server;
    const auto too_large = codes::HTTP_HEADER_TOO_LARGE;
    check_refused(server, "GET /" + std::string(17'000, 'x'), 431, too_large, "16384 bytes");
    check_refused(server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(17'000, 'x'), 431, too_large,
                  "16384 bytes");
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    while (many.size() <= 16 * 1024) many += "X: 1\r\n";
    check_refused(server, many + "\r\n", 431, too_large, "16384 bytes");
    auto client = secure(server);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 3000; ++i) client.send("X: 1\r\n");  // ends with the server's answer unread
    check_refused(client, 431, too_large, "16384 bytes");
    auto fits = secure(server);
    fits.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(16'000, 'x') + "\r\n\r\n");
    CHECK(fits.read_response().status == 200);
    CHECK(server.handler().handled() == 1);
  }

  TEST_CASE("a larger body is refused before it is read, or when its chunks exceed the limit") {
    TestServer server;
    const auto too_large = codes::HTTP_BODY_TOO_LARGE;
    check_refused(server, std::string(kStart) + "Content-Length: 1001\r\n\r\n", 413, too_large, "1000 bytes");
    check_refused(server, std::string(kStart) + "Content-Length: 18446744073709551615\r\n\r\n", 413,
                  too_large, "1000 bytes");
    const std::string chunked = std::string(kStart) + "Transfer-Encoding: chunked\r\n\r\n";
    check_refused(server, chunked + "3e9\r\n", 413, too_large, "1000 bytes");
    check_refused(server, chunked + "1f4\r\n" + std::string(500, 'x') + "\r\n1f5\r\n", 413, too_large,
                  "1000 bytes");
    check_refused(server, "GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", 413, too_large,
                  "no body");
    check_refused(server, "GET /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n", 413,
                  too_large, "no body");
    // What chunks say beside their content counts too.
    std::string padded = chunked;
    for (int i = 0; i < 9; ++i) padded += "1;" + std::string(4'000, 'x') + "\r\ny\r\n";
    check_refused(server, padded, 413, too_large, "1000 bytes");
    std::string small = chunked;
    for (int i = 0; i < 1000; ++i) small += "1\r\ny\r\n";
    auto in_small_pieces = secure(server);
    in_small_pieces.send(small + "0\r\n\r\n");
    CHECK(in_small_pieces.read_response().status == 200);
    auto fits = secure(server);
    fits.send(std::string(kStart) + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    CHECK(fits.read_response().status == 200);
  }

  TEST_CASE("a client still sending the refused body can read the refusal") {
    TestServer server([](node::ServerOptions& options) { options.linger_ms_max = 30'000; });
    auto client = secure(server);
    client.send(std::string(kStart) + "Content-Length: 3000000\r\n\r\n");
    CHECK(client.send(std::string(3'000'000, 'x')));
    check_refused(client, 413, codes::HTTP_BODY_TOO_LARGE, "1000 bytes");
  }

  TEST_CASE("a request that ends early gets 400") {
    TestServer server;
    auto client = secure(server);
    client.send("GET / HTTP/1.1\r\nHos");
    client.half_close();
    check_refused(client, 400, codes::HTTP_REQUEST_MALFORMED, "middle of the request");
  }

  TEST_CASE("a header or body that trickles gets 408 when its time is over, not when it pauses") {
    TestServer server(
        [](node::ServerOptions& options) { options.header_ms_max = options.body_ms_max = 300; });
    const auto late = codes::HTTP_REQUEST_TIMEOUT;
    auto header = secure(server);
    header.send_slowly("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(1000, 'x'), 10);
    check_refused(header, 408, late, "300 ms");
    auto body = secure(server);
    body.send(std::string(kStart) + "Content-Length: 1000\r\n\r\n");
    body.send_slowly(std::string(1000, 'x'), 10);
    check_refused(body, 408, late, "300 ms");
    auto silent = secure(server);
    silent.send(std::string(kStart) + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    CHECK(silent.read_response().status == 100);
    check_refused(silent, 408, late, "body");
  }

  TEST_CASE("each request of a connection has its own time, and a handler has as much as it needs") {
    TestServer server([](node::ServerOptions& options) {
      options.header_ms_max = 200;
      options.idle_ms_max = 1'000;
    });
    const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(400)); };
    auto client = secure(server);
    for (int i = 0; i < 3; ++i) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(client.read_response().status == 200);
      pause();  // longer than a header may take, shorter than a connection may idle
    }
    client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
    pause();
    for (const auto& respond : server.handler().take_held()) respond({});
    CHECK(client.read_response().status == 200);
    client.send("GET / HTTP/1.1\r\n");
    check_refused(client, 408, codes::HTTP_REQUEST_TIMEOUT, "200 ms");

    auto silent = secure(server);
    silent.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(silent.read_response().status == 200);
    CHECK(silent.ended());  // by the idle limit
  }

  TEST_CASE("silence ends a connection without a word") {
    TestServer quick_idle([](node::ServerOptions& options) { options.idle_ms_max = 100; });
    auto idle = secure(quick_idle);
    CHECK(idle.ended());
    TestServer quick_handshake([](node::ServerOptions& options) { options.handshake_ms_max = 100; });
    auto before_tls = RawConnection::to_port(quick_handshake.port());
    CHECK(before_tls.ended());
    auto within_tls = RawConnection::to_port(quick_handshake.port());
    within_tls.send("\x16\x03\x01");  // the start of a record's header
    CHECK(within_tls.ended());
  }

  TEST_CASE("a client that does not read its answer is cut off, and its place is free again") {
    TestServer server([](node::ServerOptions& options) {
      options.write_ms_max = 200;
      options.connections_max = 1;
    });
    auto client = RawConnection::to_port(server.port());
    client.hold_back();
    REQUIRE(client.start_tls_as_client());
    client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(test::eventually([&] {
      auto next = secure(server);
      next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      return next.read_response().status == 200;
    }));
  }

  TEST_CASE("plain http on the TLS port is told so; rubbish gets a TLS alert and the end") {
    TestServer server;
    auto plain = RawConnection::to_port(server.port());
    plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    check_refused(plain, 400, codes::HTTP_TLS_REQUIRED, "https only");
    for (const std::string& rubbish : {std::string("\x16\x03\x01\x00\x05hello", 10), std::string(100, '\0'),
                                       std::string("ssh-2.0-x\r\n"), std::string(5000, '\xff')}) {
      auto client = RawConnection::to_port(server.port());
      client.send(rubbish);
      const std::string answer = client.read_to_end();
      CHECK(answer.size() < 20);  // an alert at most
    }
    auto good = secure(server);
    good.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(good.read_response().status == 200);
    CHECK(server.handler().handled() == 1);
  }

  TEST_CASE("a burst of connections while the loop is busy is accepted to the last one") {
    TestServer server;
    std::vector<RawConnection> clients;
    server.thread().call([&] {
      for (int i = 0; i < 100; ++i) {
        clients.push_back(RawConnection::to_port(server.port()));
        clients.back().send("GET / HTTP/1.1\r\n");
      }
    });
    for (auto& client : clients) CHECK(client.read_response().status == 400);
  }

  TEST_CASE("connections beyond the cap get 503, and room comes back") {
    TestServer server([](node::ServerOptions& options) { options.connections_max = 2; });
    auto first = secure(server);
    {
      auto second = secure(server);
      for (int i = 0; i < 3; ++i) {
        auto third = secure(server);
        third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        check_refused(third, 503, codes::HTTP_CONNECTIONS_FULL, "2 connections");
      }
    }
    CHECK(test::eventually([&] {
      auto next = secure(server);
      next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      return next.read_response().status == 200;
    }));
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(first.read_response().status == 200);
  }
}
