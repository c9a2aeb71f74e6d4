#include "node/net/peer_transport.h"

#include <chrono>
#include <mutex>
#include <vector>

#include "node/http/server.h"
#include "node/net/codes.h"
#include "protocol/wire/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/tls_relay.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using gossip::PeerId;
using test::eventually;
using test::RawConnection;

namespace {

// Records what the transport reports, and checks that nothing is reported from within a call.
class Recorder final : public node::PeerHandler {
 public:
  void on_peer_up(gossip::PeerUp up) override {
    note([&] { ups_.push_back(std::move(up)); });
  }
  void on_frame(gossip::FrameIn frame) override {
    note([&] { frames_.push_back(std::move(frame)); });
  }
  void on_peer_down(gossip::PeerDown down) override {
    note([&] { downs_.push_back(std::move(down)); });
  }
  void on_dial_failed(gossip::DialFailed failed) override {
    note([&] { failures_.push_back(std::move(failed)); });
  }
  void on_written(PeerId, std::size_t bytes) override {
    note([&] { written_ += bytes; });
  }

  [[nodiscard]] auto ups() const { return copy(ups_); }
  [[nodiscard]] auto frames() const { return copy(frames_); }
  [[nodiscard]] auto downs() const { return copy(downs_); }
  [[nodiscard]] auto failures() const { return copy(failures_); }
  [[nodiscard]] auto written() const { return copy(written_); }

  bool in_call = false;  // on the loop's thread

 private:
  template <class F>
  void note(const F& change) {
    CHECK_FALSE(in_call);
    const std::lock_guard lock(mutex_);
    change();
  }
  template <class T>
  T copy(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }
  mutable std::mutex mutex_;
  std::vector<gossip::PeerUp> ups_;
  std::vector<gossip::FrameIn> frames_;
  std::vector<gossip::PeerDown> downs_;
  std::vector<gossip::DialFailed> failures_;
  std::size_t written_ = 0;
};

// A node as far as this layer goes: a loop, a server, a transport.
class TestNode {
 public:
  explicit TestNode(const std::function<void(node::ServerOptions&)>& adjust = nullptr) {
    Result<void> started;
    thread_.call([&] {
      transport_ = std::make_unique<node::PeerTransport>(thread_.loop(), recorder_);
      node::ServerOptions options;
      options.tls = test::test_tls();
      options.peers = transport_.get();
      if (adjust) adjust(options);
      server_ = std::make_unique<node::HttpServer>(thread_.loop(), handler_, options);
      started = server_->start();
      port_ = server_->port();
    });
    REQUIRE_OK(started);
  }
  TestNode(const TestNode&) = delete;
  TestNode& operator=(const TestNode&) = delete;
  ~TestNode() {
    thread_.call([this] {
      server_.reset();
      transport_.reset();
    });
  }

