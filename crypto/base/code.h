// Stable reason codes.
//
// A Code names one reason: a slug that API, CLI, logs and tests share and never change, and one plain
// sentence for people. Codes are declared in `codes.def` files, one per module, so that the table of a module
// is readable at a glance; `node/codes.h` joins them into the one table that `/openapi.json`, the README and
// the coverage test read. A Code is a pointer-sized value; comparing two compares identity.
//
// Threading: immutable, freely shared.
#pragma once

#include <string_view>

namespace vcnode {

struct CodeInfo {
  std::string_view slug;
  std::string_view sentence;
};

class Code {
 public:
  constexpr Code(const CodeInfo& info) noexcept : info_(&info) {}  // implicit: a CodeInfo constant is a Code
  [[nodiscard]] constexpr std::string_view slug() const noexcept { return info_->slug; }
  [[nodiscard]] constexpr std::string_view sentence() const noexcept { return info_->sentence; }
  friend constexpr bool operator==(Code a, Code b) noexcept { return a.info_ == b.info_; }

 private:
  const CodeInfo* info_;
};

}  // namespace vcnode

// In a module's codes.h:
//   namespace vcnode::codes {
//   #define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
//   #include "module/codes.def"
//   #undef VCNODE_CODE
//   }
#define VCNODE_DEFINE_CODE(name, sentence) inline constexpr ::vcnode::CodeInfo name{#name, sentence};
