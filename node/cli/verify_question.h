// What `verify`, `stack` and their like ask of peers before they judge: the verifier's policy read from
// options, and whole public objects of the issuers that credentials name and of the bodies that the policy
// leads to.
//
// Errors: those of the options' values and files. Not thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/cli/collect.h"
#include "node/cli/commands.h"
#include "protocol/verify/verify.h"

namespace vcnode::cli {

struct VerifyQuestion {
  verify::Policy policy;
  Timestamp at;
  Timestamp now;
  std::vector<PeerSource> peers;
  std::optional<std::string> network;
};
[[nodiscard]] Result<VerifyQuestion> read_verify_question(const Global& global, const VerifyOptions& options);

// The issuer whose feed is needed; none for a credential that is not well-formed: nothing is asked for it.
[[nodiscard]] std::optional<Did> issuer_to_ask_for(std::string_view credential);

// What peers gave for one credential or several, each issuer asked for once.
class Gathered {
 public:
  explicit Gathered(const VerifyQuestion& question) : question_(question) {}
  void gather(std::string_view credential);
  // A holder, if its keys stand in a history.
  void gather_holder(const Did& holder);
  // The feed of a body that is needed besides, such as whoever signed a rule.
  void gather_body(const Did& body);

  [[nodiscard]] const verify::SnapshotView& view() const noexcept { return view_; }
  [[nodiscard]] const std::vector<SourceReport>& sources() const noexcept { return sources_; }
  // Each body that was asked for, without its leaves.
  [[nodiscard]] const std::vector<std::pair<Did, Collected>>& bodies() const noexcept { return bodies_; }
  // The network that was chosen, else that of this issuer's feed.
  [[nodiscard]] std::optional<std::string> network_of_feed(const Did& issuer) const;
  // Between which nobody chose; else empty.
  [[nodiscard]] const std::set<std::string>& networks() const noexcept { return networks_; }

 private:
  void keep(const Did& body, Collected collected);
  void gather_issuer(const Did& issuer);
  [[nodiscard]] bool is_stapled(const std::vector<SourceReport>& sources) const;
  void gather_authorities(std::string_view credential);

  const VerifyQuestion& question_;
  verify::SnapshotView view_;
  std::vector<SourceReport> sources_;
  std::vector<std::pair<Did, Collected>> bodies_;
  std::set<std::string> networks_;
  std::set<std::string, std::less<>> asked_;  // lookup names
};

}  // namespace vcnode::cli
