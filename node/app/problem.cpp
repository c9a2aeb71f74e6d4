#include "node/app/problem.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "node/app/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/status/codes.h"
#include "protocol/witness/codes.h"
#include "storage/codes.h"

namespace vcnode::node {

namespace {

struct StatusRow {
  const CodeInfo* code;
  unsigned status;
};

constexpr std::array kStatus = {
    StatusRow{&codes::TOKEN_MISSING, 401},
    StatusRow{&codes::TOKEN_UNKNOWN, 401},
    StatusRow{&codes::TOKEN_ROLE, 403},
    StatusRow{&codes::NOT_FOUND, 404},
    StatusRow{&codes::ISSUER_UNKNOWN, 404},
    StatusRow{&codes::CREDENTIAL_UNKNOWN, 404},
    StatusRow{&codes::STATEMENT_UNKNOWN, 404},
    StatusRow{&codes::TRQP_AUTHORITY_NOT_SERVED, 404},
    StatusRow{&codes::TRQP_ACTION_UNKNOWN, 404},
    StatusRow{&codes::METHOD_NOT_ALLOWED, 405},
    StatusRow{&codes::CREDENTIAL_ID_USED, 409},
    StatusRow{&codes::STATEMENT_ID_USED, 409},
    StatusRow{&codes::STATUS_REVOCATION_FINAL, 409},
    StatusRow{&codes::FEED_CLOSED, 409},
    StatusRow{&codes::ISSUER_DEACTIVATED, 409},
    StatusRow{&codes::ISSUER_WITHOUT_LOG, 409},
    StatusRow{&codes::ENTRY_NOT_NEXT, 409},
    StatusRow{&codes::ENTRY_TIME_PASSED, 409},
    StatusRow{&codes::SEAL_OUTDATED, 409},
    StatusRow{&codes::SEAL_TAKES_BACK, 409},
    StatusRow{&codes::DID_DISPUTED, 409},
    StatusRow{&codes::CONTENT_TYPE_UNSUPPORTED, 415},
    StatusRow{&codes::CONTENT_ENCODING_UNSUPPORTED, 415},
    StatusRow{&codes::HOST_NOT_ALLOWED, 421},
    StatusRow{&codes::INTERNAL_FAULT, 500},
    StatusRow{&codes::STORE_CORRUPT, 500},
    StatusRow{&codes::VERDICT_SIGNING_OFF, 501},
    StatusRow{&codes::STORE_FAILED, 503},
    StatusRow{&codes::STORE_CONFLICT, 503},
    StatusRow{&codes::STORE_BUSY, 503},
    StatusRow{&codes::SERVER_BUSY, 503},
    StatusRow{&codes::SHUTTING_DOWN, 503},
    StatusRow{&codes::START_CHECK_PENDING, 503},
    StatusRow{&codes::OWN_FEED_CONTRADICTED, 503},
    StatusRow{&codes::CLOCK_AHEAD, 503},
    StatusRow{&codes::PUBLISHER_STATE_INCOMPLETE, 503},
    StatusRow{&codes::ISSUER_LOG_MISSING, 503},
    StatusRow{&codes::ISSUER_KEY_MISSING, 503},
    StatusRow{&codes::ISSUER_WITHOUT_FEED, 503},
    StatusRow{&codes::EPOCH_INCOMPLETE, 503},
    StatusRow{&codes::WITNESS_QUORUM_MISSED, 503},
};

constexpr std::array kPrivate = {&codes::STORE_FAILED, &codes::STORE_CORRUPT, &codes::STORE_CONFLICT,
                                 &codes::STORE_BUSY};

}  // namespace

unsigned http_status_of(Code code) noexcept {
  const auto row =
      std::find_if(kStatus.begin(), kStatus.end(), [&](const StatusRow& r) { return Code(*r.code) == code; });
  return row == kStatus.end() ? 400 : row->status;
}

std::string problem_type(std::string_view code) {
  return concat("urn:vcnode:problem:", code);
}

nlohmann::json problem_details(Code code, std::string_view detail) {
  return {{"type", problem_type(code.slug())},
          {"title", code.sentence()},
          {"detail", detail.empty() ? code.sentence() : detail},
          {"code", code.slug()}};
}

HttpResponse problem(unsigned status, std::string_view code, std::string_view title,
                     std::string_view detail) {
  HttpResponse out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = json_text({{"type", problem_type(code)},
                        {"title", title},
                        {"status", status},
                        {"detail", detail},
                        {"code", code}});
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}

Error public_form(const Error& error) {
  const bool is_private = std::any_of(kPrivate.begin(), kPrivate.end(),
                                      [&](const CodeInfo* code) { return Code(*code) == error.code; });
  return is_private ? Error{error.code, std::string(error.code.sentence())} : error;
}

HttpResponse problem(const Error& error) {
  const unsigned status = http_status_of(error.code);
  const Error shown = public_form(error);
  HttpResponse out = problem(status, shown.code.slug(), shown.code.sentence(), shown.message);
  if (shown.message != error.message) out.cause = error;
  if (status == 503) out.headers.emplace_back("Retry-After", "1");
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

HttpResponse json_answer(unsigned status, std::string body) {
  HttpResponse out;
  out.status = status;
  out.body = std::move(body);
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}

std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vcnode::node
