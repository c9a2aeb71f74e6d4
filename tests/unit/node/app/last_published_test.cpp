// Where a hosted issuer's feed stood when this store last published to it.
#include "node/app/last_published.h"

#include "storage/memory/memory_store.h"
#include "tests/support/check.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

TEST_CASE("what was last published is read as it was stored, and only of a whole record") {
  const auto store = storage::make_memory_store();
  const auto first = feed::Origin::of(
      "test", *Did::parse("did:webvh:QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e:uni.example"));
  REQUIRE_OK(first);
  CHECK(node::last_published(*store, *first).value() == std::nullopt);
  const node::LastPublished last{first->text(), 7, Timestamp(1'700'000'000), 2};
  StoreBatch batch;
  batch.heads.push_back(node::put_of(*first, last));
  REQUIRE_OK(store->commit(batch));
  CHECK(node::last_published(*store, *first).value() == last);
  CHECK(*store->note(first->hash()) == std::nullopt);  // it is no head
  for (const char* text : {"", "a", "a\n1\n2\n", "a\n1\n2\n3", "a\n1\n2\n3\n4\n", "a\n-1\n2\n3\n",
                           "a\n1\nx\n3\n", "a\n1\n2\n \n"}) {
    CAPTURE(text);
    batch.heads.front().note = text;
    REQUIRE_OK(store->commit(batch));
    CHECK(node::last_published(*store, *first).value() == std::nullopt);
  }
}

TEST_CASE("a head is covered that is neither larger nor later, of the same epoch") {
  const Did did = *Did::parse("did:webvh:QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e:uni.example");
  const auto first = feed::Origin::of("test", did);
  const auto second = feed::Origin::of("test", did, 2);
  REQUIRE_OK(first);
  REQUIRE_OK(second);
  const node::LastPublished last{first->text(), 7, Timestamp(100), 0};
  const auto head = [](std::uint64_t size, std::int64_t seconds) {
    feed::Head out{};
    out.tree.size = size;
    out.time = Timestamp(seconds);
    return out;
  };
  CHECK(last.covers(*first, head(7, 100)));
  CHECK(last.covers(*first, head(6, 99)));
  CHECK_FALSE(last.covers(*first, head(8, 100)));
  CHECK_FALSE(last.covers(*first, head(7, 101)));
  CHECK_FALSE(last.covers(*second, head(7, 100)));
}

}  // namespace vcnode::test
