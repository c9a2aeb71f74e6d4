#include "node/cli/feed_look.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/app/codes.h"
#include "node/cli/collect_history.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "protocol/did/codes.h"
#include "protocol/did/did.h"
#include "protocol/issuer/origins.h"

namespace vcnode::cli {
namespace {

// Whose feed is meant: a DID, or the issuer's part of an origin.
struct FeedSubject {
  std::optional<Did> did;  // none: a SCID alone
  std::string scid;
  std::optional<std::string> network;  // of an origin
  std::optional<std::uint64_t> epoch;  // of an origin
};

Result<FeedSubject> subject_of(const std::string& text) {
  if (text.starts_with("did:")) {
    VCNODE_TRY(auto did, Did::parse(text));
    if (did.method() != "key" && did.method() != "webvh")
      return fail(codes::DID_METHOD_UNSUPPORTED, "the DID \"", excerpt(text), "\" has the method \"",
                  excerpt(did.method()), "\"; did:webvh and did:key issuers have feeds");
    return FeedSubject{std::move(did), {}, std::nullopt, std::nullopt};
  }
  VCNODE_TRY(const auto origin, feed::Origin::parse(text));
  const auto first = text.find('/');
  const std::string name = text.substr(first + 1, text.rfind('/') - first - 1);
  FeedSubject out{std::nullopt, {}, text.substr(0, first), origin.epoch()};
  if (webvh::is_multihash(name)) {
    out.scid = name;
  } else {
    VCNODE_TRY(out.did, Did::parse("did:key:" + name));
  }
  return out;
}

}  // namespace

const SealedEpoch* FeedLook::sealed() const {
  const auto found = std::ranges::find_if(
      collected.sealed, [this](const SealedEpoch& one) { return one.origin.epoch() == epoch; });
  return found == collected.sealed.end() ? nullptr : &*found;
}

Result<FeedLook> look_at_feed(const Global& global, const FeedOptions& options, bool bodies) {
  VCNODE_TRY(const auto subject, subject_of(options.subject));
  VCNODE_TRY(auto peers, peers_that_must_be(global, options.peers));
  CollectOptions how;
  how.network = options.network ? options.network : subject.network;
  how.bodies = bodies;
  VCNODE_CHECK(check_network_option(how.network));
  const Timestamp now = clock_now();
  auto collected =
      subject.did ? collect(*subject.did, peers, now, how) : collect_history(subject.scid, peers, now, how);
  return FeedLook{std::move(collected), std::move(peers), subject.epoch, now};
}

std::optional<Error> why_no_feed(const FeedLook& seen) {
  if (seen.sealed() != nullptr) return std::nullopt;
  if (!seen.collected.snapshot) return why_nothing(seen.collected, "a feed of the issuer");
  const feed::Origin& newest = seen.collected.snapshot->origin;
  if (!seen.epoch || *seen.epoch == newest.epoch()) return std::nullopt;
  return Error{codes::PEER_FEED_UNKNOWN, concat("none of the peers gave epoch ", *seen.epoch,
                                                " of the feed; the newest is ", newest.text())};
}

int report_no_feed(const Global& global, const FeedLook& seen, const Error& why) {
  if (global.json) {
    print_json({{"error", {{"code", why.code.slug()}, {"message", why.message}}},
                {"sources", sources_json(seen.collected.sources)}});
    return kExitCannotTell;
  }
  report(global, why, kExitCannotTell);
  print_sources(seen.collected.sources, seen.now);
  return kExitCannotTell;
}

}  // namespace vcnode::cli
