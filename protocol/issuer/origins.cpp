#include "protocol/issuer/origins.h"

#include <string>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"

namespace vcnode::issuer {

Result<feed::Origin> origin_of(std::string_view network, std::string_view scid, std::uint64_t epoch) {
  return feed::Origin::parse(concat(network, "/", scid, "/", epoch));
}

feed::OriginHash topic_of(std::string_view network, std::string_view scid) {
  return *feed::OriginHash::from(sha256(as_bytes(concat(network, "/", scid))).view());
}

}  // namespace vcnode::issuer
