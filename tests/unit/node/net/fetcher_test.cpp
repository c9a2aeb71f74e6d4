// What the fetcher refuses before it asks anybody. All that needs a web server is in tests/e2e/fetch_test.py.
#include "node/http/fetcher.h"

#include <fstream>

#include "node/http/codes.h"
#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;

namespace {

Result<std::string> fetch(const std::string& url) {
  return node::fetch_public(url, {});
}

}  // namespace

TEST_SUITE("node/http fetcher") {
  TEST_CASE("only https URLs without user information are fetched") {
    for (const char* url : {"http://uni.example/did.json", "ftp://uni.example/", "file:///etc/passwd",
                            "//uni.example/did.json", "uni.example", "", "https://", "https:///did.json",
                            "https://uni.example:0/", "https://uni.example:65536/", "https://uni example/",
                            "https://uni.example/a b", "https://uni.example/\r\nX: y"})
      CHECK_CODE(fetch(url), codes::FETCH_URL);
    CHECK_CODE_NAMES(fetch("https://user:secret@uni.example/"), codes::FETCH_URL, "user information");
    CHECK_CODE_NAMES(fetch("https://uni.example/" + std::string(1024, 'a')), codes::FETCH_URL, "1024");
  }

  TEST_CASE("addresses in any notation and names of this machine or network are no hosts") {
    for (const char* host : {"127.0.0.1",
                             "10.0.0.1",
                             "8.8.8.8",
                             "127.1",
                             "2130706433",
                             "0x7f000001",
                             "0x7f.1",
                             "0177.0.0.1",
                             "1.2.3",
                             "[::1]",
                             "[::ffff:127.0.0.1]",
                             "[2606:4700::1111]",
                             "[fe80::1]",
                             "%31%32%37.0.0.1",
                             "uni.example.0x7f",
                             "localhost",
                             "LOCALHOST",
                             "a.localhost",
                             "localhost.",
                             "intranet",
                             "uni.example.",
                             "uni..example",
                             "-uni.example",
                             "uni_.example",
                             "xn--99999999.example"})
      CHECK_CODE(fetch(concat("https://", host, "/did.json")), codes::FETCH_HOST);
  }

  TEST_CASE("a CA file that is missing or holds no certificates is named") {
    const test::TemporaryDirectory folder;
    node::PublicFetchOptions options;
    options.ca_file = folder.path() / "ca.pem";
    CHECK_CODE_NAMES(node::fetch_public("https://uni.example/", options), codes::TLS_CERTIFICATE, "ca.pem");
    std::ofstream(*options.ca_file) << "no certificate\n";
    CHECK_CODE_NAMES(node::fetch_public("https://uni.example/", options), codes::TLS_CERTIFICATE, "ca.pem");
  }
}
