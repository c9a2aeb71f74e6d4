// HttpResponse to the bytes on the wire (RFC 9112), with Content-Length always, chunked never.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "node/http/message.h"

namespace vcnode::node {

struct ResponseContext {
  bool keep_alive = true;
  bool to_http10 = false;
  bool to_head = false;  // headers as for GET, without the body
};

// In two parts, so that a body is sent from where it is.
struct ResponseText {
  std::string head;          // status line and headers, with the empty line after them
  std::string_view content;  // of the response: it must outlive this
};

// A header with a control character or a status outside 200 to 599 is a programming error.
[[nodiscard]] ResponseText response_text(const HttpResponse& response, ResponseContext context);

// True if `text` may stand in a header line: no CR, LF, NUL or other control character except tab.
[[nodiscard]] bool is_header_text(std::string_view text) noexcept;

[[nodiscard]] std::string http_date(std::time_t seconds);  // "Sun, 06 Nov 1994 08:49:37 GMT"

}  // namespace vcnode::node
