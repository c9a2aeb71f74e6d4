// Collecting what the rows of a verdict name, from peers over plain HTTP.
//
// Only whole public objects are asked for, by origin, SCID and digest as the verdict states them; the
// credential stays here. What is needed next is known once the rest is there (protocol/evidence/rebuild.h),
// so it is asked in rounds, and each peer for one thing once. Nothing is believed: a peer can withhold.
//
// Threading: not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/cli/collect.h"
#include "protocol/evidence/bundle.h"
#include "protocol/evidence/stated.h"

namespace vcnode::cli {

// One for each epoch of the issuer with the longest story, and a few more.
inline constexpr std::size_t kRowRoundsMax = 1'000;

struct RowSource {
  std::string peer;
  std::size_t given = 0;                      // objects
  std::optional<Error> error = std::nullopt;  // the last
};
// What is there already is not asked for; what is given is added to `bundle`.
[[nodiscard]] std::vector<RowSource> collect_rows(const evidence::StatedVerdict& stated,
                                                  const std::vector<PeerSource>& peers, Timestamp now,
                                                  evidence::Bundle& bundle,
                                                  const CollectOptions& options = {});
// Of several verdicts, one after the other; one row for each peer.
[[nodiscard]] std::vector<RowSource> collect_all_rows(const std::vector<evidence::StatedVerdict>& verdicts,
                                                      const std::vector<PeerSource>& peers, Timestamp now,
                                                      evidence::Bundle& bundle,
                                                      const CollectOptions& options = {});

}  // namespace vcnode::cli
