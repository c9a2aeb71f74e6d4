// The three profiles: which member of a credential is read for which element. The tables are the rules of
// protocol/spec/facts.md.
#pragma once

#include <span>

#include "protocol/facts/readers.h"

namespace vcnode::facts {

inline constexpr From kOfCredential = From::credential;
inline constexpr From kOfSubject = From::subject;
inline constexpr From kOfAchievement = From::achievement;

[[nodiscard]] std::span<const Source> european_learning_model_sources();
[[nodiscard]] std::span<const Source> open_badge_sources();
[[nodiscard]] std::span<const Source> plain_sources();
// What the plain profile puts below the subject and the achievement; Open Badges borrow it for the elements
// that they have no member for.
[[nodiscard]] std::span<const Source> plain_element_sources();

}  // namespace vcnode::facts
