// What every fuzz target may rely on.
//
// A target is `extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t)` in a file of its own:
// it gives the bytes to the code under test and asserts (VCNODE_ASSERT) what must hold whatever they are. It
// keeps no state between calls, reads no clock and writes nothing, so that one input always does the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/assert.h"
#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/signer.h"
#include "protocol/did/did.h"

namespace vcnode::fuzz {

// A sentence names thing, value and limit; foreign text in it is an excerpt, so nothing makes it longer than
// this.
inline constexpr std::size_t kSentenceBytesMax = 512;

// A code of the program's table with a sentence of its own: printable UTF-8, not empty, not longer than the
// limit.
void check_error(const Error& error);
template <class T>
void check(const Result<T>& result) {
  if (!result) check_error(result.error());
}

// An input read as a recipe: numbers from the front, then text. An exhausted recipe gives zeros and empty
// text.
class Recipe {
 public:
  Recipe(const std::uint8_t* data, std::size_t size) noexcept : rest_(data, size) {}
  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] std::uint64_t number(std::size_t bytes = 8);                            // big endian
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return number(2) % bound; }  // REQUIRES: 0 < bound
  [[nodiscard]] std::string_view text(std::size_t bytes_max);
  [[nodiscard]] std::string_view counted_text() { return text(byte()); }
  [[nodiscard]] std::string_view rest() noexcept { return text(rest_.size()); }
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

 private:
  BytesView rest_;
};

// `text` with one to three edits taken from the recipe: a byte replaced, a stretch removed, doubled or
// replaced by text of the recipe. May be `text` itself.
[[nodiscard]] std::string edited(Recipe& recipe, std::string text);

// Somebody with a did:key, the same in every run. Only for tests.
struct Person {
  explicit Person(std::uint8_t seed_byte);
  mutable KeyPairSigner signer;
  Did did;
  std::string method;
};
[[nodiscard]] const Person& issuer();
[[nodiscard]] const Person& stranger();

}  // namespace vcnode::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
