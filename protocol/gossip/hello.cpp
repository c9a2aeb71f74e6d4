#include "protocol/gossip/hello.h"

#include "crypto/base/assert.h"

namespace vcnode::gossip {
namespace {

void append(Bytes& out, BytesView part) {
  out.insert(out.end(), part.begin(), part.end());
}

}  // namespace

Bytes hello_message(const HelloTranscript& transcript) {
  VCNODE_ASSERT(transcript.network.size() <= feed::kNetworkNameBytesMax);
  Bytes out;
  append(out, as_bytes(kHelloLabel));
  out.push_back(0);
  out.push_back(static_cast<std::uint8_t>(transcript.signer_role));
  out.push_back(static_cast<std::uint8_t>(transcript.network.size()));
  append(out, as_bytes(transcript.network));
  append(out, transcript.signer_key.view());
  append(out, transcript.other_key.view());
  append(out, transcript.binding.view());
  return out;
}

}  // namespace vcnode::gossip
