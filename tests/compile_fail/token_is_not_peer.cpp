#include "crypto/base/strong.h"

using Peer = vcnode::Strong<struct PeerTag, int>;
using Token = vcnode::Strong<struct TokenTag, int>;
bool same(Peer peer, Token token) {
#ifdef OFFENDING
  if (peer == token) return true;
#endif
  return peer.value() == token.value();
}
