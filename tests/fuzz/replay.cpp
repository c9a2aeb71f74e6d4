// Runs a fuzz target without a fuzzer: every file of its corpus and then deterministic mutations of them.
//
//   fuzz_json_replay FILE…                                     replays single inputs, e.g. what scripts/fuzz
//   found fuzz_json_replay --corpus DIR --files N --mutations M      what ctest runs; exactly N files must be
//   there
//
// When an input breaks the target, its bytes are left in ./crash-replay and its origin is named.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <vector>

#include "crypto/base/rng.h"
#include "tests/fuzz/fuzz.h"

// There in programs built with a sanitizer, whose findings raise no signal.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using vcnode::Bytes;

constexpr std::uint64_t kSeed = 20261122;
constexpr const char* kCrashFile = "crash-replay";

struct Running {
  std::string name;
  Bytes bytes;
} running;

void report_crash() {
  std::ofstream(kCrashFile, std::ios::binary)
      .write(reinterpret_cast<const char*>(running.bytes.data()),
             static_cast<std::streamsize>(running.bytes.size()));
  std::cerr << "the target broke on " << running.name << " (" << running.bytes.size() << " bytes), kept in "
            << kCrashFile << "\n";
}

void on_signal(int number) {
  std::signal(number, SIG_DFL);
  report_crash();
  std::raise(number);
}

void run(std::string name, Bytes bytes) {
  running = {std::move(name), std::move(bytes)};
  LLVMFuzzerTestOneInput(running.bytes.data(), running.bytes.size());
}

[[noreturn]] void usage() {
  std::cerr << "usage: FILE… | --corpus DIR --files N --mutations M\n";
  std::exit(64);
}

Bytes read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::cerr << "cannot read " << path << "\n";
    std::exit(66);
  }
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

// One to four edits, some of which bring in a piece of another input.
Bytes mutated(vcnode::Rng& rng, Bytes bytes, const Bytes& other) {
  for (std::uint64_t edits = 1 + rng.below(4); edits > 0; --edits) {
    const auto at = static_cast<std::ptrdiff_t>(rng.below(bytes.size() + 1));
    const auto length =
        static_cast<std::ptrdiff_t>(rng.below(bytes.size() - static_cast<std::size_t>(at) + 1));
    const auto from = static_cast<std::ptrdiff_t>(rng.below(other.size() + 1));
    const auto count =
        static_cast<std::ptrdiff_t>(rng.below(other.size() - static_cast<std::size_t>(from) + 1));
    switch (rng.below(5)) {
      case 0:
        if (at < std::ssize(bytes))
          bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(rng.next());
        break;
      case 1:
        if (at < std::ssize(bytes))
          bytes[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << rng.below(8));
        break;
      case 2:
        bytes.erase(bytes.begin() + at, bytes.begin() + at + std::min<std::ptrdiff_t>(length, 16));
        break;
      case 3:
        bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(rng.next()));
        break;
      default:
        bytes.insert(bytes.begin() + at, other.begin() + from,
                     other.begin() + from + std::min<std::ptrdiff_t>(count, 64));
        break;
    }
  }
  return bytes;
}

std::size_t number_of(const std::string& text) {
  std::size_t value = 0;
  const auto end = text.data() + text.size();
  if (text.empty() || std::from_chars(text.data(), end, value).ptr != end) usage();
  return value;
}

int replay_corpus(const std::filesystem::path& folder, std::size_t files, std::size_t mutations) {
  std::map<std::string, Bytes> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    inputs.emplace(entry.path().filename().string(), read(entry.path()));
  if (files == 0 || inputs.size() != files) {
    std::cerr << folder << " holds " << inputs.size() << " files where CMakeLists.txt expects " << files
              << "\n";
    return 1;
  }
  std::vector<const Bytes*> all;
  std::vector<std::string> names;
  for (const auto& [name, bytes] : inputs) {
    all.push_back(&bytes);
    names.push_back(name);
    run(name, bytes);
  }
  run("the empty input", {});
  vcnode::SeededRng rng(kSeed);
  for (std::size_t i = 0; i < mutations; ++i) {
    const std::size_t chosen = rng.below(all.size());
    const Bytes& other = *all[rng.below(all.size())];
    run(vcnode::concat("mutation ", i, " of ", names[chosen]), mutated(rng, *all[chosen], other));
  }
  std::cout << inputs.size() << " files and " << mutations << " mutations ran\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, on_signal);
  std::signal(SIGSEGV, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(report_crash);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) usage();
  if (arguments[0] == "--corpus") {
    if (arguments.size() != 6 || arguments[2] != "--files" || arguments[4] != "--mutations") usage();
    return replay_corpus(arguments[1], number_of(arguments[3]), number_of(arguments[5]));
  }
  for (const std::string& path : arguments) run(path, read(path));
  std::cout << arguments.size() << " files ran\n";
}
