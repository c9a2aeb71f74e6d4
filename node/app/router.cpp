#include "node/app/router.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>

#include "crypto/base/ascii.h"
#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "node/app/all_codes.h"
#include "node/app/codes.h"
#include "node/app/offload.h"
#include "node/app/problem.h"

namespace vcnode::node {

namespace {

std::string_view next_segment(std::string_view& rest) {
  const auto slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  return segment;
}

using Parameters = std::map<std::string, std::string, std::less<>>;

// Whether `path` is of the pattern's form; its parameters go to `out`, unless that is nullptr.
bool match(std::string_view pattern, std::string_view path, Parameters* out) {
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() != '/' || path.front() != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view wanted = next_segment(pattern);
    if (wanted.ends_with("...}")) {
      if (path.size() <= pattern.size() || !path.ends_with(pattern)) return false;  // `pattern`: what follows
      path.remove_suffix(pattern.size());
      if (out != nullptr) out->emplace(wanted.substr(1, wanted.size() - 5), path);
      return true;
    }
    const std::string_view given = next_segment(path);
    if (!wanted.starts_with('{')) {
      if (wanted != given) return false;
    } else if (given.empty()) {
      return false;
    } else if (out != nullptr) {
      out->emplace(wanted.substr(1, wanted.size() - 2), given);
    }
  }
  return pattern.empty() && path.empty();
}

bool method_matches(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

bool is_json_type(std::string_view type) {
  constexpr std::string_view kTree = "application/";
  constexpr std::string_view kSuffix = "+json";
  return type == "application/json" ||
         (type.starts_with(kTree) && type.ends_with(kSuffix) && type.size() > kTree.size() + kSuffix.size());
}

// JSON between systems is UTF-8 (RFC 8259, 8.1); who says otherwise means other characters than we would
// read. A quoted parameter value may hold a ';' (RFC 9110, 5.6.6), which only makes it no charset of ours.
bool is_json(std::string_view content_type) {
  const std::string text = lower_case(content_type);
  std::string_view rest = text;
  const auto next_part = [&rest] {
    const auto end = rest.find(';');
    const std::string_view part = trimmed(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
  };
  if (!is_json_type(next_part())) return false;
  while (!rest.empty()) {
    const std::string_view part = next_part();
    constexpr std::string_view kCharset = "charset=";
    if (part.starts_with(kCharset) && part != "charset=utf-8" && part != "charset=\"utf-8\"") return false;
  }
  return true;
}

// Why the body of a POST cannot be read as what it says it is.
std::optional<Error> why_not_read(const HttpRequest& request) {
  const auto type = request.header("content-type").value_or("");
  if (!is_json(type)) {
    return Error{codes::CONTENT_TYPE_UNSUPPORTED,
                 concat("the Content-Type must be application/json in UTF-8, not '", excerpt(type), "'")};
  }
  const auto encoding = request.header("content-encoding");
  if (encoding && lower_case(trimmed(*encoding)) != "identity") {
    return Error{codes::CONTENT_ENCODING_UNSUPPORTED,
                 concat("the Content-Encoding must be identity or absent, not '", excerpt(*encoding), "'")};
  }
  return std::nullopt;
}

// What follows the host's name: nothing, or ':' and a port, which may be empty (RFC 3986, 3.2.3).
bool is_port_part(std::string_view part) {
  constexpr std::uint32_t kPortMax = 65535;
  constexpr std::size_t kDigitsMax = 5;
  if (part.empty()) return true;
  part.remove_prefix(1);
  if (part.size() > kDigitsMax) return false;
  std::uint32_t port = 0;
  for (const char c : part) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= kPortMax;
}

// RFC 9110, 11.4: the scheme in any case, then one or more spaces.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (lower_case(authorization.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const auto start = authorization.find_first_not_of(' ', kScheme.size());
  if (start == std::string_view::npos) return std::nullopt;
  return authorization.substr(start, authorization.find_last_not_of(' ') + 1 - start);
}

bool role_suffices(Access access, Role role) {
  if (role == Role::operator_role) return true;
  return access == Access::issuing ? role == Role::issuer : role == Role::read;
}

void add_public_headers(HttpResponse& response, const Route& route) {
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (route.cors) response.headers.emplace_back("Access-Control-Allow-Origin", "*");
}

// What failed inside is for the operator: the log and the admin socket say it, nobody else is told.
void disclose(HttpResponse& response, Transport transport, Log& log) {
  if (!response.cause) return;
  const Error cause = *std::exchange(response.cause, std::nullopt);
  const std::string code(cause.code.slug());
  log.limited(LogLevel::error, "http", "a request met a fault", {{"code", code}, {"reason", cause.message}});
  if (transport == Transport::admin_socket)
    response.body = problem(response.status, code, cause.code.sentence(), cause.message).body;
}

std::string_view sentence_of(std::string_view slug) {
  const auto all = all_codes();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const CodeInfo* code) { return code->slug == slug; });
  VCNODE_ASSERT(found != all.end());
  return (*found)->sentence;
}

// What every answer of a route passes on its way out.
class Exit {
 public:
  Exit(const Route& route, Metrics::RouteSeries& series, Log& log, Transport transport, Respond respond)
      : route_(route), series_(series), log_(log), transport_(transport), respond_(std::move(respond)) {}

