// Named did:webvh logs, good ones and ones that break one rule each: what the differential run with another
// implementation, the fuzz corpus and the benchmark start from.
#pragma once

#include <string>
#include <vector>

#include "crypto/base/code.h"
#include "tests/support/webvh_maker.h"

namespace vcnode::test::webvh {

struct LogCase {
  std::string name;
  LogMaker log;
  std::string code;  // "ok", or the slug with which its DID does not resolve
};
[[nodiscard]] std::vector<LogCase> log_cases();

// "ok" or the slug of the error, for the DID that the log is made for.
[[nodiscard]] std::string verdict_of(const LogMaker& log);

}  // namespace vcnode::test::webvh
