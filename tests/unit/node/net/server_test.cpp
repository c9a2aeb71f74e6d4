#include "node/http/server.h"

#include <chrono>
#include <future>

#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using test::RawConnection;
using test::secure;
using test::TestServer;

namespace {

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

TEST_SUITE("node/http server") {
  TEST_CASE("a request arrives whole and its answer leaves whole") {
    TestServer server;
    auto client = secure(server);
    client.send(
        "POST /ech%6F?a=1&b=x%20y HTTP/1.1\r\nHOST: localhost:1\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: "
        "5\r\n\r\nhello");
    const auto answer = client.read_response();
    CHECK(answer.status == 200);
    CHECK(answer.body == "POST /echo hello");
    CHECK(answer.headers.at("content-type") == "text/plain");
    CHECK(answer.headers.count("date") == 1);
    CHECK(answer.headers.count("connection") == 0);
    const auto request = server.handler().last();
    CHECK(request.raw_path == "/ech%6F");
    CHECK(request.query == std::map<std::string, std::string>{{"a", "1"}, {"b", "x y"}});
    CHECK(request.header("host") == "localhost:1");
    CHECK(request.header("x-two") == "1, 2");
    CHECK_FALSE(request.header("x-three").has_value());
    CHECK(request.transport == node::Transport::tls);
    CHECK(request.remote.starts_with("127.0.0.1:"));
  }

  TEST_CASE("one connection serves request after request") {
    TestServer server;
    auto client = secure(server);
    for (int i = 0; i < 3; ++i) {
      const std::string body = std::to_string(i);
      client.send(post("/echo", body));
      CHECK(client.read_response().body == "POST /echo " + body);
    }
  }

  TEST_CASE("pipelined requests are answered in order") {
    TestServer server;
    auto client = secure(server);
    client.send(get("/a") + post("/echo", "b") + get("/thread") + get("/c", "Connection: close\r\n") +
                get("/never"));
    CHECK(client.read_response().body == "GET /a ");
    CHECK(client.read_response().body == "POST /echo b");
    CHECK(client.read_response().body == "GET /thread ");
    const auto last = client.read_response();
    CHECK(last.body == "GET /c ");
    CHECK(last.headers.at("connection") == "close");
    CHECK(client.ended());
    CHECK(server.handler().handled() == 4);
  }

  TEST_CASE("a request may arrive byte by byte") {
    TestServer server;
    auto client = secure(server);
    client.send_slowly(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
        0);
    CHECK(client.read_response().body == "POST /echo abcde");
    CHECK_FALSE(server.handler().last().header("x-t").has_value());
    client.send_slowly(post("/echo", "again"), 0);
    CHECK(client.read_response().body == "POST /echo again");
  }

  TEST_CASE("HEAD gets the length but no body, and the connection goes on") {
    TestServer server;
    auto client = secure(server);
    client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_response(true).headers.at("content-length") == "8");
    client.send(get("/empty") + get("/y"));
    CHECK(client.read_response().status == 204);
    CHECK(client.read_response().body == "GET /y ");
  }

  TEST_CASE("HTTP/1.0 ends after one answer unless asked to stay") {
    TestServer server;
    auto client = secure(server);
    client.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.read_response().headers.at("connection") == "keep-alive");
    client.send("GET /x HTTP/1.0\r\n\r\n");
    CHECK(client.read_response().headers.at("connection") == "close");
    CHECK(client.ended());
  }

  TEST_CASE("Expect: 100-continue is answered before the body, a refusal instead of it") {
    TestServer server;
    auto client = secure(server);
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ";
    client.send(head + "2\r\n\r\n");
    CHECK(client.read_response().status == 100);
    client.send("ok");
    CHECK(client.read_response().body == "POST /echo ok");
    client.send(head + "2000\r\n\r\n");
    CHECK(client.read_response().status == 413);
    CHECK(client.ended());
    auto other = secure(server);
    other.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n");
    const auto refused = other.read_response();
    CHECK(refused.status == 417);
    CHECK(refused.body.find("miracles") != std::string::npos);
  }

  TEST_CASE("an answer from another thread, late or after the connection died is safe") {
    TestServer server;
    {
      auto client = secure(server);
      client.send(get("/hold"));
      REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
      auto held = server.handler().take_held();
      std::thread([&] { held[0](node::HttpResponse{200, "text/plain", "late", {}}); }).join();
      CHECK(client.read_response().body == "late");
      client.send(get("/hold"));
      REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
    }
    auto held = server.handler().take_held();
    std::thread([&] { held[0](node::HttpResponse{}); }).join();
    auto client = secure(server);
    client.send(get("/hold"));
    REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
    server.destroy();
    held = server.handler().take_held();
    held[0](node::HttpResponse{});
    CHECK(client.ended());
  }

  TEST_CASE("an answer may outlive the loop") {
    std::vector<node::Respond> held;
    {
      TestServer server;
      auto client = secure(server);
      client.send(get("/hold"));
      REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
      held = server.handler().take_held();
    }
    held[0](node::HttpResponse{});
    held.clear();
  }

  TEST_CASE("a handler that drops its Respond ends the connection") {
    TestServer server;
    auto client = secure(server);
    client.send(get("/drop"));
    CHECK(client.ended());
  }

  TEST_CASE("stop lets a running request finish, then closes and reports once") {
    TestServer server;
    auto busy = secure(server);
    auto idle = secure(server);
    idle.send(get("/x"));
    (void)idle.read_response();
    busy.send(get("/hold"));
    REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
    std::promise<void> done;
    server.thread().call([&] { server.server().stop(10'000, [&] { done.set_value(); }); });
    CHECK(idle.ended());
    idle.half_close();
    auto stopped = done.get_future();
    CHECK(stopped.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
    server.handler().take_held()[0](node::HttpResponse{200, "text/plain", "last", {}});
    const auto answer = busy.read_response();
    CHECK(answer.body == "last");
    CHECK(answer.headers.at("connection") == "close");
    CHECK(busy.ended());
    busy.half_close();
    CHECK(stopped.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  }

  TEST_CASE("stop gives up on requests that do not finish") {
    TestServer server;
    auto busy = secure(server);
    busy.send(get("/hold"));
    REQUIRE(test::eventually([&] { return server.handler().held() == 1; }));
    std::promise<void> done;
    server.thread().call([&] { server.server().stop(50, [&] { done.set_value(); }); });
    CHECK(done.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    CHECK(busy.ended());
  }

  TEST_CASE("stop of an idle server reports at once") {
    TestServer server;
    std::promise<void> done;
    server.thread().call([&] { server.server().stop(10'000, [&] { done.set_value(); }); });
    CHECK(done.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  }

  TEST_CASE("an address that is taken or none is LISTEN_FAILED") {
    TestServer server;
    test::TestHandler handler;
    server.thread().call([&] {
      node::ServerOptions options;
      options.tls = test::test_tls();
      options.port = server.port();
      node::HttpServer second(server.thread().loop(), handler, options);
      CHECK_CODE_NAMES(second.start(), codes::LISTEN_FAILED, std::to_string(server.port()));
      options.listen_address = "nowhere";
      node::HttpServer third(server.thread().loop(), handler, options);
      CHECK_CODE_NAMES(third.start(), codes::LISTEN_FAILED, "nowhere");
      options.listen_address = "192.0.2.1";
      node::HttpServer fourth(server.thread().loop(), handler, options);
      CHECK_CODE_NAMES(fourth.start(), codes::LISTEN_FAILED, "192.0.2.1");
    });
  }
}
