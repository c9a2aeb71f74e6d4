// What a status costs: looking up one bit, building a list, inflating one; each beside the bare operation
// that cannot be saved (a bit of an array, zlib's deflate and inflate of the same bytes).
#include <zlib.h>

#include <memory>
#include <string>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "protocol/status/status_list.h"
#include "tests/bench/figures.h"
#include "tests/unit/protocol/verify/world.h"

namespace vcnode::bench {
namespace {

constexpr int kLookups = 4'096;
constexpr int kGzipWindowBits = 15 + 16;

status::Bitmap list_of_one_percent(std::uint64_t entries) {
  auto bitmap = status::Bitmap::zero(entries);
  SeededRng rng(1);
  for (std::uint64_t i = 0; i < entries / 100; ++i)
    bitmap.set(status::StatusIndex(rng.below(entries)), true).value();
  return bitmap;
}

struct DeflateEnd {
  void operator()(z_stream* stream) const { deflateEnd(stream); }
};
struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

Bytes bare_deflate(BytesView plain) {
  z_stream stream{};
  require(deflateInit2(&stream, 6, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
          "deflateInit2");
  const std::unique_ptr<z_stream, DeflateEnd> owner(&stream);
  stream.next_in = const_cast<Bytef*>(plain.data());  // zlib's interface predates const
  stream.avail_in = static_cast<uInt>(plain.size());
  Bytes out(deflateBound(&stream, plain.size()));
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  out.resize(stream.total_out);
  return out;
}

Bytes bare_inflate(BytesView compressed, std::size_t size) {
  z_stream stream{};
  require(inflateInit2(&stream, kGzipWindowBits) == Z_OK, "inflateInit2");
  const std::unique_ptr<z_stream, InflateEnd> owner(&stream);
  stream.next_in = const_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  Bytes out(size);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  require(inflate(&stream, Z_FINISH) == Z_STREAM_END, "inflate");
  return out;
}

bool equal(BytesView a, BytesView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::string counted(std::uint64_t entries) {
  return entries == status::kListEntriesMin ? "131,072 entries" : "1,048,576 entries";
}

void lookups(FigureReport& report, const Command& command, std::uint64_t entries) {
  const auto bitmap = list_of_one_percent(entries);
  const Bytes raw(bitmap.bytes().begin(), bitmap.bytes().end());
  SeededRng rng(2);
  std::vector<std::uint64_t> indexes;
  for (int i = 0; i < kLookups; ++i) indexes.push_back(rng.below(entries));
  const auto raw_bit = [&raw](std::uint64_t index) { return (raw[index / 8] >> (7 - index % 8) & 1) != 0; };
  int expected = 0;
  for (const std::uint64_t index : indexes) expected += raw_bit(index) ? 1 : 0;

  const auto candidate = [&] {
    int set = 0;
    for (const std::uint64_t index : indexes) set += *bitmap.get(status::StatusIndex(index)) ? 1 : 0;
    return set == expected;
  };
  const auto baseline = [&] {
    int set = 0;
    for (const std::uint64_t index : indexes) set += raw_bit(index) ? 1 : 0;
    return set == expected;
  };
  const Turns how{command.quick ? 3 : 15, command.once ? 1 : 20, command.once ? 1 : 50};
  Paired paired = measure_paired(how, candidate, baseline);
  for (double& us : paired.candidate_us) us *= 1'000.0 / kLookups;
  for (double& us : paired.baseline_us) us *= 1'000.0 / kLookups;
  report.add(Figure{concat("status look-up, ", counted(entries)), "ns", paired.candidate_us,
                    paired.checked * kLookups, std::nullopt, "bit i of a decoded list, 1 % set, random i"});
  report.add(Figure{concat("  bare bit of an array, ", counted(entries)), "ns", paired.baseline_us,
                    paired.checked * kLookups});
}

void lists(FigureReport& report, const Command& command, std::uint64_t entries) {
  const auto bitmap = list_of_one_percent(entries);
  const std::string text = bitmap.encode();
  const Bytes deflated = bare_deflate(bitmap.bytes());
  require(equal(bare_inflate(deflated, bitmap.bytes().size()), bitmap.bytes()), "zlib gives back its bytes");
  require(status::Bitmap::decode(text).value() == bitmap, "the list gives back its bits");

  const bool small = entries == status::kListEntriesMin;
  const int builds = command.once ? 1 : small ? 20 : 3;
  const Turns how{command.quick ? 3 : 15, command.once ? 1 : 3, builds};
  const auto build = measure_paired(
      how, [&] { return bitmap.encode() == text; }, [&] { return bare_deflate(bitmap.bytes()) == deflated; });
  report.add(Figure{concat("list build, ", counted(entries)), "us", build.candidate_us, build.checked,
                    std::nullopt, "bits to encodedList, 1 % set"});
  report.add(
      Figure{concat("  bare zlib deflate, ", counted(entries)), "us", build.baseline_us, build.checked});
  report.add(
      Figure{concat("  list build / bare deflate, ", counted(entries)), "ratio", build.ratio, build.checked});

  const auto inflate = measure_paired(
      Turns{how.repetitions, how.turns, builds * 10},
      [&] { return status::Bitmap::decode(text).value() == bitmap; },
      [&] { return equal(bare_inflate(deflated, bitmap.bytes().size()), bitmap.bytes()); });
  report.add(Figure{concat("list inflate, ", counted(entries)), "us", inflate.candidate_us, inflate.checked,
                    std::nullopt, "encodedList to bits; comparing the bits is inside, on both sides"});
  report.add(
      Figure{concat("  bare zlib inflate, ", counted(entries)), "us", inflate.baseline_us, inflate.checked});
  report.add(Figure{concat("  list inflate / bare inflate, ", counted(entries)), "ratio", inflate.ratio,
                    inflate.checked});
}

// What a publication makes and what a peer does with it.
void signed_lists(FigureReport& report, const Command& command) {
  const verify::world::Issuer issuer(1);
  const auto bitmap = list_of_one_percent(status::kListEntriesMin);
  const std::string uri(verify::world::kRevocationList);
  const status::SignedListOptions options{uri, status::Purpose::revocation, issuer.did(), issuer.method(),
                                          verify::world::kIssuedAt};
  const std::string text = status::sign_status_list(bitmap, options, issuer.signer()).value();
  const DidKeyResolver resolver;
  const auto made = [&] { return *status::sign_status_list(bitmap, options, issuer.signer()) == text; };
  const auto read = [&] {
    const auto list = status::verify_status_list(text, uri, issuer.did(), resolver);
    return list.has_value() && list->bitmap == bitmap;
  };
  const Turns how{command.quick ? 3 : 15, command.once ? 1 : 3, command.once ? 1 : 20};
  const auto paired = measure_paired(how, made, read);
  report.add(Figure{"signed list made, 131,072 entries", "us", paired.candidate_us, paired.checked});
  report.add(Figure{"signed list verified, 131,072 entries", "us", paired.baseline_us, paired.checked});
}

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode;
  const auto command = bench::read_command(argc, argv);
  bench::FigureReport report("bench_status");
  for (const std::uint64_t entries : {status::kListEntriesMin, std::uint64_t{1} << 20}) {
    bench::lookups(report, command, entries);
    bench::lists(report, command, entries);
  }
  bench::signed_lists(report, command);
  report.print(command.json);
  return 0;
}
