// DIDs, DID URLs, URLs and origins: what is accepted keeps its text, falls apart into parts that make it up
// again.
#include "protocol/did/did.h"

#include <nlohmann/json.hpp>

#include "crypto/base/limits.h"
#include "protocol/did/key.h"
#include "protocol/did/resolver.h"
#include "protocol/feed/origin.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

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
