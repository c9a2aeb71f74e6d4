// The TOML reader: whatever toml++ accepts becomes flat settings, each with a place.
#include "node/config/toml_values.h"

#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

void check_settings(const node::Settings& settings) {
  for (const auto& [key, setting] : settings) VCNODE_ASSERT(setting.place.starts_with("config.toml line "));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = node::read_toml(as_text({data, size}));
  fuzz::check(document);
  if (!document) return 0;
  check_settings(document->settings);
  for (const auto& [name, entries] : document->lists) {
    VCNODE_ASSERT(!entries.empty());
    for (const node::TomlTable& table : entries) {
      VCNODE_ASSERT(table.place.starts_with("config.toml line "));
      check_settings(table.settings);
    }
  }
  return 0;
}
