#include "node/cli/output.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "node/codes/cli_codes.h"
#include "node/http/client.h"
#include "node/net/codes.h"

namespace vcnode::cli {

Result<std::string> read_input(const std::string& path, std::size_t bytes_max) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return fail(codes::FILE_UNREADABLE, "cannot read ", path);
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return fail(codes::FILE_UNREADABLE, "cannot read ", path);
  if (text.size() > bytes_max) {
    return fail(codes::INPUT_TOO_LARGE, path == "-" ? "standard input" : path, " is larger than ", bytes_max,
                " bytes, the limit");
  }
  return text;
}

void print_line(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

Result<void> finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return fail(codes::FILE_UNREADABLE, "standard output cannot be written");
  }
  return {};
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

int report(const Global& global, const Error& error, int exit_code) {
  if (global.json) {
    print_line(nlohmann::json{{"error", {{"code", error.code.slug()}, {"message", error.message}}}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    std::cerr << "error " << error.code.slug() << ": " << printable(error.message) << '\n';
  }
  return exit_code;
}

Result<node::HttpResponse> ask_node(const Global& global, const std::string& method, const std::string& path,
                                    std::string body) {
  node::FetchOptions options;
  options.method = method;
  options.url = concat("https://localhost", path);
  options.socket = global.home / "admin.sock";
  options.body = std::move(body);
  options.timeout_ms = 30'000;
  auto response = node::http_fetch(options);
  if (!response && response.error().code == codes::HTTP_UNREACHABLE) {
    return fail(codes::NODE_NOT_RUNNING, "no node is running in ", global.home.string(),
                "; start it with `vcnode --home ", global.home.string(), " run`");
  }
  return response;
}

int report_refusal(const Global& global, const node::HttpResponse& response) {
  const int exit_code = response.status < 500 ? kExitUsage : kExitInternal;
  const auto problem = json::Document::parse(response.body);
  const auto member = [&](std::string_view name) {
    return problem ? std::string(problem->root().find_string(name).value_or("")) : std::string();
  };
  if (global.json) {
    print_line(nlohmann::json{{"error", {{"code", member("code")}, {"message", member("detail")}}}}.dump());
  } else {
    std::cerr << "error " << printable(member("code")) << ": " << printable(member("detail")) << '\n';
  }
  return exit_code;
}

}  // namespace vcnode::cli
