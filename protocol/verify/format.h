// Formats that are credentials but not ones this version reads: "unsupported", never "malformed".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcnode::verify {

// What `text` is, as a noun phrase, if it is a compact or JSON-serialised JWS, an SD-JWT, an enveloped
// credential or a VCDM 1.1 credential; nullopt otherwise. REQUIRES: Credential::parse(text) failed. Pure; off
// the hot path.
[[nodiscard]] std::optional<std::string_view> unsupported_format(std::string_view text);

}  // namespace vcnode::verify
