#include "node/http/fetcher.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "node/http/address_policy.h"
#include "node/http/client_connection.h"
#include "node/http/codes.h"
#include "node/http/response_text.h"
#include "node/net/codes.h"
#include "protocol/did/host.h"

namespace vcnode::node {
namespace {

std::string refusal_of(const asio::ip::address& address) {
  const std::string_view block = address.is_v4() ? refused_block_of(address.to_v4().to_bytes())
                                                 : refused_block_of(address.to_v6().to_bytes());
  return block.empty() ? std::string() : concat("which is not public (", block, ")");
}

Result<ServerUrl> checked_url(const std::string& url) {
  auto server = parse_server_url(url, "https");
  if (!server) return fail(codes::FETCH_URL, server.error().message);
  if (const auto fault = host_fault(server->host); !fault.empty())
    return fail(codes::FETCH_HOST, "the host \"", excerpt(server->host), "\" ", fault);
  return server;
}

Result<std::shared_ptr<asio::ssl::context>> tls_context(const PublicFetchOptions& options) {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(tls->native_handle(), SSL_SESS_CACHE_OFF);
  ErrorCode error;
  if (options.ca_file) {
    tls->load_verify_file(options.ca_file->string(), error);
    if (error)
      return fail(codes::TLS_CERTIFICATE, options.ca_file->string(),
                  " holds no certificates in PEM form that can be read: ", error.message());
  } else {
    // Without a system store nothing is trusted, and the handshake says so.
    tls->set_default_verify_paths(error);
  }
  return tls;
}

Code code_of(DialFailure::Stage stage) {
  switch (stage) {
    case DialFailure::Stage::resolve:
      return codes::FETCH_UNRESOLVED;
    case DialFailure::Stage::refused:
      return codes::FETCH_ADDRESS;
    case DialFailure::Stage::connect:
      return codes::FETCH_UNREACHABLE;
    case DialFailure::Stage::tls:
      return codes::FETCH_PROTOCOL;
    case DialFailure::Stage::certificate:
      return codes::FETCH_CERTIFICATE;
    case DialFailure::Stage::deadline:
      break;
  }
  return codes::FETCH_TIMEOUT;
}

Code code_of(Code of_client) {
  if (of_client == codes::HTTP_TIMEOUT) return codes::FETCH_TIMEOUT;
  if (of_client == codes::HTTP_TOO_LARGE) return codes::FETCH_TOO_LARGE;
  return codes::FETCH_PROTOCOL;
}

// `name` in lower case.
std::string_view header_of(const HttpResponse& response, std::string_view name) {
  const auto at = std::find_if(response.headers.begin(), response.headers.end(), [name](const auto& header) {
    return std::equal(header.first.begin(), header.first.end(), name.begin(), name.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  });
  return at == response.headers.end() ? std::string_view() : std::string_view(at->second);
}

Result<std::string> body_of(HttpResponse response, const std::string& url) {
  const auto refused = [&](Code code, std::string_view why) {
    return fail(code, excerpt(url), ": status ", response.status, why);
  };
  if (response.status / 100 == 3)
    return refused(codes::FETCH_REDIRECT, concat(", to \"", excerpt(header_of(response, "location")),
                                                 "\"; redirects are not followed"));
  if (response.status == 404 || response.status == 410)
    return refused(codes::FETCH_NOT_FOUND, ", there is no such file");
  if (response.status != 200) return refused(codes::FETCH_STATUS, ", only 200 will do");
  const std::string_view encoding = header_of(response, "content-encoding");
  if (!encoding.empty() && encoding != "identity")
    return refused(codes::FETCH_ENCODING, concat(", with the content encoding \"", excerpt(encoding), "\""));
  return std::move(response.body);
}

}  // namespace

Result<std::string> fetch_public(const std::string& url, const PublicFetchOptions& options) {
  VCNODE_ASSERT(is_header_text(options.accept));
  Deadline deadline = Deadline::in_ms(options.timeout_ms);
  deadline.stopped = options.stopped;
  VCNODE_TRY(const ServerUrl server, checked_url(url));
  DialTarget target;
  target.host = server.host;
  target.port = server.port;
  target.verify_certificate = true;
  target.refusal_of = refusal_of;
  VCNODE_TRY(target.tls, tls_context(options));
  ClientConnection connection;
  if (const auto failure = connection.dial(std::move(target), server.authority, deadline))
    return fail(code_of(failure->stage), excerpt(url), ": ", failure->reason);
  ClientRequest request;
  request.only_200 = true;
  request.body_bytes_max = options.body_bytes_max;
  request.text = concat("GET ", server.target, " HTTP/1.1\r\nHost: ", server.authority,
                        "\r\nUser-Agent: vcnode\r\nAccept: ", options.accept,
                        "\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n");
  auto answer = connection.exchange(request, deadline);
  if (!answer) return fail(code_of(answer.error().code), answer.error().message);
  return body_of(*std::move(answer), url);
}

}  // namespace vcnode::node
