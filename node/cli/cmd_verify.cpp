#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "node/cli/cmd_verify_networks.h"
#include "node/cli/collect.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/config/urls.h"
#include "protocol/credential/credential.h"
#include "protocol/verify/verify.h"

namespace vcnode::cli {
namespace {

// Four times what a credential may have: that one is too large is for the verdict to say, with its limit.
// Only what cannot be meant as a credential is refused before.
constexpr std::size_t kInputBytesMax = limits::kCredentialBytesMax * 4;

struct Request {
  std::string text;
  verify::Policy policy;
  Timestamp at;
  Timestamp now;
  std::vector<PeerSource> peers;
};

Result<Request> read_request(const Global& global, const VerifyOptions& options) {
  Request request;
  request.now = Timestamp(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  request.at = request.now;
  if (options.at) {
    const auto at = Timestamp::parse(*options.at);
    if (!at) return fail(at.error().code, "--at '", excerpt(*options.at), "': ", at.error().message);
    request.at = *at;
  }
  verify::Policy::Values values;
  for (const std::string& text : options.trust) {
    auto did = Did::parse(text);
    if (!did) return fail(did.error().code, "--trust '", excerpt(text), "': ", did.error().message);
    values.trust.insert(*std::move(did));
  }
  values.head_age_max_seconds = options.head_age_max_seconds;
  request.policy = verify::Policy(std::move(values));
  VCNODE_TRY(request.peers, peers_at(options.peers));
  if (options.network) {
    if (auto checked = node::check_network_name(*options.network); !checked)
      return fail(checked.error().code, "--network ", checked.error().message);
  }
  std::error_code ignored;
  if (request.peers.empty() && !options.offline &&
      std::filesystem::exists(global.home / "admin.sock", ignored)) {
    request.peers.push_back(
        {"the node in " + global.home.string(), "https://localhost", global.home / "admin.sock"});
  }
  if (options.offline) request.peers.clear();
  VCNODE_TRY(request.text, read_input(options.input, kInputBytesMax));
  return request;
}

// The issuer whose feed is needed; nothing is asked for a credential that is not well-formed.
std::optional<Did> issuer_of(std::string_view text) {
  const auto credential = credential::Credential::parse(text);
  if (!credential) return std::nullopt;
  auto did = Did::parse(credential->issuer_id());
  if (!did) return std::nullopt;
  return *std::move(did);
}

nlohmann::json sources_json(const std::vector<SourceReport>& sources) {
  nlohmann::json rows = nlohmann::json::array();
  for (const SourceReport& source : sources) {
    nlohmann::json row{{"peer", source.peer}, {"state", name_of(source.state)}};
    if (source.head)
      row["head"] = {{"network", source.network},
                     {"size", source.head->tree.size},
                     {"time", source.head->time.to_string()}};
    if (source.error)
      row["error"] = {{"code", source.error->code.slug()}, {"message", source.error->message}};
    if (source.says_contradicted) row["saysContradicted"] = true;
    if (source.says_pending_size) row["saysPendingSize"] = *source.says_pending_size;
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_verdict(const verify::Verdict& verdict, const std::string& headline,
                   const std::vector<SourceReport>& sources, Timestamp now) {
  print_line(headline);
  for (const auto& row : verify::messages(verdict)) {
    print_line(concat("  ", row.at("check").get_ref<const std::string&>(), ": ",
                      printable(row.at("sentence").get_ref<const std::string&>()), " [",
                      row.at("code").get_ref<const std::string&>(), "]"));
  }
  for (const SourceReport& source : sources) {
    std::string line = concat("  peer ", printable(source.peer), ": ", name_of(source.state));
    if (source.head)
      line += concat(", network ", source.network, ", feed of ", source.head->tree.size, " entries, head of ",
                     source.head->time.to_string(), " (",
                     std::max<std::int64_t>(0, now.seconds() - source.head->time.seconds()), " s old)");
    if (source.error) line += concat(" (", printable(source.error->message), ")");
    if (source.says_contradicted) line += ", says that the issuer has told two histories";
    if (source.says_pending_size)
      line += concat(", says that a newer head (size ", *source.says_pending_size, ") has not arrived there");
    print_line(line);
  }
}

void print_hint(const verify::Verdict& verdict, const Request& request) {
  if (verdict.outcome == verify::Outcome::issuer_not_confirmed && verdict.issuer_did) {
    print_line(concat("  If you know this issuer to be genuine: --trust ", printable(*verdict.issuer_did)));
  }
  if (verdict.outcome == verify::Outcome::cannot_tell && request.peers.empty()) {
    print_line("  Nothing was asked of the network; name a node with --peer https://HOST:PORT");
  }
}

}  // namespace

int verify(const Global& global, const VerifyOptions& options) {
  const auto request = read_request(global, options);
  if (!request) return report(global, request.error(), kExitUsage);
  Collected collected;
  if (const auto issuer = issuer_of(request->text); issuer && !request->peers.empty()) {
    collected = collect(*issuer, request->peers, request->now, {.network = options.network});
  }
  verify::SnapshotView view;
  if (collected.snapshot) view.put(collected.snapshot);
  auto verdict = verify::verify_credential(request->text, view, request->policy, request->at);
  if (!verdict) return report(global, verdict.error(), kExitInternal);
  const std::string headline = explain_networks(*verdict, collected.networks);
  if (global.json) {
    // The verdict's own bytes are canonical and stay as they are.
    print_line(concat(R"({"verdict":)", verdict->to_jcs(), R"(,"headline":)", nlohmann::json(headline).dump(),
                      R"(,"messages":)", json_text(verify::messages(*verdict)), R"(,"sources":)",
                      json_text(sources_json(collected.sources)), "}"));
  } else {
    print_verdict(*verdict, headline, collected.sources, request->now);
    print_hint(*verdict, *request);
  }
  if (const auto finished = finish_output(); !finished)
    return report(global, finished.error(), kExitUnavailable);
  return static_cast<int>(verdict->outcome);
}

}  // namespace vcnode::cli
