// What the property tests of feeds draw from.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"

namespace vcnode::feed::test {

inline std::string uri_of(std::uint64_t number) {
  return concat("https://issuer.example/status-lists/", number);
}

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[rng.below(i)]);
}

}  // namespace vcnode::feed::test
