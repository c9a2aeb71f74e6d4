#include "node/cli/cmd_verify_networks.h"

#include <string_view>

#include "crypto/base/result.h"
#include "protocol/verify/codes.h"

namespace vcnode::cli {
namespace {

constexpr std::string_view kChoose = "; --network NAME says which one counts";

// 'a' and 'b'; 'a', 'b' and 'c'.
std::string quoted(const std::set<std::string>& networks) {
  std::string out;
  std::size_t left = networks.size();
  for (const std::string& network : networks) {
    out += concat("'", network, "'");
    --left;
    if (left > 0) out += left == 1 ? " and " : ", ";
  }
  return out;
}

}  // namespace

std::string explain_networks(verify::Verdict& verdict, const std::set<std::string>& networks) {
  if (networks.empty()) return verify::headline(verdict);
  const std::string names = quoted(networks);
  for (verify::Check& check : verdict.checks) {
    if (check.code == Code(codes::STATUS_FEED_NOT_HELD))
      check.detail = concat("the peers hold feeds of the issuer in the networks ", names, kChoose);
  }
  if (verdict.code != Code(codes::STATUS_FEED_NOT_HELD)) return verify::headline(verdict);
  return concat("Cannot tell: the peers hold what the issuer says in the networks ", names, kChoose);
}

}  // namespace vcnode::cli
