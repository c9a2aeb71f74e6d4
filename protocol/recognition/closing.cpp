#include "protocol/recognition/closing.h"

#include <algorithm>

namespace vcnode::recognition {

using statement::Entry;
using statement::Kind;

void Closing::add(const Closing& other) noexcept {
  at = std::min(at, other.at);
  unsure = unsure || other.unsure;
}

Closing closing_in(const statement::StatementLog& log, std::string_view name) {
  Closing closing;
  for (const Entry* entry : log.of(Kind::closed, name)) {
    const Life life = life_of(log, *entry->statement);
    if (life.voided) continue;
    if (life.cut_short) {
      closing.unsure = true;
    } else {
      closing.at = std::min(closing.at, entry->statement->from);
    }
  }
  return closing;
}

Closing closing_over(std::string_view name, const std::vector<const statement::Statement*>& path,
                     const World& world) {
  Closing closing;
  if (const Holding* own = world.of(name)) closing = closing_in(*own->statements, name);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Holding* speaker = world.of(path[i]->issuer());
    if (speaker == nullptr) continue;
    const Closing said = closing_in(*speaker->statements, name);
    if (said.at == kNever && !said.unsure) continue;
    const bool grants = i + 1 == path.size() || !speaker->statements->of(Kind::sponsorship, name).empty();
    if (grants) closing.add(said);
  }
  return closing;
}

}  // namespace vcnode::recognition
