#include "tests/support/shared_data.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace vcnode::test {

std::filesystem::path source_dir() {
  return VCNODE_SOURCE_DIR;
}

std::optional<std::filesystem::path> shared_path(std::string_view below_vectors) {
  const char* configured = std::getenv("VCNODE_SHARED");
  const std::filesystem::path root =
      configured != nullptr ? configured : source_dir().parent_path() / "shared";
  const auto path = root / "vectors" / below_vectors;
  if (std::filesystem::exists(path)) return path;
  const char* ci = std::getenv("CI");
  const bool in_ci = ci != nullptr && std::string_view(ci) == "true";
  std::cerr << "SKIPPED: external vectors are not at " << path.string() << " (set VCNODE_SHARED)\n";
  CHECK_MESSAGE(!in_ci, "external vectors are required when CI=true");
  return std::nullopt;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), "cannot read ", path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace vcnode::test
