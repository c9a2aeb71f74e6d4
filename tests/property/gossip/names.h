// The nodes of a plan have numbers.
#pragma once

#include <string>

#include "crypto/base/result.h"

namespace vcnode::test {

inline std::string node_name(unsigned node) {
  return concat("node ", node);
}

}  // namespace vcnode::test
