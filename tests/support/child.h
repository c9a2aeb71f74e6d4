// Runs a piece of code in a child process, for what ends a process: assertions and forbidden memory.
#pragma once

#include <functional>
#include <string>

namespace vcnode::test {

struct ChildEnd {
  bool died = false;           // by a signal, or by a sanitizer's report in its place
  std::string standard_error;  // what it wrote there
};
[[nodiscard]] ChildEnd run_in_child(const std::function<void()>& code);

}  // namespace vcnode::test