  template <class F>
  void call(const F& use) {
    thread_.call([&] {
      recorder_.in_call = true;
      use(*transport_);
      recorder_.in_call = false;
    });
  }
  void destroy_transport() {
    thread_.call([this] {
      server_.reset();
      transport_.reset();
    });
  }
  void stop_server() {
    thread_.call([this] { server_->stop(60'000, [] {}); });
  }
  void dial(const std::string& url) {
    call([&](node::PeerTransport& transport) { transport.dial(url); });
  }
  void send(PeerId peer, const Bytes& frame) {
    call([&](node::PeerTransport& transport) { transport.send(peer, frame); });
  }
  [[nodiscard]] std::string url() const { return url_of(port_); }
  [[nodiscard]] static std::string url_of(std::uint16_t port) {
    return "wss://127.0.0.1:" + std::to_string(port) + "/peer";
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] Recorder& seen() noexcept { return recorder_; }

 private:
  Recorder recorder_;
  test::TestHandler handler_;
  test::LoopThread thread_;
  std::unique_ptr<node::PeerTransport> transport_;
  std::unique_ptr<node::HttpServer> server_;
  std::uint16_t port_ = 0;
};

// Two linked nodes: `a` dialed `b`.
struct Pair {
  TestNode a;
  TestNode b;
  PeerId at_a;
  PeerId at_b;

  using Address = std::function<std::string(const TestNode&)>;
  explicit Pair(const Address& address = &TestNode::url) {
    a.dial(address(b));
    REQUIRE(eventually([&] { return a.seen().ups().size() == 1 && b.seen().ups().size() == 1; }));
    at_a = a.seen().ups()[0].peer;
    at_b = b.seen().ups()[0].peer;
  }
};

Bytes frame_of(std::size_t size, std::uint8_t first) {
  Bytes out(size, 0x5a);
  if (size != 0) out[0] = first;
  return out;
}

constexpr const char* kUpgrade =
    "GET /peer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

RawConnection upgraded(const TestNode& node) {
  auto client = RawConnection::to_port(node.port());
  REQUIRE(client.start_tls_as_client());
  client.send(std::string(kUpgrade) + "\r\n");
  REQUIRE(client.read_response().status == 101);
  return client;
}

// A masked client frame with a mask of zeros: opcode, then `size` announced, then `payload`.
std::string client_frame(unsigned char opcode, std::uint64_t size, const std::string& payload) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  const int length_bits = size <= 125 ? 0 : 64;
  out += static_cast<char>(0x80 | (length_bits == 0 ? size : 127));
  for (int shift = length_bits - 8; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xff);
  return out + std::string(4, '\0') + payload;
}

unsigned upgrade_status(const TestNode& node, const std::string& request) {
  auto client = RawConnection::to_port(node.port());
  REQUIRE(client.start_tls_as_client());
  client.send(request);
  return client.read_response().status;
}

}  // namespace

TEST_SUITE("node/net peer transport") {
  TEST_CASE("two nodes exchange frames in order, each whole") {
    Pair pair;
    CHECK(pair.a.seen().ups()[0].our_role == gossip::Role::dialer);
    CHECK(pair.a.seen().ups()[0].address == pair.b.url());
    CHECK(pair.b.seen().ups()[0].our_role == gossip::Role::acceptor);
    CHECK(pair.b.seen().ups()[0].address.starts_with("127.0.0.1:"));

    std::vector<Bytes> frames;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{125}, std::size_t{126},
                                   std::size_t{70'000}, wire::kFrameBytesMax}) {
      frames.push_back(frame_of(size, static_cast<std::uint8_t>(frames.size())));
    }
    std::size_t total = 0;
    for (const auto& frame : frames) {
      pair.a.send(pair.at_a, frame);
      pair.b.send(pair.at_b, frame);
      total += frame.size();
    }
    for (auto* node : {&pair.a, &pair.b}) {
      REQUIRE(eventually([&] { return node->seen().frames().size() == frames.size(); }));
      const auto received = node->seen().frames();
      for (std::size_t i = 0; i < frames.size(); ++i) CHECK(received[i].bytes == frames[i]);
      CHECK(eventually([&] { return node->seen().written() == total; }));
      node->call(
          [&](node::PeerTransport& transport) { CHECK(transport.queued_bytes(received[0].peer) == 0); });
    }
  }

  TEST_CASE("both ends of a link see one exporter value, every link another") {
    Pair first;
    const auto binding = first.a.seen().ups()[0].binding;
    CHECK(binding == first.b.seen().ups()[0].binding);
    CHECK(binding != wire::ChannelBinding());
    first.a.dial(first.b.url());
    REQUIRE(eventually([&] { return first.b.seen().ups().size() == 2; }));
    CHECK(first.b.seen().ups()[1].binding != binding);
    CHECK(first.b.seen().ups()[1].peer != first.at_b);
  }

  TEST_CASE("the exporter value is that of the label, without context") {
    TestNode node;
    const auto client = upgraded(node);
    REQUIRE(eventually([&] { return node.seen().ups().size() == 1; }));
    const std::string expected = client.export_key(std::string(gossip::kExporterLabel));
    CHECK(as_text(node.seen().ups()[0].binding.view()) == expected);
  }

  TEST_CASE("a relay that terminates TLS copies frames but cannot copy the exporter value") {
    std::unique_ptr<test::TlsRelay> relay;
    Pair pair([&](const TestNode& target) {
      const auto& files = test::test_certificate();
      relay = std::make_unique<test::TlsRelay>(
          test::TlsRelayOptions{0, "127.0.0.1", target.port(), files.certificate, files.key});
      return TestNode::url_of(relay->port());
    });
    pair.a.send(pair.at_a, frame_of(100'000, 1));
    REQUIRE(eventually([&] { return pair.b.seen().frames().size() == 1; }));
    CHECK(pair.b.seen().frames()[0].bytes == frame_of(100'000, 1));
    CHECK(pair.a.seen().ups()[0].binding != pair.b.seen().ups()[0].binding);
    CHECK(relay->connections() == 1);
    CHECK(relay->bytes_copied() > 100'000);
    relay.reset();
    CHECK(eventually([&] { return pair.a.seen().downs().size() == 1 && pair.b.seen().downs().size() == 1; }));
  }

  TEST_CASE("close sends what is queued, tells the reason, and both sides go down once") {
    Pair pair;
    pair.a.call([&](node::PeerTransport& transport) {
      for (std::uint8_t i = 0; i < 5; ++i) transport.send(pair.at_a, frame_of(20'000, i));
      transport.close(pair.at_a, "enough \xff for today");
      transport.send(pair.at_a, frame_of(1, 9));  // too late, and harmless
      transport.close(pair.at_a, "again");
    });
    REQUIRE(
        eventually([&] { return pair.b.seen().downs().size() == 1 && pair.a.seen().downs().size() == 1; }));
    CHECK(pair.b.seen().frames().size() == 5);
    CHECK(pair.b.seen().downs()[0].reason.find("enough ? for today") != std::string::npos);
    CHECK(pair.a.seen().downs()[0].reason == "enough \xff for today");
    pair.a.send(pair.at_a, frame_of(1, 1));
    pair.a.call([&](node::PeerTransport& transport) { transport.close(pair.at_a, "gone already"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(pair.a.seen().downs().size() == 1);
    CHECK(pair.b.seen().downs().size() == 1);
  }

  TEST_CASE("a long reason is cut, not fatal") {
    Pair pair;
    pair.a.call([&](node::PeerTransport& transport) { transport.close(pair.at_a, std::string(500, 'x')); });
    REQUIRE(eventually([&] { return pair.b.seen().downs().size() == 1; }));
    CHECK(pair.b.seen().downs()[0].reason.find("xxx...") != std::string::npos);
  }

  TEST_CASE("a peer that does not answer the goodbye is dropped within the second") {
    TestNode node;
    auto client = upgraded(node);
    REQUIRE(eventually([&] { return node.seen().ups().size() == 1; }));
    const auto started = std::chrono::steady_clock::now();
    node.call([&](node::PeerTransport& transport) { transport.close(node.seen().ups()[0].peer, "bye"); });
    REQUIRE(eventually([&] { return node.seen().downs().size() == 1; }));
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(8));
    CHECK(node.seen().downs()[0].reason == "bye");
  }

  TEST_CASE("close_all ends links and dials") {
    Pair pair;
    pair.b.dial(pair.a.url());
    REQUIRE(eventually([&] { return pair.a.seen().ups().size() == 2; }));
    test::ScriptedServer silent([](RawConnection& connection) { connection.read_to_end(); }, false);
    pair.a.dial(TestNode::url_of(silent.port()));
    pair.a.call([](node::PeerTransport& transport) { transport.close_all("shutting down"); });
    REQUIRE(
        eventually([&] { return pair.a.seen().downs().size() == 2 && pair.b.seen().downs().size() == 2; }));
    REQUIRE(eventually([&] { return pair.a.seen().failures().size() == 1; }));
    CHECK(pair.a.seen().failures()[0].reason == "shutting down");
    CHECK(pair.b.seen().downs()[0].reason.find("shutting down") != std::string::npos);
  }

  TEST_CASE("a transport may be destroyed with links, dials and queues in it") {
    Pair pair;
    pair.a.dial("wss://localhost:1/peer");
    for (int i = 0; i < 10; ++i) pair.a.send(pair.at_a, frame_of(1'000'000, 1));
    pair.a.destroy_transport();
    CHECK(eventually([&] { return pair.b.seen().downs().size() == 1; }));
    CHECK(pair.a.seen().downs().empty());
  }

  TEST_CASE("a dial that fails says where and why") {
    TestNode node;
    test::TestServer no_peers;
    test::ScriptedServer no_tls([](RawConnection& connection) { connection.send("hello, no TLS here\r\n"); },
                                false);
    test::ScriptedServer no_http(
        [](RawConnection& connection) { connection.send("hello, no HTTP here\r\n\r\n"); });
    struct Case {
      std::string url;
      std::string part;
    };
    for (const Case& row : std::vector<Case>{{"not a url", "wss"},
                                             {"https://127.0.0.1/peer", "wss"},
                                             {"wss://127.0.0.1:1/peer", "refused"},
                                             {"wss://nobody.invalid/peer", "nobody.invalid"},
                                             {TestNode::url_of(no_tls.port()), "TLS 1.3"},
                                             {TestNode::url_of(no_http.port()), "upgrade failed"},
                                             {TestNode::url_of(no_peers.port()), "status 200"}}) {
      CAPTURE(row.url);
      const auto before = node.seen().failures().size();
      node.dial(row.url);
      REQUIRE(eventually([&] { return node.seen().failures().size() == before + 1; }));
      CHECK(node.seen().failures().back().address == row.url);
      CAPTURE(node.seen().failures().back().reason);
      CHECK(node.seen().failures().back().reason.find(row.part) != std::string::npos);
    }
    CHECK(node.seen().ups().empty());
  }

  TEST_CASE("an oversized frame, a text message or rubbish closes the link") {
    TestNode node;
    struct Case {
      std::string bytes;
      Code code;
      std::string part;
    };
    for (const Case& row : std::vector<Case>{
             {client_frame(2, wire::kFrameBytesMax + 1, std::string(100, 'x')), codes::FRAME_TOO_LARGE,
              std::to_string(wire::kFrameBytesMax)},
             {client_frame(2, 1ull << 62, ""), codes::FRAME_TOO_LARGE, std::to_string(wire::kFrameBytesMax)},
             {client_frame(1, 5, "hello"), codes::FRAME_MALFORMED, "a text message"},
             {std::string("\x82\x05hello", 7), codes::FRAME_MALFORMED, "WebSocket protocol"},  // not masked
             {std::string(64, '\xff'), codes::FRAME_MALFORMED, "WebSocket protocol"}}) {
      CAPTURE(row.part);
      const auto before = node.seen().downs().size();
      auto client = upgraded(node);
      client.send(row.bytes);
      client.read_to_end();
      client.half_close();
      REQUIRE(eventually([&] { return node.seen().downs().size() == before + 1; }));
      CAPTURE(node.seen().downs().back().reason);
      const auto fault = node.seen().downs().back().fault;
      REQUIRE(fault);
      CHECK_CODE_NAMES(Result<void>(Failure{*fault}), row.code, row.part);
    }
    CHECK(node.seen().frames().empty());
    CHECK(node.seen().ups().size() == node.seen().downs().size());
  }

  TEST_CASE("fragments that add up to more than a frame close the link") {
    TestNode node;
    auto client = upgraded(node);
    const std::string half(wire::kFrameBytesMax / 2 + 1, 'x');
    std::string first = client_frame(2, half.size(), half);
    first[0] = 0x02;  // not final
    client.send(first);
    client.send(client_frame(0, half.size(), half));
    client.read_to_end();
    client.half_close();
    REQUIRE(eventually([&] { return node.seen().downs().size() == 1; }));
    CHECK(node.seen().downs()[0].reason.find(std::to_string(wire::kFrameBytesMax)) != std::string::npos);
  }

  TEST_CASE("a slow reader is closed when its queue exceeds the limit") {
    TestNode node;
    auto client = upgraded(node);
    REQUIRE(eventually([&] { return node.seen().ups().size() == 1; }));
    const PeerId peer = node.seen().ups()[0].peer;
    for (int i = 0; i < 64 && node.seen().downs().empty(); ++i) node.send(peer, frame_of(1'000'000, 1));
    REQUIRE(eventually([&] { return node.seen().downs().size() == 1; }));
    CHECK(node.seen().downs()[0].reason.find(std::to_string(node::kLinkQueueBytesMax)) != std::string::npos);
  }

  TEST_CASE("only a proper upgrade becomes a link") {
    TestNode node;
    CHECK(upgrade_status(node, "GET /peer HTTP/1.1\r\nHost: x\r\n\r\n") == 426);
    CHECK(upgrade_status(node, "POST /peer HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx") == 426);
    CHECK(upgrade_status(node, std::string(kUpgrade) + "Origin: https://page.example\r\n\r\n") == 400);
    CHECK(upgrade_status(node, std::string(kUpgrade) + "\r\nearly") == 400);
    CHECK(upgrade_status(node, std::string(kUpgrade) + "Content-Length: 1\r\n\r\n") == 400);
    CHECK(upgrade_status(
              node,
              "GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n") == 200);
    auto client = RawConnection::to_port(node.port());
    REQUIRE(client.start_tls_as_client());
    client.send("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto refused = client.read_response();
    CHECK(refused.body.starts_with("HTTP_UPGRADE_REQUIRED: "));
    test::record_code(codes::HTTP_UPGRADE_REQUIRED.slug);
    CHECK(refused.headers.at("upgrade") == "websocket");
    CHECK(node.seen().ups().empty());
  }

  TEST_CASE("incoming links have a cap; room comes back") {
    TestNode node;
    std::vector<RawConnection> links;
    for (std::size_t i = 0; i < node::kIncomingLinksMax; ++i) links.push_back(upgraded(node));
    auto further = RawConnection::to_port(node.port());
    REQUIRE(further.start_tls_as_client());
    further.send(std::string(kUpgrade) + "\r\n");
    const auto refused = further.read_response();
    CHECK(refused.status == 503);
    CHECK(refused.body.find("128 incoming links") != std::string::npos);
    links.pop_back();
    CHECK(eventually([&] { return node.seen().downs().size() == 1; }));
    links.push_back(upgraded(node));
  }

  TEST_CASE("one network has a few of the incoming links, another gets its own") {
    TestNode node([](node::ServerOptions& options) {
      options.links_per_group_max = 2;
      options.limits_loopback = true;
    });
    const auto ask = [&](const char* address) {
      auto client = RawConnection::to_port(node.port(), test::socket_from(address));
      REQUIRE(client.start_tls_as_client());
      client.send(std::string(kUpgrade) + "\r\n");
      return client;
    };
    std::vector<RawConnection> links;
    for (const char* address : {"127.0.1.1", "127.0.1.2"}) {
      links.push_back(ask(address));
      REQUIRE(links.back().read_response().status == 101);
    }
    auto third = ask("127.0.1.3");
    const auto refused = third.read_response();
    CHECK(refused.status == 503);
    CHECK(refused.body.starts_with("HTTP_CONNECTIONS_FULL: "));
    CHECK(refused.body.find("2 incoming links it accepts from 127.0.1.0/24") != std::string::npos);
    auto other = ask("127.0.2.1");
    CHECK(other.read_response().status == 101);
    links.pop_back();
    CHECK(eventually([&] { return node.seen().downs().size() == 1; }));
    auto again = ask("127.0.1.3");
    CHECK(again.read_response().status == 101);
  }

  TEST_CASE("a node that is stopping says so to those who ask for a link") {
    TestNode node;
    auto client = RawConnection::to_port(node.port());
    REQUIRE(client.start_tls_as_client());
    client.send("GET /peer HTTP/1.1\r\n");
    auto second = RawConnection::to_port(node.port());  // after its answer, the first one's bytes are read
    REQUIRE(second.start_tls_as_client());
    second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(second.read_response().status == 200);
    node.stop_server();
    client.send(std::string(kUpgrade).substr(std::string("GET /peer HTTP/1.1\r\n").size()) + "\r\n");
    const auto refused = client.read_response();
    CHECK(refused.status == 503);
    CHECK(refused.body.starts_with("SHUTTING_DOWN: "));
    test::record_code(codes::SHUTTING_DOWN.slug);
  }
}
