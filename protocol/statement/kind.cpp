#include "protocol/statement/kind.h"

#include <algorithm>

namespace vcnode::statement {
namespace {

struct KindNames {
  std::string_view type;
  std::string_view name;
};

constexpr std::array<KindNames, kKinds.size()> kKindNames = {{{"Identity", "identity"},
                                                              {"Sponsorship", "sponsorship"},
                                                              {"TrustList", "trust-list"},
                                                              {"Accreditation", "accreditation"},
                                                              {"Delegation", "delegation"},
                                                              {"Recognition", "recognition"},
                                                              {"Endorsement", "endorsement"},
                                                              {"Referencing", "referencing"},
                                                              {"StackRule", "stack-rule"},
                                                              {"Closed", "closed"},
                                                              {"Withdrawal", "withdrawal"}}};

std::optional<Kind> kind_where(std::string_view KindNames::*member, std::string_view text) noexcept {
  for (const Kind kind : kKinds)
    if (kKindNames[static_cast<std::size_t>(kind)].*member == text) return kind;
  return std::nullopt;
}

}  // namespace

std::string_view type_of(Kind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)].type;
}
std::optional<Kind> kind_of_type(std::string_view type) noexcept {
  return kind_where(&KindNames::type, type);
}
std::string_view name_of(Kind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)].name;
}
std::optional<Kind> kind_named(std::string_view name) noexcept {
  return kind_where(&KindNames::name, name);
}

}  // namespace vcnode::statement
