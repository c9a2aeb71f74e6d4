// StapledView: a view with a bundle laid over it, for a node that is given evidence with a question
// (protocol/spec/evidence.md).
//
// The bundle is checked by itself, as a peer's feeds are. It counts where the view holds nothing of the
// issuer, or where it goes on from what the view holds: the same log, longer, or under a later head; a DID's
// history that leads on from the one that is held. Another root at the held size is a contradiction. What is
// older, or leads elsewhere, changes nothing: who presents a credential must not be able to take back what is
// known.
//
// Threading: const access from several threads is safe. `under` outlives it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/evidence/bundle.h"
#include "protocol/verify/verify.h"

namespace vcnode::evidence {

class StapledView final : public verify::View {
 public:
  // Only feeds of `network` count, and no head dated more than the skew of honest clocks after `now`.
  StapledView(const verify::View& under, const Bundle& bundle, std::string_view network, Timestamp now);
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view issuer_did) const override;
  [[nodiscard]] std::shared_ptr<const issuer::History> history_of(std::string_view did) const override;
  // No closure that rests on what a stranger handed over is kept for others.
  [[nodiscard]] verify::ClosureCache* closures() const override { return nullptr; }
  [[nodiscard]] bool is_stapled(std::string_view issuer_did) const override;

 private:
  struct Laid {
    std::shared_ptr<const feed::FeedSnapshot> feed;
    std::shared_ptr<const issuer::History> history;
    bool stapled = false;
  };
  struct State;
  void lay(const std::string& name, const State& state);

  const verify::View& under_;
  std::map<std::string, Laid, std::less<>> laid_;  // by lookup name
};

}  // namespace vcnode::evidence
