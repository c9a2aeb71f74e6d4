// What commands share for reading input and writing answers and errors.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "node/cli/commands.h"
#include "node/http/message.h"

namespace vcnode::cli {

// A file, or standard input for "-". Errors: FILE_UNREADABLE, INPUT_TOO_LARGE (naming the limit).
[[nodiscard]] Result<std::string> read_input(const std::string& path, std::size_t bytes_max);

// "error CODE: sentence" on stderr, or {"error":{"code","message"}} on stdout with --json. Returns
// `exit_code`.
int report(const Global& global, const Error& error, int exit_code);

// One request to the node running in this home. Errors: NODE_NOT_RUNNING.
[[nodiscard]] Result<node::HttpResponse> ask_node(const Global& global, const std::string& method,
                                                  const std::string& path, std::string body = {});
// Prints the problem+json of a refusal and returns kExitUsage for 4xx, kExitInternal otherwise.
int report_refusal(const Global& global, const node::HttpResponse& response);

void print_line(std::string_view line);
// Whether everything printed so far left the process; a full disk or closed pipe is an error, not success.
[[nodiscard]] Result<void> finish_output();
// Control characters and escape sequences from outside must not reach a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace vcnode::cli
