#include "tests/sim/issuer.h"

#include "tests/sim/world.h"

namespace vcnode::sim {

Issuer::Issuer(std::size_t issuer_number)
    : NetIssuer(concat(issuer_number), kNetworkName), number(issuer_number) {}

std::string Issuer::list_uri(std::size_t pair, status::Purpose purpose) const {
  return concat("https://issuer-", number, ".example/status-lists/", pair, "-",
                status::purpose_name(purpose));
}

}  // namespace vcnode::sim
