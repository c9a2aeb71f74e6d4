// Whose feeds peers list.
#include "node/cli/held_feeds.h"

#include "node/codes/cli_codes.h"
#include "node/net/codes.h"
#include "tests/support/check.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

namespace {

cli::ListedFeeds listed_by(const std::vector<Result<node::HttpResponse>>& answers) {
  std::vector<cli::PeerSource> peers;
  for (std::size_t i = 0; i < answers.size(); ++i)
    peers.push_back({concat("peer", i), concat(i), std::nullopt});
  return cli::list_feeds(peers, [&answers](const cli::PeerSource& peer) {
    const auto& answer = answers[static_cast<std::size_t>(std::stoul(peer.url))];
    return [&answer](const std::string& path, std::int64_t) {
      CHECK(path == "/feeds");
      return answer;
    };
  });
}

node::HttpResponse feeds_page(std::string text) {
  return {200, "application/json", std::move(text), {}};
}

}  // namespace

TEST_CASE("of several peers the newest head counts, and any doubt; one body under two DIDs is one") {
  const auto listed = listed_by(
      {feeds_page(R"([{"issuer":"did:webvh:QmA:a.example","time":"2026-11-22T13:50:00Z","contradicted":false},
                      {"issuer":"no did","time":"2026-11-22T13:50:00Z"}])"),
       feeds_page(
           R"({"feeds":[{"issuer":"did:webvh:QmA:b.example","time":"2026-11-23T00:00:00Z","contradicted":true},
                      {"issuer":"did:key:z6MkB","time":"soon"}]})")});
  REQUIRE(listed.by_name.size() == 2);
  CHECK(listed.by_name.at("QmA").time->to_string() == "2026-11-23T00:00:00Z");
  CHECK(listed.by_name.at("QmA").contradicted);
  CHECK_FALSE(listed.by_name.at("did:key:z6MkB").time.has_value());
  CHECK(listed.silent.empty());
}

TEST_CASE("a peer without a list of feeds is named with its reason") {
  const auto listed = listed_by({fail(codes::HTTP_UNREACHABLE, "nobody there"), feeds_page("feeds")});
  REQUIRE(listed.silent.size() == 2);
  CHECK(listed.silent[0].second.code == codes::HTTP_UNREACHABLE);
  CHECK(listed.silent[1].second.code == codes::PEER_EVIDENCE_BAD);
}

}  // namespace vcnode::test
