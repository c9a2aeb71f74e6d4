// Members of a DID document that hold one value or a list of them.
#pragma once

#include <span>
#include <string_view>

#include "crypto/base/json.h"

namespace vcnode::issuer {

[[nodiscard]] inline std::span<const json::Value> listed_under(const json::Value& document,
                                                               std::string_view name) {
  const json::Value* value = document.find(name);
  if (value == nullptr) return {};
  return value->one_or_many();
}

}  // namespace vcnode::issuer
