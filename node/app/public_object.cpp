#include "node/app/public_object.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/app/problem.h"

namespace vcnode::node {
namespace {

// Of an answer here, with those that the router adds to it.
constexpr std::size_t kHeadersMax = 5;

}  // namespace

HttpResponse object_answer(std::string content_type, std::shared_ptr<const std::string> body,
                           std::string_view caching) {
  HttpResponse out{200, std::move(content_type), {}, {}};
  out.shared_body = std::move(body);
  out.headers.reserve(kHeadersMax);
  out.headers.emplace_back("Cache-Control", caching);
  return out;
}

HttpResponse tagged(const HttpRequest& request, HttpResponse response, const Sha256Digest& version) {
  const std::string& tag =
      response.headers.emplace_back("ETag", concat("\"", hex_encode(version.view()), "\"")).second;
  const std::string_view known = request.header("if-none-match").value_or("");
  if (known == "*" || known.find(tag) != std::string_view::npos) {
    response.status = 304;
    response.shared_body.reset();
  }
  return response;
}

HttpResponse changing_object(const HttpRequest& request, std::string content_type, std::string body) {
  const auto digest = sha256(as_bytes(body));
  auto shared = std::make_shared<const std::string>(std::move(body));
  return tagged(request, object_answer(std::move(content_type), std::move(shared), kRevalidate), digest);
}

HttpResponse not_held(std::string_view what) {
  return problem(Error{codes::NOT_FOUND, concat("this node holds no ", what)});
}

}  // namespace vcnode::node
