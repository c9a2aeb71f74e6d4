#include "node/http/client.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/http/client_connection.h"
#include "node/http/response_text.h"
#include "node/net/codes.h"
#include "node/net/url.h"
#include "protocol/did/codes.h"

namespace vcnode::node {
namespace {

bool is_method(std::string_view method) {
  return !method.empty() &&
         std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Result<ServerUrl> server_of(const FetchOptions& options) {
  // On the admin socket a bare path is enough.
  if (options.socket && options.url.starts_with('/'))
    return parse_server_url("https://localhost" + options.url, "https");
  return parse_server_url(options.url, "https");
}

// CR or LF in a token file must not become another header.
Result<void> check_header_values(const FetchOptions& options) {
  if (!is_method(options.method)) {
    return fail(codes::HTTP_PROTOCOL, "\"", excerpt(options.method), "\" is no HTTP method");
  }
  if (!is_header_text(options.content_type) || !is_header_text(options.bearer.value_or(""))) {
    return fail(codes::HTTP_PROTOCOL, "the token or content type holds a line break or control character");
  }
  return {};
}

ClientRequest request_of(const FetchOptions& options, const ServerUrl& server, bool keep_alive) {
  ClientRequest out;
  out.is_head = options.method == "HEAD";
  out.body_bytes_max = options.body_bytes_max;
  out.text = concat(options.method, " ", server.target, " HTTP/1.1\r\nHost: ", server.authority,
                    "\r\nUser-Agent: vcnode\r\nAccept: */*\r\n");
  if (options.bearer) out.text += concat("Authorization: Bearer ", *options.bearer, "\r\n");
  if (!options.body.empty() || options.method == "POST" || options.method == "PUT") {
    out.text +=
        concat("Content-Type: ", options.content_type, "\r\nContent-Length: ", options.body.size(), "\r\n");
  }
  out.text += concat(keep_alive ? "" : "Connection: close\r\n", "\r\n", options.body);
  return out;
}

Result<void> open(ClientConnection& connection, const FetchOptions& options, const ServerUrl& server,
                  Deadline deadline) {
  if (options.socket) return connection.open(*options.socket);
  return connection.open(server, {options.verify_certificate, options.ca_file}, deadline);
}

}  // namespace

Result<HttpResponse> http_fetch(const FetchOptions& options) {
  Deadline deadline = Deadline::in_ms(options.timeout_ms);
  deadline.stopped = options.stopped;
  VCNODE_TRY(const ServerUrl server, server_of(options));
  VCNODE_CHECK(check_header_values(options));
  ClientConnection connection;
  VCNODE_CHECK(open(connection, options, server, deadline));
  return connection.exchange(request_of(options, server, false), deadline);
}

struct HttpSession::State {
  FetchOptions defaults;
  ClientConnection connection;
};

HttpSession::HttpSession(FetchOptions defaults) : state_(std::make_unique<State>()) {
  state_->defaults = std::move(defaults);
}

HttpSession::~HttpSession() = default;

Result<HttpResponse> HttpSession::get(const std::string& path) {
  const Deadline deadline = Deadline::in_ms(state_->defaults.timeout_ms);
  FetchOptions options = state_->defaults;
  // Else "https://host" + "@elsewhere" would be another server.
  if (!path.starts_with('/'))
    return fail(codes::URL_INVALID, "the path \"", excerpt(path), "\" does not start with /");
  options.method = "GET";
  options.body.clear();
  options.url += path;
  VCNODE_TRY(const ServerUrl server, server_of(options));
  VCNODE_CHECK(check_header_values(options));
  const ClientRequest request = request_of(options, server, true);

  ClientConnection& connection = state_->connection;
  const bool reused = connection.is_open();
  if (!reused) VCNODE_CHECK(open(connection, options, server, deadline));
  auto answer = connection.exchange(request, deadline);
  if (answer || !reused || !connection.was_stale()) return answer;
  VCNODE_CHECK(open(connection, options, server, deadline));
  return connection.exchange(request, deadline);
}

}  // namespace vcnode::node
