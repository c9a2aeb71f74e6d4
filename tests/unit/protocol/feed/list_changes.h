// Two status lists and what is asked of their publisher.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/feed/publisher.h"

namespace vcnode::feed::test {

inline const std::string kRevocation = "https://issuer.example/status-lists/r";
inline const std::string kSuspension = "https://issuer.example/status-lists/s";

inline Changes new_lists() {
  return {
      .new_lists = {{kRevocation, status::Purpose::revocation}, {kSuspension, status::Purpose::suspension}}};
}
inline Changes set(const std::string& uri, std::uint64_t index, bool value = true) {
  return {.status = {{uri, status::StatusIndex(index), value}}};
}

}  // namespace vcnode::feed::test
