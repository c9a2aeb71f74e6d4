#include "node/cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/descriptor.h"
#include "node/app/codes.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/http/client.h"
#include "node/net/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "storage/codes.h"

namespace vcnode::cli {
namespace {

constexpr std::size_t kUtf8BytesMax = 4;  // RFC 3629

// REQUIRES: one UTF-8 character.
char32_t code_point(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead;
  char32_t value = lead & (0x7fu >> character.size());
  for (const char c : character.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  return value;
}

bool is_harmless(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return !(c < 0x20 || within(0x7f, 0x9f) || within(0x2028, 0x202e) || within(0x2066, 0x2069));
}

// Nothing at the socket, or nobody behind it, is a node that does not run; any other reason (no permission, a
// path that is too long, a node with no room left) is not mended by starting one.
Failure unreachable_node(const Global& global, const Error& error) {
  const std::string home = global.home.string();
  const bool not_running = std::ranges::any_of(std::array{ENOENT, ECONNREFUSED}, [&](int reason) {
    return error.message.ends_with(std::generic_category().message(reason));
  });
  if (!not_running)
    return fail(codes::HTTP_UNREACHABLE, "the node in ", home, " cannot be asked: ", error.message);
  return fail(codes::NODE_NOT_RUNNING, "no node is running in ", home, "; start it with `vcnode --home ",
              home, " run` (", error.message, ")");
}

// What standard output does not take is said on standard error in either form: an error must not be lost.
void print_error(const Global& global, std::string_view code, std::string_view message) {
  if (global.json) {
    print_json({{"error", {{"code", code}, {"message", message}}}});
    if (finish_output()) return;
  }
  std::cerr << "error " << printable(code) << ": " << printable(message) << '\n';
}

}  // namespace

void open_standard_streams() {
  // The mode that does not fit: what is read from or written to a closed stream stays an error.
  constexpr std::array kModes{O_WRONLY, O_RDONLY, O_RDONLY};
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    // The lowest free number, and so this one.
    const int opened = ::open("/dev/null", kModes.at(static_cast<std::size_t>(number)));
    VCNODE_ASSERT(opened == number || opened < 0);
  }
}

Result<std::string> read_input(const std::string& path, std::size_t bytes_max) {
  const bool standard = path == "-";
  VCNODE_TRY(const auto file,
             standard ? Descriptor::borrow(STDIN_FILENO, "standard input") : Descriptor::open(path));
  Bytes bytes(bytes_max + 1);
  VCNODE_TRY(const auto size, file.read_up_to(bytes));
  if (size > bytes_max) {
    return fail(codes::INPUT_TOO_LARGE, standard ? "standard input" : path, " is larger than ", bytes_max,
                " bytes, the limit");
  }
  return std::string(as_text(BytesView(bytes).first(size)));
}

void print_line(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print_json(const nlohmann::json& value) {
  print_line(json_text(value));
}

Result<void> finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return fail(codes::FILE_UNREADABLE, "standard output cannot be written");
  }
  return {};
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size < std::min(text.size(), kUtf8BytesMax) && !is_utf8(text.substr(0, size))) ++size;
    const std::string_view character = text.substr(0, size);
    if (!is_utf8(character)) {
      out += '?';
      text.remove_prefix(1);
      continue;
    }
    out += is_harmless(code_point(character)) ? character : "?";
    text.remove_prefix(size);
  }
  return out;
}

int report(const Global& global, const Error& error, int exit_code) {
  print_error(global, error.code.slug(), error.message);
  return exit_code;
}

void print_warning(const Error& warning) {
  std::cerr << "warning " << warning.code.slug() << ": " << printable(warning.message) << '\n';
}

nlohmann::json warnings_json(const std::vector<Error>& warnings) {
  nlohmann::json out = nlohmann::json::array();
  for (const Error& warning : warnings)
    out.push_back({{"code", warning.code.slug()}, {"sentence", warning.message}});
  return out;
}

int exit_code_of(Code code) {
  static constexpr std::array kUnavailable{
      &codes::NODE_NOT_RUNNING, &codes::STORE_MISSING, &codes::HTTP_UNREACHABLE, &codes::HTTP_TIMEOUT,
      &codes::HTTP_TOO_LARGE, &codes::HTTP_PROTOCOL, &codes::LISTEN_FAILED, &codes::ADMIN_SOCKET_BUSY,
      &codes::STORE_FAILED, &codes::STORE_BUSY, &codes::STORE_LOCKED, &codes::STORE_CORRUPT,
      &codes::STORE_SCHEMA,
      // What a running node refuses for now.
      &codes::STORE_CONFLICT, &codes::SERVER_BUSY, &codes::SHUTTING_DOWN, &codes::START_CHECK_PENDING,
      &codes::OWN_FEED_CONTRADICTED, &codes::CLOCK_AHEAD, &codes::PUBLISHER_STATE_INCOMPLETE,
      &codes::ISSUER_LOG_MISSING, &codes::ISSUER_KEY_MISSING, &codes::ISSUER_WITHOUT_FEED,
      &codes::EPOCH_INCOMPLETE, &codes::ENTRY_NOT_NEXT, &codes::ENTRY_TIME_PASSED, &codes::SEAL_OUTDATED};
  if (code == codes::INTERNAL_FAULT) return kExitInternal;
  const bool unavailable =
      std::ranges::any_of(kUnavailable, [&](const CodeInfo* one) { return Code(*one) == code; });
  return unavailable ? kExitUnavailable : kExitUsage;
}

int report(const Global& global, const Error& error) {
  // A disk that is full is what it is, whichever file was to be written.
  const bool no_room = std::ranges::any_of(std::array{ENOSPC, EDQUOT}, [&](int reason) {
    return error.message.ends_with(std::generic_category().message(reason));
  });
  return report(global, error, no_room ? kExitUnavailable : exit_code_of(error.code));
}

Result<node::HttpResponse> ask_node(const Global& global, const std::string& method, const std::string& path,
                                    std::string body, std::int64_t timeout_ms) {
  std::error_code ignored;
  if (std::filesystem::exists(global.home, ignored) && !std::filesystem::is_directory(global.home, ignored))
    return fail(codes::CONFIG_VALUE, "--home ", global.home.string(),
                " is not a folder; it must name a node's home");
  node::FetchOptions options;
  options.method = method;
  options.url = concat("https://localhost", path);
  options.socket = global.home / "admin.sock";
  options.body = std::move(body);
  options.timeout_ms = timeout_ms;
  auto response = node::http_fetch(options);
  if (!response && response.error().code == codes::HTTP_UNREACHABLE)
    return unreachable_node(global, response.error());
  return response;
}

int report_refusal(const Global& global, const node::HttpResponse& response) {
  constexpr unsigned kServiceUnavailable = 503;
  const int exit_code = response.status < 500                    ? kExitUsage
                        : response.status == kServiceUnavailable ? kExitUnavailable
                                                                 : kExitInternal;
  const auto problem = json::Document::parse(response.body);
  const auto member = [&](std::string_view name) {
    return problem ? std::string(problem->root().find_string(name).value_or("")) : std::string();
  };
  print_error(global, member("code"), member("detail"));
  return exit_code;
}

}  // namespace vcnode::cli
