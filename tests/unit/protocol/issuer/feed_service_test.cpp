#include "protocol/issuer/feed_service.h"

#include "crypto/multikey.h"
#include "protocol/issuer/codes.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using Json = nlohmann::json;

namespace {

using Change = std::function<void(Json&)>;

Result<std::optional<issuer::FeedService>> read(const Change& change, std::uint64_t epoch = 1,
                                                const std::string& network = kNetwork) {
  made::LogMaker maker;
  made::Making making;
  making.document = with_feed(maker.document(), kFirstFeedKey, epoch);
  change(*making.document);
  maker.add(making);
  const auto log = maker.read();
  REQUIRE_FALSE(log.fault().has_value());
  return issuer::feed_service_of(log.versions()[0], network);
}
Json& service(Json& document) {
  return document["service"][0];
}
void invalid(std::string_view why, const Change& change, std::uint64_t epoch = 1) {
  CAPTURE(why);
  CHECK_CODE_NAMES(read(change, epoch), codes::FEED_SERVICE_INVALID, why);
}
const Change kNothing = [](Json&) {};

}  // namespace

TEST_CASE("a document names its feed, its key and what it seals") {
  const auto first = read(kNothing);
  REQUIRE_OK(first);
  REQUIRE(first->has_value());
  CHECK((*first)->epoch == 1);
  CHECK((*first)->key == made::key(kFirstFeedKey).signer.public_key());
  CHECK_FALSE((*first)->seal.has_value());

  const auto second = read(kNothing, 2);
  REQUIRE_OK(second);
  REQUIRE(second->has_value());
  CHECK((*second)->epoch == 2);
  CHECK((*second)->seal == seal_at(7));
}

TEST_CASE("other networks and other services are not this feed") {
  CHECK_FALSE(read(kNothing, 1, "other.example").value().has_value());
  CHECK_FALSE(read([](Json& d) { service(d)["type"] = "LinkedDomains"; }).value().has_value());
  CHECK_FALSE(read([](Json& d) { d.erase("service"); }).value().has_value());
  CHECK_FALSE(read([](Json& d) { d["service"] = "none"; }).value().has_value());
  CHECK(read([](Json& d) { service(d)["type"] = {"Other", "IssuerFeed"}; }).value().has_value());
  CHECK(read([](Json& d) { d["service"] = service(d); }).value().has_value());
  const auto two = read([](Json& d) {
    d["service"].push_back(service(d));
    d["service"][1]["network"] = "other.example";
  });
  CHECK(two.value().has_value());
}

TEST_CASE("references may leave the DID out, methods may be embedded") {
  CHECK(read([](Json& d) { service(d)["feedKey"] = "#feed-1"; }).value().has_value());
  CHECK(read([](Json& d) { d["capabilityInvocation"] = Json::array({"#feed-1"}); }).value().has_value());
  CHECK(read([](Json& d) {
          d["capabilityInvocation"] = Json::array({d["verificationMethod"][1]});
          d["verificationMethod"].erase(1);
        })
            .value()
            .has_value());
}

TEST_CASE("what cannot be followed is refused with the reason") {
  invalid("names two feeds", [](Json& d) { d["service"].push_back(service(d)); });
  invalid("epoch is not a whole number from 1 on", [](Json& d) { service(d).erase("epoch"); });
  invalid("epoch is not a whole number from 1 on", [](Json& d) { service(d)["epoch"] = 0; });
  invalid("epoch is not a whole number from 1 on", [](Json& d) { service(d)["epoch"] = "1"; });
  invalid("epoch is not a whole number from 1 on", [](Json& d) { service(d)["epoch"] = 1.5; });
  invalid("feedKey is missing", [](Json& d) { service(d).erase("feedKey"); });
  invalid("feedKey is missing", [](Json& d) { service(d)["feedKey"] = 1; });
  invalid("is no method of the document", [](Json& d) { service(d)["feedKey"] = "#feed-9"; });
  invalid("is no method of the document", [](Json& d) { service(d)["feedKey"] = ""; });
  invalid("#feed-1", [](Json& d) { d["verificationMethod"][1]["publicKeyMultibase"] = "zNonsense"; });
  invalid("#feed-1", [](Json& d) { d["verificationMethod"][1].erase("publicKeyMultibase"); });
  invalid("is defined twice with different keys", [](Json& d) {
    d["verificationMethod"].push_back(d["verificationMethod"][1]);
    d["verificationMethod"][2]["publicKeyMultibase"] = made::key(60).multikey;
  });
  invalid("epoch 1 has none before", [](Json& d) { service(d)["seal"] = {{"size", 0}, {"root", ""}}; });
  invalid(
      "epoch 2 comes without a seal", [](Json& d) { service(d).erase("seal"); }, 2);
  invalid(
      "seal is not an object", [](Json& d) { service(d)["seal"] = 7; }, 2);
  invalid(
      "size is not a whole number from 0 on", [](Json& d) { service(d)["seal"]["size"] = -1; }, 2);
  invalid(
      "seal/root", [](Json& d) { service(d)["seal"]["root"] = "00"; }, 2);
  invalid(
      "seal/root", [](Json& d) { service(d)["seal"]["root"] = std::string(64, 'A'); }, 2);
  invalid(
      "not that of an empty feed", [](Json& d) { service(d)["seal"]["size"] = 0; }, 2);
}

TEST_CASE("a feed key has one purpose, under whatever name") {
  const std::string id = "#feed-1";
  invalid("is not listed in capabilityInvocation", [](Json& d) { d.erase("capabilityInvocation"); });
  for (const std::string purpose :
       {"assertionMethod", "authentication", "keyAgreement", "capabilityDelegation"}) {
    invalid(concat("listed in ", purpose, " too"), [&](Json& d) { d[purpose] = Json::array({id}); });
    invalid(concat("listed in ", purpose, " too"), [&](Json& d) {  // the same key by another name
      Json twin = d["verificationMethod"][1];
      twin["id"] = d["id"].get<std::string>() + "#twin";
      d["verificationMethod"].push_back(twin);
      d[purpose] = Json::array({twin["id"]});
    });
    invalid(concat("listed in ", purpose, " too"), [&](Json& d) {  // embedded
      Json twin = d["verificationMethod"][1];
      twin["id"] = d["id"].get<std::string>() + "#twin";
      d[purpose] = Json::array({twin});
    });
  }
  made::LogMaker maker;
  made::Making making;
  making.document = with_feed(maker.document(), 1);  // key 1 updates the DID
  const auto log = maker.add(making).read();
  CHECK_CODE_NAMES(issuer::feed_service_of(log.versions()[0], kNetwork), codes::FEED_SERVICE_INVALID,
                   "is an update key too");
}

TEST_CASE("issuer.md: the document of the page names its feed") {
  made::LogMaker maker;
  made::Making making;
  making.document = Json::parse(test::spec_example("issuer.md", "document"));
  maker.add(making);
  const auto log = maker.read();
  REQUIRE_FALSE(log.fault().has_value());
  const auto service = issuer::feed_service_of(log.versions()[0], kNetwork);
  REQUIRE_OK(service);
  REQUIRE(service->has_value());
  CHECK((*service)->epoch == 1);
  CHECK(multikey_encode((*service)->key) ==
        (*making.document)["verificationMethod"][1]["publicKeyMultibase"]);
}
