// Host names that strangers may give us: fully qualified domain names (RFC 1123) in their ASCII form, and
// never an address or a name of this machine. For did:web and for what is fetched from the web.
//
// Addresses in any notation are refused by the rule of the URL standard: a name whose last label is a number,
// decimal, octal or hexadecimal, is an address (127.0.0.1, 127.1, 2130706433, 0x7f.1). Names outside ASCII
// come as A-labels ("xn--"), whose Punycode (RFC 3492) must decode to something that needed it. A dot at the
// end is refused: one host must not have two names. Threading: pure.
#pragma once

#include <string>
#include <string_view>

namespace vcnode {

struct HostOptions {
  bool localhost = false;  // tests only: permit the host "localhost" and names below it
};

// What is wrong with `host`, to follow its name in a sentence; empty if nothing is.
[[nodiscard]] std::string host_fault(std::string_view host, HostOptions options = {});

}  // namespace vcnode
