// What `vcnode verify` says when peers hold feeds of the issuer in several networks and nobody chose one.
//
// The verdict only knows that it saw no feed; why there is none, and what to do about it, the command knows.
#pragma once

#include <set>
#include <string>

#include "protocol/verify/verdict.h"

namespace vcnode::cli {

// The headline. If `networks` (those of Collected) are why the verdict had no feed, headline and status
// sentence say so; no byte of the verdict changes.
[[nodiscard]] std::string explain_networks(verify::Verdict& verdict, const std::set<std::string>& networks);

}  // namespace vcnode::cli
