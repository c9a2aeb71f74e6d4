// HTTP requests and responses as plain values; no Beast here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/base/result.h"

namespace vcnode::node {

enum class Transport : unsigned char { tls, admin_socket };

using HttpHeaders = std::map<std::string, std::string, std::less<>>;

struct HttpRequest {
  std::string method;
  std::string path;                          // percent-decoded, without query
  std::string raw_path;                      // as received, without query
  std::map<std::string, std::string> query;  // percent-decoded; a doubled parameter is refused with 400
  HttpHeaders headers;                       // lower-case names; one value each (doubled ones joined by ", ")
  std::string body;
  Transport transport = Transport::tls;
  std::string remote;  // address:port, for limits; never logged with a body

  [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_case_name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // What happened inside, when the answer does not say it all: for the log and the operator. Never sent.
  std::optional<Error> cause = std::nullopt;
  // Sent in place of `body` when set: an object that many answers have in common and none copies.
  std::shared_ptr<const std::string> shared_body = nullptr;

  [[nodiscard]] std::string_view content() const noexcept;  // what is sent
};

// Must be called exactly once, from any thread.
using Respond = std::function<void(HttpResponse)>;

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Largest body for this method and path; 0 = no body allowed. Called before the body is read.
  [[nodiscard]] virtual std::size_t body_bytes_max(std::string_view method, std::string_view path) const = 0;
  // Called on the loop's thread; must not block.
  virtual void handle(HttpRequest request, Respond respond) = 0;
  // An answer for requests the server itself refuses (malformed, too large, timed out): problem+json with a
  // code.
  [[nodiscard]] virtual HttpResponse refuse(unsigned status, std::string_view code,
                                            std::string_view sentence) const = 0;
};

}  // namespace vcnode::node
