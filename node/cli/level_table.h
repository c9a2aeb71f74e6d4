// Tables of qualification levels as registers keep them: rows of JSON, or CSV (RFC 4180, comma or semicolon).
//
// Columns or members: `level` (its name), `nqf` or `iri`, `eqf` (a level, "4-5", {"min","max"}, an array of
// levels, or nothing); of rows with a `framework` only those of the one asked for are taken. All else is
// passed over. Which levels a statement may hold is for protocol/statement to say.
//
// Errors: TABLE_MALFORMED, naming the line or row; JSON_*. Threading: pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::cli {

// A register of one continent has about 500 rows.
inline constexpr std::size_t kTableRowsMax = 10'000;

// `table` of a Referencing. `framework`: "" takes all rows.
[[nodiscard]] Result<nlohmann::json> levels_of_csv(std::string_view text, std::string_view framework);
// `rows`: an array, or an object that has them in the member "rows".
[[nodiscard]] Result<nlohmann::json> levels_of_rows(const json::Value& rows, std::string_view framework);

}  // namespace vcnode::cli
