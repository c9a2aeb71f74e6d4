#include "protocol/verify/observed_issuers.h"

#include "protocol/did/jwk.h"
#include "protocol/did/web.h"
#include "protocol/issuer/history.h"
#include "protocol/verify/issuer_identity.h"

namespace vcnode::verify {

bool has_no_feed(std::string_view did) noexcept {
  const auto is = [did](std::string_view method) {
    return did.starts_with("did:") && did.substr(4).starts_with(method) &&
           did.substr(4 + method.size()).starts_with(':');
  };
  return is(did_web::kMethod) || is(did_jwk::kMethod);
}

const observe::Observers& ObservedIssuers::observers() const {
  if (observers_) return *observers_;
  std::vector<observe::Observer> observers;
  for (const Did& did : policy_.observers) {
    Read one{view_.feed_of(did.text()), nullptr};
    if (one.feed == nullptr) continue;
    if (has_history(did.text())) one.history = view_.history_of(did.text());
    const bool disputed = one.history != nullptr && one.history->dispute.has_value();
    observers.push_back({one.feed->observations, one.feed->contradicted || one.feed->hearsay.contradicted ||
                                                     one.feed->false_state || disputed});
    read_.push_back(std::move(one));
  }
  return observers_.emplace(std::move(observers), policy_.observer_quorum);
}

}  // namespace vcnode::verify
