#include "node/cli/replication.h"

#include <nlohmann/json.hpp>

#include "node/codes/cli_codes.h"

namespace vcnode::cli {

std::optional<Error> not_replicated(const nlohmann::json& answer, std::string_view what) {
  if (answer.value("peers", nlohmann::json()) != 0) return std::nullopt;
  return Error{
      codes::NOT_REPLICATED,
      concat("0 connected peers replicate this issuer's feed: the ", what,
             " is kept here and nobody else knows of it yet; it is passed on when a peer that admits "
             "the issuer is connected (`vcnode doctor` says what is missing)")};
}

}  // namespace vcnode::cli
