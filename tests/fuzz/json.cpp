// The strict JSON reader against nlohmann::json, which accepts more but must agree on what both accept.
#include "crypto/base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/codes.h"
#include "crypto/jcs.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

std::size_t depth_of(const json::Value& value) {
  std::size_t deepest = 0;
  if (value.is_array())
    for (const json::Value& element : value.elements()) deepest = std::max(deepest, depth_of(element));
  if (value.is_object())
    for (const json::Member& member : value.members()) deepest = std::max(deepest, depth_of(member.value));
  return deepest + (value.is_array() || value.is_object() ? 1 : 0);
}

void check_members(const json::Value& value) {
  if (value.is_array())
    for (const json::Value& element : value.elements()) check_members(element);
  if (!value.is_object()) return;
  for (const json::Member& member : value.members()) {
    VCNODE_ASSERT(value.find(member.name) == &member.value);
    check_members(member.value);
  }
}

void check_canonical(const json::Value& root) {
  const std::string canonical = jcs::canonicalize(root);
  const auto again = json::Document::parse(canonical);
  VCNODE_ASSERT(again.has_value());
  VCNODE_ASSERT(jcs::canonicalize(again->root()) == canonical);
  const auto other_writer = jcs::canonicalize(json::to_nlohmann(root));
  VCNODE_ASSERT(other_writer.has_value() && *other_writer == canonical);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto strict = json::Document::parse(text);
  fuzz::check(strict);
  const nlohmann::json lax = nlohmann::json::parse(text, nullptr, false);
  if (!strict) {
    VCNODE_ASSERT(strict.error().code != Code(codes::JSON_SYNTAX) || lax.is_discarded());
    return 0;
  }
  VCNODE_ASSERT(!lax.is_discarded());
  VCNODE_ASSERT(json::to_nlohmann(strict->root()) == lax);
  check_members(strict->root());
  check_canonical(strict->root());

  const std::size_t depth = depth_of(strict->root());
  VCNODE_ASSERT(depth <= json::Limits{}.depth_max);
  VCNODE_ASSERT(json::Document::parse(text, {size, depth}).has_value());
  if (depth > 0) {
    const auto deeper = json::Document::parse(text, {size, depth - 1});
    VCNODE_ASSERT(!deeper && deeper.error().code == Code(codes::JSON_TOO_DEEP));
  }
  const auto larger = json::Document::parse(text, {size - 1, depth});
  VCNODE_ASSERT(!larger && larger.error().code == Code(codes::JSON_TOO_LARGE));
  return 0;
}
