// DIDs, DID URLs, URLs and origins: what is accepted keeps its text, falls apart into parts that make it up
// again.
#include "protocol/did/did.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/limits.h"
#include "protocol/did/jwk.h"
#include "protocol/did/key.h"
#include "protocol/did/resolver.h"
#include "protocol/did/web.h"
#include "protocol/feed/origin.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

// A key has a document that holds it; not every document has a key that verifies.
void check_did_jwk(const Did& did) {
  const auto key = did_jwk::key_of(did);
  fuzz::check(key);
  const auto document = did_jwk::document_of(did);
  fuzz::check(document);
  VCNODE_ASSERT(document.has_value() || !key.has_value());
  if (!document) return;
  VCNODE_ASSERT(did.method() == "jwk" && document->at("id") == did.text());
  const auto jwk = json::Document::parse(document->at("verificationMethod").at(0).at("publicKeyJwk").dump());
  const auto again = did_jwk::ed25519_of_jwk(jwk.value().root());
  VCNODE_ASSERT(again.has_value() == key.has_value() && (!key || *again == *key));
}

// The URL stays at the host and in the folder that the DID names.
void check_did_web(const Did& did) {
  const auto web = did_web::DidWeb::parse(did.text());
  fuzz::check(web);
  if (!web) return;
  const std::string url = did_web::https_url(*web);
  VCNODE_ASSERT(Url::parse(url).has_value() || url.size() > limits::kUrlBytesMax);
  VCNODE_ASSERT(url.starts_with(concat("https://", web->location().host)) && url.ends_with("/did.json"));
  VCNODE_ASSERT(url.find("/../") == std::string::npos && url.find("/./") == std::string::npos);
  VCNODE_ASSERT(url.find("//", 8) == std::string::npos && url.find_first_of("?#@\\") == std::string::npos);
  const std::size_t folders = web->location().path.empty() ? 2 : web->location().path.size() + 1;
  VCNODE_ASSERT(static_cast<std::size_t>(std::count(url.begin(), url.end(), '/')) == 2 + folders);
}

void check_did(std::string_view text) {
  const auto did = Did::parse(text);
  fuzz::check(did);
  if (!did) return;
  VCNODE_ASSERT(did->text() == text && text.size() <= limits::kUrlBytesMax);
  VCNODE_ASSERT(concat("did:", did->method(), ":", did->method_specific_id()) == text);
  VCNODE_ASSERT(is_url(text) && Url::parse(text)->scheme() == "did");
  VCNODE_ASSERT(DidUrl::parse(text)->did() == *did);
  const auto key = did_key::key_of(*did);
  fuzz::check(key);
  if (key) VCNODE_ASSERT(did_key::did_of(*key) == *did);
  const auto document = did_key::document_of(*did);
  fuzz::check(document);
  VCNODE_ASSERT(document.has_value() == key.has_value());
  check_did_jwk(*did);
  check_did_web(*did);
}

void check_did_url(std::string_view text) {
  const auto url = DidUrl::parse(text);
  fuzz::check(url);
  if (!url) return;
  std::string whole = concat(url->did().text(), url->path());
  if (text.find('?') < text.find('#')) whole += concat("?", url->query());
  if (text.find('#') != std::string_view::npos) whole += concat("#", url->fragment());
  VCNODE_ASSERT(url->text() == text && whole == text);
  VCNODE_ASSERT(Did::parse(url->did().text()).has_value() && is_url(text));
  const auto method = DidKeyResolver().resolve_method(*url, std::nullopt);
  fuzz::check(method);
  if (method) VCNODE_ASSERT(method->controller == url->did() && did_key::did_of(method->key) == url->did());
  const auto own = SelfResolver().resolve_method(*url, std::nullopt);
  fuzz::check(own);
  VCNODE_ASSERT(own.has_value() || !method.has_value());
  if (own) VCNODE_ASSERT(own->controller == url->did() && own->low_assurance);
}

void check_origin(std::string_view text) {
  const auto origin = feed::Origin::parse(text);
  fuzz::check(origin);
  if (origin) VCNODE_ASSERT(origin->text() == text && origin->epoch() > 0);
  const auto made = feed::Origin::of(text, fuzz::issuer().did);
  fuzz::check(made);
  if (made) VCNODE_ASSERT(feed::Origin::parse(made->text()).value().hash() == made->hash());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_did(text);
  check_did_url(text);
  check_origin(text);
  const auto url = Url::parse(text);
  fuzz::check(url);
  VCNODE_ASSERT(is_url(text) == url.has_value());
  if (url) VCNODE_ASSERT(url->text() == text && text.starts_with(concat(url->scheme(), ":")));
  return 0;
}
