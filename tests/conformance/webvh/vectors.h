// What the did:webvh vector tests share. The vectors are read from ../shared, never copied.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "protocol/webvh/codes.h"
#include "protocol/webvh/resolution.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

namespace vcnode::test::vectors {

// Later than every log that is to be valid; fixed, so that the answers do not depend on the day.
inline webvh::Rules rules() {
  return {Timestamp::parse("2026-11-23T00:00:00Z").value(), {}};
}

inline std::optional<std::string> read_if_there(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return read_file(path);
}

inline webvh::Log read_log(const std::filesystem::path& log, const std::filesystem::path& witness_file) {
  return webvh::Log::read(read_file(log), read_if_there(witness_file), rules());
}

// "ok", or the slug of the error with which the DID does not resolve.
inline std::string verdict(const webvh::Log& log, const std::string& did, const webvh::Query& query = {}) {
  const auto parsed = webvh::DidWebvh::parse(did);
  if (!parsed) return std::string(parsed.error().code.slug());
  const auto resolution = webvh::resolve(log, *parsed, query);
  if (!resolution) return std::string(resolution.error().code.slug());
  return "ok";
}

}  // namespace vcnode::test::vectors
