// An evidence file in the place of a peer: it answers the same paths with the objects it holds, so that what
// it says is checked and compared like any peer's word (protocol/spec/evidence.md).
//
// Threading: what is returned may be called from one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "node/cli/collect.h"
#include "protocol/evidence/bundle.h"

namespace vcnode::cli {

// 404 for everything it does not hold. Of several feeds of one origin the one under the largest head answers.
[[nodiscard]] Get answers_of(std::shared_ptr<const evidence::Bundle> bundle);

struct EvidenceFile {
  std::string name;
  std::string digest;  // "sha256:…" of the file
  std::shared_ptr<const evidence::Bundle> bundle;
};
// Errors: those of read_input and of Bundle::parse, naming the file.
[[nodiscard]] Result<std::vector<EvidenceFile>> read_evidence(const std::vector<std::string>& paths);
[[nodiscard]] PeerSource as_peer(const EvidenceFile& file);

}  // namespace vcnode::cli
