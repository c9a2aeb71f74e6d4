// What a credential says, in one line for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vcnode::cli {

inline constexpr std::size_t kValueBytesMax = 100;  // of one line; --json has the whole

// Of a concept its name, of a text its English, of an object its members. As it is: not yet printable.
[[nodiscard]] std::string value_in_words(const nlohmann::json& value);

}  // namespace vcnode::cli
