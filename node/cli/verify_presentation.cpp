#include "node/cli/verify_presentation.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"

namespace vcnode::cli {
namespace {

void print_messages(const nlohmann::json& rows, std::string_view indent) {
  for (const auto& row : rows)
    print_line(concat(indent, row.at("check").get_ref<const std::string&>(), ": ",
                      printable(row.at("sentence").get_ref<const std::string&>()), " [",
                      row.at("code").get_ref<const std::string&>(), "]"));
}

void print_presentation(const verify::PresentationVerdict& verdict) {
  print_line(verify::headline(verdict));
  print_messages(verify::messages(verdict), "  ");
  std::size_t number = 0;
  for (const verify::Verdict& one : verdict.verdicts) {
    print_line(
        concat("  Credential ", ++number, " of ", verdict.verdicts.size(), ": ", verify::headline(one)));
    print_messages(verify::messages(one), "    ");
  }
}

nlohmann::json credentials_json(const verify::PresentationVerdict& verdict) {
  auto out = nlohmann::json::array();
  for (const verify::Verdict& one : verdict.verdicts)
    out.push_back({{"headline", verify::headline(one)}, {"messages", verify::messages(one)}});
  return out;
}

}  // namespace

Result<std::optional<verify::StatedPerson>> read_stated(const VerifyOptions& options) {
  if (!options.subject_name && !options.subject_birth_date && !options.subject_identifier)
    return std::optional<verify::StatedPerson>();
  VCNODE_TRY(auto stated, verify::StatedPerson::read({options.subject_name, options.subject_birth_date,
                                                      options.subject_identifier}));
  return std::optional(std::move(stated));
}

int judge_presentation(const Global& global, const VerifyOptions& options, const VerifyQuestion& question,
                       const std::string& text, const std::optional<verify::StatedPerson>& stated) {
  Gathered gathered(question);
  for (const std::string& credential : verify::presented_credentials(text)) gathered.gather(credential);
  if (const auto holder = verify::presentation_holder(text)) gathered.gather_holder(*holder);
  const verify::HolderQuestion asked{options.challenge, options.domain};
  const auto verdict = verify::verify_presentation(text, asked, gathered.view(), question.policy, question.at,
                                                   stated ? &*stated : nullptr);
  if (!verdict) return report(global, verdict.error(), kExitInternal);
  if (global.json) {
    print_line(concat(R"({"verdict":)", verdict->to_jcs(), R"(,"headline":)",
                      nlohmann::json(verify::headline(*verdict)).dump(), R"(,"messages":)",
                      json_text(verify::messages(*verdict)), R"(,"credentials":)",
                      json_text(credentials_json(*verdict)), R"(,"sources":)",
                      json_text(sources_json(gathered.sources())), "}"));
  } else {
    print_presentation(*verdict);
    print_sources(gathered.sources(), question.now);
  }
  if (const auto finished = finish_output(); !finished)
    return report(global, finished.error(), kExitUnavailable);
  return static_cast<int>(verdict->outcome());
}

}  // namespace vcnode::cli
