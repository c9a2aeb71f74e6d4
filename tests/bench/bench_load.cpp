// The one HTTP client of the benchmarks: some keep-alive TLS connections, each asking again as soon as it is
// answered, on one thread. Every answer is compared with what it must be.
//
// Usage: bench_load PORT CONNECTIONS SECONDS REQUEST_FILE (--equals FILE | --contains TEXT) [--awake]
// REQUEST_FILE holds the bytes of one request. --equals: the body of every answer; --contains: a part of it.
// --awake: the client never sleeps. Waking a sleeping client costs its server as much as a small answer, and
// a faster server, whose client is always busy, would be spared that; only with a core that nobody else
// needs. Prints one JSON object: requests, seconds, perSecond, p50us, p99us, responseBytes, clientCpuSeconds.
#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/encoding.h"
#include "node/net/native.h"
#include "tests/bench/figures.h"

namespace vcnode::bench {
namespace {

namespace asio = boost::asio;
using node::ErrorCode;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";
constexpr std::string_view kLength = "content-length: ";

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  require(file.good(), concat("cannot read ", path));
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Plan {
  asio::ip::tcp::endpoint server;
  std::string request;
  std::string expected;
  bool whole = false;  // the body equals `expected`; else contains it
  double until = 0;
};

struct Tally {
  std::vector<float> latencies_us;
  std::size_t response_bytes = 0;
};

class Client : public std::enable_shared_from_this<Client> {
 public:
  Client(asio::io_context& io, asio::ssl::context& context, const Plan& plan, Tally& tally)
      : stream_(io, context), plan_(plan), tally_(tally) {}

  // Connected and through the handshake before the clock starts.
  void connect() {
    stream_.next_layer().connect(plan_.server);
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
    stream_.handshake(asio::ssl::stream_base::client);
  }

  void ask() {
    began_ = wall_seconds();
    if (began_ >= plan_.until) return;
    input_.clear();
    total_ = 0;
    asio::async_write(stream_, asio::buffer(plan_.request),
                      [self = shared_from_this()](ErrorCode error, std::size_t) {
                        require(!error, concat("writing: ", error.message()));
                        self->read();
                      });
  }

 private:
  void read() {
    stream_.async_read_some(asio::buffer(chunk_),
                            [self = shared_from_this()](ErrorCode error, std::size_t size) {
                              require(!error, concat("reading: ", error.message()));
                              self->input_.append(self->chunk_.data(), size);
                              self->advance();
                            });
  }

  void advance() {
    if (total_ == 0) read_header();
    if (total_ == 0 || input_.size() < total_) return read();
    require(input_.size() == total_, "the server sends one answer for one request");
    const std::string_view body = std::string_view(input_).substr(header_);
    require(plan_.whole ? body == plan_.expected : body.find(plan_.expected) != std::string_view::npos,
            concat("the answer is not the expected one: ", excerpt(body)));
    tally_.latencies_us.push_back(static_cast<float>((wall_seconds() - began_) * 1e6));
    tally_.response_bytes = total_;
    ask();
  }

  void read_header() {
    const auto end = input_.find(kHeaderEnd);
    if (end == std::string::npos) return;
    require(input_.starts_with("HTTP/1.1 200 "), concat("the answer is no 200: ", excerpt(input_)));
    header_ = end + kHeaderEnd.size();
    std::string header = input_.substr(0, header_);
    std::transform(header.begin(), header.end(), header.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto at = header.find(kLength);
    require(at != std::string::npos, "the answer says how long it is");
    std::size_t length = 0;
    std::from_chars(header.data() + at + kLength.size(), header.data() + header.size(), length);
    total_ = header_ + length;
  }

  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  const Plan& plan_;
  Tally& tally_;
  std::vector<char> chunk_ = std::vector<char>(kReadBytes);
  std::string input_;
  std::size_t header_ = 0;
  std::size_t total_ = 0;  // header and body; 0 while the header is not complete
  double began_ = 0;
};

float percentile(std::vector<float>& values, double part) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(part * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void run(Plan plan, std::size_t connections, double seconds, bool awake) {
  asio::io_context io{1};
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_none);
  Tally tally;
  std::vector<std::shared_ptr<Client>> clients;
  for (std::size_t i = 0; i < connections; ++i) {
    clients.push_back(std::make_shared<Client>(io, context, plan, tally));
    clients.back()->connect();
  }
  const double start = wall_seconds();
  const double cpu = thread_cpu_seconds();
  plan.until = start + seconds;
  for (const auto& client : clients) client->ask();
  while (awake && !io.stopped()) io.poll();
  io.run();
  const double took = wall_seconds() - start;
  require(!tally.latencies_us.empty(), "at least one answer came");
  const auto requests = tally.latencies_us.size();
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.6f, \"perSecond\": %.1f, \"p50us\": %.1f, \"p99us\": %.1f, "
      "\"responseBytes\": %zu, \"clientCpuSeconds\": %.4f}\n",
      requests, took, static_cast<double>(requests) / took, double{percentile(tally.latencies_us, 0.5)},
      double{percentile(tally.latencies_us, 0.99)}, tally.response_bytes, thread_cpu_seconds() - cpu);
}

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode::bench;
  const bool awake = argc == 8 && std::string_view(argv[7]) == "--awake";
  const std::string_view how = argc == 7 || awake ? argv[5] : "";
  if (how != "--equals" && how != "--contains") {
    std::fprintf(
        stderr,
        "Usage: %s PORT CONNECTIONS SECONDS REQUEST_FILE (--equals FILE | --contains TEXT) [--awake]\n",
        argv[0]);
    return 64;
  }
  Plan plan;
  plan.server = {boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))};
  plan.request = content_of(argv[4]);
  plan.whole = how == "--equals";
  plan.expected = plan.whole ? content_of(argv[6]) : argv[6];
  run(std::move(plan), static_cast<std::size_t>(std::atoi(argv[2])), std::atof(argv[3]), awake);
  return 0;
}
