// How commands that change a DID say that they have.
#pragma once

#include <cstdint>
#include <string_view>

#include "node/cli/own_issuer.h"

namespace vcnode::cli {

// `done`: one sentence without its end. With --json: issuer, did, versionId, epoch, and the warnings of
// `own`. If an entry was written, that the update keys should go offline again. Returns kExitOk.
enum class Wrote : std::uint8_t { entry, nothing };
int report_changed(const Global& global, const OwnIssuer& own, std::string_view done,
                   Wrote wrote = Wrote::entry);

}  // namespace vcnode::cli
