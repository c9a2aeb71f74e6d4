// What peers gave of the rows of a verdict, and what nobody gave, for people and programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "node/cli/collect_rows.h"
#include "protocol/evidence/rebuild.h"

namespace vcnode::cli {

[[nodiscard]] nlohmann::json lacks_json(const std::vector<evidence::Lack>& lacking);
[[nodiscard]] nlohmann::json row_sources_json(const std::vector<RowSource>& sources);
void print_row_sources(const std::vector<RowSource>& sources);

}  // namespace vcnode::cli
