// Status lists, by the first byte: 0 an encodedList as it is, 1 bytes that are put into one as gzip, 2 bits
// that are encoded and read back, 3 a signed list that is edited, 4 a signed list or entry as it is.
#include "protocol/status/status_list.h"

#include <zlib.h>

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;
using status::Bitmap;

namespace {

constexpr std::string_view kUri = "https://issuer.example/status-lists/1-revocation";
constexpr std::uint64_t kEntriesMin = 8;  // small enough that a fuzzer finds its way past it
constexpr std::uint64_t kEntriesMax = 1 << 16;

// zlib in one call into all the room there may be; nullopt unless exactly one whole stream fits.
std::optional<Bytes> inflated(BytesView compressed) {
  z_stream stream{};
  VCNODE_ASSERT(inflateInit2(&stream, 15 + 16) == Z_OK);
  Bytes out(kEntriesMax / 8 + 1);
  Bytes in(compressed.begin(), compressed.end());
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0 && stream.total_out <= kEntriesMax / 8;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return whole ? std::optional(out) : std::nullopt;
}

void check_encoded(std::string_view encoded) {
  const auto bitmap = Bitmap::decode(encoded, kEntriesMin, kEntriesMax);
  fuzz::check(bitmap);
  fuzz::check(Bitmap::decode(encoded));
  if (!bitmap) return;
  VCNODE_ASSERT(bitmap->entries() >= kEntriesMin && bitmap->entries() <= kEntriesMax);
  VCNODE_ASSERT(Bitmap::decode(bitmap->encode(), kEntriesMin, kEntriesMax).value() == *bitmap);
  VCNODE_ASSERT(!bitmap->clears_any_of(*bitmap));
  VCNODE_ASSERT(!bitmap->get(status::StatusIndex(bitmap->entries())));
}

void check_gzip(std::string_view gzip) {
  const std::string encoded = "u" + base64url_encode(as_bytes(gzip));
  check_encoded(encoded);
  const auto bitmap = Bitmap::decode(encoded, kEntriesMin, kEntriesMax);
  const auto other = inflated(as_bytes(gzip));
  VCNODE_ASSERT(bitmap.has_value() == (other.has_value() && !other->empty()));
  if (bitmap)
    VCNODE_ASSERT(std::equal(other->begin(), other->end(), bitmap->bytes().begin(), bitmap->bytes().end()));
}

Bitmap bits_of(fuzz::Recipe& recipe) {
  auto bitmap = Bitmap::zero(status::kListEntriesMin);
  for (std::size_t i = 0; i < 64 && !recipe.done(); ++i) {
    const status::StatusIndex index(recipe.number(3));
    const bool value = recipe.byte() % 4 != 0;
    const auto set = bitmap.set(index, value);
    fuzz::check(set);
    VCNODE_ASSERT(set.has_value() == (index.value() < bitmap.entries()));
    if (set) VCNODE_ASSERT(bitmap.get(index).value() == value);
  }
  return bitmap;
}

void check_signed(fuzz::Recipe& recipe) {
  const fuzz::Person& person = fuzz::issuer();
  const std::string edits(recipe.counted_text());
  const auto bitmap = bits_of(recipe);
  const status::SignedListOptions options{.uri = std::string(kUri),
                                          .purpose = status::Purpose::revocation,
                                          .issuer = person.did,
                                          .verification_method = person.method,
                                          .valid_from = Timestamp(1'793'523'600)};
  const auto text = status::sign_status_list(bitmap, options, person.signer).value();
  const auto list = status::verify_status_list(text, kUri, person.did, DidKeyResolver());
  VCNODE_ASSERT(list.value().bitmap == bitmap && list->uri == kUri && list->valid_from == options.valid_from);
  const auto wrong = status::verify_status_list(text, kUri, fuzz::stranger().did, DidKeyResolver());
  VCNODE_ASSERT(!wrong);
  fuzz::check(wrong);

  fuzz::Recipe edit(reinterpret_cast<const std::uint8_t*>(edits.data()), edits.size());
  const auto changed =
      status::verify_status_list(fuzz::edited(edit, text), kUri, person.did, DidKeyResolver());
  fuzz::check(changed);
  if (changed)
    VCNODE_ASSERT(changed->bitmap == bitmap && changed->purpose == options.purpose && !changed->valid_until);
}

void check_texts(std::string_view text) {
  fuzz::check(status::verify_status_list(text, kUri, fuzz::issuer().did, DidKeyResolver()));
  const auto index = status::parse_status_index(text);
  fuzz::check(index);
  if (index) VCNODE_ASSERT(concat(index->value()) == text);
  fuzz::check(status::parse_purpose(text));
  const auto document = json::Document::parse(text);
  if (!document) return;
  const auto entry = status::parse_status_entry(document->root());
  fuzz::check(entry);
  if (!entry) return;
  const auto made = status::status_entry_json(*entry);
  const auto again = status::parse_status_entry(json::Document::parse(made.dump())->root());
  VCNODE_ASSERT(again.value().index == entry->index && again->list_uri == entry->list_uri &&
                again->purpose == entry->purpose);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  switch (recipe.byte()) {
    case 0:
      check_encoded(recipe.rest());
      break;
    case 1:
      check_gzip(recipe.rest());
      break;
    case 2: {
      const auto bitmap = bits_of(recipe);
      VCNODE_ASSERT(Bitmap::decode(bitmap.encode()).value() == bitmap);
      break;
    }
    case 3:
      check_signed(recipe);
      break;
    default:
      check_texts(recipe.rest());
      break;
  }
  return 0;
}
