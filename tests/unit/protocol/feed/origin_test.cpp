#include "protocol/feed/origin.h"

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::Origin;

namespace {

const std::string kScid = "QmY93SSi7gprpUAdDgWPC3oSjs2b78kMcxu1rFwj5biHnE";

Did did(std::string_view text) {
  return Did::parse(text).value();
}

}  // namespace

TEST_CASE("an origin is network, issuer and epoch") {
  const feed::test::Issuer issuer;
  const std::string value(issuer.did.method_specific_id());
  CHECK(issuer.origin.text() == "test.example/" + value + "/1");
  CHECK(issuer.origin.epoch() == 1);
  CHECK(issuer.origin.hash().view().size() == 32);
  CHECK(hex_encode(issuer.origin.hash().view()) == hex_encode(sha256(as_bytes(issuer.origin.text())).view()));
  const auto again = Origin::parse(issuer.origin.text());
  REQUIRE_OK(again);
  CHECK(*again == issuer.origin);
}

TEST_CASE("a did:webvh issuer is named by its SCID, whatever its domain, and has epochs") {
  const auto first = Origin::of("eu-1", did("did:webvh:" + kScid + ":uni.example"));
  const auto moved = Origin::of("eu-1", did("did:webvh:" + kScid + ":other.example:path"));
  REQUIRE_OK(first);
  REQUIRE_OK(moved);
  CHECK(*first == *moved);
  const auto third = Origin::of("eu-1", did("did:webvh:" + kScid + ":uni.example"), 3);
  REQUIRE_OK(third);
  CHECK(third->text() == "eu-1/" + kScid + "/3");
  CHECK(third->epoch() == 3);
}

TEST_CASE("a did:key has one epoch") {
  const feed::test::Issuer issuer;
  CHECK_CODE_NAMES(Origin::of("test", issuer.did, 2), codes::ORIGIN_INVALID, "one epoch");
}

TEST_CASE("issuers of other DID methods have no feed") {
  CHECK_CODE_NAMES(Origin::of("test", did("did:web:uni.example")), codes::ORIGIN_INVALID, "web");
}

TEST_CASE("malformed origins are refused with the reason") {
  const auto refused = [](const std::string& text, std::string_view why) {
    CAPTURE(text);
    CHECK_CODE_NAMES(Origin::parse(text), codes::ORIGIN_INVALID, why);
  };
  refused("", "<network>");
  refused("test", "<network>");
  refused("test/" + kScid, "<network>");
  refused("/" + kScid + "/1", "network name");
  refused("Test/" + kScid + "/1", "network name");
  refused("te st/" + kScid + "/1", "network name");
  refused(std::string(65, 'a') + "/" + kScid + "/1", "1 to 64");
  refused("test/" + kScid + "/0", "epoch");
  refused("test/" + kScid + "/01", "epoch");
  refused("test/" + kScid + "/", "epoch");
  refused("test/" + kScid + "/-1", "epoch");
  refused("test/" + kScid + "/9007199254740992", "epoch");
  refused("test//1", "SCID");
  refused("test/" + kScid + "x/1", "SCID");
  refused("test/x/" + kScid + "/1", "SCID");
  refused("test/zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme/1", "SCID");  // a secp256k1 did:key
}

TEST_CASE("the longest network name is accepted") {
  CHECK_CODE(Origin::parse(std::string(65, 'a') + "/" + kScid + "/1"), codes::ORIGIN_INVALID);
  REQUIRE_OK(Origin::parse(std::string(64, 'a') + "/" + kScid + "/1"));
}
