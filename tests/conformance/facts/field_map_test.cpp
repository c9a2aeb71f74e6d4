// The profiles' tables against data/field_map.json: every member that the map names for an element is read
// for it, with the exceptions that protocol/spec/facts.md gives reasons for.
#include <nlohmann/json.hpp>
#include <set>

#include "protocol/facts/profiles.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using facts::From;
using facts::Source;

namespace {

// "a.{b,c[]}.d[x^=y]" → a/b/d, a/c/d.
std::vector<std::string> expand_map_path(const std::string& path) {
  if (const auto open = path.find('{'); open != std::string::npos) {
    const auto close = path.find('}', open);
    std::vector<std::string> out;
    std::size_t begin = open + 1;
    while (begin <= close) {
      const auto end = std::min(path.find(',', begin), close);
      for (std::string& whole :
           expand_map_path(path.substr(0, open) + path.substr(begin, end - begin) + path.substr(close + 1)))
        out.push_back(std::move(whole));
      begin = end + 1;
    }
    return out;
  }
  std::string out;
  bool in_brackets = false;
  for (const char c : path) {
    if (c == '[') in_brackets = true;
    if (!in_brackets) out.push_back(c == '.' ? '/' : c);
    if (c == ']') in_brackets = false;
  }
  return {out};
}

bool reads(std::span<const Source> sources, int element, std::string_view path,
           std::string_view achievement) {
  From from = From::credential;
  if (path.starts_with(achievement)) {
    from = From::achievement;
    path.remove_prefix(achievement.size());
  } else if (path.starts_with("credentialSubject/")) {
    from = From::subject;
    path.remove_prefix(std::string_view("credentialSubject/").size());
  }
  // An alignment is a level, a field or a skill: one reader tells which.
  const bool alignment = path.starts_with("alignment");
  return std::any_of(sources.begin(), sources.end(), [&](const Source& source) {
    // The reader may look further down than the map says, or the map than the table.
    const bool same = path == source.path || path.starts_with(concat(source.path, "/")) ||
                      source.path.starts_with(concat(path, "/"));
    return same && source.from == from && (source.element == element || alignment);
  });
}

struct Column {
  const char* name;
  std::vector<std::span<const Source>> tables;
  const char* achievement;
};

const std::set<std::pair<int, std::string>> kNotRead = {
    {12, "credentialSubject/achievement/criteria/narrative"},
    {15, "credentialSubject/achievement/related"},
};

}  // namespace

TEST_CASE("what the field map names is read") {
  const auto path = test::shared_path("../data/field_map.json");
  if (!path) return;
  const auto map = nlohmann::json::parse(test::read_file(*path));
  const Column columns[] = {
      {"elm", {facts::european_learning_model_sources()}, "credentialSubject/hasClaim/"},
      {"ob3",
       {facts::open_badge_sources(), facts::plain_element_sources()},
       "credentialSubject/achievement/"},
      {"plain", {facts::plain_sources(), facts::plain_element_sources()}, "credentialSubject/achievement/"},
  };
  int read = 0;
  int exceptions = 0;
  for (const auto& row : map["elements"]) {
    const int element = row["no"].get<int>();
    CHECK((element <= facts::kMandatoryElementCount) ==
          row["required"].get<std::string>().starts_with("mandatory"));
    for (const Column& column : columns) {
      for (const auto& entry : row[column.name]) {
        for (const std::string& one : expand_map_path(entry.get<std::string>())) {
          CAPTURE(element);
          CAPTURE(one);
          bool found = false;
          for (const auto table : column.tables) found |= reads(table, element, one, column.achievement);
          const bool excepted = kNotRead.contains({element, one});
          CHECK(found != excepted);
          excepted ? ++exceptions : ++read;
        }
      }
    }
  }
  CHECK(read == 96);
  CHECK(exceptions == 2);
}
