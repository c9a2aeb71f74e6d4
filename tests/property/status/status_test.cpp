#include <set>

#include "protocol/status/codes.h"
#include "protocol/status/status_list.h"
#include "tests/support/property.h"

using namespace vcnode;
using status::Bitmap;
using status::StatusIndex;

namespace {

Bitmap random_bitmap(Rng& rng, std::uint64_t entries, std::uint64_t bits) {
  auto bitmap = Bitmap::zero(entries);
  for (; bits > 0; --bits) (void)bitmap.set(StatusIndex(rng.below(entries)), true);
  return bitmap;
}

std::uint64_t random_entries(Rng& rng) {
  return status::kListEntriesMin + 8 * rng.below(4096);
}

}  // namespace

TEST_CASE("a bitmap is what it was before encoding") {
  CHECK_PROPERTY("decode(encode(x)) == x", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto bitmap = random_bitmap(rng, random_entries(rng), rng.below(2000));
    const auto decoded = Bitmap::decode(bitmap.encode());
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == bitmap);
    RC_ASSERT(decoded->encode() == bitmap.encode());
  });
}

TEST_CASE("setting an index changes that index and no other") {
  CHECK_PROPERTY("get after set", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto entries = random_entries(rng);
    const auto before = random_bitmap(rng, entries, 200);
    auto after = before;
    const StatusIndex index(rng.below(entries));
    const bool value = rng.below(2) == 0;
    RC_ASSERT(after.set(index, value).has_value());
    for (int i = 0; i < 200; ++i) {
      const StatusIndex probe(rng.below(entries));
      RC_ASSERT(*after.get(probe) == (probe == index ? value : *before.get(probe)));
    }
    RC_ASSERT(*after.get(index) == value);
  });
}

TEST_CASE("cleared bits are found as by looking at each bit") {
  CHECK_PROPERTY("clears_any_of against naive", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto entries = random_entries(rng);
    const auto older = random_bitmap(rng, entries, rng.below(3));
    auto newer = rng.below(2) == 0 ? older : random_bitmap(rng, random_entries(rng), 3);
    (void)newer.set(StatusIndex(rng.below(newer.entries())), rng.below(2) == 0);
    bool naive = false;
    for (std::uint64_t i = 0; i < entries; ++i) {
      const bool now = i < newer.entries() && *newer.get(StatusIndex(i));
      naive |= *older.get(StatusIndex(i)) && !now;
    }
    RC_ASSERT(newer.clears_any_of(older) == naive);
  });
}

TEST_CASE("a damaged encodedList is refused or means the same") {
  CHECK_PROPERTY("one changed character", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto bitmap = random_bitmap(rng, status::kListEntriesMin, 50);
    auto encoded = bitmap.encode();
    encoded[rng.below(encoded.size())] = "AZaz09-_"[rng.below(8)];
    const auto decoded = Bitmap::decode(encoded);
    const bool same =
        decoded.has_value() && *decoded == bitmap;  // gzip's time and system fields carry no bits
    RC_ASSERT(!decoded.has_value() || same);
  });
}

TEST_CASE("allocation gives every index at most once, until the list is full") {
  CHECK_PROPERTY("draw until full", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto entries = 1 + rng.below(3000);
    std::set<std::uint64_t> taken;
    const auto draw = [&] {
      return status::draw_index(entries, taken.size(), rng,
                                [&](StatusIndex i) { return taken.contains(i.value()); });
    };
    auto drawn = draw();
    for (; drawn.has_value(); drawn = draw()) {
      RC_ASSERT(drawn->value() < entries);
      RC_ASSERT(taken.insert(drawn->value()).second);
    }
    RC_ASSERT(drawn.error().code == codes::STATUS_LIST_FULL);
    RC_ASSERT(taken.size() == entries * status::kFillMaxPercent / 100);
  });
}
