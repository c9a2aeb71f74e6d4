#include "protocol/webvh/did_webvh.h"

#include "crypto/base/limits.h"
#include "protocol/did/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using webvh::DidWebvh;

namespace {

constexpr std::string_view kScid = "QmTfEe3A1wGBTsnGcrEXuJzZ2kd6jjQtvts1t9azJnby5W";

std::string did_at(std::string_view location) {
  return concat("did:webvh:", kScid, ":", location);
}
Result<DidWebvh> parsed(std::string_view location) {
  return DidWebvh::parse(did_at(location));
}

}  // namespace

TEST_CASE("a did:webvh falls into SCID, host, port and path") {
  const auto did = parsed("Issuer.Example.com%3A3000:dids:issuer");
  REQUIRE_OK(did);
  CHECK(did->scid() == kScid);
  CHECK(did->host() == "issuer.example.com");
  CHECK(did->port() == 3000);
  CHECK(did->path() == std::vector<std::string>{"dids", "issuer"});
  CHECK(did->text() == did_at("Issuer.Example.com%3A3000:dids:issuer"));
}

TEST_CASE("the files of a DID lie where the specification's examples say") {
  struct Example {
    std::string_view location, log;
  };
  for (const auto& example : {
           Example{"example.com", "https://example.com/.well-known/did.jsonl"},
           Example{"issuer.example.com", "https://issuer.example.com/.well-known/did.jsonl"},
           Example{"example.com:dids:issuer", "https://example.com/dids/issuer/did.jsonl"},
           Example{"example.com%3A3000:dids:issuer", "https://example.com:3000/dids/issuer/did.jsonl"},
           Example{"example.com%3a8443", "https://example.com:8443/.well-known/did.jsonl"},
           Example{"xn--jp-cd2fp15c.xn--fsq.jp:%E7%94%A8%E6%88%B7",
                   "https://xn--jp-cd2fp15c.xn--fsq.jp/%E7%94%A8%E6%88%B7/did.jsonl"},
       }) {
    CAPTURE(example.location);
    const auto did = parsed(example.location);
    REQUIRE_OK(did);
    CHECK(https_url(*did, webvh::File::log) == example.log);
    const std::string folder(example.log.substr(0, example.log.rfind('/')));
    CHECK(https_url(*did, webvh::File::witness) == folder + "/did-witness.json");
  }
}

TEST_CASE("percent-encoding is decoded exactly once") {
  const auto did = parsed("uni.example:%252E%252E");
  REQUIRE_OK(did);
  CHECK(did->path() == std::vector<std::string>{"%2E%2E"});
  CHECK(https_url(*did, webvh::File::log) == "https://uni.example/%252E%252E/did.jsonl");
}

TEST_CASE("implicit services and resources lie outside of .well-known") {
  const auto root = parsed("example.com").value();
  CHECK(files_url(root) == "https://example.com/");
  CHECK(whois_url(root) == "https://example.com/whois.vp");
  CHECK(resource_url(root, "/governance/issuers.json").value() ==
        "https://example.com/governance/issuers.json");
  CHECK(resource_url(root, "/whois").value() == "https://example.com/whois.vp");
  const auto folder = parsed("example.com:vet").value();
  CHECK(files_url(folder) == "https://example.com/vet/");
  CHECK(resource_url(folder, "/a%20b/").value() == "https://example.com/vet/a%20b/");
}

TEST_CASE("a resource path cannot leave the folder of its DID") {
  const auto did = parsed("example.com:vet").value();
  for (const std::string_view path : {"", "x", "/../x", "/%2e%2e/x", "/a/./b", "/a%2Fb", "/a\\b", "/a%5Cb",
                                      "//x", "/%00", "/%zz", "/a%2", "/%20", "/%ff"}) {
    CAPTURE(path);
    CHECK_CODE(resource_url(did, path), codes::WEBVH_RESOURCE_PATH);
  }
}

