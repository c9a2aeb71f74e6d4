// Router: the table of routes, and what every request passes before its handler: host, path, method, token,
// type.
//
// /openapi.json is generated from this same table, so what is documented is what answers.
// Threading: add() before serving; handle() on the loop's thread; responses from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/app/log.h"
#include "node/app/metrics.h"
#include "node/app/tokens.h"
#include "node/http/message.h"

namespace vcnode::node {

// Who may call a route over TLS; the admin socket may call all of them.
enum class Access : std::uint8_t {
  everyone,
  issuing,    // role issuer or operator
  operating,  // role operator or read
  local       // nobody: only the admin socket
};

struct Call {
  HttpRequest request;
  std::map<std::string, std::string, std::less<>> parameters;  // of the path
  Respond respond;
};

struct MemberDoc {
  std::string name;
  std::string type;  // JSON Schema type, or "" for any
  bool required = false;
  std::string description;
};

struct Route {
  std::string method;  // GET or POST; GET also answers HEAD
  // "/feeds/{hash}/checkpoint"; "{name...}" takes the rest of the path, but for what follows it in the
  // pattern.
  std::string pattern;
  std::string summary;
  Access access = Access::everyone;
  std::size_t body_bytes_max = 0;  // POST only
  bool json_body = true;           // POST only; false: whatever the Content-Type says is taken
  bool cors = false;               // public object: any web page may read it
  std::string answer_type = "application/json";
  std::map<unsigned, std::string> answer_types;           // of failures that are no application/problem+json
  std::vector<MemberDoc> query;                           // parameters after the "?"
  std::vector<MemberDoc> body;                            // members of the request's JSON object
  std::vector<std::pair<unsigned, std::string>> answers;  // status, meaning
  std::function<void(Call)> handle;
};

// What a request for no route may carry before it is told so.
inline constexpr std::size_t kUnroutedBodyBytesMax = 16 * 1024;

class Router final : public HttpHandler {
 public:
  struct Options {
    std::set<std::string, std::less<>> hosts;  // accepted Host values, lower case, without port
    const TokenTable* tokens = nullptr;
    Metrics* metrics = nullptr;
    Log* log = nullptr;
  };
  explicit Router(Options options);
  void add(Route route);
  [[nodiscard]] const std::vector<Route>& routes() const noexcept { return routes_; }

  [[nodiscard]] std::size_t body_bytes_max(std::string_view method, std::string_view path) const override;
  void handle(HttpRequest request, Respond respond) override;
  [[nodiscard]] HttpResponse refuse(unsigned status, std::string_view code,
                                    std::string_view sentence) const override;

 private:
  [[nodiscard]] bool host_allowed(const HttpRequest& request) const;
  [[nodiscard]] std::optional<HttpResponse> check_access(const Route& route,
                                                         const HttpRequest& request) const;
  // Its place in routes_.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view method, std::string_view path) const;
  void dispatch(std::size_t place, HttpRequest request, Respond respond) const;
  void answer_unrouted(const HttpRequest& request, const Respond& respond) const;

  Options options_;
  std::vector<Route> routes_;
  std::vector<std::unique_ptr<Metrics::RouteSeries>> series_;  // of routes_, in their order
};

// Host header without its port, lower case: "LocalHost:8443" → "localhost", "[::1]:8443" → "[::1]".
[[nodiscard]] std::string host_name_of(std::string_view host_header);

}  // namespace vcnode::node