  void pass(HttpResponse response) const {
    disclose(response, transport_, log_);
    series_.answered(response.status, std::chrono::steady_clock::now() - began_);
    add_public_headers(response, route_);
    respond_(std::move(response));
  }

 private:
  const Route& route_;
  Metrics::RouteSeries& series_;
  Log& log_;
  Transport transport_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Respond respond_;
};

HttpResponse preflight_answer() {
  HttpResponse out;
  out.status = 204;
  out.content_type.clear();
  out.headers = {{"Access-Control-Allow-Origin", "*"},
                 {"Access-Control-Allow-Methods", "GET"},
                 {"Access-Control-Allow-Headers", "Accept, If-None-Match"},
                 {"Access-Control-Max-Age", "86400"}};
  return out;
}

}  // namespace

std::string host_name_of(std::string_view host_header) {
  const auto bracket = host_header.rfind(']');
  const auto colon = host_header.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return lower_case(has_port ? host_header.substr(0, colon) : host_header);
}

Router::Router(Options options) : options_(std::move(options)) {}

void Router::add(Route route) {
  series_.push_back(std::make_unique<Metrics::RouteSeries>(*options_.metrics, route.method, route.pattern));
  routes_.push_back(std::move(route));
}

std::optional<std::size_t> Router::find(std::string_view method, std::string_view path) const {
  for (std::size_t place = 0; place < routes_.size(); ++place) {
    if (method_matches(routes_[place], method) && match(routes_[place].pattern, path, nullptr)) return place;
  }
  return std::nullopt;
}

std::size_t Router::body_bytes_max(std::string_view method, std::string_view path) const {
  const auto place = find(method, path);
  return place ? routes_[*place].body_bytes_max : kUnroutedBodyBytesMax;
}

bool Router::host_allowed(const HttpRequest& request) const {
  if (request.transport == Transport::admin_socket) return true;
  const auto host = request.header("host");
  if (!host) return false;
  const std::string name = host_name_of(*host);
  return options_.hosts.contains(name) && is_port_part(host->substr(name.size()));
}

std::optional<HttpResponse> Router::check_access(const Route& route, const HttpRequest& request) const {
  if (route.access == Access::everyone || request.transport == Transport::admin_socket) return std::nullopt;
  // To everybody else it is not there.
  if (route.access == Access::local)
    return problem(Error{codes::NOT_FOUND, concat("there is nothing at ", excerpt(request.path))});
  const auto token = bearer_token(request.header("authorization").value_or(""));
  if (!token) {
    return problem(Error{codes::TOKEN_MISSING, concat(route.method, " ", route.pattern,
                                                      " needs a header 'Authorization: Bearer <token>'")});
  }
  const auto role = options_.tokens->role_of(*token);
  if (!role)
    return problem(Error{codes::TOKEN_UNKNOWN, "the token in the Authorization header is not known here"});
  if (role_suffices(route.access, *role)) return std::nullopt;
  return problem(
      Error{codes::TOKEN_ROLE, concat(route.method, " ", route.pattern, " needs a token with the role ",
                                      route.access == Access::issuing ? "issuer" : "read", " or operator")});
}

void Router::dispatch(std::size_t place, HttpRequest request, Respond respond) const {
  const Route& route = routes_[place];
  const auto exit = std::make_shared<const Exit>(route, *series_[place], *options_.log, request.transport,
                                                 std::move(respond));
  if (auto refused = check_access(route, request)) return exit->pass(std::move(*refused));
  if (route.method == "POST" && route.json_body) {
    if (const auto refused = why_not_read(request)) return exit->pass(problem(*refused));
  }
  Parameters parameters;
  (void)match(route.pattern, request.path, &parameters);
  try {
    route.handle({std::move(request), std::move(parameters),
                  [exit](HttpResponse response) { exit->pass(std::move(response)); }});
  } catch (const std::exception& fault) {
    exit->pass(internal_fault(*options_.log, fault.what()));
  }
}

void Router::answer_unrouted(const HttpRequest& request, const Respond& respond) const {
  std::string allowed;
  bool cors = false;
  for (const Route& route : routes_) {
    if (!match(route.pattern, request.path, nullptr)) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
    cors = cors || route.cors;
  }
  HttpResponse response;
  if (allowed.empty()) {
    response = problem(Error{codes::NOT_FOUND, concat("there is nothing at ", excerpt(request.path))});
  } else if (cors && request.method == "OPTIONS") {
    response = preflight_answer();
  } else {
    response = problem(Error{codes::METHOD_NOT_ALLOWED, concat(excerpt(request.path), " answers ", allowed,
                                                               ", not ", excerpt(request.method, 20))});
    response.headers.emplace_back("Allow", allowed);
  }
  options_.metrics->count_request("other", "none", response.status);
  respond(std::move(response));
}

void Router::handle(HttpRequest request, Respond respond) {
  if (!host_allowed(request)) {
    options_.metrics->count_request("other", "none", 421);
    return respond(
        problem(Error{codes::HOST_NOT_ALLOWED, concat("this node does not answer for the host '",
                                                      excerpt(request.header("host").value_or("")), "'")}));
  }
  if (const auto place = find(request.method, request.path))
    return dispatch(*place, std::move(request), std::move(respond));
  answer_unrouted(request, respond);
}

HttpResponse Router::refuse(unsigned status, std::string_view code, std::string_view sentence) const {
  options_.metrics->count_request("other", "refused", status);
  return problem(status, code, sentence_of(code), sentence);
}

}  // namespace vcnode::node
