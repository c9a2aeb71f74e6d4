// A DID log: a chain of entries, each applied to the state before it.
//
// The first invalid entry makes itself and all later ones unusable; what came before stays usable ("Read
// (Resolve)", step 10). So reading never fails as a whole: a Log holds the usable versions and, if there is
// one, the fault with its place.
//
// Threading: a value; const access from several threads is safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/webvh/state.h"
#include "protocol/webvh/witness.h"

namespace vcnode::webvh {

class Log {
 public:
  Log() = default;  // no version yet: the start of an issuer's own log
  // did.jsonl, and did-witness.json where there is one. Lines end with "\n"; the last one may lack it.
  // Faults also: WEBVH_LOG_SIZE at index 0.
  [[nodiscard]] static Log read(std::string_view text, std::optional<std::string_view> witness_file,
                                const Rules& rules);
  // Adds one version, which must be valid and approved by `proofs`. Otherwise nothing changes, and the error
  // is that of the entry or, if the log has a fault, that fault's. Errors also: WEBVH_LOG_SIZE.
  [[nodiscard]] Result<void> append(std::string_view line, std::span<const WitnessProof> proofs,
                                    const Rules& rules);

  [[nodiscard]] std::span<const State> versions() const noexcept { return versions_; }
  [[nodiscard]] const std::optional<Fault>& fault() const noexcept { return fault_; }
  [[nodiscard]] std::string text() const;  // did.jsonl of the usable versions

 private:
  // Without looking at witnesses.
  [[nodiscard]] Result<void> chain(std::string_view line, const Rules& rules);
  void cut(Fault fault);
  std::vector<State> versions_;
  std::size_t bytes_ = 0;
  std::optional<Fault> fault_;
};

}  // namespace vcnode::webvh
