// What strangers share: connections by network, descriptors, memory. Loopback has many networks to come from.
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "crypto/base/encoding.h"
#include "node/http/descriptors.h"
#include "node/http/server.h"
#include "node/net/address_group.h"
#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using test::RawConnection;
using test::RawResponse;
using test::TestServer;

namespace {

constexpr const char* kGetRoot = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* kHalfHeader = "GET / HTTP/1.1\r\nHost:";

RawConnection secure_from(const char* address, const TestServer& server) {
  auto connection = RawConnection::to_port(server.port(), test::socket_from(address));
  REQUIRE(connection.start_tls_as_client());
  return connection;
}

void check_refused(RawConnection& client, Code code, const std::string& part) {
  const RawResponse answer = client.read_response();
  CAPTURE(answer.body);
  CHECK(answer.status == 503);
  CHECK(answer.headers.at("retry-after") == "5");
  const bool has_code = answer.body.starts_with(std::string(code.slug()) + ": ");
  CHECK(has_code);
  if (has_code) test::record_code(code.slug());
  CHECK(answer.body.find(part) != std::string::npos);
  CHECK(client.ended());
}

bool is_served(RawConnection& client) {
  client.send(kGetRoot);
  return client.read_response().status == 200;
}

// What the server told of what ran out, as "what network count".
class Told {
 public:
  [[nodiscard]] std::function<void(const node::Shortage&)> listener() {
    return [this](const node::Shortage& shortage) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(concat(shortage.what, " ", shortage.network, " ", shortage.count));
    };
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace

TEST_SUITE("node/http networks") {
  TEST_CASE("an address belongs to its /24 or /48") {
    CHECK(node::address_group("192.0.2.77").name == "192.0.2.0/24");
    CHECK(node::address_group("::ffff:192.0.2.77").name == "192.0.2.0/24");
    CHECK(node::address_group("2001:db8:1:2::3").name == "2001:db8:1::/48");
    CHECK(node::address_group("fe80::1%2").name == "fe80::/48");
    CHECK(!node::address_group("192.0.2.77").is_loopback);
    for (const char* own : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
      CHECK(node::address_group(own).is_loopback);
  }

  TEST_CASE("one network has a limit of its own, another is served meanwhile, and room comes back") {
    Told told;
    TestServer server([&](node::ServerOptions& options) {
      options.on_shortage = told.listener();
      options.connections_per_group_max = 2;
      options.limits_loopback = true;
    });
    auto first = secure_from("127.0.1.1", server);
    {
      auto second = secure_from("127.0.1.2", server);
      auto third = secure_from("127.0.1.3", server);
      check_refused(third, codes::HTTP_CONNECTIONS_FULL, "2 connections it accepts from 127.0.1.0/24");
      auto other = secure_from("127.0.2.1", server);
      CHECK(is_served(other));
      CHECK(is_served(second));
      CHECK(told.lines() == std::vector<std::string>{"connections of one network 127.0.1.0/24 2"});
    }
    CHECK(test::eventually([&] {
      auto next = secure_from("127.0.1.4", server);
      return is_served(next);
    }));
    CHECK(is_served(first));
  }

  TEST_CASE("this machine is no such network unless it is to be") {
    TestServer server([](node::ServerOptions& options) { options.connections_per_group_max = 1; });
    auto first = secure_from("127.0.0.1", server);
    auto second = secure_from("127.0.0.1", server);
    CHECK(is_served(second));
  }

  TEST_CASE("the network that has most gives up its oldest connection for one that has few") {
    Told told;
    TestServer server([&](node::ServerOptions& options) {
      options.connections_max = 4;
      options.on_shortage = told.listener();
    });
    std::vector<RawConnection> greedy;
    for (int i = 0; i < 4; ++i) {
      greedy.push_back(secure_from("127.0.1.1", server));
      greedy.back().send(kHalfHeader);
    }
    auto honest = secure_from("127.0.2.1", server);
    CHECK(is_served(honest));
    check_refused(greedy[0], codes::HTTP_CONNECTIONS_FULL, "127.0.1.0/24 had 4 of the 4 connections");
    auto neighbour = secure_from("127.0.2.2", server);  // 3 against 1: still for the newcomer
    CHECK(is_served(neighbour));
    check_refused(greedy[1], codes::HTTP_CONNECTIONS_FULL, "127.0.1.0/24 had 3 of the 4 connections");
    auto third = secure_from("127.0.2.3", server);  // 2 against 2: nobody has to go
    check_refused(third, codes::HTTP_CONNECTIONS_FULL, "the 4 connections it accepts");
    CHECK(told.lines() == std::vector<std::string>{"connections 127.0.1.0/24 4", "connections 127.0.1.0/24 3",
                                                   "connections 127.0.1.0/24 2"});
    CHECK(is_served(honest));
    greedy[2].send(" x\r\n\r\n");
    CHECK(greedy[2].read_response().status == 200);
  }

  TEST_CASE("a request that is being worked on is not ended for a newcomer") {
    TestServer server([](node::ServerOptions& options) { options.connections_max = 2; });
    std::vector<RawConnection> busy;
    for (std::size_t i = 0; i < 2; ++i) {
      busy.push_back(secure_from("127.0.1.1", server));
      busy.back().send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(test::eventually([&] { return server.handler().held() == i + 1; }));
    }
    auto other = secure_from("127.0.2.1", server);
    check_refused(other, codes::HTTP_CONNECTIONS_FULL, "the 2 connections it accepts");
    for (const auto& respond : server.handler().take_held()) respond({200, "text/plain", "late", {}});
    for (auto& client : busy) CHECK(client.read_response().body == "late");
  }
}

TEST_SUITE("node/http memory") {
  TEST_CASE("an answer over what all connections may hold is refused, smaller ones are given") {
    TestServer server([](node::ServerOptions& options) { options.held_bytes_max = 1'000'000; });
    auto large = secure_from("127.0.0.1", server);
    large.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    check_refused(large, codes::SERVER_BUSY, "over its limit of 1000000");
    auto small = secure_from("127.0.0.1", server);
    CHECK(is_served(small));
  }

  TEST_CASE("bodies on their way count together, and what is sent counts no more") {
    TestServer server([](node::ServerOptions& options) { options.held_bytes_max = 100'000; });
    const std::string start = "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n";
    auto first = secure_from("127.0.0.1", server);
    first.send(start + std::string(59'999, 'x'));
    const std::string asking = start.substr(0, start.size() - 2) + "Expect: 100-continue\r\n\r\n";
    CHECK(test::eventually([&] {  // until the first body has arrived, there is room for a second
      auto second = secure_from("127.0.0.1", server);
      second.send(asking);
      return second.read_response().status == 503;
    }));
    auto second = secure_from("127.0.0.1", server);
    second.send(start);
    check_refused(second, codes::SERVER_BUSY, "60000 more are over its limit of 100000");
    auto chunked = secure_from("127.0.0.1", server);
    chunked.send("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nc350\r\n" +
                 std::string(50'000, 'x'));
    check_refused(chunked, codes::SERVER_BUSY, "over its limit of 100000");
    auto small = secure_from("127.0.0.1", server);
    small.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    CHECK(small.read_response().status == 200);
    first.send("x");
    CHECK(first.read_response().status == 200);
    CHECK(test::eventually([&] {
      auto next = secure_from("127.0.0.1", server);
      next.send(start + std::string(60'000, 'x'));
      return next.read_response().status == 200;
    }));
  }
}

namespace {

// No further descriptor can be opened while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    // The lowest free number comes first: these fill the holes, then the limit cuts off the rest.
    while (fillers_.size() < 64) fillers_.insert(::dup(0));
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(*fillers_.rbegin()) + 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowered) == 0);
    CHECK(::dup(0) < 0);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
    for (const int number : fillers_) ::close(number);
  }

 private:
  rlimit before_{};
  std::set<int> fillers_;
};

std::int64_t cpu_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * 1000 + used.tv_nsec / 1'000'000;
}

}  // namespace

TEST_SUITE("node/http descriptors") {
  TEST_CASE("the shares and the reserves fit in what the system allows") {
    for (std::size_t limit = 64; limit <= 3000; ++limit) {
      const auto shares = node::share_descriptors(limit, node::kConnectionsMax);
      const std::size_t shared = shares.connections + shares.turned_away + shares.incoming_links;
      const std::size_t reserved =
          node::kAdminConnectionsMax + node::kDialedLinksReserve + node::kOtherDescriptorsReserve;
      CHECK(shared + (limit < 2 * reserved ? limit / 2 : reserved) <= limit);
      CHECK(shares.connections > shares.incoming_links);
      CHECK(shares.turned_away > 0);
    }
    const auto all = node::share_descriptors(65'536, node::kConnectionsMax);
    CHECK(all.connections == node::kConnectionsMax);
    CHECK(all.turned_away == node::kTurnedAwayMax);
    CHECK(all.incoming_links == node::kIncomingLinksMax);
    CHECK(node::share_descriptors(65'536, 7).connections == 7);
  }

  TEST_CASE("out of descriptors the server rests instead of spinning, and the admin socket still answers") {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "admin.sock";
    Told told;
    TestServer server([&](node::ServerOptions& options) {
      options.admin_socket = path;
      options.on_shortage = told.listener();
    });
    const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
    const int local = ::socket(AF_UNIX, SOCK_STREAM, 0);
    std::optional<RawConnection> waiting;
    {
      const NoDescriptors none;
      waiting.emplace(RawConnection::to_port(server.port(), tcp));
      auto admin = RawConnection::to_socket(path, local);
      admin.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(admin.read_response().status == 200);
      const std::int64_t before = cpu_ms();
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      CHECK(cpu_ms() - before < 100);
      const auto lines = told.lines();
      REQUIRE(!lines.empty());
      CHECK(lines.back() == concat("file descriptors  ", node::open_files_max()));
    }
    REQUIRE(waiting->start_tls_as_client());
    waiting->send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(waiting->read_response().status == 200);
  }

  TEST_CASE("out of descriptors and with nobody left to be told, the admin socket's spare comes back") {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "admin.sock";
    TestServer server([&](node::ServerOptions& options) {
      options.admin_socket = path;
      options.connections_max = options.admin_connections_max = 0;
    });
    std::vector<RawConnection> turned_away;  // before TLS, where being told takes longest
    for (std::size_t i = 0; i < node::kTurnedAwayMax; ++i)
      turned_away.push_back(RawConnection::to_port(server.port()));
    auto further = RawConnection::to_port(server.port());
    CHECK(further.ended());
    const int sockets[] = {::socket(AF_UNIX, SOCK_STREAM, 0), ::socket(AF_UNIX, SOCK_STREAM, 0)};
    const NoDescriptors none;
    for (const int socket : sockets) {
      auto admin = RawConnection::to_socket(path, socket);
      CHECK(admin.ended());
    }
  }
}
