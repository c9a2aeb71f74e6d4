// Finding who says something: pages of listings, from peers that err or lie.
#include "node/cli/statement_finder.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/codes/cli_codes.h"
#include "node/net/codes.h"
#include "protocol/statement/statement.h"
#include "tests/support/check.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

namespace {

using Json = nlohmann::json;

struct ListingPeer {
  std::vector<std::string> asked;
  std::function<Result<node::HttpResponse>(const std::string& path)> answer;

  cli::FoundIssuers find(const cli::StatementFilter& filter) {
    return cli::find_issuers({{"peer", "https://peer", std::nullopt}}, filter,
                             [this](const cli::PeerSource&) {
                               return [this](const std::string& path, std::int64_t) {
                                 asked.push_back(path);
                                 return answer(path);
                               };
                             });
  }
};

Json listing_row(const std::string& issuer) {
  return {{"issuer", issuer}, {"id", "urn:uuid:1"}};
}

node::HttpResponse listing_page(const Json& rows, const Json& next) {
  return {200, "application/json", Json{{"statements", rows}, {"next", next}}.dump(), {}};
}

}  // namespace

TEST_CASE("a name is a digest in hex or multibase, or an id") {
  const std::string hex(64, '7');
  const auto digest = Sha256Digest::from(*hex_decode(hex, 32));
  CHECK(cli::statement_name(hex).digest == digest);
  CHECK(cli::statement_name(statement::digest_multibase(*digest)).digest == digest);
  CHECK(cli::statement_name("urn:uuid:1").id == "urn:uuid:1");
  CHECK(cli::statement_name(std::string(62, '7')).id.has_value());
}

TEST_CASE("pages are followed, an issuer is found once however its DID is written") {
  ListingPeer peer;
  peer.answer = [](const std::string& path) -> Result<node::HttpResponse> {
    if (path.find("after=") == std::string::npos)
      return listing_page({listing_row("did:webvh:QmA:a.example"), listing_row("no did")}, "x~1~2");
    return listing_page({listing_row("did:webvh:QmA:b.example"), listing_row("did:key:z6MkB")}, nullptr);
  };
  const auto found = peer.find({"did:web:a%3A8443", "https://x/?y=1&z", "closed", {}});
  CHECK(found.dids.size() == 2);
  CHECK(found.dids.at("QmA") == "did:webvh:QmA:a.example");
  CHECK_FALSE(found.more);
  CHECK(found.silent.empty());
  REQUIRE(peer.asked.size() == 2);
  CHECK(peer.asked[0] ==
        "/statements?limit=1000&issuer=did%3aweb%3aa%253A8443&subject=https%3a%2f%2fx%2f%3fy%3d1%26z&kind="
        "closed");
  CHECK(peer.asked[1].ends_with("&after=x~1~2"));
}

TEST_CASE("a peer that pages for ever, or names too many, is left in time") {
  ListingPeer peer;
  int pages = 0;
  peer.answer = [&](const std::string&) -> Result<node::HttpResponse> {
    return listing_page(Json::array(), std::to_string(++pages));
  };
  CHECK(peer.find({}).more);
  CHECK(peer.asked.size() == cli::kListingPagesMax);
  Json rows = Json::array();
  for (std::size_t i = 0; i <= cli::kFoundIssuersMax; ++i)
    rows.push_back(listing_row(concat("did:key:z6Mk", i)));
  peer.answer = [&](const std::string&) -> Result<node::HttpResponse> { return listing_page(rows, nullptr); };
  const auto found = peer.find({});
  CHECK(found.more);
  CHECK(found.dids.size() == cli::kFoundIssuersMax);
}

TEST_CASE("a peer without a listing is named with its reason") {
  ListingPeer peer;
  peer.answer = [](const std::string&) -> Result<node::HttpResponse> {
    return fail(codes::HTTP_UNREACHABLE, "nobody there");
  };
  auto found = peer.find({});
  REQUIRE(found.silent.size() == 1);
  CHECK(found.silent[0].second.code == codes::HTTP_UNREACHABLE);
  peer.answer = [](const std::string&) -> Result<node::HttpResponse> {
    return node::HttpResponse{200, "application/json", "[]", {}};
  };
  found = peer.find({});
  REQUIRE(found.silent.size() == 1);
  CHECK(found.silent[0].second.code == codes::PEER_EVIDENCE_BAD);
}

}  // namespace vcnode::test
