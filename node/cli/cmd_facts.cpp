#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/commands.h"
#include "node/cli/fact_words.h"
#include "node/cli/output.h"
#include "protocol/facts/envelope.h"
#include "protocol/facts/facts.h"

namespace vcnode::cli {
namespace {

constexpr std::size_t kNameWidth = 21;

std::string element_line(const facts::Element& element) {
  std::string line = concat(element.number < 10 ? "   " : "  ", element.number, " ", element.name);
  line.append(kNameWidth + 5 - std::min(line.size(), kNameWidth + 4), ' ');
  const bool found = element.value != "null";
  if (element.state != facts::ElementState::present)
    line += concat(facts::state_name(element.state),
                   element.state == facts::ElementState::absent && element.mandatory ? " (mandatory)" : "",
                   found ? ": " : "");
  if (found) line += printable(excerpt(value_in_words(nlohmann::json::parse(element.value)), kValueBytesMax));
  return line;
}

void print_facts(const facts::Facts& facts) {
  int present = 0;
  int mandatory = 0;
  for (const facts::Element& element : facts.elements) {
    if (element.state != facts::ElementState::present) continue;
    ++present;
    if (element.mandatory) ++mandatory;
  }
  print_line(concat("Profile ", facts::profile_name(facts.profile), ": ", present, " of ",
                    facts::kElementCount, " elements, ", mandatory, " of the ", facts::kMandatoryElementCount,
                    " mandatory ones. Nothing is verified here."));
  for (const facts::Element& element : facts.elements) print_line(element_line(element));
  const auto findings = facts::check_consistency(facts);
  if (findings.empty()) return print_line("The credential agrees with itself.");
  print_line("The credential does not agree with itself, or is not clear:");
  for (const facts::Finding& finding : findings)
    print_line(concat("  ", printable(finding.message), " [", finding.code.slug(), "]"));
}

Result<facts::Facts> read_facts_of(const FactsOptions& options) {
  VCNODE_TRY(const auto text, read_input(options.input, facts::kDocumentBytesMax));
  VCNODE_TRY(const auto document, facts::open(text));
  return facts::read_facts(document.root());
}

}  // namespace

int show_facts(const Global& global, const FactsOptions& options) {
  const auto facts = read_facts_of(options);
  if (!facts) return report(global, facts.error(), kExitUsage);
  if (global.json) {
    print_json(facts::report(*facts));
  } else {
    print_facts(*facts);
  }
  return kExitOk;
}

}  // namespace vcnode::cli
