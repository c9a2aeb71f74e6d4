// Accept, RFC 9110, 12.5.1.
#include "node/app/accept.h"

#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

using node::Preference;
using node::preference_of;

TEST_CASE("the closest range decides, with its quality") {
  CHECK(preference_of("application/vc", "application/vc") == Preference{1'000, 3});
  CHECK(preference_of("*/*;q=0.5, application/*;q=0.25, application/vc;q=0.125", "application/vc") ==
        Preference{125, 3});
  CHECK(preference_of("*/*;q=0.5, application/*;q=0.25", "application/vc") == Preference{250, 2});
  CHECK(preference_of("text/*, */* ; Q=0.5", "application/vc") == Preference{500, 1});
  CHECK(preference_of("*/*, application/vc;q=0", "application/vc") == Preference{0, 3});
  CHECK(preference_of("Application/VC;q=1.000", "application/vc") == Preference{1'000, 3});
  CHECK(preference_of("application/vc;p=\"a,b;q=0\";q=0.7", "application/vc") == Preference{700, 3});
  CHECK(preference_of("text/html, applicat", "application/vc") == Preference{0, 0});
  CHECK(preference_of("", "application/vc") == Preference{0, 0});
}

TEST_CASE("what is malformed matches nothing") {
  for (const char* accept : {"application/vc;q=2", "application/vc;q=1.1", "application/vc;q=0.1234",
                             "application/vc;q=", "application/vc;q=.5", "application/vc;q=0,5x", "/*",
                             ";q=1", "application/vc;q=-1"}) {
    CAPTURE(accept);
    CHECK(preference_of(accept, "application/vc").quality == 0);
  }
}

TEST_CASE("a status list is sent as what its reader would rather have") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const std::string uri = credential.at("credentialStatus")[0].at("statusListCredential");
  const std::string path = uri.substr(uri.find("/status-lists/"));
  for (const auto& [accept, type] : std::vector<std::pair<std::string, std::string>>{
           {"*/*", "application/vc"},
           {"application/json, text/plain, */*", "application/json"},
           {"application/vc;q=0.5, application/json", "application/json"},
           {"application/vc, application/json;q=0.9", "application/vc"},
           {"application/json;q=0, */*", "application/vc"},
           {"application/vc;q=0, application/json;q=0.1", "application/json"},
           {"application/vc, application/json", "application/vc"},
           {"text/html", "application/vc"}}) {
    const std::string& header = accept;  // clang 14 captures no binding
    CAPTURE(header);
    CHECK(node.ask_raw("GET", path, {{"Host", "issuer.test"}, {"Accept", header}}).type == type);
  }
}

}  // namespace vcnode::test
