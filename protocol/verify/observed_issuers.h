// What the observers that the policy names hold of issuers without a node, as one verification sees it.
//
// Their feeds are read when first asked for, and once: one verdict sees one state of each.
// Threading: belongs to one verification.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/observe/answers.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

// Methods whose issuers have no feed anywhere, so that what was observed contradicts nothing: did:web,
// did:jwk.
[[nodiscard]] bool has_no_feed(std::string_view did) noexcept;

class ObservedIssuers {
 public:
  ObservedIssuers(const View& view, const Policy::Values& policy, Timestamp at)
      : view_(view), policy_(policy), at_(at) {}

  // Whether the policy names anybody: otherwise nothing below is asked.
  [[nodiscard]] bool any() const noexcept { return !policy_.observers.empty(); }
  [[nodiscard]] const observe::Observers& observers() const;
  [[nodiscard]] Timestamp at() const noexcept { return at_; }

  struct Read {
    std::shared_ptr<const feed::FeedSnapshot> feed;
    std::shared_ptr<const issuer::History> history;  // of the observer; nullptr if it has none
  };
  // The feeds that were read so far.
  [[nodiscard]] const std::vector<Read>& read() const noexcept { return read_; }

 private:
  const View& view_;
  const Policy::Values& policy_;
  Timestamp at_;
  mutable std::vector<Read> read_;
  mutable std::optional<observe::Observers> observers_;
};

}  // namespace vcnode::verify