TEST_CASE("a host that is an address in any notation is refused") {
  for (const std::string_view host :
       {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0X7F.1", "0177.0.0.1", "example.com.1", "uni.0x",
        "uni.0xff", "169.254.169.254"}) {
    CAPTURE(host);
    CHECK_CODE(parsed(host), codes::WEBVH_HOST);
    CHECK_CODE(DidWebvh::parse(did_at(host), {true}), codes::WEBVH_HOST);
    CHECK_CODE(parsed(concat(host, "%3A8080")), codes::WEBVH_HOST);
  }
  CHECK_CODE(parsed("127%2E0%2E0%2E1"), codes::WEBVH_HOST);
  CHECK_CODE(parsed("%5B%3A%3A1%5D"), codes::WEBVH_HOST);
}

TEST_CASE("a host is a fully qualified domain name") {
  for (const std::string_view host :
       {"", "uni", "uni.", ".example", "uni..example", "-uni.example", "uni-.example", "u_ni.example",
        "uni%2Eexample", "uni%20.example", "example.com%3A", "uni.example%"}) {
    CAPTURE(host);
    CHECK_FALSE(parsed(host));
  }
  CHECK_CODE(parsed(std::string(64, 'a') + ".example"), codes::WEBVH_HOST);
  CHECK(parsed(std::string(63, 'a') + ".example").has_value());
  std::string longest;
  for (int i = 0; i < 4; ++i) longest += std::string(61, 'a') + ".";
  CHECK(parsed(longest + "examp").has_value());
  CHECK_CODE_NAMES(parsed(longest + "example"), codes::WEBVH_HOST, "253");
}

TEST_CASE("an internationalised host comes as A-labels that decode") {
  CHECK(parsed("xn--mnchen-3ya.example").has_value());
  CHECK(parsed("XN--Mnchen-3YA.example").has_value());
  for (const std::string_view host :
       {"xn--.example", "xn--abc-.example", "xn--99999999.example", "ab--cd.example", "xn--a-\xc3\xbc.de"}) {
    CAPTURE(host);
    CHECK_FALSE(parsed(host));
  }
  CHECK_CODE(parsed("m\xc3\xbcnchen.example"), codes::DID_INVALID);
}

TEST_CASE("localhost is for tests only") {
  for (const std::string_view host : {"localhost", "LOCALHOST%3A8080", "uni.localhost"}) {
    CAPTURE(host);
    CHECK_CODE(parsed(host), codes::WEBVH_HOST);
    CHECK(DidWebvh::parse(did_at(host), {true}).has_value());
  }
}

TEST_CASE("a port is a number from 1 to 65535") {
  CHECK(parsed("uni.example%3A1").value().port() == 1);
  CHECK(parsed("uni.example%3A65535").value().port() == 65535);
  for (const std::string_view port : {"0", "08", "65536", "99999999999", "80x", "", "%31"}) {
    CAPTURE(port);
    CHECK_CODE(parsed(concat("uni.example%3A", port)), codes::WEBVH_DID);
  }
}

TEST_CASE("a path segment stays in its folder") {
  for (const std::string_view path : {"..", ".", "%2E%2E", "%2e", "a%2Fb", "a%5Cb", "%00", "a%00", "%20a",
                                      "a%20", "%FF", "%7F", "a:..:b", ":a"}) {
    CAPTURE(path);
    CHECK_CODE(parsed(concat("uni.example:", path)), codes::WEBVH_DID);
  }
  CHECK(parsed("uni.example:...:a%20b").has_value());
}

TEST_CASE("what is no did:webvh is refused by name") {
  CHECK_CODE(DidWebvh::parse("did:web:uni.example"), codes::WEBVH_DID);
  CHECK_CODE(DidWebvh::parse(concat("did:webvh:", kScid)), codes::WEBVH_DID);
  CHECK_CODE(DidWebvh::parse("did:webvh:Qm0000000000000000000000000000000000000000000000:uni.example"),
             codes::WEBVH_DID);
  CHECK_CODE(DidWebvh::parse("did:webvh:uni.example"), codes::WEBVH_DID);
  for (const std::string_view suffix : {"#key", "?versionId=1", "/whois"}) {
    CAPTURE(suffix);
    CHECK_CODE(parsed(concat("uni.example", suffix)), codes::DID_INVALID);
  }
  CHECK_CODE(parsed(std::string(limits::kUrlBytesMax, 'a')), codes::DID_INVALID);
}
