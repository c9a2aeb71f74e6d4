#include "node/http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/http/request_target.h"
#include "node/net/codes.h"

namespace vcnode::node {
namespace {

namespace http = boost::beast::http;

std::string_view text(boost::beast::string_view view) {
  return {view.data(), view.size()};
}

std::string lower(boost::beast::string_view view) {
  std::string out(text(view));
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

template <class... Parts>
Refusal malformed_request(const Parts&... parts) {
  return Refusal{400, Error{codes::HTTP_REQUEST_MALFORMED, concat(parts...)}};
}

// Chunks of one byte each have six bytes for every one of the body; more is said by extensions, which nobody
// needs, and could go on for ever.
constexpr std::size_t kFramingFactorMax = 8;

Refusal body_too_large(std::size_t limit) {
  return Refusal{413,
                 Error{codes::HTTP_BODY_TOO_LARGE,
                       limit == 0 ? std::string("this method and path accept no body")
                                  : concat("the body is longer than the ", limit, " bytes accepted here")}};
}

}  // namespace

RequestReader::RequestReader(std::size_t header_bytes_max) : header_bytes_max_(header_bytes_max) {
  parser_.eager(false);
  parser_.header_limit(static_cast<std::uint32_t>(header_bytes_max));
  parser_.body_limit(boost::none);  // limit_body() decides once the path is known
}

std::optional<Refusal> RequestReader::header_too_large() const {
  return Refusal{431, Error{codes::HTTP_HEADER_TOO_LARGE,
                            concat("the header is longer than the limit of ", header_bytes_max_, " bytes")}};
}

ReadStep RequestReader::read_header(std::string& input) {
  if (input.empty()) return {};
  boost::system::error_code error;
  const std::size_t used = parser_.put(boost::asio::buffer(input), error);
  has_started_ = true;
  header_bytes_ += used;
  input.erase(0, used);
  if (error == http::error::header_limit) return {false, header_too_large()};
  if (error && error != http::error::need_more)
    return {false, malformed_request("no HTTP/1.1 request: ", error.message())};
  // Beast counts only what it has not consumed yet, so many small fields would pass its limit.
  const std::size_t waiting = parser_.is_header_done() ? 0 : input.size();
  if (header_bytes_ + waiting > header_bytes_max_) return {false, header_too_large()};
  if (!parser_.is_header_done()) return {};
  auto refusal = take_header();
  return {!refusal.has_value(), std::move(refusal)};
}

std::optional<Refusal> RequestReader::take_header() {
  const auto& message = parser_.get();
  auto target = parse_request_target(text(message.target()));
  if (!target) return Refusal{400, target.error()};
  request_.method = text(message.method_string());
  request_.path = std::move(target->path);
  request_.raw_path = std::move(target->raw_path);
  request_.query = std::move(target->query);
  std::size_t hosts = 0;
  for (const auto& field : message) {
    if (field.name() == http::field::host) ++hosts;
    auto [place, is_new] = request_.headers.emplace(lower(field.name_string()), text(field.value()));
    if (!is_new) place->second += concat(", ", text(field.value()));
  }
  if (hosts > 1) return malformed_request("the Host header is given twice");
  if (hosts == 0 && message.version() >= 11) return malformed_request("the Host header is missing");
  if (!target->authority.empty()) request_.headers["host"] = target->authority;
  if (auto refusal = check_framing()) return refusal;
  return check_expectation();
}

// Beast takes a request with an unknown transfer coding for one without a body: two readers of one connection
// would then disagree about where it ends (RFC 9112 section 11.2, request smuggling).
std::optional<Refusal> RequestReader::check_framing() const {
  const auto coding = request_.header("transfer-encoding");
  if (!coding) return std::nullopt;
  if (!boost::beast::iequals(*coding, "chunked")) {
    return malformed_request("the transfer coding \"", excerpt(*coding),
                             "\" is not understood; only chunked is");
  }
  if (parser_.get().version() < 11) return malformed_request("HTTP/1.0 has no transfer coding");
  return std::nullopt;
}

std::optional<Refusal> RequestReader::check_expectation() {
  const auto expectation = request_.header("expect");
  if (!expectation || is_http10()) return std::nullopt;
  expects_continue_ = boost::beast::iequals(*expectation, "100-continue");
  if (expects_continue_) return std::nullopt;
  return Refusal{417, Error{codes::HTTP_REQUEST_MALFORMED,
                            concat("the expectation \"", excerpt(*expectation), "\" cannot be met")}};
}

std::optional<Refusal> RequestReader::limit_body(std::size_t body_bytes_max) {
  body_bytes_max_ = body_bytes_max;
  if (parser_.is_done()) return std::nullopt;
  if (parser_.content_length().value_or(0) > body_bytes_max) return body_too_large(body_bytes_max);
  parser_.body_limit(body_bytes_max);
  parser_.eager(true);
  return std::nullopt;
}

ReadStep RequestReader::read_body(std::string& input) {
  if (!parser_.is_done() && !input.empty()) {
    boost::system::error_code error;
    const std::size_t used = parser_.put(boost::asio::buffer(input), error);
    input.erase(0, used);
    taken_bytes_ += used;
    if (taken_bytes_ > kFramingFactorMax * body_bytes_max_ + header_bytes_max_)
      return {false, body_too_large(body_bytes_max_)};
    if (error == http::error::body_limit) return {false, body_too_large(body_bytes_max_)};
    if (error && error != http::error::need_more)
      return {false, malformed_request("the body is malformed: ", error.message())};
    if (!parser_.is_done() && input.size() > header_bytes_max_) {
      return {false, malformed_request("a chunk header or trailer is longer than the limit of ",
                                       header_bytes_max_, " bytes")};
    }
  }
  return {parser_.is_done(), std::nullopt};
}

std::size_t RequestReader::announced_bytes() const {
  return static_cast<std::size_t>(parser_.content_length().value_or(0));
}

HttpRequest RequestReader::take_request() {
  request_.body = std::move(parser_.get().body());
  return std::move(request_);
}

bool RequestReader::wants_websocket() const {
  return boost::beast::websocket::is_upgrade(parser_.get());
}

}  // namespace vcnode::node
