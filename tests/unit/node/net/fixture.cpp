#include "tests/unit/node/net/fixture.h"

#include <chrono>
#include <future>
#include <utility>

#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

namespace vcnode::test {

const CertificateFiles& test_certificate() {
  static const TemporaryDirectory folder;
  static const CertificateFiles files = [] {
    CertificateFiles made{folder.path() / "certificate.pem", folder.path() / "key.pem"};
    REQUIRE_OK(node::write_self_signed(made.certificate, made.key, {"localhost", "127.0.0.1", "::1"}));
    return made;
  }();
  return files;
}

std::shared_ptr<node::TlsServerContext> test_tls() {
  const auto& files = test_certificate();
  auto loaded = node::TlsServerContext::load(files.certificate, files.key);
  REQUIRE_OK(loaded);
  return *std::move(loaded);
}

LoopThread::~LoopThread() {
  loop_.stop();
  thread_.join();
}

void LoopThread::call(const std::function<void()>& task) {
  std::promise<void> done;
  loop_.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::size_t TestHandler::body_bytes_max(std::string_view method, std::string_view path) const {
  if (method != "POST") return 0;
  return path == "/echo" ? kEchoBytesMax : path == "/upload" ? kUploadBytesMax : 0;
}

void TestHandler::handle(node::HttpRequest request, node::Respond respond) {
  node::HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body;
  const std::string path = request.path;
  {
    const std::lock_guard lock(mutex_);
    last_ = std::move(request);
    ++handled_;
    if (path == "/hold") held_.push_back(respond);
  }
  if (path == "/hold" || path == "/drop") return;
  if (path == "/large") response.body.assign(kLargeBytes, 'x');
  if (path == "/empty") response = node::HttpResponse{204, "", "", {}};
  if (path == "/thread") {
    std::thread([respond, response] { respond(response); }).detach();
    return;
  }
  respond(std::move(response));
}

node::HttpResponse TestHandler::refuse(unsigned status, std::string_view code,
                                       std::string_view sentence) const {
  return node::HttpResponse{
      status, "application/problem+json", std::string(code) + ": " + std::string(sentence), {}};
}

node::HttpRequest TestHandler::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::size_t TestHandler::handled() const {
  const std::lock_guard lock(mutex_);
  return handled_;
}

std::size_t TestHandler::held() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

std::vector<node::Respond> TestHandler::take_held() {
  const std::lock_guard lock(mutex_);
  return std::exchange(held_, {});
}

TestServer::TestServer(const std::function<void(node::ServerOptions&)>& adjust) {
  node::ServerOptions options;
  options.tls = test_tls();
  if (adjust) adjust(options);
  Result<void> started;
  thread_.call([&] {
    server_ = std::make_unique<node::HttpServer>(thread_.loop(), handler_, std::move(options));
    started = server_->start();
    port_ = server_->port();
  });
  REQUIRE_OK(started);
}

TestServer::~TestServer() {
  destroy();
}

void TestServer::destroy() {
  thread_.call([this] { server_.reset(); });
}

std::string TestServer::url(const std::string& path) const {
  return "https://127.0.0.1:" + std::to_string(port_) + path;
}

RawConnection secure(const TestServer& server) {
  auto connection = RawConnection::to_port(server.port());
  REQUIRE(connection.start_tls_as_client());
  return connection;
}

}  // namespace vcnode::test
