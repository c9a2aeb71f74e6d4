#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "node/http/server.h"
#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using test::RawConnection;
using test::TestServer;

namespace {

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::function<void(node::ServerOptions&)> at(const std::filesystem::path& path) {
  return [path](node::ServerOptions& options) { options.admin_socket = path; };
}

// Starts a server that listens only at `path`, on the thread of `host`.
Result<void> start_at(TestServer& host, const std::filesystem::path& path) {
  Result<void> out;
  test::TestHandler handler;
  host.thread().call([&] {
    node::ServerOptions options;
    options.admin_socket = path;
    node::HttpServer server(host.thread().loop(), handler, options);
    out = server.start();
  });
  return out;
}

// A socket file whose process is gone.
void leave_stale_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(socket);
}

}  // namespace

TEST_SUITE("node/http admin socket") {
  TEST_CASE("it speaks plain HTTP, belongs to its user alone and goes with the server") {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "admin.sock";
    {
      TestServer server(at(path));
      struct stat status {};
      REQUIRE(::lstat(path.c_str(), &status) == 0);
      CHECK(S_ISSOCK(status.st_mode));
      CHECK((status.st_mode & 0777) == 0600);
      auto client = RawConnection::to_socket(path);
      client.send(kGet);
      CHECK(client.read_response().body == "GET /x ");
      CHECK(server.handler().last().transport == node::Transport::admin_socket);
      client.send("rubbish\r\n\r\n");
      CHECK(client.read_response().status == 400);
      CHECK(client.ended());
    }
    CHECK_FALSE(std::filesystem::exists(path));
  }

  TEST_CASE("a live one is busy and stays; a stale one is replaced") {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "admin.sock";
    leave_stale_socket(path);
    TestServer server(at(path));
    CHECK_CODE_NAMES(start_at(server, path), codes::ADMIN_SOCKET_BUSY, "admin.sock");
    auto client = RawConnection::to_socket(path);
    client.send(kGet);
    CHECK(client.read_response().status == 200);
  }

  TEST_CASE("a refused admin socket takes the TLS port down with it") {
    const test::TemporaryDirectory folder;
    TestServer server(at(folder.path() / "admin.sock"));
    test::TestHandler handler;
    server.thread().call([&] {
      node::ServerOptions options;
      options.tls = test::test_tls();
      options.admin_socket = folder.path() / "admin.sock";
      node::HttpServer second(server.thread().loop(), handler, options);
      CHECK_CODE(second.start(), codes::ADMIN_SOCKET_BUSY);
      node::ServerOptions same_port = options;
      same_port.admin_socket.reset();
      same_port.port = second.port();
      node::HttpServer third(server.thread().loop(), handler, same_port);
      CHECK(third.start().has_value());
    });
  }

  TEST_CASE("what is not a socket is never removed") {
    const test::TemporaryDirectory folder;
    TestServer server;
    const auto path = folder.path() / "precious";
    std::ofstream(path) << "data";
    CHECK_CODE_NAMES(start_at(server, path), codes::LISTEN_FAILED, "no socket");
    CHECK(std::filesystem::file_size(path) == 4);
    CHECK_CODE_NAMES(start_at(server, folder.path() / "no" / "admin.sock"), codes::LISTEN_FAILED,
                     "no/admin.sock");
    CHECK_CODE_NAMES(start_at(server, folder.path() / std::string(120, 'x')), codes::LISTEN_FAILED, "107");
  }

  TEST_CASE("its connections have a cap of their own, whatever the TLS port is doing") {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "admin.sock";
    TestServer server([&](node::ServerOptions& options) {
      options.admin_socket = path;
      options.connections_max = 1;
      options.admin_connections_max = 2;
    });
    auto tls = RawConnection::to_port(server.port());
    REQUIRE(tls.start_tls_as_client());
    std::vector<RawConnection> admins;
    for (int i = 0; i < 2; ++i) {
      admins.push_back(RawConnection::to_socket(path));
      admins.back().send(kGet);
      CHECK(admins.back().read_response().status == 200);
    }
    auto third = RawConnection::to_socket(path);
    const auto answer = third.read_response();
    CHECK(answer.status == 503);
    CHECK(answer.headers.at("retry-after") == "5");
    CHECK(answer.body.starts_with("HTTP_CONNECTIONS_FULL"));
  }
}
