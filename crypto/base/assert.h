// Assertions for invariants of our own code; on in every build, never used on input.
#pragma once

namespace vcnode {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}

#define VCNODE_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::vcnode::assertion_failed(#expression, __FILE__, __LINE__))
