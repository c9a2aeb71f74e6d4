// What a replay gave, of one credential or of a presentation: as JSON, for people and as an exit code.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/cli/commands.h"
#include "protocol/evidence/replay.h"

namespace vcnode::cli {

[[nodiscard]] nlohmann::json replay_json(const evidence::Replay& replay, const evidence::StatedVerdict& of);
[[nodiscard]] nlohmann::json replay_json(const evidence::PresentationReplay& replay,
                                         const evidence::StatedAnswer& of);
void print_replay(const evidence::Replay& replay, const evidence::StatedVerdict& of);
void print_replay(const evidence::PresentationReplay& replay, const evidence::StatedAnswer& of);
[[nodiscard]] int exit_code_of(evidence::Replay::Result result);

}  // namespace vcnode::cli
