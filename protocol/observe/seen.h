// How well something is known that was only observed.
#pragma once

#include <cstdint>

#include "crypto/base/time.h"

namespace vcnode::observe {

struct Seen {
  std::uint32_t observers = 0;  // that agree
  Timestamp first;              // by any of them
  Timestamp last;               // by any of them, at or before the time asked about
  friend bool operator==(const Seen&, const Seen&) = default;
};

}  // namespace vcnode::observe
