// TLS 1.3 contexts and self-signed certificates (OpenSSL 3).
//
// Peer links authenticate node keys bound to the channel (protocol/spec/hello.md), not certificates, so a
// self-signed certificate is as good as any there; browsers and HTTP clients may want a real one. Errors:
// TLS_CERTIFICATE (unreadable, mismatched or expired), FILE_UNREADABLE.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "crypto/base/result.h"

namespace vcnode::node {

// Writes a P-256 key (0600) and a self-signed certificate valid ten years for `hosts` (names and addresses).
[[nodiscard]] Result<void> write_self_signed(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key,
                                             const std::vector<std::string>& hosts);

class TlsServerContext {
 public:
  [[nodiscard]] static Result<std::shared_ptr<TlsServerContext>> load(
      const std::filesystem::path& certificate, const std::filesystem::path& key);
  ~TlsServerContext();
  struct Native;
  [[nodiscard]] Native& native() noexcept { return *native_; }

 private:
  TlsServerContext();
  std::unique_ptr<Native> native_;
};

}  // namespace vcnode::node
