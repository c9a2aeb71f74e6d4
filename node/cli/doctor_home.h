// What `vcnode doctor` finds in a home, whether or not its node runs.
#pragma once

#include <string>

#include "crypto/base/result.h"
#include "node/cli/examination.h"
#include "node/config/config.h"

namespace vcnode::cli {

// "sentence [CODE]".
[[nodiscard]] std::string sentence_of(const Error& error);

// Keys, certificate, disk, permissions, tokens.
void examine_home(Examination& seen, const node::Config& config);
// False after a finding: no node of this home runs or can run, because it could have no admin socket.
[[nodiscard]] bool examine_admin_socket(Examination& seen, const node::Config& config);
// Only while no node of this home runs: whether the listen address can be bound, and whether the store opens
// and its feeds are whole. A running node holds both.
void examine_port(Examination& seen, const node::Config& config);
void examine_store(Examination& seen, const node::Config& config);

}  // namespace vcnode::cli
