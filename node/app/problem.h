// Answers as JSON and as RFC 9457 problem details.
//
//   {"type":"urn:vcnode:problem:<CODE>","title":<the code's sentence>,"status":400,"detail":<one
//   sentence>,"code":"<CODE>"}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "node/http/message.h"

namespace vcnode::node {

// The HTTP status that goes with a reason code; 400 for everything that is the request's fault.
[[nodiscard]] unsigned http_status_of(Code code) noexcept;

[[nodiscard]] std::string problem_type(std::string_view code);
// One element of `problemDetails`.
[[nodiscard]] nlohmann::json problem_details(Code code, std::string_view detail);

// What may be said to anybody: a store's own words name paths and SQL, so of those only the code's sentence.
[[nodiscard]] Error public_form(const Error& error);

// 503 answers carry Retry-After. An error that may not be said to anybody stays in HttpResponse::cause.
[[nodiscard]] HttpResponse problem(const Error& error);
[[nodiscard]] HttpResponse problem(unsigned status, std::string_view code, std::string_view title,
                                   std::string_view detail);

[[nodiscard]] HttpResponse json_answer(unsigned status, std::string body);
// JSON text for answers: text that is not UTF-8 is replaced, never thrown about.
[[nodiscard]] std::string json_text(const nlohmann::json& value);

}  // namespace vcnode::node
