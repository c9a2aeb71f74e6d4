// Settings in environment variables: VCNODE_<SECTION>_<KEY>.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "node/config/toml_values.h"

namespace vcnode::node {

// "http.listen" → "VCNODE_HTTP_LISTEN".
[[nodiscard]] std::string environment_name(std::string_view key);
// A variable of one of our sections, or one that is a slip away from a setting's, was meant as a setting.
// Other VCNODE_… names (VCNODE_HOME) are not ours to judge. Errors: CONFIG_UNKNOWN_KEY.
[[nodiscard]] Result<void> check_environment(const std::map<std::string, std::string>& environment,
                                             const std::vector<std::string_view>& keys);
// An environment value has the shape its key needs: integers for integers, commas between list elements.
[[nodiscard]] SettingValue environment_value(std::string_view key, const std::string& text);
// The variables of this process whose names begin with VCNODE_.
[[nodiscard]] std::map<std::string, std::string> vcnode_environment();

}  // namespace vcnode::node
