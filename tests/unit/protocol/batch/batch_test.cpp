#include "protocol/batch/time_batch.h"

#include <limits>
#include <set>

#include "crypto/base/encoding.h"

#include "tests/unit/protocol/batch/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using batch::TimeBatch;
using Json = nlohmann::json;

namespace {

json::Document read(const Json& document) {
  return json::Document::parse(document.dump()).value();
}

std::vector<Json> documents(int count) {
  std::vector<Json> out;
  for (int i = 0; i < count; ++i) out.push_back(plain_document(i));
  return out;
}

}  // namespace

TEST_CASE("every document's path leads to the root, and the batch is filled up to a power of two") {
  BatchFeed feed;
  for (const auto& [count, depth] : {std::pair{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {17, 5}}) {
    CountingRng rng;
    const auto given = documents(count);
    const auto made = TimeBatch::of(given, rng);
    REQUIRE_OK(made);
    CHECK(made->size() == given.size());
    const auto number = feed.publish(*made);
    const auto proof = feed.proof(feed.checkpoint({}));
    std::set<std::uint64_t> places;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto with = made->with_entry(given[i], i, number, proof);
      REQUIRE_OK(with);
      const auto document = read(*with);
      const auto entry = batch::entry_of(document.root());
      REQUIRE_OK(entry);
      REQUIRE(entry->has_value());
      CHECK((*entry)->path.size() == static_cast<std::size_t>(depth));
      places.insert((*entry)->index);
      const auto policy = witness::WitnessPolicy::parse("quorum none\n").value();
      REQUIRE_OK(batch::check_entry(document.root(), **entry, feed.feeds(), policy));
    }
    CHECK(places.size() == given.size());
  }
}

TEST_CASE("batches of the same documents have nothing in common, and places are drawn") {
  CountingRng rng;
  const auto given = documents(9);
  std::set<std::string> roots;
  std::set<std::uint64_t> places;
  BatchFeed feed;
  for (int i = 0; i < 20; ++i) {
    const auto made = TimeBatch::of(given, rng).value();
    roots.insert(concat(hex_encode(made.root().view())));
    const auto number = feed.publish(made);
    const auto with = made.with_entry(given[0], 0, number, feed.proof(feed.checkpoint({}))).value();
    places.insert(batch::entry_of(read(with).root()).value()->index);
  }
  CHECK(roots.size() == 20);
  CHECK(places.size() > 5);
  CHECK(TimeBatch::of({}, rng)->root() != TimeBatch::of({}, rng)->root());
}

TEST_CASE("evidence the document has stays, as an array") {
  CountingRng rng;
  BatchFeed feed;
  const Json own = {{"type", "Exam"}, {"room", 7}};
  for (const Json& evidence : {own, Json::array({own}), Json::array()}) {
    Json document = plain_document(1);
    document["evidence"] = evidence;
    const std::vector<Json> given = {document};
    const auto made = TimeBatch::of(given, rng).value();
    const auto number = feed.publish(made);
    const auto with = made.with_entry(document, 0, number, feed.proof(feed.checkpoint({}))).value();
    REQUIRE(with["evidence"].is_array());
    CHECK(with["evidence"].size() == (evidence.empty() ? 1 : 2));
    if (!evidence.empty()) CHECK(with["evidence"][0] == own);
    const auto document_read = read(with);
    const auto entry = batch::entry_of(document_read.root()).value();
    REQUIRE_OK(batch::check_entry(document_read.root(), *entry, feed.feeds(),
                                  witness::WitnessPolicy::parse("quorum none\n").value()));
  }
}

TEST_CASE("what cannot be in a batch is refused") {
  CountingRng rng;
  const auto refused = [&](const Json& document, std::string_view why) {
    const std::vector<Json> given = {document};
    CHECK_CODE_NAMES(TimeBatch::of(given, rng), codes::BATCH_DOCUMENT, why);
  };
  refused(Json::array(), "array");
  refused({{"proof", Json::object()}}, "signed already");
  refused({{"evidence", {{"type", "TimeBatchEvidence"}}}}, "entry already");
  refused({{"evidence", Json::array({{{"type", Json::array({"A", "TimeBatchEvidence"})}}})}},
          "entry already");
  refused({{"a", std::numeric_limits<double>::infinity()}}, "no canonical form");
  Json deep = 1;
  for (int i = 0; i < 70; ++i) deep = Json::array({deep});
  refused({{"a", deep}}, "cannot be read");

  const std::vector<Json> one = {plain_document(1)};
  const auto made = TimeBatch::of(one, rng).value();
  BatchFeed feed;
  CHECK_CODE(made.with_entry(plain_document(2), 0, 1, feed.proof(feed.checkpoint({}))),
             codes::BATCH_DOCUMENT);
  const std::vector<Json> many(batch::kDocumentsMax + 1);
  CHECK_CODE_NAMES(TimeBatch::of(many, rng), codes::BATCH_TOO_MANY, "65537");
}
