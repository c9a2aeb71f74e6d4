#include "protocol/gossip/restore.h"

#include "protocol/feed/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::test::Entry;
using feed::test::Issuer;

namespace {

constexpr CodeInfo kUnreadable{"UNREADABLE", "A test's archive cannot be read."};

// One feed in memory; what is named in `unreadable` fails.
class Archive final : public FeedArchive {
 public:
  Archive(const Issuer& issuer, feed::test::Disk disk)
      : origin_(issuer.origin.hash()), disk_(std::move(disk)) {}
  Result<std::optional<std::string>> note(const feed::OriginHash& origin) const override {
    if (origin == feed::contradiction_mark(origin_))
      return marked ? std::optional<std::string>("x") : std::nullopt;
    if (origin != origin_ || disk_.note.empty()) return std::optional<std::string>();
    return std::optional(disk_.note);
  }
  Result<std::uint64_t> leaf_count(const feed::OriginHash&) const override { return disk_.leaves.size(); }
  Result<std::vector<Bytes>> leaves(const feed::OriginHash&, std::uint64_t first,
                                    std::uint64_t count_max) const override {
    if (first == unreadable_leaf) return fail(kUnreadable, "leaf ", first);
    const auto from = std::min<std::size_t>(first, disk_.leaves.size());
    const auto end = std::min<std::size_t>(disk_.leaves.size(), from + std::min(count_max, page));
    return std::vector<Bytes>(disk_.leaves.begin() + static_cast<std::ptrdiff_t>(from),
                              disk_.leaves.begin() + static_cast<std::ptrdiff_t>(end));
  }
  Result<std::optional<Bytes>> body(const Sha256Digest& digest) const override {
    if (digest == unreadable_body) return fail(kUnreadable, "a body");
    return disk_.reader()(digest);
  }
  Result<std::vector<Sha256Digest>> body_digests() const override {
    std::vector<Sha256Digest> all;
    for (const auto& [digest, bytes] : disk_.bodies) all.push_back(digest);
    return all;
  }
  Result<std::vector<StoredEntry>> entries(std::string_view) const override {
    return std::vector<StoredEntry>();
  }

  bool marked = false;
  std::uint64_t page = 100;
  std::optional<std::uint64_t> unreadable_leaf;
  std::optional<Sha256Digest> unreadable_body;

 private:
  feed::OriginHash origin_;
  feed::test::Disk disk_;
};

// Of a node that admits this issuer alone.
Result<std::optional<feed::FeedReplica>> restore_feed(const Issuer& issuer, const Archive& archive) {
  const std::vector<gossip::AdmittedIssuer> admitted{{issuer.did, issuer.origin, issuer.key()}};
  VCNODE_TRY(auto replicas, gossip::restore_feeds(admitted, archive, issuer.resolver));
  if (replicas.empty()) return std::optional<feed::FeedReplica>();
  return std::optional(std::move(replicas.front()));
}

std::vector<Entry> some_entries(Issuer& issuer) {
  return {list_entry(issuer, {.set = {1}}), statement_entry(issuer, "urn:s:1"),
          list_entry(issuer, {.sequence = 2, .set = {1, 2}, .seconds = 60})};
}

}  // namespace

TEST_CASE("a stored feed is read page by page and is what it was") {
  Issuer issuer;
  Archive archive(issuer, disk_of(issuer, some_entries(issuer)));
  archive.page = 2;
  const auto replica = restore_feed(issuer, archive);
  REQUIRE_OK(replica);
  REQUIRE(replica->has_value());
  CHECK((*replica)->size() == 3);
  CHECK((*replica)->missing().empty());
  CHECK_FALSE((*replica)->contradicted());
}

TEST_CASE("a contradiction stays one, also where nothing else is held") {
  Issuer issuer;
  Archive empty(issuer, {});
  CHECK_FALSE(restore_feed(issuer, empty).value().has_value());
  empty.marked = true;
  const auto known = restore_feed(issuer, empty).value();
  REQUIRE(known.has_value());
  CHECK(known->contradicted());
  CHECK_FALSE(known->head().has_value());

  Archive full(issuer, disk_of(issuer, some_entries(issuer)));
  full.marked = true;
  CHECK(restore_feed(issuer, full).value()->contradicted());
}

TEST_CASE("what cannot be read, or does not fit together, is an error") {
  Issuer issuer;
  const auto entries = some_entries(issuer);
  const auto restored = [&](const Archive& archive) { return restore_feed(issuer, archive); };
  Archive leaf(issuer, disk_of(issuer, entries));
  leaf.unreadable_leaf = 0;
  CHECK(restored(leaf).error().code == Code(kUnreadable));
  Archive body(issuer, disk_of(issuer, entries));
  body.unreadable_body = entries[2].need.digest;
  CHECK(restored(body).error().code == Code(kUnreadable));

  auto headless = disk_of(issuer, entries);
  headless.note.clear();
  CHECK_CODE_NAMES(restored(Archive(issuer, headless)), codes::LEAF_COUNT, "without a head");
  auto short_of_one = disk_of(issuer, entries);
  short_of_one.leaves.pop_back();
  CHECK_CODE(restored(Archive(issuer, short_of_one)), codes::LEAF_COUNT);
}
