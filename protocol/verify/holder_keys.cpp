#include "protocol/verify/holder_keys.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/did/verification_method.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/history.h"
#include "protocol/issuer/listed_under.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/verify/presentation.h"
#include "protocol/webvh/key_history.h"

namespace vcnode::verify {
namespace {

bool is_named(const json::Value& value, const DidUrl& method) {
  const auto id = value.is_string() ? std::optional(value.string()) : value.find_string("id");
  if (!id) return false;
  return *id == method.text() || (id->starts_with('#') && concat(method.did().text(), *id) == method.text());
}

// The definition of the method, if the document lists it for authentication.
const json::Value* authentication_method(const json::Value& document, const DidUrl& method) {
  for (const json::Value& listed : issuer::listed_under(document, kAuthenticationPurpose)) {
    if (!is_named(listed, method)) continue;
    if (listed.is_object()) return &listed;
    for (const json::Value& one : issuer::listed_under(document, "verificationMethod"))
      if (one.is_object() && is_named(one, method)) return &one;
  }
  return nullptr;
}

Result<void> check_settled(const View& view, const issuer::History& history, const DidUrl& method) {
  const std::string& did = method.did().text();
  if (history.dispute || standing_of(did, history) == Standing::disputed)
    return fail(codes::DID_DISPUTED, "versions of ", excerpt(did), " dispute each other");
  if (!history.missing.empty())
    return fail(codes::VERSION_NOT_HELD, "version ", history.missing.front().text(), " of ", excerpt(did),
                " is not held here; it may change its keys");
  const auto feed = view.feed_of(did);
  if (feed != nullptr && (feed->pending || feed->hearsay.pending_size))
    return fail(codes::NEWER_HEAD_UNAVAILABLE, "a newer head of the feed of ", excerpt(did),
                " is known; it may change its keys");
  return {};
}

Failure no_method(const DidUrl& method, std::string_view why) {
  return fail(codes::VERIFICATION_METHOD_UNKNOWN, excerpt(method.text()), ": ", why);
}

}  // namespace

Result<ResolvedMethod> HolderKeys::resolve_method(const DidUrl& method, std::optional<Timestamp> at) const {
  const std::string& did = method.did().text();
  if (!has_history(did)) return view_.resolve_method(method, at);
  const auto history = view_.history_of(did);
  if (history == nullptr)
    return fail(codes::HISTORY_NOT_HELD, "the history of ", excerpt(did), " is not held");
  VCNODE_CHECK(check_settled(view_, *history, method));
  const webvh::State& newest = history->versions.back().state;
  if (newest.deactivated() || standing_of(did, *history) != Standing::own)
    return no_method(method, "the DID was deactivated, or its history never had it");
  const json::Value* listed = authentication_method(newest.document(), method);
  if (listed == nullptr)
    return no_method(method, "the newest version of the DID lists no such key for authentication");
  VCNODE_TRY(const auto key, verification_method::key_of(*listed));
  if (webvh::revoked_since(history->states(), key)) return no_method(method, "the key was declared stolen");
  return ResolvedMethod{key, method.did(), newest.version_id().text(), false};
}

}  // namespace vcnode::verify
