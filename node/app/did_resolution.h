// How a DID that does not resolve is answered, by the HTTP interface and by `vcnode resolve` alike.
// Specification: the table of protocol/spec/did-key.md. Threading: pure.
#pragma once

#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::node {

struct ResolutionAnswer {
  std::string_view error;  // W3C DID Resolution, or the did:key specification
  unsigned status = 400;   // of HTTP
};
// "invalidDid" for everything without an answer of its own.
[[nodiscard]] ResolutionAnswer resolution_answer_of(Code code) noexcept;

}  // namespace vcnode::node
