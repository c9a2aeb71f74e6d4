#include "protocol/status/bitstring.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/status/codes.h"

namespace vcnode::status {
namespace {

constexpr std::uint64_t kBitsPerByte = 8;
constexpr int kGzipWindowBits = 15 + 16;  // zlib's way to ask for the gzip container and the largest window
constexpr int kCompressionLevel = 6;      // with the header below, what kEncoderId names
constexpr int kMemoryLevel = 8;           // zlib's default, part of what makes the bytes what they are
constexpr int kOsUnknown = 255;
// Deflate stores incompressible bits with 5 bytes per block; gzip adds a header and a trailer. A stream
// beyond this holds nothing but padding.
constexpr std::uint64_t kGzipOverheadDivisor = 64;
constexpr std::uint64_t kGzipOverheadBytes = 1024;
constexpr std::size_t kInflateChunkBytes = 16 * 1024;

constexpr std::uint64_t compressed_bytes_max(std::uint64_t entries_max) {
  const std::uint64_t plain = entries_max / kBitsPerByte;
  return plain + plain / kGzipOverheadDivisor + kGzipOverheadBytes;
}

struct InflateEnd {
  void operator()(z_stream* stream) const noexcept { inflateEnd(stream); }
};
struct DeflateEnd {
  void operator()(z_stream* stream) const noexcept { deflateEnd(stream); }
};

// zlib counts in 32 bits; kListEntriesMax keeps every size of ours far below.
uInt zlib_size(std::size_t size) {
  VCNODE_ASSERT(size <= std::numeric_limits<uInt>::max());
  return static_cast<uInt>(size);
}

std::string reason_of(const z_stream& stream, int status) {
  if (stream.msg != nullptr) return stream.msg;
  return status == Z_BUF_ERROR ? "the stream ends too early" : concat("zlib status ", status);
}

// One whole gzip stream of at most `size_max` bytes of content.
Result<Bytes> gunzip(const Bytes& compressed, std::uint64_t size_max) {
  z_stream stream{};
  VCNODE_ASSERT(inflateInit2(&stream, kGzipWindowBits) == Z_OK);
  const std::unique_ptr<z_stream, InflateEnd> owner(&stream);
  stream.next_in = const_cast<Bytef*>(compressed.data());  // zlib's interface predates const
  stream.avail_in = zlib_size(compressed.size());
  Bytes out;
  std::array<std::uint8_t, kInflateChunkBytes> chunk;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    stream.next_out = chunk.data();
    stream.avail_out = zlib_size(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END)
      return fail(codes::STATUS_LIST_ENCODING,
                  "the encodedList does not inflate: ", reason_of(stream, status));
    const std::size_t produced = chunk.size() - stream.avail_out;
    if (out.size() + produced > size_max)
      return fail(codes::STATUS_LIST_SIZE, "the encodedList inflates to more than ", size_max * kBitsPerByte,
                  " entries, the limit");
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(produced));
  }
  if (stream.avail_in != 0)
    return fail(codes::STATUS_LIST_ENCODING, "the encodedList has ", stream.avail_in,
                " bytes after its gzip stream");
  return out;
}

Bytes gzip(BytesView plain) {
  z_stream stream{};
  VCNODE_ASSERT(deflateInit2(&stream, kCompressionLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);
  const std::unique_ptr<z_stream, DeflateEnd> owner(&stream);
  gz_header header{};
  header.time = 0;
  header.os = kOsUnknown;
  VCNODE_ASSERT(deflateSetHeader(&stream, &header) == Z_OK);
  stream.next_in = const_cast<Bytef*>(plain.data());  // zlib's interface predates const
  stream.avail_in = zlib_size(plain.size());
  Bytes out(deflateBound(&stream, plain.size()));
  stream.next_out = out.data();
  stream.avail_out = zlib_size(out.size());
  VCNODE_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  return out;
}

// Index 0 is the most significant bit of byte 0.
std::uint8_t mask_of(StatusIndex index) {
  return static_cast<std::uint8_t>(0x80u >> (index.value() % kBitsPerByte));
}

}  // namespace

Result<StatusIndex> parse_status_index(std::string_view text) {
  const bool canonical = !text.empty() && (text.size() == 1 || text.front() != '0') &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!canonical)
    return fail(codes::STATUS_INDEX_INVALID, "the status index \"", excerpt(text),
                "\" is not a decimal number without sign or leading zeros");
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
    return fail(codes::STATUS_INDEX_INVALID, "the status index \"", excerpt(text),
                "\" is beyond any list; the largest has ", kListEntriesMax, " entries");
  return StatusIndex(value);
}

Bitmap Bitmap::zero(std::uint64_t entries) {
  VCNODE_ASSERT(entries % kBitsPerByte == 0 && entries >= kListEntriesMin && entries <= kListEntriesMax);
  return Bitmap(Bytes(entries / kBitsPerByte, 0));
}

Result<Bitmap> Bitmap::decode(std::string_view encoded_list, std::uint64_t entries_min,
                              std::uint64_t entries_max) {
  if (!encoded_list.starts_with('u'))
    return fail(codes::STATUS_LIST_ENCODING, "the encodedList \"", excerpt(encoded_list, 16),
                "\" is not multibase base64url text (u...)");
  const auto size_max = compressed_bytes_max(entries_max);
  if (encoded_list.size() > size_max * 4 / 3 + 4)
    return fail(codes::STATUS_LIST_SIZE, "the encodedList has ", encoded_list.size(),
                " characters, more than a list of ", entries_max, " entries can need, the limit");
  const auto compressed = base64url_decode(encoded_list.substr(1), size_max);
  if (!compressed)
    return fail(codes::STATUS_LIST_ENCODING, "the encodedList is malformed: ", compressed.error().message);
  VCNODE_TRY(auto bits, gunzip(*compressed, entries_max / kBitsPerByte));
  if (bits.size() * kBitsPerByte < entries_min)
    return fail(codes::STATUS_LIST_SIZE, "the status list has ", bits.size() * kBitsPerByte,
                " entries, the least allowed is ", entries_min);
  return Bitmap(std::move(bits));
}

std::string Bitmap::encode() const {
  return multibase_encode(Multibase::base64url, gzip(bits_));
}

Result<bool> Bitmap::get(StatusIndex index) const {
  if (index.value() >= entries())
    return fail(codes::STATUS_INDEX_RANGE, "the status index ", index.value(), " lies beyond the list's ",
                entries(), " entries");
  return (bits_[index.value() / kBitsPerByte] & mask_of(index)) != 0;
}

Result<void> Bitmap::set(StatusIndex index, bool value) {
  if (index.value() >= entries())
    return fail(codes::STATUS_INDEX_RANGE, "the status index ", index.value(), " lies beyond the list's ",
                entries(), " entries");
  auto& byte = bits_[index.value() / kBitsPerByte];
  const std::uint8_t mask = mask_of(index);
  byte = static_cast<std::uint8_t>(value ? byte | mask : byte & ~mask);
  return {};
}

bool Bitmap::clears_any_of(const Bitmap& older) const noexcept {
  for (std::size_t i = 0; i < older.bits_.size(); ++i) {
    const std::uint8_t now = i < bits_.size() ? bits_[i] : std::uint8_t{0};
    if ((older.bits_[i] & ~now) != 0) return true;
  }
  return false;
}

}  // namespace vcnode::status
