// The Merkle tree of a feed as tiles (C2SP tlog-tiles), against hashes computed from RFC 6962 alone.
#include "node/app/codes.h"
#include "node/http/tile_path.h"
#include "storage/codes.h"
#include "tests/unit/node/serving/bench.h"

namespace vcnode::test::serving {

namespace {

// RFC 6962 §2.1, recursively.
Sha256Digest tree_hash(const std::vector<Bytes>& leaves, std::size_t first, std::size_t count) {
  if (count == 1) {
    Bytes data{0};
    data.insert(data.end(), leaves[first].begin(), leaves[first].end());
    return sha256(data);
  }
  std::size_t split = 1;
  while (split * 2 < count) split *= 2;
  Bytes data{1};
  for (const auto& half : {tree_hash(leaves, first, split), tree_hash(leaves, first + split, count - split)})
    data.insert(data.end(), half.view().begin(), half.view().end());
  return sha256(data);
}

std::string tile_of(const std::vector<Bytes>& leaves, unsigned level, std::size_t index, std::size_t width) {
  std::size_t span = 1;
  for (unsigned i = 0; i < level; ++i) span *= 256;
  std::string out;
  for (std::size_t i = index * 256; i < index * 256 + width; ++i)
    out += as_text(tree_hash(leaves, i * span, span).view());
  return out;
}

std::vector<Bytes> many_leaves(std::size_t count) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(feed::Leaf{"statement", concat("k", i), "d"}.encode());
  return out;
}

}  // namespace

TEST_CASE("hash tiles are those of the naive tree, full and partial, at every level") {
  const Chronicle chronicle;
  const auto leaves = many_leaves(256 * 256 + 300);
  Bench bench;
  StoreBatch batch;
  batch.leaves.push_back({chronicle.origin().hash(), 0, leaves});
  REQUIRE(bench.store->commit(batch).has_value());
  feed::FeedSnapshot snapshot{.origin = chronicle.origin(),
                              .issuer = chronicle.did(),
                              .head = chronicle.head(1),
                              .status_lists = {},
                              .pending = std::nullopt,
                              .missing_bodies = {}};
  snapshot.head.tree.size = leaves.size();
  bench.feeds.put(std::make_shared<const feed::FeedSnapshot>(std::move(snapshot)));
  const std::string base = chronicle.path() + "/tile/";
  struct Row {
    unsigned level;
    std::size_t index, width;
  };
  for (const Row& row : {Row{0, 0, 256}, Row{0, 0, 1}, Row{0, 257, 44}, Row{0, 257, 7}, Row{1, 0, 256},
                         Row{1, 0, 3}, Row{1, 1, 1}, Row{2, 0, 1}}) {
    CAPTURE(row.level);
    CAPTURE(row.index);
    CAPTURE(row.width);
    for (int again = 0; again < 2; ++again) {  // from the store, then from memory
      const auto answer = bench.get(concat(base, row.level, "/", node::tile_path(row.index, row.width)));
      REQUIRE(answer.status == 200);
      CHECK(answer.content_type == "application/octet-stream");
      CHECK(header_of(answer, "Cache-Control") == "public, no-cache");
      CHECK(text_of(answer) == tile_of(leaves, row.level, row.index, row.width));
    }
  }
  // What the tree has not, and addresses that are not how a tile is written.
  for (const char* none : {"0/257.p/45", "0/258", "1/001.p/2", "2/000.p/2", "3/000.p/1", "7/000", "8/000.p/1",
                           "00/000", "-1/000", "1/0", "1/000.p/256", "x/000"}) {
    CAPTURE(none);
    check_problem(bench.get(base + none), 404, codes::NOT_FOUND, none);
  }
}

TEST_CASE("hash tiles of an epoch that is over are served like those of the current one") {
  Chronicle chronicle;
  chronicle.list("main-1-revocation").open_epoch().list("main-1-revocation", {1}, 2);
  Bench bench;
  bench.hold(chronicle);
  for (std::size_t epoch = 1; epoch <= 2; ++epoch) {
    const auto& leaves = chronicle.epochs[epoch - 1].leaves;
    for (std::size_t width = 1; width <= leaves.size(); ++width) {
      const auto answer = bench.get(concat(chronicle.path(epoch), "/tile/0/", node::tile_path(0, width)));
      REQUIRE(answer.status == 200);
      CHECK(text_of(answer) == tile_of(leaves, 0, 0, width));
    }
    check_problem(bench.get(concat(chronicle.path(epoch), "/tile/0/", node::tile_path(0, leaves.size() + 1))),
                  404, codes::NOT_FOUND);
  }
  check_problem(bench.get(concat("/feeds/", std::string(64, '0'), "/tile/0/000.p/1")), 404, codes::NOT_FOUND);
}

TEST_CASE("a store that lost leaves below its head says so") {
  const Chronicle chronicle;
  Bench bench;
  bench.hold(chronicle);
  feed::FeedSnapshot snapshot{.origin = chronicle.origin(),
                              .issuer = chronicle.did(),
                              .head = chronicle.head(1),
                              .status_lists = {},
                              .pending = std::nullopt,
                              .missing_bodies = {}};
  snapshot.head.tree.size = 5;
  bench.feeds.put(std::make_shared<const feed::FeedSnapshot>(std::move(snapshot)));
  check_problem(bench.get(concat(chronicle.path(), "/tile/0/000.p/5")), 500, codes::STORE_CORRUPT);
}

TEST_CASE("a log that replaces another one is what every tile shows, and no cache keeps the other for good") {
  Chronicle chronicle;
  chronicle.open_epoch();
  Bench bench;
  bench.hold(chronicle);
  for (const std::size_t epoch : {std::size_t{1}, std::size_t{2}}) {
    CAPTURE(epoch);
    const auto& leaves = chronicle.epochs[epoch - 1].leaves;
    const std::string base = chronicle.path(epoch) + "/tile/";
    const std::string place = node::tile_path(0, leaves.size());
    const auto entries = bench.get(base + "entries/" + place);
    REQUIRE(entries.status == 200);
    REQUIRE(text_of(bench.get(base + "0/" + place)) == tile_of(leaves, 0, 0, leaves.size()));
    const std::string tag = header_of(entries, "ETag");
    const auto again = [&] {
      HttpRequest request;
      request.method = "GET";
      request.path = request.raw_path = base + "entries/" + place;
      request.headers["if-none-match"] = tag;
      return bench.ask(std::move(request));
    };
    CHECK(header_of(entries, "Cache-Control") == "public, no-cache");
    CHECK(again().status == 304);

    const auto others = many_leaves(leaves.size());
    StoreBatch batch;
    batch.dropped_feeds.push_back(chronicle.origin(epoch).hash());
    batch.leaves.push_back({chronicle.origin(epoch).hash(), 0, others});
    REQUIRE(bench.watched.commit(batch).has_value());
    const auto replaced = again();
    CHECK(replaced.status == 200);
    CHECK(text_of(replaced) == to_text(node::entry_bundle(others)));
    CHECK(text_of(bench.get(base + "0/" + place)) == tile_of(others, 0, 0, others.size()));
  }
}

}  // namespace vcnode::test::serving
