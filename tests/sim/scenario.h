// Scenario: one simulated situation as a short readable text.
//
//   # comment
//   nodes 20             how many honest nodes
//   issuers 5            the first so many nodes host one issuer each
//   dials 3              peers that each node is configured with, besides adversaries
//   minutes 3            of safety mode: faults happen, nothing may break
//   quiet_periods 20     repair periods of liveness mode: no faults, everything must become equal
//   change_ms 15000      mean time between two changes of one issuer
//   statements 1         how many are made at a time
//   faults all           none, all, or names out of kFaultNames
//   adversaries mute 1 liar 2
//   sponsored 0          how many of the issuers, the last ones, come by Sponsorships made in safety mode
//   epochs 6             issuers with histories (epochs.h), thefts and new epochs at will up to this one
//   acts issue 20 steal 5  what happens to those, each with its weight against the others
//
// Every line may be missing, none may stand twice; what a missing one is stands in the struct. Errors name
// line, word and what fits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"

namespace vcnode::sim {

constexpr std::int64_t kRepairMs = 30'000;  // gossip::Limits::repair_ms

enum class Fault : std::uint8_t {
  latency,    // a link becomes slow for a while
  reset,      // a link breaks
  clog,       // one direction of a link stands still, then delivers everything
  frames,     // frames are lost, doubled and overtake each other (harsher than a stream can be)
  corrupt,    // bytes change under way: the channel notices and the link breaks
  one_way,    // one direction of a link swallows everything without a word
  partition,  // two groups cannot reach each other
  slow,       // a node reads little
  clock,      // a clock steps; who sets a far one right starts the node again
  crash,      // a node dies and starts again; what was not synced may be gone
  disk_full,  // nothing can be written until somebody makes room and starts the node again
  rot,        // a stored body, leaf or note is no longer what it was
  restore,    // a node is started from an old copy of its disk
  clock_far,  // as clock, but a far clock is set right while the node runs
  waive       // as restore, of an issuer's disk, and its operator waives the start check
};
inline constexpr std::size_t kFaults = 15;
[[nodiscard]] std::string_view fault_name(Fault fault) noexcept;

enum class Mischief : std::uint8_t {
  mute,      // says hello and nothing more
  withhold,  // announces heads and gives no bodies, and leaves only at times
  liar,      // claims heads that do not exist
  forger,    // shows heads and leaves that the issuer never signed
  flood,     // sends far more than it was granted
  garbage,   // sends bytes that are no frames
  fork,      // holds an issuer's key and shows different peers different histories of its feed
  redater,   // shows heads that everybody holds with older and with forged dates
  busy       // asks for as much as it was granted, and never more: nothing is wrong with it
};
inline constexpr std::size_t kMischiefs = 9;
[[nodiscard]] std::string_view mischief_name(Mischief mischief) noexcept;

enum class Act : std::uint8_t {
  revoke,      // the issuer ends the next of its credentials
  rotate,      // and has another assertion key
  compromise,  // it declares its assertion key stolen; the thief has signed with it
  rival,       // who found a spent update key shows another entry
  epoch,       // it has another feed key
  steal,       // who stole its feed key shows another log
  issue,       // it signs a credential, in a time batch or not
  observe,     // an observer looks at the document of an issuer without a node
  site         // that one signs a credential, has another key, or its server is switched off
};
inline constexpr std::size_t kActs = 9;

struct Scenario {
  std::size_t nodes = 5;
  std::size_t issuers = 1;
  std::size_t dials = 3;
  std::size_t minutes = 2;
  std::size_t quiet_periods = 20;  // of kRepairMs
  std::size_t change_ms = 15'000;
  std::size_t statements = 1;
  std::size_t sponsored = 0;
  std::size_t epochs = 0;  // none: did:key issuers
  std::map<Act, std::size_t> acts = {};
  std::set<Fault> faults = {};
  std::map<Mischief, std::size_t> adversaries = {};
};

// Digits only, from low to high; nothing for a sign, a blank or what would have to be clamped.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t low,
                                                        std::uint64_t high) noexcept;
// Errors: SCENARIO_INVALID.
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view text, std::string_view name);
// Errors: SCENARIO_INVALID, also when the file cannot be read or is a folder.
[[nodiscard]] Result<Scenario> read_scenario(const std::string& file);
// Errors: SCENARIO_INVALID for counts that do not fit together.
[[nodiscard]] Result<void> check_scenario(const Scenario& scenario, std::string_view name);

}  // namespace vcnode::sim
