#include "crypto/base/encoding.h"
#include "protocol/issuer/key_at.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

Result<ResolvedMethod> View::resolve_method(const DidUrl& method, std::optional<Timestamp> at) const {
  const std::string& did = method.did().text();
  if (!has_history(did)) return SelfResolver().resolve_method(method, at);
  const auto history = history_of(did);
  if (history == nullptr)
    return fail(codes::HISTORY_NOT_HELD, "the history of ", excerpt(did), " is not held");
  VCNODE_TRY(const auto found, issuer::find_key(*history, method.text(), {at, std::nullopt}));
  return ResolvedMethod{found.key, method.did(), history->versions[found.version].state.version_id().text(),
                        false};
}

void SnapshotView::put(std::shared_ptr<const feed::FeedSnapshot> snapshot) {
  VCNODE_ASSERT(snapshot != nullptr);
  std::string name(lookup_name_of(snapshot->issuer.text()));
  feeds_.insert_or_assign(std::move(name), std::move(snapshot));
}

void SnapshotView::put_history(std::string_view scid, std::shared_ptr<const issuer::History> history) {
  VCNODE_ASSERT(history != nullptr);
  histories_.insert_or_assign(std::string(scid), std::move(history));
}

void SnapshotView::staple(std::string_view issuer_did) {
  stapled_.emplace(lookup_name_of(issuer_did));
}

bool SnapshotView::is_stapled(std::string_view issuer_did) const {
  return stapled_.contains(lookup_name_of(issuer_did));
}

std::shared_ptr<const feed::FeedSnapshot> SnapshotView::feed_of(std::string_view issuer_did) const {
  const auto at = feeds_.find(lookup_name_of(issuer_did));
  return at == feeds_.end() ? nullptr : at->second;
}

std::shared_ptr<const issuer::History> SnapshotView::history_of(std::string_view did) const {
  const auto at = histories_.find(lookup_name_of(did));
  return at == histories_.end() ? nullptr : at->second;
}

}  // namespace vcnode::verify
