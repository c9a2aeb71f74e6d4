// What commands share for reading input and writing answers and errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "node/cli/commands.h"
#include "node/http/message.h"

namespace vcnode::cli {

// For a process that was started with one of its three standard streams closed: opens that as one which
// fails, so that no socket or file of ours gets its number and what is printed. First thing in main().
void open_standard_streams();

// A file, or standard input for "-". Errors: FILE_UNREADABLE (a closed standard input too), INPUT_TOO_LARGE
// (naming the limit).
[[nodiscard]] Result<std::string> read_input(const std::string& path, std::size_t bytes_max);

// "error CODE: sentence" on stderr, or {"error":{"code","message"}} on stdout with --json; then on stderr
// what stdout does not take. Returns `exit_code`.
int report(const Global& global, const Error& error, int exit_code);

// "warning CODE: sentence" on stderr, in either form.
void print_warning(const Error& warning);
// [{code, sentence}]
[[nodiscard]] nlohmann::json warnings_json(const std::vector<Error>& warnings);

// kExitInternal for a fault of the program, kExitUnavailable for what is not there or refuses for now, and
// kExitUsage for everything else: then it is the input that has to change.
[[nodiscard]] int exit_code_of(Code code);
// report() with the exit code of the error's code.
int report(const Global& global, const Error& error);

// One request to the node running in this home. Errors: CONFIG_VALUE if the home is not a folder;
// NODE_NOT_RUNNING; HTTP_… if one may run but does not answer.
[[nodiscard]] Result<node::HttpResponse> ask_node(const Global& global, const std::string& method,
                                                  const std::string& path, std::string body = {},
                                                  std::int64_t timeout_ms = 30'000);
// Prints the problem+json of a refusal and returns kExitUsage for 4xx, kExitUnavailable for 503,
// kExitInternal otherwise.
int report_refusal(const Global& global, const node::HttpResponse& response);

void print_line(std::string_view line);
// One line; bytes of arguments and paths that are not UTF-8 become U+FFFD rather than an exception.
[[nodiscard]] std::string json_text(const nlohmann::json& value);
void print_json(const nlohmann::json& value);
// Whether everything printed so far left the process; a full disk or closed pipe is an error, not success.
[[nodiscard]] Result<void> finish_output();
// Text from strangers for a terminal: '?' in place of every control character (C0, DEL, C1 and so all escape
// sequences), of the characters that turn the direction of what follows (U+202A to U+202E, U+2066 to U+2069),
// of line and paragraph separators, and of every byte that is not UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace vcnode::cli
