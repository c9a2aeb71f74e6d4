// Hello: how two nodes prove who they are over one TLS channel (protocol/spec/hello.md has the byte layout
// and a worked hex example).
//
// Both sides sign label, role of the signer, network, both node keys and the TLS exporter value
// (RFC 9266-style, label "EXPORTER-vcnode-peer-v1", no context, 32 bytes). A relay that terminates TLS has
// another exporter value on each side, so both nodes refuse: HELLO_CHANNEL.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/base/bytes.h"
#include "protocol/wire/frame.h"

namespace vcnode::gossip {

inline constexpr std::string_view kExporterLabel = "EXPORTER-vcnode-peer-v1";
// Starts every signed hello, so that a node key's signature fits nothing else.
inline constexpr std::string_view kHelloLabel = "vcnode-peer-hello-v1";
inline constexpr std::uint32_t kHelloVersion = 1;

enum class Role : std::uint8_t { dialer = 1, acceptor = 2 };

struct HelloTranscript {
  Role signer_role = Role::dialer;
  std::string_view network;
  Ed25519PublicKey signer_key;
  Ed25519PublicKey other_key;
  wire::ChannelBinding binding;
};
// The exact bytes that are signed. REQUIRES: network of at most feed::kNetworkNameBytesMax bytes.
[[nodiscard]] Bytes hello_message(const HelloTranscript& transcript);

}  // namespace vcnode::gossip
