#include "protocol/did/did.h"

#include "crypto/base/limits.h"
#include "protocol/did/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("a DID splits into method and method-specific identifier") {
  const auto did = Did::parse("did:webvh:QmScid:example.com:dids:issuer%20one");
  REQUIRE_OK(did);
  CHECK(did->method() == "webvh");
  CHECK(did->method_specific_id() == "QmScid:example.com:dids:issuer%20one");
  CHECK(did->text() == "did:webvh:QmScid:example.com:dids:issuer%20one");
}

TEST_CASE("malformed DIDs are refused with the reason") {
  CHECK_CODE_NAMES(Did::parse(""), codes::DID_INVALID, "did:");
  CHECK_CODE_NAMES(Did::parse("DID:key:z6Mk"), codes::DID_INVALID, "DID:key:z6Mk");
  CHECK_CODE_NAMES(Did::parse("did:key"), codes::DID_INVALID, "no method-specific identifier");
  CHECK_CODE_NAMES(Did::parse("did::z6Mk"), codes::DID_INVALID, "empty method name");
  CHECK_CODE_NAMES(Did::parse("did:Key:z6Mk"), codes::DID_INVALID, "a-z and 0-9");
  CHECK_CODE_NAMES(Did::parse("did:key:"), codes::DID_INVALID, "empty method-specific identifier");
  CHECK_CODE_NAMES(Did::parse("did:key:a:"), codes::DID_INVALID, "empty method-specific identifier");
  CHECK_CODE_NAMES(Did::parse("did:key:@"), codes::DID_INVALID, "character");
  CHECK_CODE_NAMES(Did::parse("did:key:z6Mk#z6Mk"), codes::DID_INVALID, "character");
  CHECK_CODE_NAMES(Did::parse("did:web:a%2"), codes::DID_INVALID, "character");
  CHECK_CODE_NAMES(Did::parse("did:web:a%zz"), codes::DID_INVALID, "character");
  CHECK_CODE_NAMES(Did::parse("did:web:caf\xc3\xa9"), codes::DID_INVALID, "character");
}

TEST_CASE("the refusal of an overlong identifier names the limit") {
  const std::string tail(limits::kUrlBytesMax, 'a');
  CHECK_CODE_NAMES(Did::parse("did:web:" + tail), codes::DID_INVALID, "1024");
  CHECK_CODE_NAMES(DidUrl::parse("did:web:a#" + tail), codes::URL_INVALID, "1024");
  CHECK_CODE_NAMES(Url::parse("https://" + tail), codes::URL_INVALID, "1024");
  CHECK_FALSE(is_url("https://" + tail));
}

TEST_CASE("a DID URL splits into DID, path, query and fragment") {
  const auto url = DidUrl::parse("did:web:example.com/a/b?versionId=1&x=?#key-1");
  REQUIRE_OK(url);
  CHECK(url->did().text() == "did:web:example.com");
  CHECK(url->path() == "/a/b");
  CHECK(url->query() == "versionId=1&x=?");
  CHECK(url->fragment() == "key-1");
  CHECK(url->text() == "did:web:example.com/a/b?versionId=1&x=?#key-1");
}

TEST_CASE("every part of a DID URL but the DID may be absent") {
  const auto bare = DidUrl::parse("did:web:example.com");
  REQUIRE_OK(bare);
  CHECK(bare->path().empty());
  CHECK(bare->query().empty());
  CHECK(bare->fragment().empty());
  const auto fragment = DidUrl::parse("did:web:example.com#k?/");
  REQUIRE_OK(fragment);
  CHECK(fragment->query().empty());
  CHECK(fragment->fragment() == "k?/");
  const auto query = DidUrl::parse("did:web:example.com?a");
  REQUIRE_OK(query);
  CHECK(query->query() == "a");
}

TEST_CASE("malformed DID URLs are refused") {
  CHECK_CODE(DidUrl::parse("https://example.com#key"), codes::DID_INVALID);
  CHECK_CODE(DidUrl::parse("#key"), codes::DID_INVALID);
  CHECK_CODE_NAMES(DidUrl::parse("did:web:a#b#c"), codes::URL_INVALID, "did:web:a#b#c");
  CHECK_CODE(DidUrl::parse("did:web:a#b c"), codes::URL_INVALID);
  CHECK_CODE(DidUrl::parse("did:web:a/%4"), codes::URL_INVALID);
}

TEST_CASE("absolute URLs are told from other text") {
  for (const auto* text : {"https://example.org/a b#c", "a", ":a", "1a:b", "https:", "", "ht tps://a",
                           "a\tb:c", "urn:a\nb", "https://a\x7f"}) {
    CAPTURE(text);
    CHECK_CODE(Url::parse(text), codes::URL_INVALID);
    CHECK_FALSE(is_url(text));
  }
  for (const auto* text :
       {"https://example.org/a", "did:example:123", "urn:uuid:58172aac", "data:,x", "mailto:a@b",
        "https://b\xc3\xbc"
        "cher.example/"}) {
    CAPTURE(text);
    CHECK(Url::parse(text).has_value());
    CHECK(is_url(text));
  }
  CHECK(Url::parse("HTTPS://example.org")->scheme() == "HTTPS");
}
