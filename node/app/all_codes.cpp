#include "node/app/all_codes.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "crypto/codes.h"
#include "node/app/codes.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/http/codes.h"
#include "node/net/codes.h"
#include "protocol/batch/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/evidence/codes.h"
#include "protocol/facts/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/observe/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/statement/codes.h"
#include "protocol/status/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/webvh/codes.h"
#include "protocol/wire/codes.h"
#include "protocol/witness/codes.h"
#include "storage/codes.h"

namespace vcnode::node {

namespace {

// No std::array: clang folds its arguments one in another and gives up at 256.
constexpr const CodeInfo* kInModuleOrder[] = {
#define VCNODE_CODE(name, sentence) &codes::name,
#include "crypto/base/codes.def"
#include "crypto/codes.def"
#include "node/app/codes.def"
#include "node/codes/cli_codes.def"
#include "node/config/codes.def"
#include "node/http/codes.def"
#include "node/net/codes.def"
#include "protocol/batch/codes.def"
#include "protocol/credential/codes.def"
#include "protocol/did/codes.def"
#include "protocol/evidence/codes.def"
#include "protocol/facts/codes.def"
#include "protocol/feed/codes.def"
#include "protocol/gossip/codes.def"
#include "protocol/issuer/codes.def"
#include "protocol/observe/codes.def"
#include "protocol/recognition/codes.def"
#include "protocol/statement/codes.def"
#include "protocol/status/codes.def"
#include "protocol/verify/codes.def"
#include "protocol/webvh/codes.def"
#include "protocol/wire/codes.def"
#include "protocol/witness/codes.def"
#include "storage/codes.def"
#undef VCNODE_CODE
};

// A slug declared by two modules would not compile: all of them live in vcnode::codes.
constexpr auto kSorted = [] {
  std::array<const CodeInfo*, std::size(kInModuleOrder)> sorted{};
  std::copy(std::begin(kInModuleOrder), std::end(kInModuleOrder), sorted.begin());
  std::sort(sorted.begin(), sorted.end(),
            [](const CodeInfo* a, const CodeInfo* b) { return a->slug < b->slug; });
  return sorted;
}();

}  // namespace

std::span<const CodeInfo* const> all_codes() {
  return kSorted;
}

}  // namespace vcnode::node
