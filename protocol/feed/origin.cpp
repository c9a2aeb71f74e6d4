#include "protocol/feed/origin.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/decimal.h"
#include "protocol/feed/multihash.h"

namespace vcnode::feed {
namespace {

bool is_network_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= kNetworkNameBytesMax &&
         std::all_of(text.begin(), text.end(), allowed);
}

// Only Ed25519 did:keys have feeds.
bool is_did_key_value(std::string_view text) {
  const auto did = Did::parse(concat("did:key:", text));
  return did && did_key::key_of(*did);
}

OriginHash hash_of(std::string_view text) {
  return *OriginHash::from(sha256(as_bytes(text)).view());
}

}  // namespace

Origin::Origin(std::string text, std::uint64_t epoch)
    : text_(std::move(text)), hash_(hash_of(text_)), epoch_(epoch) {}

Result<Origin> Origin::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(codes::ORIGIN_INVALID, "the origin \"", excerpt(text), "\" ", why);
  };
  const auto first = text.find('/');
  const auto last = text.rfind('/');
  if (first == std::string_view::npos || first == last)
    return refuse("is not <network>/<did:key value or scid>/<epoch>");
  const auto network = text.substr(0, first);
  const auto issuer = text.substr(first + 1, last - first - 1);
  const auto epoch = parse_decimal(text.substr(last + 1));
  if (!is_network_name(network))
    return refuse("has a network name that is not 1 to 64 of a-z, 0-9, '.' and '-'");
  if (!epoch || *epoch == 0) return refuse("has an epoch that is not a plain number of at least 1");
  if (is_did_key_value(issuer)) {
    if (*epoch != 1) return refuse("has an epoch above 1, but a did:key has one epoch");
  } else if (!is_sha256_multihash(issuer)) {
    return refuse("names neither an Ed25519 did:key value nor a did:webvh SCID");
  }
  return Origin(std::string(text), *epoch);
}

Result<Origin> Origin::of(std::string_view network, const Did& issuer, std::uint64_t epoch) {
  std::string_view name = issuer.method_specific_id();
  if (issuer.method() == "webvh") {
    name = name.substr(0, name.find(':'));
  } else if (issuer.method() != "key") {
    return fail(codes::ORIGIN_INVALID, "an issuer of DID method \"", excerpt(issuer.method()),
                "\" has no feed; did:webvh and did:key have");
  }
  return parse(concat(network, "/", name, "/", epoch));
}

namespace {

OriginHash mark_of(std::string_view what, const OriginHash& origin) {
  const Sha256Digest digest = sha256({as_bytes(what), origin.view()});
  return *OriginHash::from(digest.view());
}

}  // namespace

OriginHash contradiction_mark(const OriginHash& origin) {
  return mark_of("vcnode contradiction", origin);
}

OriginHash new_store_mark(const OriginHash& origin) {
  return mark_of("vcnode new store", origin);
}

OriginHash last_published_mark(const OriginHash& origin) {
  return mark_of("vcnode last published", origin);
}

}  // namespace vcnode::feed
