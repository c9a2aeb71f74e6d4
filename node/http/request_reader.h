// RequestReader: bytes to one HttpRequest, without IO (Beast's parser, and what it leaves to its user).
//
// read_header() until ready, then limit_body(), then read_body() until ready; each takes what it understands
// off the front of `input`. Beyond Beast: the header limit holds for the header as a whole; Host must be
// there once; a transfer coding other than chunked is refused, not ignored; trailers are dropped; chunk
// extensions are bounded.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "crypto/base/result.h"
#include "node/http/message.h"

namespace vcnode::node {

struct Refusal {
  unsigned status = 400;
  Error error;
};
struct ReadStep {
  bool ready = false;
  std::optional<Refusal> refusal;
};

class RequestReader {
 public:
  explicit RequestReader(std::size_t header_bytes_max);

  [[nodiscard]] ReadStep read_header(std::string& input);
  // Refuses a larger Content-Length before a byte of it is read, and bounds a chunked body.
  [[nodiscard]] std::optional<Refusal> limit_body(std::size_t body_bytes_max);
  [[nodiscard]] ReadStep read_body(std::string& input);

  // All of these: after the header.
  [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
  [[nodiscard]] bool has_body() const { return !parser_.is_done(); }                    // still to be read
  [[nodiscard]] HttpRequest take_request();                                             // with its body
  [[nodiscard]] std::size_t body_bytes() const { return parser_.get().body().size(); }  // read so far
  [[nodiscard]] std::size_t announced_bytes() const;  // by Content-Length; 0 if the body is chunked
  [[nodiscard]] bool keep_alive() const { return parser_.keep_alive(); }
  [[nodiscard]] bool is_http10() const { return parser_.get().version() == 10; }
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
  [[nodiscard]] bool wants_websocket() const;
  [[nodiscard]] boost::beast::http::request<boost::beast::http::string_body> take_native() {
    return parser_.release();
  }

  [[nodiscard]] bool has_started() const noexcept { return has_started_; }

 private:
  std::optional<Refusal> header_too_large() const;
  std::optional<Refusal> take_header();
  std::optional<Refusal> check_framing() const;
  std::optional<Refusal> check_expectation();

  std::size_t header_bytes_max_;
  std::size_t body_bytes_max_ = 0;
  std::size_t taken_bytes_ = 0;  // of the body, chunk headers included
  std::size_t header_bytes_ = 0;
  bool has_started_ = false;
  bool expects_continue_ = false;
  HttpRequest request_;
  boost::beast::http::request_parser<boost::beast::http::string_body> parser_;
};

}  // namespace vcnode::node
