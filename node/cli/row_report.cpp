#include "node/cli/row_report.h"

#include <nlohmann/json.hpp>

#include "node/cli/output.h"

namespace vcnode::cli {

nlohmann::json lacks_json(const std::vector<evidence::Lack>& lacking) {
  auto out = nlohmann::json::array();
  for (const evidence::Lack& lack : lacking) {
    using Kind = evidence::Lack::Kind;
    if (lack.kind == Kind::history)
      out.push_back({{"kind", "history"}, {"issuer", lack.issuer}, {"versionId", lack.version}});
    else if (lack.kind == Kind::feed)
      out.push_back({{"kind", "feed"}, {"origin", lack.origin->text()}, {"size", lack.size}});
    else
      out.push_back({{"kind", "body"},
                     {"origin", lack.origin->text()},
                     {"digest", evidence::digest_text(lack.digest)}});
  }
  return out;
}

nlohmann::json row_sources_json(const std::vector<RowSource>& sources) {
  auto out = nlohmann::json::array();
  for (const RowSource& source : sources) {
    nlohmann::json row{{"peer", source.peer}, {"given", source.given}};
    if (source.error)
      row["error"] = {{"code", source.error->code.slug()}, {"message", source.error->message}};
    out.push_back(std::move(row));
  }
  return out;
}

void print_row_sources(const std::vector<RowSource>& sources) {
  for (const RowSource& source : sources) {
    std::string line = concat("  peer ", printable(source.peer), ": gave ", source.given, " objects");
    if (source.error) line += concat(" (", printable(source.error->message), ")");
    print_line(line);
  }
}

}  // namespace vcnode::cli
