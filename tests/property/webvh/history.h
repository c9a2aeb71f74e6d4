// A random history of one issuer, made with protocol/webvh/author.h, and what a naive reader would note down
// of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/webvh/author.h"
#include "protocol/webvh/log.h"
#include "tests/support/property.h"

namespace vcnode::test::webvh {

struct Noted {
  std::string version_id;
  std::string did;
  Timestamp time;
  std::optional<std::uint8_t> assertion_key;  // number of the key behind #sig1
  std::uint32_t ttl_seconds = 3600;
  bool deactivated = false;
};

struct History {
  std::vector<std::string> lines;
  std::vector<vcnode::webvh::WitnessProof> proofs;
  std::vector<Noted> noted;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] vcnode::webvh::Log read() const;
};

[[nodiscard]] rc::Gen<History> histories();

}  // namespace vcnode::test::webvh
