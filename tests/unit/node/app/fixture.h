// A whole node in this process: temporary home, cheap keys, real sockets and disk.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/ed25519.h"
#include "node/app/node.h"
#include "node/http/client.h"
#include "node/http/message.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

namespace vcnode::test {

using nlohmann::json;

inline constexpr const char* kIssuerToken = "issuer-token-of-a-test";
inline constexpr const char* kOperatorToken = "operator-token-of-a-test";
inline constexpr const char* kReadToken = "read-token-of-a-test";

// A home with node key, `issuers` issuers named "main", "second", "third", certificate and three tokens.
class TestHome {
 public:
  explicit TestHome(int issuers = 1);
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }
  [[nodiscard]] const Did& did(std::size_t issuer = 0) const { return config.issuers.at(issuer).did; }
  void write_key(const std::filesystem::path& file, const Ed25519KeyPair& key,
                 std::string_view purpose) const;
  // The node is a witness too. Its note key's vkey is at /witness/key.
  TestHome& add_witness();
  // The node signs verdicts.
  TestHome& add_verdict_key();

  node::Config config;

 private:
  TemporaryDirectory folder_;
};

// A wall clock that a test moves; monotonic time stays the system's.
class ShiftedClock final : public node::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return system_.wall_ms() + shift_ms; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return system_.monotonic_ms(); }
  std::atomic<std::int64_t> shift_ms{0};

 private:
  node::SystemClock system_;
};

struct Answer {
  unsigned status = 0;
  std::string type;
  std::string text;
  std::map<std::string, std::string> headers;  // lower-case names
  [[nodiscard]] json body() const { return json::parse(text); }
};

// The node, running on its own thread between construction and stop().
class RunningNode {
 public:
  explicit RunningNode(const TestHome& home, node::NodeOptions options = {});
  RunningNode(node::Config config, node::NodeOptions options);
  ~RunningNode();
  void stop();                                // fails the test when the node ended with an error
  [[nodiscard]] Result<void> wait_for_end();  // for nodes that are expected to end by themselves

  struct Request {
    std::string method = "GET";
    std::string path = {};
    std::string body = {};
    std::optional<std::string> token = {};
    std::string content_type = "application/json";
    bool admin = false;
  };
  [[nodiscard]] Answer ask(const Request& request) const;
  // With headers of the test's choice, Host included; over TLS.
  [[nodiscard]] Answer ask_raw(const std::string& method, const std::string& path,
                               const std::vector<std::pair<std::string, std::string>>& headers) const;
  [[nodiscard]] Answer get(const std::string& path) const { return ask({.path = path}); }
  [[nodiscard]] Answer post(const std::string& path, const json& body,
                            std::optional<std::string> token = std::nullopt) const;

  [[nodiscard]] const std::string& url() const noexcept { return info_.url; }
  [[nodiscard]] const std::string& peer_url() const noexcept { return info_.peer_url; }
  [[nodiscard]] const node::RunningInfo& info() const noexcept { return info_; }
  [[nodiscard]] node::Node& node() noexcept { return *node_; }
  [[nodiscard]] std::string log() const { return log_.str(); }  // after stop()

 private:
  void start(node::Config config, node::NodeOptions options);
  std::filesystem::path admin_socket_;
  std::ostringstream log_;
  std::unique_ptr<node::Node> node_;
  node::RunningInfo info_;
  std::future<Result<void>> ended_;
};

[[nodiscard]] json sample_credential();
// Issues at `node` and returns the credential; the test fails if it was not issued.
[[nodiscard]] json issue(const RunningNode& node, json credential = sample_credential());
[[nodiscard]] json revocation_of(const json& credential, bool value = true);
[[nodiscard]] json suspension_of(const json& credential, bool value);
// The verdict of `credential` at `node`, its issuer trusted.
[[nodiscard]] json verdict_at(const RunningNode& node, const json& credential);

// Polls until `condition` holds; false after ten seconds.
template <class Condition>
bool eventually(Condition&& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// The answer's status and the code in its problem details; records the code as seen.
[[nodiscard]] bool is_problem(const Answer& answer, unsigned status, Code code,
                              std::string_view detail_part = "");

}  // namespace vcnode::test

#define CHECK_PROBLEM(result, http_status, ...)                                                  \
  do {                                                                                           \
    const ::vcnode::test::Answer& vcnode_answer = (result);                                      \
    CHECK_MESSAGE(::vcnode::test::is_problem(vcnode_answer, (http_status), __VA_ARGS__), "got ", \
                  vcnode_answer.status, " ", vcnode_answer.text);                                \
  } while (false)
