#include "protocol/webvh/did_webvh.h"

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::webvh {
namespace {

constexpr std::string_view kPrefix = "did:webvh:";
constexpr std::size_t kScidBytes = 46;

}  // namespace

Result<DidWebvh> DidWebvh::parse(std::string_view text, DidOptions options) {
  VCNODE_TRY(Did did, Did::parse(text));
  const auto malformed = [text](std::string_view rule) {
    return fail(codes::WEBVH_DID, "the DID \"", excerpt(text), "\" ", rule);
  };
  if (!text.starts_with(kPrefix)) return malformed("is not a did:webvh");
  std::string_view rest = text.substr(kPrefix.size());
  const std::string_view scid = rest.substr(0, rest.find(':'));
  if (scid.size() != kScidBytes || !is_multihash(scid))
    return malformed("does not start with a SCID, the base58btc form of a SHA-256 multihash");
  rest.remove_prefix(scid.size());
  if (rest.empty()) return malformed("has no host");
  auto location = WebLocation::parse(rest.substr(1), options);
  if (location) return DidWebvh(std::move(did), *std::move(location));
  const Code code = location.error().code == Code(codes::DID_HOST) ? codes::WEBVH_HOST : codes::WEBVH_DID;
  return fail(code, location.error().message);
}

std::string_view DidWebvh::scid() const noexcept {
  return std::string_view(did_.text()).substr(kPrefix.size(), kScidBytes);
}

std::string https_url(const DidWebvh& did, File file) {
  return concat(did.location().folder_url(), did.path().empty() ? "/.well-known" : "",
                file == File::log ? "/did.jsonl" : "/did-witness.json");
}

std::string files_url(const DidWebvh& did) {
  return did.location().folder_url() + "/";
}

std::string whois_url(const DidWebvh& did) {
  return did.location().folder_url() + "/whois.vp";
}

Result<std::string> resource_url(const DidWebvh& did, std::string_view path) {
  if (path == "/whois") return whois_url(did);
  auto url = did.location().url_below(path);
  if (!url) return fail(codes::WEBVH_RESOURCE_PATH, url.error().message);
  return url;
}

}  // namespace vcnode::webvh
