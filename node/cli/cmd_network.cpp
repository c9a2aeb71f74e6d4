// status, peers: what the network looks like from here.
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "protocol/feed/codes.h"

namespace vcnode::cli {
namespace {

std::string text_or_dash(const nlohmann::json& object, const std::string& member) {
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return "-";
  return found->is_string() ? printable(found->get<std::string>()) : found->dump();
}

// Fetches a JSON answer of the running node; on failure prints it and sets `exit_code`.
std::optional<nlohmann::json> fetch(const Global& global, const std::string& path, int& exit_code) {
  const auto response = ask_node(global, "GET", path);
  if (!response) {
    exit_code = report(global, response.error());
    return std::nullopt;
  }
  if (response->status != 200) {
    exit_code = report_refusal(global, *response);
    return std::nullopt;
  }
  auto answer = json::read(response->body);
  if (!answer) {
    exit_code = report(global, answer.error(), kExitInternal);
    return std::nullopt;
  }
  return *std::move(answer);
}

// What a reader of the feed should know: that it has ended, and what keeps it from answering for all of its
// issuer's credentials.
std::string feed_marks(const nlohmann::json& feed) {
  std::string marks;
  if (const std::string ended = text_or_dash(feed, "ended"); ended != "-")
    marks += ended == codes::FEED_CLOSED.slug ? "  closed: this head is the last"
                                              : "  deactivated: this head is the last";
  if (const auto flag = feed.find("contradicted"); flag != feed.end() && *flag == true)
    marks += "  CONTRADICTED: the issuer has told two histories";
  if (const auto pending = feed.find("pending"); pending != feed.end() && pending->is_object())
    marks += concat("  a newer head (size ", text_or_dash(*pending, "size"), ") has not arrived");
  if (const auto missing = feed.find("missingBodies");
      missing != feed.end() && missing->is_number_integer() && *missing != 0)
    marks += concat("  bodies missing: ", missing->dump());
  return marks;
}

// Through whom an issuer came that the operator did not name.
std::string admitted_through(const nlohmann::json& feed) {
  const auto admitted = feed.find("admitted");
  if (admitted == feed.end() || !admitted->is_object()) return "";
  const std::string by = text_or_dash(*admitted, "by");
  if (by == "nobody") return "  not admitted any more: nothing new of it is taken";
  if (by != "sponsor") return "";
  std::string out;
  for (const auto& sponsor : admitted->value("sponsors", nlohmann::json::array()))
    if (sponsor.is_string())
      out += concat(out.empty() ? "  sponsored by " : ", ", printable(sponsor.get<std::string>()));
  return out;
}

}  // namespace

int status(const Global& global) {
  int exit_code = kExitOk;
  const auto answer = fetch(global, "/status", exit_code);
  if (!answer) return exit_code;
  if (global.json) {
    print_line(answer->dump());
    return kExitOk;
  }
  print_line(concat("ready      ", text_or_dash(*answer, "ready")));
  for (const auto& reason : answer->value("reasons", nlohmann::json::array())) {
    print_line(concat("  ", text_or_dash(reason, "code"), ": ", text_or_dash(reason, "sentence")));
  }
  print_line(concat("network    ", text_or_dash(*answer, "network")));
  print_line(concat("node key   ", text_or_dash(*answer, "nodeKey")));
  for (const auto& feed : answer->value("feeds", nlohmann::json::array())) {
    print_line(concat("feed       ", text_or_dash(feed, "issuer"), "  entries ", text_or_dash(feed, "size"),
                      "  head of ", text_or_dash(feed, "time"), admitted_through(feed), feed_marks(feed)));
  }
  return kExitOk;
}

int peers(const Global& global) {
  int exit_code = kExitOk;
  const auto answer = fetch(global, "/peers", exit_code);
  if (!answer) return exit_code;
  if (global.json) {
    print_line(answer->dump());
    return kExitOk;
  }
  const auto rows = answer->value("peers", nlohmann::json::array());
  if (rows.empty()) print_line("no peers: add a [[peer]] to config.toml");
  for (const auto& peer : rows) {
    print_line(concat(text_or_dash(peer, "state"), "  ", text_or_dash(peer, "address"), "  key ",
                      text_or_dash(peer, "nodeKey"), "  standing ", text_or_dash(peer, "standing"), "  ",
                      text_or_dash(peer, "lastError")));
  }
  return kExitOk;
}

}  // namespace vcnode::cli
