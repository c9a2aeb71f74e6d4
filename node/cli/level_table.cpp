#include "node/cli/level_table.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/ascii.h"
#include "crypto/base/encoding.h"
#include "node/cli/statement_words.h"
#include "node/codes/cli_codes.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using CsvLine = std::vector<std::string>;

struct CsvText {
  std::string_view text;
  char separator;
  std::size_t at = 0;

  [[nodiscard]] bool ended() const { return at == text.size(); }
  [[nodiscard]] bool at_line_end() const { return ended() || text[at] == '\n' || text[at] == '\r'; }

  // nullopt: a quote that does not end.
  std::optional<std::string> field() {
    std::string out;
    if (ended() || text[at] != '"') {
      while (!at_line_end() && text[at] != separator) out += text[at++];
      return out;
    }
    for (++at; !ended(); ++at) {
      if (text[at] != '"') {
        out += text[at];
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        out += text[++at];
      } else {
        ++at;
        return out;
      }
    }
    return std::nullopt;
  }
  std::optional<CsvLine> line() {
    CsvLine out;
    while (true) {
      auto value = field();
      if (!value) return std::nullopt;
      out.push_back(*std::move(value));
      if (at_line_end()) break;
      if (text[at] != separator) return std::nullopt;  // after a closing quote
      ++at;
    }
    while (!ended() && (text[at] == '\n' || text[at] == '\r')) ++at;
    return out;
  }
};

Result<std::vector<CsvLine>> read_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string_view first = text.substr(0, text.find('\n'));
  CsvText csv{text, first.find(';') == std::string_view::npos ? ',' : ';'};
  std::vector<CsvLine> lines;
  while (!csv.ended()) {
    auto line = csv.line();
    if (!line)
      return fail(codes::TABLE_MALFORMED, "line ", lines.size() + 1, " of the table has a broken quote");
    lines.push_back(*std::move(line));
    if (lines.size() > kTableRowsMax + 1)
      return fail(codes::TABLE_MALFORMED, "the table has more than ", kTableRowsMax, " rows");
  }
  return lines;
}

std::string column_name(std::string_view text) {
  std::string name(text);
  std::ranges::transform(name, name.begin(), to_lower);
  return name == "iri" ? "nqf" : name;
}

Result<std::optional<Json>> eqf_of(const Json& value, std::string_view where) {
  const auto bad = [&] {
    return fail(codes::TABLE_MALFORMED, where, " has the EQF level ", excerpt(value.dump(-1, ' ', true)),
                ", it must be a level, two such as 4-5, or nothing");
  };
  if (value.is_null() || value == "" || (value.is_array() && value.empty())) return std::optional<Json>();
  if (value.is_number_integer()) return std::optional(Json{{"min", value}, {"max", value}});
  if (value.is_object()) return std::optional(value);
  if (value.is_string()) {
    auto interval = read_interval(value.get_ref<const std::string&>());
    if (!interval) return bad();
    return std::optional(*std::move(interval));
  }
  if (!value.is_array() ||
      !std::ranges::all_of(value, [](const Json& one) { return one.is_number_integer(); }))
    return bad();
  const auto [low, high] = std::ranges::minmax_element(value);
  return std::optional(Json{{"min", *low}, {"max", *high}});
}

// Adds the level of one row; a row of another framework is none.
Result<void> add_level(const std::map<std::string, Json>& row, std::string_view framework,
                       std::string_view where, Json& table) {
  const auto text = [&](const char* name) -> std::string {
    const auto found = row.find(name);
    if (found == row.end()) return {};
    return found->second.is_string()           ? found->second.get<std::string>()
           : found->second.is_number_integer() ? found->second.dump()
                                               : std::string();
  };
  if (!framework.empty() && row.contains("framework") && text("framework") != framework) return {};
  Json level = Json::object();
  for (const char* name : {"level", "nqf"})
    if (!text(name).empty()) level[name] = text(name);
  if (level.empty())
    return fail(codes::TABLE_MALFORMED, where, " names no level: it has neither \"level\" nor \"nqf\"");
  const auto eqf = row.find("eqf");
  if (eqf != row.end()) {
    VCNODE_TRY(const auto interval, eqf_of(eqf->second, where));
    if (interval) level["eqf"] = *interval;
  }
  table.push_back(std::move(level));
  return {};
}

}  // namespace

Result<Json> levels_of_csv(std::string_view text, std::string_view framework) {
  VCNODE_TRY(const auto lines, read_lines(text));
  if (lines.empty()) return fail(codes::TABLE_MALFORMED, "the table is empty");
  CsvLine columns;
  for (const std::string& name : lines.front()) columns.push_back(column_name(name));
  if (std::ranges::find(columns, "level") == columns.end() &&
      std::ranges::find(columns, "nqf") == columns.end())
    return fail(codes::TABLE_MALFORMED,
                "the table's first line must name its columns, \"level\" or \"nqf\" and \"eqf\" among them");
  Json table = Json::array();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string where = concat("line ", i + 1, " of the table");
    if (lines[i].size() != columns.size())
      return fail(codes::TABLE_MALFORMED, where, " has ", lines[i].size(), " fields, the first has ",
                  columns.size());
    std::map<std::string, Json> row;
    for (std::size_t k = 0; k < columns.size(); ++k) row[columns[k]] = lines[i][k];
    VCNODE_CHECK(add_level(row, framework, where, table));
  }
  return table;
}

Result<Json> levels_of_rows(const json::Value& rows, std::string_view framework) {
  const json::Value* array = rows.is_array() ? &rows : rows.find("rows");
  if (array == nullptr || !array->is_array())
    return fail(codes::TABLE_MALFORMED, "the table must be an array of rows, or an object with \"rows\"");
  Json table = Json::array();
  std::size_t number = 0;
  for (const json::Value& element : array->elements()) {
    const std::string where = concat("row ", ++number, " of the table");
    if (number > kTableRowsMax)
      return fail(codes::TABLE_MALFORMED, "the table has more than ", kTableRowsMax, " rows");
    if (!element.is_object())
      return fail(codes::TABLE_MALFORMED, where, " is no object but ", json::kind_name(element.kind()));
    std::map<std::string, Json> row;
    for (const json::Member& member : element.members())
      row.insert_or_assign(column_name(member.name), json::to_nlohmann(member.value));
    VCNODE_CHECK(add_level(row, framework, where, table));
  }
  return table;
}

}  // namespace vcnode::cli
