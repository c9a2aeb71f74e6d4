// http_fetch: one blocking HTTP request, for the CLI, and for the witnesses that an operator named (a server
// never fetches a URL that a caller gave).
//
// https://host[:port]/… over TLS 1.3, or a Unix socket path for the local admin interface. No redirects. The
// body is capped and the whole exchange has one deadline. With `verify_certificate` false any certificate is
// taken: for public objects that prove themselves. Errors: HTTP_UNREACHABLE, HTTP_TIMEOUT, HTTP_TOO_LARGE,
// HTTP_PROTOCOL, URL_INVALID, TLS_CERTIFICATE (of ca_file).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "crypto/base/result.h"
#include "node/http/message.h"

namespace vcnode::node {

struct FetchOptions {
  std::string method = "GET";
  std::string url;                              // https://…; with `socket` only path and query count
  std::optional<std::filesystem::path> socket;  // admin socket
  std::string body;
  std::string content_type = "application/json";
  std::optional<std::string> bearer;
  bool verify_certificate = false;
  std::optional<std::filesystem::path> ca_file;  // with it: the only authorities; default: the system's
  std::size_t body_bytes_max = 4 * 1024 * 1024;
  std::int64_t timeout_ms = 10'000;
  // If set: true ends the request soon, as the deadline would (a node that shuts down). Outlives the call.
  const std::atomic<bool>* stopped = nullptr;
};

[[nodiscard]] Result<HttpResponse> http_fetch(const FetchOptions& options);

// Keeps one connection open across requests to one server (whole feeds are many small objects).
class HttpSession {
 public:
  explicit HttpSession(FetchOptions defaults);  // url = base, without trailing slash
  ~HttpSession();
  [[nodiscard]] Result<HttpResponse> get(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::node
