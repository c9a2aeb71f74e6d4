// A verifier whose peers are in several networks is told what to choose, and no verdict changes by it.
#include "node/cli/cmd_verify_networks.h"

#include "protocol/verify/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/verify/world.h"

using namespace vcnode;
using namespace vcnode::verify;

namespace {

Verdict verdict_without_feed(const nlohmann::json& document) {
  return verify_credential(world::sign(world::one_issuer(), document), SnapshotView(),
                           world::trusting(world::one_issuer()), world::kNow)
      .value();
}

}  // namespace

TEST_CASE("headline and status sentence name the networks and the option that chooses") {
  Verdict verdict = verdict_without_feed(world::badge(world::one_issuer()));
  const std::string bytes = verdict.to_jcs();
  CHECK(cli::explain_networks(verdict, {"trial", "real"}) ==
        "Cannot tell: the peers hold what the issuer says in the networks 'real' and 'trial'; --network NAME "
        "says which one counts");
  CHECK(
      world::find(verdict, CheckName::status)->detail ==
      "the peers hold feeds of the issuer in the networks 'real' and 'trial'; --network NAME says which one "
      "counts");
  CHECK(verdict.to_jcs() == bytes);
  CHECK(cli::explain_networks(verdict, {"a", "b", "c"}).find("'a', 'b' and 'c'") != std::string::npos);
}

TEST_CASE("where no network is to be chosen, or the verdict has another reason, the words stay") {
  Verdict undecided = verdict_without_feed(world::badge(world::one_issuer()));
  CHECK(cli::explain_networks(undecided, {}) == headline(undecided));
  CHECK(world::find(undecided, CheckName::status)->detail == "no feed of the issuer is held");

  auto document = world::badge(world::one_issuer());
  document["validUntil"] = "2026-11-02T00:00:00Z";
  Verdict expired = verdict_without_feed(document);
  CHECK(cli::explain_networks(expired, {"real", "trial"}) == "Do not accept: expired");
  document = world::badge(world::one_issuer());
  document.erase("credentialStatus");
  Verdict no_status = verdict_without_feed(document);
  CHECK(cli::explain_networks(no_status, {"real", "trial"}) == "Genuine and in force");
}
