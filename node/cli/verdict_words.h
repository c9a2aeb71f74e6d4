// A verdict for people, beyond its checks: the issuer's names, what recognition amounts to, what is known of
// an issuer that nobody confirms, and the officer's file note. Threading: pure functions and standard output.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "crypto/base/result.h"
#include "protocol/verify/known_issuer.h"
#include "protocol/verify/verdict.h"

namespace vcnode::cli {

// Names and recognition, one line each; nothing where nothing is known.
void print_issuer(const verify::Verdict& verdict);
void print_known(const verify::KnownIssuer& known);

// Of the credential whose verdict this is (protocol/recognition/report.h). Errors: those of facts::open and
// facts::read_facts: it says nothing about learning that can be read here.
[[nodiscard]] Result<nlohmann::json> file_note_of(std::string_view credential,
                                                  const verify::Verdict& verdict);
void print_file_note(const nlohmann::json& note);

}  // namespace vcnode::cli
