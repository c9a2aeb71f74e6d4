#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "node/config/codes.h"
#include "node/http/codes.h"
#include "node/net/codes.h"
#include "protocol/batch/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/did/key.h"
#include "protocol/evidence/codes.h"
#include "protocol/facts/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/observe/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/statement/codes.h"
#include "protocol/status/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/webvh/codes.h"
#include "protocol/wire/codes.h"
#include "protocol/witness/codes.h"

namespace vcnode::fuzz {
namespace {

// Those that the code under test can see; node/app/all_codes.h joins the same with the rest of node/.
constexpr Code kTable[] = {
#define VCNODE_CODE(name, sentence) codes::name,
#include "crypto/base/codes.def"
#include "crypto/codes.def"
#include "node/config/codes.def"
#include "node/http/codes.def"
#include "node/net/codes.def"
#include "protocol/batch/codes.def"
#include "protocol/credential/codes.def"
#include "protocol/did/codes.def"
#include "protocol/evidence/codes.def"
#include "protocol/facts/codes.def"
#include "protocol/feed/codes.def"
#include "protocol/gossip/codes.def"
#include "protocol/issuer/codes.def"
#include "protocol/observe/codes.def"
#include "protocol/recognition/codes.def"
#include "protocol/statement/codes.def"
#include "protocol/status/codes.def"
#include "protocol/verify/codes.def"
#include "protocol/webvh/codes.def"
#include "protocol/wire/codes.def"
#include "protocol/witness/codes.def"
#undef VCNODE_CODE
};

Ed25519KeyPair key_of(std::uint8_t seed_byte) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(seed_byte);
  return Ed25519KeyPair::from_seed(seed).value();
}

}  // namespace

void check_error(const Error& error) {
  VCNODE_ASSERT(std::find(std::begin(kTable), std::end(kTable), error.code) != std::end(kTable));
  VCNODE_ASSERT(!error.code.sentence().empty());
  VCNODE_ASSERT(!error.message.empty());
  VCNODE_ASSERT(error.message.size() <= kSentenceBytesMax);
  VCNODE_ASSERT(is_utf8(error.message));
  VCNODE_ASSERT(std::none_of(error.message.begin(), error.message.end(),
                             [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
}

std::uint8_t Recipe::byte() {
  return static_cast<std::uint8_t>(number(1));
}

std::uint64_t Recipe::number(std::size_t bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : as_bytes(text(bytes))) value = value << 8 | byte;
  return value;
}

std::string_view Recipe::text(std::size_t bytes_max) {
  const std::size_t size = std::min(bytes_max, rest_.size());
  const std::string_view out = as_text(rest_.first(size));
  rest_ = rest_.subspan(size);
  return out;
}

std::string edited(Recipe& recipe, std::string text) {
  const std::size_t edits = 1 + recipe.below(3);
  for (std::size_t i = 0; i < edits && !text.empty(); ++i) {
    const std::size_t at = recipe.below(text.size());
    switch (recipe.below(4)) {
      case 0:
        text[at] = static_cast<char>(recipe.byte());
        break;
      case 1:
        text.erase(at, recipe.byte());
        break;
      case 2:
        text.insert(at, text.substr(at, recipe.byte()));
        break;
      default:
        text.replace(at, recipe.byte(), recipe.counted_text());
        break;
    }
  }
  return text;
}

Person::Person(std::uint8_t seed_byte)
    : signer(key_of(seed_byte)),
      did(did_key::did_of(signer.public_key())),
      method(did_key::verification_method_of(signer.public_key())) {}

const Person& issuer() {
  static const Person person(0x11);
  return person;
}

const Person& stranger() {
  static const Person person(0x22);
  return person;
}

}  // namespace vcnode::fuzz
