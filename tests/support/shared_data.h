// External test data: read from `../shared` beside the checkout (VCNODE_SHARED overrides), never copied.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace vcnode::test {

// Path under shared/vectors; nullopt when the data is absent: one loud line on stderr and, when CI=true, a
// failed check. Callers return at once on nullopt.
[[nodiscard]] std::optional<std::filesystem::path> shared_path(std::string_view below_vectors);

// Whole file; a missing file fails the test.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// Root of the checkout.
[[nodiscard]] std::filesystem::path source_dir();

}  // namespace vcnode::test
