// Our side of webvh_figures.py: validates one DID log again and again.
//
//   bench_webvh same|rotated ENTRIES     one update key for all entries, or another one for each under
//   pre-rotation
//
// First line out: {"did", "log", "witness"}. Then for each number N on stdin one line: {"seconds",
// "rawSeconds", "orderSeconds"}, CPU seconds for N validations of the whole log, text to resolution; for the
// signature checks alone that cannot be saved; and for checking the order of each key that is new. A wrong
// answer ends the program.
#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "crypto/hash.h"
#include "protocol/webvh/resolution.h"
#include "tests/bench/figures.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using test::webvh::hashes;
using test::webvh::LogMaker;
using test::webvh::multikeys;

namespace {

constexpr int kEntriesMax = 200;  // keys are numbered by one byte

std::uint8_t number_of(int entry) {
  return static_cast<std::uint8_t>(entry + 1);
}

LogMaker made(bool rotated, int entries) {
  LogMaker maker;
  for (int i = 0; i < entries; ++i) {
    test::webvh::Making making;
    if (rotated) {
      making.signers = {number_of(i)};
      making.parameters["updateKeys"] = multikeys({number_of(i)});
      making.parameters["nextKeyHashes"] = hashes({number_of(i + 1)});
    }
    maker.add(making);
  }
  return maker;
}

double raw_seconds(int times) {
  const auto& key = test::webvh::key(1);
  const auto message = sha256(as_bytes("one message"));
  const auto signature = key.signer.sign(message.view()).value();
  const double start = bench::thread_cpu_seconds();
  bool good = true;
  for (int i = 0; i < times; ++i)
    good = ed25519_verify(key.signer.public_key(), message.view(), signature) && good;
  bench::require(good, "a signature does not verify");
  return bench::thread_cpu_seconds() - start;
}

// CPU seconds of `call` that many times, each in a new thread: threads remember keys whose order they
// checked, and a reader of many logs meets each key once.
template <class Call>
double in_new_threads(int times, Call&& call) {
  double seconds = 0;
  for (int i = 0; i < times; ++i) {
    std::thread([&] {
      const double start = bench::thread_cpu_seconds();
      const bool good = call();
      seconds += bench::thread_cpu_seconds() - start;
      bench::require(good, "a measured call gave a wrong answer");
    }).join();
  }
  return seconds;
}

double order_seconds(int keys, int times) {
  return in_new_threads(times, [keys] {
    bool good = true;
    for (int i = 0; i < keys; ++i)
      good =
          ed25519_check_public_key(test::webvh::key(number_of(i)).signer.public_key().view()).has_value() &&
          good;
    return good;
  });
}

double log_seconds(const std::string& text, const webvh::DidWebvh& did, const std::string& version_id,
                   int times) {
  return in_new_threads(times, [&] {
    const auto resolution = webvh::resolve(webvh::Log::read(text, std::nullopt, test::webvh::rules()), did);
    return resolution.has_value() && resolution->version.version_id().text() == version_id;
  });
}

// 0 unless `text` is a number from 1 to `limit`.
int number(std::string_view text, int limit) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value <= limit ? value : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 3 ? argv[1] : "";
  const int entries = argc == 3 ? number(argv[2], kEntriesMax) : 0;
  if ((kind != "same" && kind != "rotated") || entries < 1) {
    std::cerr << "Usage: bench_webvh same|rotated ENTRIES (1 to " << kEntriesMax << ")\n";
    return 64;
  }
  const LogMaker maker = made(kind == "rotated", entries);
  const std::string text = maker.text();
  const auto did = webvh::DidWebvh::parse(maker.did()).value();
  std::cout << nlohmann::json{{"did", maker.did()}, {"log", text}, {"witness", "[]"}}.dump() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const int times = number(line, 1'000'000);
    const double seconds = log_seconds(text, did, maker.version_id(), times);
    std::cout << nlohmann::json{{"seconds", seconds},
                                {"rawSeconds", raw_seconds(times * entries)},
                                {"orderSeconds", order_seconds(kind == "rotated" ? entries : 1, times)}}
                     .dump()
              << std::endl;
  }
  return 0;
}
