// What the HTTP server reads and writes, without a socket. First byte 0: the rest as a connection's bytes,
// whole and in pieces, which must end alike. 1: as a request target. Otherwise: as headers and body of an
// answer.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "node/http/request_reader.h"
#include "node/http/request_target.h"
#include "node/http/response_text.h"
#include "node/http/server.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

constexpr std::size_t kBodyBytesMax = 64;

struct Exchange {  // how a request ended
  unsigned refused = 0;
  bool ready = false;
  HttpRequest request;
  bool keep_alive = false;
  std::string rest;  // of the connection: belongs to the next request
};

bool is_plain(std::string_view text) {
  return is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

void check_header(const RequestReader& reader) {
  const HttpRequest& request = reader.request();
  VCNODE_ASSERT(!request.method.empty() && (request.path.starts_with('/') || request.path == "*"));
  VCNODE_ASSERT(is_plain(request.path));
  for (const auto& [name, value] : request.query) VCNODE_ASSERT(is_plain(name) && is_plain(value));
  for (const auto& [name, value] : request.headers) {
    VCNODE_ASSERT(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
    VCNODE_ASSERT(value.find_first_of("\r\n") == std::string::npos);
  }
  VCNODE_ASSERT(reader.is_http10() || request.header("host").has_value());
}

void check_refusal(const Refusal& refusal) {
  VCNODE_ASSERT(refusal.status >= 400 && refusal.status < 500);
  fuzz::check_error(refusal.error);
}

// The server's loop: more bytes come while neither ready nor refused.
Exchange exchange(std::string_view bytes, std::size_t piece_bytes) {
  RequestReader reader(kHeaderBytesMax);
  Exchange out;
  std::string input;
  bool in_body = false;
  const auto end_with = [&](const Refusal& refusal) {
    check_refusal(refusal);
    out.refused = refusal.status;
    return out;
  };
  for (;;) {
    ReadStep step = in_body ? reader.read_body(input) : reader.read_header(input);
    if (step.refusal) return end_with(*step.refusal);
    if (step.ready && !in_body) {
      check_header(reader);
      (void)reader.wants_websocket();
      if (const auto refusal = reader.limit_body(kBodyBytesMax)) return end_with(*refusal);
      in_body = true;
      continue;
    }
    if (step.ready) break;
    VCNODE_ASSERT(input.size() <= kHeaderBytesMax + piece_bytes);
    if (bytes.empty()) return out;
    input += bytes.substr(0, piece_bytes);
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  }
  out.ready = true;
  out.keep_alive = reader.keep_alive();
  out.request = reader.take_request();
  VCNODE_ASSERT(out.request.body.size() <= kBodyBytesMax);
  out.rest = input + std::string(bytes);
  return out;
}

void check_connection(std::string_view bytes, std::size_t piece_bytes) {
  const Exchange whole = exchange(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Exchange pieces = exchange(bytes, piece_bytes);
  VCNODE_ASSERT(whole.ready == pieces.ready);
  // A request that is no good is refused either way in the end; how much of it Beast waits for depends on the
  // pieces.
  if (!whole.ready) return;
  VCNODE_ASSERT(whole.request.method == pieces.request.method && whole.request.path == pieces.request.path);
  VCNODE_ASSERT(whole.request.headers == pieces.request.headers &&
                whole.request.query == pieces.request.query);
  VCNODE_ASSERT(whole.request.body == pieces.request.body && whole.rest == pieces.rest);
  VCNODE_ASSERT(whole.keep_alive == pieces.keep_alive);
}

void check_target(std::string_view text) {
  const auto target = parse_request_target(text);
  fuzz::check(target);
  if (!target) return;
  VCNODE_ASSERT(is_plain(target->path) && text.find(target->raw_path) != std::string_view::npos);
  VCNODE_ASSERT(target->path == "*" || (target->path.starts_with('/') && target->raw_path.starts_with('/')));
}

void check_answer(fuzz::Recipe& recipe) {
  const ResponseContext context{recipe.byte() % 2 == 0, recipe.byte() % 2 == 1, recipe.byte() % 2 == 1};
  HttpResponse response;
  response.status = 200 + static_cast<unsigned>(recipe.below(400));
  const std::string name(recipe.counted_text()), value(recipe.counted_text());
  const bool fits = is_header_text(name) && is_header_text(value);
  if (fits) VCNODE_ASSERT((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  if (fits) response.headers.emplace_back("x-" + name, value);
  response.body = recipe.rest();
  const ResponseText parts = response_text(response, context);
  const std::string text = concat(parts.head, parts.content);
  const auto end = text.find("\r\n\r\n");
  const bool has_body = response.status != 204 && response.status != 304;
  VCNODE_ASSERT(text.starts_with(concat("HTTP/1.1 ", response.status, " ")) && end != std::string::npos);
  VCNODE_ASSERT(text.substr(end + 4) == (has_body && !context.to_head ? response.body : ""));
  VCNODE_ASSERT((text.find(concat("\r\nContent-Length: ", response.body.size(), "\r\n")) < end) == has_body);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  const std::uint8_t kind = recipe.byte();
  if (kind == 0) {
    const std::size_t piece_bytes = 1 + recipe.byte() % 32;
    check_connection(recipe.rest(), piece_bytes);
  } else if (kind == 1) {
    check_target(recipe.rest());
  } else {
    check_answer(recipe);
  }
  return 0;
}
