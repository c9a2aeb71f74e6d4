// Facts of arbitrary documents: 16 elements whose pointers lead somewhere, the same however the document is
// written, and findings that are sentences.
#include "protocol/facts/facts.h"

#include <nlohmann/json.hpp>

#include "crypto/jcs.h"
#include "protocol/facts/envelope.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

void check_element(const facts::Element& element, const nlohmann::json& document) {
  const bool found =
      element.state == facts::ElementState::present || element.state == facts::ElementState::malformed;
  VCNODE_ASSERT(found != element.path.empty());
  VCNODE_ASSERT(json::Document::parse(element.value, {.size_max = 4 * facts::kDocumentBytesMax}).has_value());
  if (found) VCNODE_ASSERT(document.contains(nlohmann::json::json_pointer(element.path)));
}

void check_facts(const json::Document& document) {
  const auto read = facts::read_facts(document.root());
  fuzz::check(read);
  if (!read) return;
  const nlohmann::json tree = json::to_nlohmann(document.root());
  for (const facts::Element& element : read->elements) check_element(element, tree);
  for (const facts::Finding& finding : facts::check_consistency(*read))
    fuzz::check_error({finding.code, finding.message});
  VCNODE_ASSERT(facts::report(*read).at("elements").size() == std::size_t{facts::kElementCount});
  const auto again =
      json::Document::parse(jcs::canonicalize(document.root()), {.size_max = 2 * facts::kDocumentBytesMax});
  VCNODE_ASSERT(again.has_value());
  VCNODE_ASSERT(facts::read_facts(again->root()).value() == *read);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = facts::open(as_text({data, size}));
  fuzz::check(document);
  if (document) check_facts(*document);
  return 0;
}
