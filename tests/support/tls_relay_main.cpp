// tls_relay LISTEN_PORT TARGET_HOST:PORT CERT KEY: a TLS-terminating relay on 127.0.0.1, until it is killed.
#include <unistd.h>

#include <charconv>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/support/tls_relay.h"

namespace {

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  vcnode::test::TlsRelayOptions options;
  const std::string_view target = argc == 5 ? argv[2] : "";
  const auto colon = target.rfind(':');
  if (colon == std::string_view::npos || !parse_port(argv[1], options.listen_port) ||
      !parse_port(target.substr(colon + 1), options.target_port)) {
    std::cerr << "usage: tls_relay LISTEN_PORT TARGET_HOST:PORT CERT KEY\n";
    return 64;
  }
  options.target_host = std::string(target.substr(0, colon));
  options.certificate = argv[3];
  options.key = argv[4];
  try {
    const vcnode::test::TlsRelay relay(options);
    std::cout << "listening on 127.0.0.1:" << relay.port() << std::endl;
    for (;;) ::pause();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 70;
  }
}
