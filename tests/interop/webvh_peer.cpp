// Our side of the differential run with didwebvh-ts (didwebvh.mjs): one JSON object per line.
//
//   webvh_peer make    writes our named logs: {name, did, log, witness, code}
//   webvh_peer judge   reads {did, log, witness, now}, answers {code, versionId, document}
#include <iostream>
#include <nlohmann/json.hpp>

#include "protocol/webvh/resolution.h"
#include "tests/support/webvh_cases.h"

using namespace vcnode;

namespace {

void make() {
  for (const auto& log : test::webvh::log_cases()) {
    const nlohmann::json line = {{"name", log.name},
                                 {"did", log.log.did()},
                                 {"log", log.log.text()},
                                 {"witness", webvh::write_witness_file(log.log.proofs())},
                                 {"code", log.code}};
    std::cout << line.dump() << "\n";
  }
}

nlohmann::json judged(const nlohmann::json& question) {
  const auto did = webvh::DidWebvh::parse(question.at("did").get<std::string>());
  if (!did) return {{"code", did.error().code.slug()}};
  const webvh::Rules rules{Timestamp::parse(question.at("now").get<std::string>()).value(), {}};
  const auto log = webvh::Log::read(question.at("log").get<std::string>(),
                                    question.at("witness").get<std::string>(), rules);
  const auto resolution = webvh::resolve(log, *did);
  if (!resolution) return {{"code", resolution.error().code.slug()}};
  return {{"code", "ok"},
          {"versionId", resolution->version.version_id().text()},
          {"document", webvh::resolution_result(resolution)["didDocument"]}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode == "make") {
    make();
    return 0;
  }
  if (mode != "judge") {
    std::cerr << "Usage: webvh_peer make | judge\n";
    return 64;
  }
  for (std::string line; std::getline(std::cin, line);)
    std::cout << judged(nlohmann::json::parse(line)).dump() << "\n";
  return 0;
}
